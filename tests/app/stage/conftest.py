import numpy as np
import pytest

from app.theme import style
from engine.volume import Volume


@pytest.fixture(autouse=True)
def dressed(qapp):
    style.apply(qapp, "dark")


@pytest.fixture
def blob() -> Volume:
    """A bright ellipsoid in an empty field, odd unequal sizes, 2 mm; the voxel at its left, front and top end is
    brighter than the rest."""
    shape = (31, 37, 27)
    x, y, z = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    data = (np.sqrt(x**2 + y**2 + z**2) < 0.8).astype(np.float32) * 0.7
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] = (-30.0, -36.0, -26.0)
    return Volume(data, affine)
