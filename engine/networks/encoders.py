"""Which semantic encoder a configuration or a manifest means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.networks.encoder import EncoderConfig, SemanticEncoder
from engine.networks.tissue import TissueEncoder, TissueEncoderConfig

AnyEncoderConfig = EncoderConfig | TissueEncoderConfig
AnyEncoder = SemanticEncoder | TissueEncoder


def encoder_class(settings: Mapping[str, Any]) -> type[AnyEncoderConfig]:
    """The configuration that ``settings`` are of: those that say ``block`` mean the one that looks at blocks."""
    return TissueEncoderConfig if "block" in settings else EncoderConfig


def build_encoder(config: AnyEncoderConfig) -> AnyEncoder:
    return TissueEncoder(config) if isinstance(config, TissueEncoderConfig) else SemanticEncoder(config)
