"""What happens to every scan of the shared test data: writes docs/scans-table.md, and a picture of each to look at.

    python scripts/scan_report.py [--pictures DIR] [--minutes N]

Every file is opened; all but label maps and most forms of one head are prepared too, which takes half a minute each the
first time (kept in the preparation's cache, so a stopped run goes on). Pictures hold faces and must not be published.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine.errors import NeurolapseError  # noqa: E402
from engine.preparation import Prepared, carry_back, prepare  # noqa: E402
from engine.scans import Scan, doubt, open_scan, read  # noqa: E402
from engine.volume import Volume  # noqa: E402

SHARED = Path(os.environ.get("NEUROLAPSE_SHARED", ROOT.parent / "shared"))
DATA = (SHARED if SHARED.is_absolute() else ROOT / SHARED) / "data"
# Lateral and inferior lateral ventricles: the third and fourth are a voxel or two wide at 2 mm.
LATERAL = (49, 50, 51, 52)


@dataclass
class Row:
    """A scan's way: what it was read as, and what became of it."""

    path: Path
    told: str
    outcome: str
    figures: dict[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.path.relative_to(DATA).as_posix()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, help="a folder for pictures")
    parser.add_argument("--minutes", type=float, default=60, help="prepare no further scan after so many")
    arguments = parser.parse_args()
    until = time.monotonic() + 60 * arguments.minutes
    atlas = majority_ventricles()
    rows = []
    for path, wanted in _paths():
        row, scan = _open(path)
        if scan is not None and wanted and time.monotonic() < until:
            _prepare(row, scan, atlas, arguments.pictures)
        print(f"{row.name}: {row.told}. {row.outcome} {row.figures or ''}", flush=True)
        rows.append(row)
    (ROOT / "docs" / "scans-table.md").write_text(_page(rows, _largest_difference()), encoding="utf-8")


def _paths() -> Iterator[tuple[Path, bool]]:
    """Every scan, and whether it is to be prepared: of the many forms of one head only those that lie otherwise."""
    lying = ("plain", "oblique", "shear", "sform_qform_differ_s4")
    for path in sorted((DATA / "ixi" / "raw").glob("*_T1w.nii.gz")):
        yield path, True
    for path in sorted((DATA / "heads").glob("*.nii.gz")):
        yield path, True
    odd = sorted((DATA / "dicom" / "odd").iterdir())
    small, siemens = (list((DATA / "dicom" / name).iterdir()) for name in ("enhanced_small", "enhanced_siemens_xa30"))
    files = [*small, *siemens, *odd]
    for path in sorted(folder for folder in (DATA / "dicom").iterdir() if folder.name not in ("odd", "enhanced_small")):
        yield path, True
    for path in sorted(files):
        yield path, path.name != "T1_enhanced.dcm"  # its folder has been
    for path in sorted((DATA / "negatives").iterdir()):
        if path.suffix != ".tsv":
            yield path, True
    for path in sorted((DATA / "forms").rglob("*")):
        if path.is_file() and path.suffix not in (".tsv", ".mat"):
            yield path, path.name.startswith(lying)
    for path in sorted((DATA / "ixi").glob("sub-*/anat/*_T1w.nii.gz")):
        yield path, True
    for path in sorted(DATA.glob("ixi/**/*_dseg.nii.gz")) + sorted(DATA.glob("anatomy/*.nii.gz")):
        yield path, False


def _open(path: Path) -> tuple[Row, Scan | None]:
    try:
        scan = open_scan(path)
    except NeurolapseError as error:
        return Row(path, "refused", str(error)), None
    size = " × ".join(map(str, scan.header.shape))
    edges = " × ".join(f"{edge:.3g}" for edge in scan.header.spacing_mm)
    told = f"{scan.header.format}, {size}, {edges} mm, {scan.header.orientation}, {scan.header.dtype}"
    return Row(path, told, " ".join(filter(None, ["opened.", *scan.notes, doubt(scan)]))), scan


def _prepare(row: Row, scan: Scan, atlas: Volume, pictures: Path | None) -> None:
    """Onto the model's grid, and back with no change; where there are labels, how good mask and place are."""
    try:
        prepared = prepare(scan)
    except NeurolapseError as error:
        row.outcome = str(error)
        return
    warnings = [check.sentence for check in prepared.checks if check.warning]
    row.outcome = " ".join(["prepared, with warnings.", *warnings]) if warnings else "prepared, every check passed."
    no_change = Volume(np.zeros_like(prepared.volume.data), prepared.volume.affine)
    back = carry_back(no_change, prepared, scan, "change")
    row.figures["no change back"] = float(np.abs(back.data - scan.volume.data).max())
    if row.path.parent.name == "raw":
        labels = read(row.path.with_name(row.path.name.replace("_T1w", "_desc-muse_dseg"))).volume
        row.figures["mask"] = dice(prepared.mask, labels.data > 0)
        inside = Volume(np.isin(labels.data, LATERAL).astype(np.float32), labels.affine)
        there = prepared.place.onto_model(inside, prepared.volume.grid, order=1)
        row.figures["ventricles"] = dice(there >= 0.5, atlas.data >= 0.5)
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
        _picture(scan, prepared, pictures / f"{row.name.replace('/', '__')}.png")


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return float(2 * (a & b).sum() / (a.sum() + b.sum()))


