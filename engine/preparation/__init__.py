"""From a raw head to the model's grid, and from there back into the scan's own space."""

from engine.preparation.carry_back import Form, carry_back
from engine.preparation.checks import Check
from engine.preparation.prepare import Progress, already_on_grid, prepare
from engine.preparation.prepared import Prepared
from engine.preparation.recipe import COMPACT_RECIPE, Recipe

__all__ = [
    "COMPACT_RECIPE",
    "Check",
    "Form",
    "Prepared",
    "Progress",
    "Recipe",
    "already_on_grid",
    "carry_back",
    "prepare",
]
