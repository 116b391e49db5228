"""Folding small cubes of voxels into channels, so that a network works on a coarser grid without losing anything."""

from __future__ import annotations

from torch import Tensor


def fold_patches(x: Tensor, size: int) -> Tensor:
    """(B, C, X, Y, Z) → (B, C·size³, X/size, Y/size, Z/size)."""
    if size == 1:
        return x
    b, c, *shape = x.shape
    x_, y_, z_ = (n // size for n in shape)
    x = x.reshape(b, c, x_, size, y_, size, z_, size)
    return x.permute(0, 1, 3, 5, 7, 2, 4, 6).reshape(b, c * size**3, x_, y_, z_)


def unfold_patches(x: Tensor, size: int) -> Tensor:
    """The inverse of ``fold_patches``."""
    if size == 1:
        return x
    b, c, x_, y_, z_ = x.shape
    x = x.reshape(b, c // size**3, size, size, size, x_, y_, z_)
    return x.permute(0, 1, 5, 2, 6, 3, 7, 4).reshape(b, c // size**3, x_ * size, y_ * size, z_ * size)
