"""How well brains are found and placed, on people with labels: Dice of mask and ventricles, after the affine and SyN.

    python scripts/registration_report.py [--people N]

Mask: against MUSE labels in native space. Ventricles (lateral and inferior lateral): a person's labels in the model's
world against where most of the train people have theirs. SyN goes on from the affine, as it does in preparation.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from engine.preparation import prepare
from engine.preparation.place import Place
from engine.preparation.registration import template, warp_to
from engine.scans import open_scan, read
from engine.volume import Volume, world_from_voxel
from scripts.scan_report import DATA, LATERAL, dice, majority_ventricles


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=12, help="how many of the raw heads (default: all twelve)")
    wanted = parser.parse_args().people
    atlas = majority_ventricles()
    rows = []
    for path in sorted((DATA / "ixi" / "raw").glob("*_T1w.nii.gz"))[:wanted]:
        prepared = prepare(open_scan(path))
        labels = read(path.with_name(path.name.replace("_T1w", "_desc-muse_dseg"))).volume
        ventricles = Volume(np.isin(labels.data, LATERAL).astype(np.float32), labels.affine)
        affine = prepared.place
        syn = replace(affine, warp=warp_to(prepared.volume, np.eye(4), template()))
        row = [dice(prepared.mask, labels.data > 0)]
        row += [
            dice(place.onto_model(ventricles, atlas.grid, order=1) >= 0.5, atlas.data >= 0.5) for place in (affine, syn)
        ]
        row.append(_there_and_back_mm(syn, prepared.mask, prepared.native.affine))
        print(path.name.split("_")[0], *(f"{figure:.3f}" for figure in row), flush=True)
        rows.append(row)
    names = ("mask", "ventricles, affine", "ventricles, SyN", "SyN there and back, largest mm")
    for name, values in zip(names, np.array(rows).T, strict=True):
        spread = f"sd {values.std(ddof=1):.3f}, {values.min():.3f} to {values.max():.3f}" if len(values) > 1 else ""
        print(f"{name}: mean {values.mean():.3f}, {spread} ({len(values)} people)")


def _there_and_back_mm(place: Place, mask: np.ndarray, affine: np.ndarray) -> float:
    points = world_from_voxel(affine, np.argwhere(mask)[::97])
    return float(np.linalg.norm(place.to_native(place.to_model(points)) - points, axis=-1).max())


if __name__ == "__main__":
    main()
