"""From a raw head to the model's grid, and from there back into the scan's own space."""

from engine.preparation.checks import T1_CHECKS, Check
from engine.preparation.pipeline import Progress, already_on_grid, prepare, prepared_before
from engine.preparation.prepared import Prepared
from engine.preparation.recipe import COMPACT_RECIPE, Recipe
from engine.preparation.way_back import Form, carry_back, move_back

__all__ = [
    "COMPACT_RECIPE",
    "T1_CHECKS",
    "Check",
    "Form",
    "Prepared",
    "Progress",
    "Recipe",
    "already_on_grid",
    "carry_back",
    "move_back",
    "prepare",
    "prepared_before",
]
