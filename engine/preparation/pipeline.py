"""A scan onto the model's grid, as the heads were made that the model was trained on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.errors import Cancelled, PreparationError
from engine.preparation import cache
from engine.preparation.bias import bias_field, evened
from engine.preparation.checks import check_field_of_view, check_fit, check_scan, check_volume
from engine.preparation.extraction import extract_brain, looks_stripped, stripped_mask
from engine.preparation.given import comes_prepared, lies_on, take_given, turned
from engine.preparation.intensity import scale_of, scaled
from engine.preparation.place import Place
from engine.preparation.prepared import Prepared
from engine.preparation.recipe import COMPACT_RECIPE, Recipe
from engine.preparation.registration import native_from_mni, template, warp_to
from engine.preparation.working import working_copy
from engine.scans import Scan, doubt, open_mask, open_scan
from engine.volume import FloatArray, Grid, Volume, resample

Progress = Callable[[int, int, str], None]
"""``progress(step, of, what)``, called when a step begins; what it raises ends the work."""

Result = TypeVar("Result")


class _Run(Protocol):
    def __call__(self, what: str, work: Callable[[], Result]) -> Result:
        """``work()``, told as a step of this name."""


_LEAST_BRAIN_ML = 300.0


def prepare(
    scan: Scan,
    recipe: Recipe = COMPACT_RECIPE,
    stripped: bool | None = None,
    registered: bool | None = None,
    mask: str | Path | None = None,
    progress: Progress = lambda step, of, what: None,
    cancel: Callable[[], bool] = lambda: False,
    cached: bool = True,
) -> Prepared:
    """``scan`` on ``recipe``'s grid in [0, 1], brain only.

    Extraction, bias field, affine registration or SyN, one resampling, intensity. ``stripped`` and ``registered`` tell
    which steps were done already; None: find out. ``mask`` is a file with the brain drawn on it. A scan that lies on
    the grid already is taken as it is; by a recipe that wants scans prepared elsewhere, nothing else is. Registered
    without being told is only what lies on that very grid: registering a brain that is in MNI space already moves it by
    fractions of a millimetre. ``cancel`` is asked between steps.

    Raises PreparationError where no brain is found, Cancelled, and ScanError for a mask that cannot be read.
    """
    as_given = mask is None and stripped is not False and registered is not False
    if as_given and already_on_grid(scan, recipe):
        return _as_it_is(scan, recipe)  # sooner done than found among what is kept
    drawn = open_mask(mask) if mask is not None else None
    key = cache.key_of(scan, recipe, stripped, registered, drawn)
    known = cache.load(key) if cached else None
    if known is not None:
        return known
    if recipe.registration == "given" or (recipe.takes_given and as_given and comes_prepared(scan, recipe.grid)):
        prepared = take_given(scan, recipe)
    else:
        prepared = _from_scratch(scan, recipe, stripped, bool(registered), drawn, progress, cancel)
    if cached:
        cache.store(key, prepared)
    return prepared


def prepared_before(
    scan: Scan,
    recipe: Recipe = COMPACT_RECIPE,
    stripped: bool | None = None,
    registered: bool | None = None,
    mask: str | Path | None = None,
) -> Prepared | None:
    """What ``prepare`` made of ``scan`` before with the same settings; None where it is not kept.

    A scan that lies on the grid already needs no work: it is given at once.
    """
    if mask is None and stripped is not False and registered is not False and already_on_grid(scan, recipe):
        return _as_it_is(scan, recipe)
    drawn = open_mask(mask) if mask is not None else None
    return cache.load(cache.key_of(scan, recipe, stripped, registered, drawn))


def already_on_grid(scan: Scan, recipe: Recipe) -> bool:
    """Same shape, same affine within 1e-3, and a background of zeros (the grid's faces hold no brain).

    What a model drew (it is marked, and within 0 to 1) is believed without: its background may be a breath above zero.
    """
    data = scan.volume.data
    drawn = scan.header.kind in ("copy", "synthetic") and float(data.max()) <= 1
    empty = drawn or bool(np.mean(data == 0) > 0.25)
    return lies_on(scan, recipe.grid) and float(data.min()) >= 0 and empty


def _as_it_is(scan: Scan, recipe: Recipe) -> Prepared:
    data = scan.volume.data
    inside = data > 0
    scale = _scale_of_range(scan, recipe)
    volume = Volume(np.clip(turned(scan.volume, recipe.grid) * np.float32(scale), 0, 1), recipe.grid.affine)
    return Prepared(
        volume=volume,
        native=scan.volume.grid,
        model_from_native=np.eye(4),
        intensity_scale=scale,
        intensity_offset=0.0,
        mask=inside,
        steps=("already on the model's grid: taken as it is",),
        # No field of view: the grid itself ends within the medulla of many, as it did in training.
        checks=(*check_scan(scan), check_volume(inside, scan.volume.affine), *check_fit(volume)),
    )


def _scale_of_range(scan: Scan, recipe: Recipe) -> float:
    """Integers by their type's maximum; floats within 0 and 1 as they are; other floats by the intensity rule."""
    data = scan.volume.data
    dtype = np.dtype(scan.header.dtype)
    if dtype.kind in "iu" and float(data.max()) <= np.iinfo(dtype).max:
        return 1.0 / float(np.iinfo(dtype).max)
    if float(data.max()) <= 1.0 + 1e-6:
        return 1.0
    return scale_of(data, data > 0, recipe)


def _from_scratch(
    scan: Scan,
    recipe: Recipe,
    stripped: bool | None,
    registered: bool,
    drawn: Volume | None,
    progress: Progress,
    cancel: Callable[[], bool],
) -> Prepared:
    step = 0
    of = 6 if recipe.registration == "syn" and not registered else 5
    steps: list[str] = []

    def run(what: str, work: Callable[[], Result]) -> Result:
        nonlocal step
        if cancel():
            raise Cancelled(what)
        step += 1
        progress(step, of, what)
        steps.append(what)
        return work()

    native_mask: NDArray[np.bool_] | None = None
    if drawn is not None:
        native_mask = _on(drawn, scan.volume.grid)
    elif stripped or (stripped is None and looks_stripped(scan.volume)):
        native_mask = stripped_mask(scan.volume.data)
    cut_out = drawn is None and native_mask is not None

    working = run(
        f"resolution: {recipe.working_mm:g} mm",
        lambda: working_copy(scan.volume, recipe.working_mm, native_mask if cut_out else None),
    )
    head = working.volume
    if native_mask is None:
        brain = run("brain extraction (deepbet)", lambda: extract_brain(head))
    else:
        given = native_mask
        how = "already done" if cut_out else "mask given"
        brain = run(f"brain extraction: {how}", lambda: _on(_volume(given, scan.volume), head.grid))
    millilitres = brain.sum() * abs(np.linalg.det(head.affine[:3, :3])) / 1000
    if millilitres < _LEAST_BRAIN_ML:
        no_brain = "shows no brain that could be found: choose a T1 head, or give a mask (--mask FILE)."
        raise PreparationError(doubt(scan) or f"{scan.header.name} {no_brain}")
    field = run("bias field (N4)", lambda: bias_field(head, brain))
    even = evened(head, field, brain)
    place = _place(even, brain, recipe, registered, run)

    def onto_grid() -> tuple[Volume, float]:
        data = place.onto_model(even, recipe.grid, order=3)
        inside = place.onto_model(_volume(brain, even), recipe.grid, order=1) >= 0.5
        scale = scale_of(data, inside, recipe)
        return Volume(scaled(data, inside, scale), recipe.grid.affine), scale

    volume, scale = run("model grid and intensity", onto_grid)
    if scale == 0:
        raise PreparationError(
            f"{scan.header.name} has no brain where the model expects it: leave out “already in MNI space”."
        )
    if native_mask is None:
        native_mask = _on(_volume(brain, head), scan.volume.grid)
    return Prepared(
        volume=volume,
        native=scan.volume.grid,
        model_from_native=place.model_from_native,
        intensity_scale=scale * working.gain,
        intensity_offset=working.offset,
        mask=native_mask,
        steps=tuple(steps),
        checks=(
            *check_scan(scan),
            check_field_of_view(brain, head.affine),
            check_volume(brain, head.affine),
            *check_fit(volume),
        ),
        bias_field=_where_known(place.onto_model(Volume(field, head.affine), recipe.grid, order=1)),
        warp=place.warp,
    )


def _place(even: Volume, brain: NDArray[np.bool_], recipe: Recipe, registered: bool, run: _Run) -> Place:
    """Where ``even`` lies in the model's world."""
    if registered:
        return run("registration: already done", lambda: Place(np.eye(4)))
    fixed = template() if recipe.template_file is None else open_scan(recipe.template_file).volume
    masked = Volume(even.data * brain, even.affine)
    affine = run("registration (affine to MNI152)", lambda: native_from_mni(masked, fixed))
    inverse = np.asarray(np.linalg.inv(affine), np.float64)
    if recipe.registration != "syn":
        return Place(inverse)
    return run("registration (SyN to MNI152)", lambda: Place(inverse, warp_to(masked, affine, fixed)))


def _where_known(field: FloatArray) -> NDArray[np.float16]:
    """A bias field, 0 where the picture does not reach, with its own mean there."""
    known = field > 0
    return np.where(known, field, field[known].mean() if known.any() else 1).astype(np.float16)


def _volume(mask: NDArray[np.bool_], like: Volume) -> Volume:
    return Volume(mask.astype(np.float32), like.affine)


def _on(mask: Volume, grid: Grid) -> NDArray[np.bool_]:
    """``mask`` on another grid of its world: linear, kept where at least one half."""
    return resample(mask, grid, order=1).data >= 0.5
