"""What a picture from the semantic code alone is worth, by what the model's card tells."""

from __future__ import annotations

from engine.service.messages import ModelDescription

WORTH = "On people the model never saw, such pictures agree with the scan to SSIM {alone:.2f}, copies to {copy:.2f}."


def worth_of_code(model: ModelDescription | None) -> str:
    """One sentence; empty where the card has no such figures."""
    if model is None or model.ssim is None or model.ssim_of_code is None:
        return ""
    return WORTH.format(alone=model.ssim_of_code, copy=model.ssim)