def majority_ventricles() -> Volume:
    """Where more than half of the people of split train have their lateral ventricles, on the model's grid."""
    rows = [line.split("\t") for line in (DATA / "ixi" / "participants.tsv").read_text().splitlines()]
    split = rows[0].index("split")
    names = [row[0] for row in rows[1:] if row[split] == "train"]
    found = [read(next((DATA / "ixi" / name).rglob("*_dseg.nii.gz"))).volume for name in names]
    share = np.mean([np.isin(volume.data, LATERAL) for volume in found], axis=0)
    return Volume((share > 0.5).astype(np.float32), found[0].affine)


def _largest_difference() -> tuple[float, float]:
    """Over the 48 orientations: the largest difference of a voxel, and of an affine's entry."""
    plain = open_scan(DATA / "forms" / "plain.nii.gz").volume
    others = [open_scan(path).volume for path in sorted((DATA / "forms" / "orient").iterdir())]
    assert len(others) == 48
    voxels = max(float(np.abs(other.data - plain.data).max()) for other in others)
    return voxels, max(float(np.abs(other.affine - plain.affine).max()) for other in others)


def _picture(scan: Scan, prepared: Prepared, target: Path) -> None:
    """Top: the scan on the model's grid; below: what was made of it. Sagittal, coronal, axial through the middle."""
    from PySide6.QtGui import QImage

    laid = prepared.place.onto_model(scan.volume, prepared.volume.grid, order=1)
    strips = []
    for data in (laid, prepared.volume.data):
        grey = np.clip(data / max(float(np.percentile(data, 99.5)), 1e-6), 0, 1) * 255
        x, y, z = (size // 2 for size in grey.shape)
        panes = [grey[x - 4], grey[:, y], grey[:, :, z]]
        strips.append(np.hstack([np.pad(np.flipud(pane.T), ((0, 96 - pane.shape[1]), (0, 2))) for pane in panes]))
    picture = np.ascontiguousarray(np.kron(np.vstack(strips), np.ones((2, 2))).astype(np.uint8))
    height, width = picture.shape
    QImage(picture.tobytes(), width, height, width, QImage.Format.Format_Grayscale8).save(str(target))


def _page(rows: list[Row], orientations: tuple[float, float]) -> str:
    raw = [row for row in rows if "mask" in row.figures]
    back = [row.figures["no change back"] for row in rows if "no change back" in row.figures]
    lines = [
        "# What happens to every scan of the test data",
        "",
        "Written by `python scripts/scan_report.py`, which opens every file of `$NEUROLAPSE_SHARED/data` and prepares",
        "all that opens but label maps; of one head's many forms only a few. “opened”: read, but not prepared.",
        "",
        "## Figures",
        "",
        f"- The 48 orientations of one head: largest difference of a voxel {orientations[0]:g}, of an affine's entry "
        f"{orientations[1]:.1g} mm.",
        f"- No change carried back into the scan's own space, {len(back)} scans: largest difference of a voxel "
        f"{max(back, default=0):g} (before rounding to the file's type).",
    ]
    if raw:
        for key, says in (
            ("mask", "Brain mask against MUSE labels, native space"),
            ("ventricles", "Lateral ventricles after the affine against where most of the train people have theirs"),
        ):
            values = np.array([row.figures[key] for row in raw])
            lowest = raw[int(values.argmin())].path.name.split("_")[0]
            lines.append(
                f"- {says}, {len(raw)} raw people of 22 to 75 years: Dice mean {values.mean():.3f}, median "
                f"{np.median(values):.3f}, least {values.min():.3f} ({lowest}), most {values.max():.3f}."
            )
    lines += ["", "## The table", "", "| file | read as | what happened | Dice mask, ventricles |", "|---|---|---|---|"]
    for row in rows:
        figures = ", ".join(f"{row.figures[key]:.3f}" for key in ("mask", "ventricles") if key in row.figures)
        lines.append(f"| `{row.name}` | {row.told} | {row.outcome} | {figures} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
