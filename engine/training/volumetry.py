"""The stage that learns where the regions of a brain lie: a segmentation network taught people's label maps.

    network = train_volumetry(config, folder, training, validation, groups, autoencoder, resume)
    add_judges(bundle, network, fit_to_cohort(Path(config.data), people.names, people.ages))

Beside the scans it sees reshaped people, aged and made younger along with their labels, and the autoencoder's copies of
both, because what it will judge are copies and edits. The labels of a copy are those of its scan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from scipy import ndimage
from torch import Tensor
from torch.utils.data import Dataset

from engine.cohort.deformation import Field, Spacing, exponential, random_velocity, warp
from engine.cohort.groups import REGIONS
from engine.export.atomic import beside, flush
from engine.measure.volume_age import VolumeAge, save_volume_age
from engine.measure.volumetry import dice
from engine.model.manifest import read_manifest, sha256
from engine.model.weights import save_weights
from engine.networks.autoencoder import Autoencoder
from engine.networks.segmentation import Segmentation, SegmentationConfig
from engine.training.config import Config, StageConfig
from engine.training.data import People
from engine.training.run import first_process_first, fit
from engine.training.stages import Stage
from engine.training.variants import BEND_MM, BEND_SIZE_MM, MOST, SPREAD, YEARLY, YEARS, coursing

VARIANTS = 2
"""Each person as scanned, and so many less one reshaped."""

DICE_WEIGHT = 0.5
SMOOTHING_VOXELS = 20.0

CONTRAST, GAIN, SHADING, BLUR_VOXELS, NOISE = 0.2, 0.1, 0.04, 0.6, 0.02
"""How far a draw strays from its scan: power and gain (logarithms), coil shading and noise (standard deviations)."""

SHADING_KNOTS = 4

RARELY = 1e-3
"""Added to the share of people who have a region somewhere: nothing is impossible."""

STRIDE = 2
"""Crops begin at whole cubes of the network."""


def train_volumetry(
    config: Config,
    folder: Path,
    training: People,
    validation: People,
    groups: Mapping[str, Sequence[int]],
    autoencoder: Autoencoder,
    resume: bool,
) -> Segmentation:
    """Runs or resumes the stage "volumetry" of ``config`` below ``folder``; the trained network.

    ``groups``: label indices by region. Both groups of people need label maps.
    """
    stage = config.stages["volumetry"]
    groups = {name: groups[name] for name in sorted(groups, key=(*REGIONS, *groups).index)}
    module = VolumetryStage(SegmentationConfig(tuple(groups), config.shape), stage)
    place = folder / "volumetry"

    def labelled(people: People, variants: int, name: str) -> dict[str, Tensor]:
        return labelled_variants(
            autoencoder, people, groups, config.spacing, variants, config.seed, place / f"{name}.safetensors"
        )

    with first_process_first():
        seen, unseen = labelled(training, VARIANTS, "seen"), labelled(validation, 1, "unseen")

    module.network.map.copy_(region_map(seen["regions"], module.network.config))

    def draws(round_: int) -> Crops:
        count = stage.steps_per_round * stage.batch
        return Crops(seen, stage.crop or config.shape, count, (config.seed, 7, round_))

    fit("volumetry", module, config, folder, draws, _Whole(unseen), resume)
    network: Segmentation = module.network
    return network


def add_judges(folder: Path, network: Segmentation, reader: VolumeAge | None) -> None:
    """Puts into the bundle in ``folder`` what it is judged by: the network for volumes, and the plain regression of age
    on volumes that its own reader of age is held against."""
    manifest = read_manifest(folder)
    save_weights(network, folder / "volumetry.safetensors")
    if reader is not None:
        save_volume_age(reader, folder)
    manifest = replace(
        manifest,
        networks={**manifest.networks, "volumetry": asdict(network.config)},
        checksums={p.relative_to(folder).as_posix(): sha256(p) for p in sorted(folder.rglob("*.safetensors"))},
    )
    with beside(folder / "manifest.json") as (temporary,):
        temporary.write_text(manifest.to_json() + "\n")
        flush(temporary)


def labelled_variants(
    autoencoder: Autoencoder,
    people: People,
    groups: Mapping[str, Sequence[int]],
    spacing: Spacing,
    variants: int,
    seed: int,
    file: Path,
) -> dict[str, Tensor]:
    """``images`` (2·N·V, X, Y, Z) uint8, each followed by its copy; ``regions`` (N·V, X, Y, Z) uint8; kept in ``file``.

    Regions count from 1 in the order of ``groups``; 0 is what belongs to none.
    """
    if file.exists():
        kept: dict[str, Tensor] = load_file(file)
        return kept
    assert people.labels is not None, "people without label maps cannot teach volumetry"
    number = np.zeros(256, np.uint8)
    for place, indices in enumerate(groups.values(), 1):
        number[indices] = place
    images, regions = [], []
    autoencoder.eval()
    for person, (image, labels) in enumerate(zip(people.images, people.labels, strict=True)):
        courses = coursing(labels, groups, image > 0, spacing) if variants > 1 else {}
        for variant in range(variants):
            shown, there = image, number[labels]
            if variant:
                rng = np.random.default_rng((seed, 6, person, variant))
                shown, there = _reshaped(image, there, courses, spacing, rng)
            images += [torch.from_numpy(shown), _copy(autoencoder, shown)]
            regions.append(torch.from_numpy(there))
    tensors = {"images": torch.stack(images), "regions": torch.stack(regions)}
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, file)
    return tensors


def _reshaped(
    image: NDArray[np.uint8],
    regions: NDArray[np.uint8],
    courses: Mapping[str, Field],
    spacing: Spacing,
    rng: np.random.Generator,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """``image`` and ``regions`` (X, Y, Z) bent and aged as ``variants.reshaped`` does it, both along the same flow.

    A voxel takes the region nearest to where it came from, which favours none; the largest share shrinks thin ones.
    """
    coarse: Spacing = (2 * spacing[0], 2 * spacing[1], 2 * spacing[2])
    half = (image.shape[0] // 2, image.shape[1] // 2, image.shape[2] // 2)
    velocity = random_velocity(half, coarse, BEND_MM, rng.uniform(*BEND_SIZE_MM), rng)
    years = rng.uniform(*YEARS)
    for name, course in courses.items():
        velocity += np.clip(YEARLY[name] * years * np.exp(SPREAD * rng.standard_normal()), -MOST, MOST) * course
    flow = torch.from_numpy(exponential(-velocity, coarse))[None]
    backward = F.interpolate(flow, scale_factor=2, mode="trilinear")[0].numpy()
    moved = warp(image.astype(np.float32), backward, spacing, order=3)
    brain = warp((image > 0).astype(np.float32), backward, spacing) >= 0.5
    shown = np.where(brain, np.clip(np.rint(moved), 1, 255), 0).astype(np.uint8)
    return shown, warp(regions.astype(np.float32), backward, spacing, order=0).astype(np.uint8)


def _copy(autoencoder: Autoencoder, image: NDArray[np.uint8]) -> Tensor:
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        x = torch.from_numpy(image / np.float32(255))[None, None]
        copy = autoencoder.decode(autoencoder.encode(x)[0])[0, 0]
    return (copy.float().clamp(0, 1) * 255).round().to(torch.uint8)


def region_map(regions: Tensor, config: SegmentationConfig) -> Tensor:
    """What ``Segmentation.map`` holds, from region numbers (N, X, Y, Z); both sides of the brain are taken as one."""
    classes, edge = len(config.regions) + 1, config.map_voxels
    shares = torch.stack([(regions == number).float().mean(0) for number in range(classes)])
    shares = F.avg_pool3d((shares + shares.flip(1)) / 2, edge)
    return (shares + RARELY).log()[None]


class Crops(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """(image (1, x, y, z) in [0, 1], its first voxel (3,), region numbers (x, y, z)), crops of one round.

    A draw depends on ``seed`` and its index alone.
    """

    def __init__(
        self, tensors: Mapping[str, Tensor], shape: tuple[int, int, int], count: int, seed: tuple[int, ...]
    ) -> None:
        self._images, self._regions = tensors["images"].numpy(), tensors["regions"].numpy()
        self._shape, self._count, self._seed = shape, count, seed

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor, Tensor]:
        rng = np.random.default_rng((*self._seed, index))
        chosen = int(rng.integers(len(self._images)))
        image, regions = self._images[chosen], self._regions[chosen // 2]
        if rng.random() < 0.5:
            image, regions = image[::-1], regions[::-1]
        # Drawn from beyond both ends and brought back: the border of the grid is met as often as what lies inside it.
        corner = np.array(
            [
                np.clip(rng.integers(-(crop // 4), size - crop + crop // 4 + 1), 0, size - crop) // STRIDE * STRIDE
                for size, crop in zip(image.shape, self._shape, strict=True)
            ]
        )
        cut = tuple(slice(start, start + crop) for start, crop in zip(corner, self._shape, strict=True))
        seen = otherwise_seen(image[cut] / np.float32(255), rng)
        return (
            torch.from_numpy(seen)[None],
            torch.from_numpy(corner),
            torch.from_numpy(regions[cut].astype(np.int64)),
        )


def otherwise_seen(image: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """``image`` (X, Y, Z) in [0, 1] as another scanner or a smoother model might show it; background stays 0."""
    power, gain = np.exp(rng.uniform(-CONTRAST, CONTRAST)), np.exp(rng.uniform(-GAIN, GAIN))
    knots = torch.from_numpy(rng.standard_normal((1, 1, *[SHADING_KNOTS] * 3), np.float32))
    shading = F.interpolate(knots, image.shape, mode="trilinear", align_corners=True)[0, 0].numpy()
    out = ndimage.gaussian_filter(image, rng.uniform(0.0, BLUR_VOXELS)) ** power * gain * (1 + SHADING * shading)
    out += rng.uniform(0.0, NOISE) * rng.standard_normal(image.shape, np.float32)
    return np.where(image > 0, np.clip(out, 0.0, 1.0), 0.0).astype(np.float32)


class _Whole(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """Each scan and each copy once, as they are."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self._images, self._regions = tensors["images"], tensors["regions"]

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor, Tensor]:
        return self._images[index][None] / 255, torch.zeros(3, dtype=torch.long), self._regions[index // 2].long()


class VolumetryStage(Stage):
    """Loss: cross entropy, which makes probabilities honest, + 0.5·(1 − soft Dice), which lets small regions count."""

    def __init__(self, config: SegmentationConfig, stage: StageConfig) -> None:
        super().__init__(stage)
        self.network = Segmentation(config).to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]

    def training_step(self, batch: tuple[Tensor, Tensor, Tensor], _: int) -> Any:
        image, corners, regions = batch
        logarithms = self.network(image, corners).float().log_softmax(1)
        entropy = F.nll_loss(logarithms, regions)
        overlap = _soft_dice(logarithms.exp(), regions)
        self.log_dict({"cross_entropy": entropy, "soft_dice": overlap}, on_step=False, on_epoch=True)
        return entropy + DICE_WEIGHT * (1 - overlap)

    def validation_step(self, batch: tuple[Tensor, Tensor, Tensor], index: int) -> None:
        image, corners, regions = batch
        logits = self.network(image, corners).float()
        which = "copy" if index % 2 else "scan"
        self.log(f"val_loss_{which}", F.cross_entropy(logits, regions), batch_size=1)
        found = logits.argmax(1)
        for number, name in enumerate(self.network.config.regions, 1):
            overlap = dice((found == number).numpy(force=True), (regions == number).numpy(force=True))
            self.log(f"val_dice_{which}/{name}", overlap, batch_size=1)


def _soft_dice(probabilities: Tensor, regions: Tensor) -> Tensor:
    """Mean over classes of Dice over a batch: probabilities (B, K, X, Y, Z), numbers (B, X, Y, Z)."""
    count = probabilities.shape[1]
    right = probabilities.gather(1, regions[:, None]).flatten()
    both = torch.zeros(count, device=right.device).index_add(0, regions.flatten(), right)
    each = probabilities.sum((0, 2, 3, 4)) + torch.bincount(regions.flatten(), minlength=count)
    return ((2 * both + SMOOTHING_VOXELS) / (each + SMOOTHING_VOXELS)).mean()
