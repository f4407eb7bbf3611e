"""Data that the package makes itself: points in the plane, and images.

Every function takes a torch generator and a number of points, and returns float64.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

SIDE = 16
"""Side of the images, in pixels."""
SOFTNESS = 2.0
"""Steepness of the edges of drawn shapes, per pixel."""


def _normal(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=rng, dtype=torch.float64)


def _uniform(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.rand(*shape, generator=rng, dtype=torch.float64)


def _around(rng: torch.Generator, centres: Tensor, count: int, std: float) -> Tensor:
    """Return normal points around centres, each as often as the others (± 1)."""
    which = torch.randperm(count, generator=rng) % len(centres)
    return centres[which] + std * _normal(rng, count, centres.shape[1])


def ring_centres(modes: int) -> Tensor:
    """Return equally spaced points on the unit circle, (modes, 2)."""
    angles = 2 * math.pi * torch.arange(modes, dtype=torch.float64) / modes
    return torch.stack([angles.cos(), angles.sin()], 1)


def ring(rng: torch.Generator, count: int, modes: int = 8, std: float = 0.02) -> Tensor:
    """Return points of normals around equally spaced centres on the unit circle."""
    return _around(rng, ring_centres(modes), count, std)


def grid_centres(side: int) -> Tensor:
    """Return the points of a square grid in [-1, 1]², (side², 2)."""
    ticks = torch.linspace(-1, 1, side, dtype=torch.float64)
    return torch.cartesian_prod(ticks, ticks)


def grid(rng: torch.Generator, count: int, side: int = 5, std: float = 0.02) -> Tensor:
    """Return points of normals around a square grid of centres in [-1, 1]²."""
    return _around(rng, grid_centres(side), count, std)


def shapes(rng: torch.Generator, count: int) -> Tensor:
    """Return 16×16 images of discs, squares and crosses, values in [-1, 1].

    Returns
    -------
    Tensor, shape (count, 1, 16, 16)
        Shape, place (of the centre, in the middle half) and size (a radius of 2 to 5
        pixels) are random; edges are soft.

    Examples
    --------
    >>> images = shapes(torch.Generator().manual_seed(0), 6)
    >>> images.shape, bool((images.abs() <= 1).all())
    (torch.Size([6, 1, 16, 16]), True)
    """
    kind = torch.randint(3, (count, 1, 1), generator=rng)
    centre = SIDE / 4 + SIDE / 2 * _uniform(rng, count, 2)
    radius = 2 + 3 * _uniform(rng, count, 1, 1)
    pixels = torch.arange(SIDE, dtype=torch.float64) + 0.5
    across = (pixels[None, :] - centre[:, :1])[:, None, :].abs()
    down = (pixels[None, :] - centre[:, 1:])[:, :, None].abs()
    longer, shorter = torch.maximum(across, down), torch.minimum(across, down)
    disc = radius - (across.square() + down.square()).sqrt()
    square = radius - longer
    cross = torch.minimum(square, radius / 3 - shorter)
    inside = torch.where(kind == 0, disc, torch.where(kind == 1, square, cross))
    return torch.tanh(SOFTNESS / 2 * inside)[:, None]
