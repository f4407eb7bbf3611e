"""Data that code draws or that packages ship, and distances on them."""

from __future__ import annotations

import functools

import numpy as np
import torch
from torch import Tensor


def _drawn(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def _single(values: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))


@functools.cache
def ring(points: int = 2048, modes: int = 8, width: float = 0.05) -> Tensor:
    """Return points around modes on a circle of radius 1."""
    rng = _drawn(0)
    angle = 2 * np.pi * rng.integers(modes, size=points) / modes
    middle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return _single(middle + width * rng.standard_normal((points, 2)))


@functools.cache
def grid(points: int = 2048, side: int = 3, width: float = 0.05) -> Tensor:
    """Return points around the nodes of a square grid in [-1, 1]²."""
    rng = _drawn(1)
    middle = 2 * rng.integers(side, size=(points, 2)) / (side - 1) - 1
    return _single(middle + width * rng.standard_normal((points, 2)))


@functools.cache
def spiral(points: int = 2048) -> Tensor:
    """Return points along a spiral of one turn and a half."""
    rng = _drawn(2)
    t = np.sqrt(rng.uniform(size=points))
    angle = 3 * np.pi * t
    curve = np.stack([t * np.cos(angle), t * np.sin(angle)], axis=1)
    return _single(curve + 0.02 * rng.standard_normal((points, 2)))


@functools.cache
def digits() -> tuple[Tensor, Tensor]:
    """Return scikit-learn's 8 × 8 digits, (1797, 64) in [-1, 1], and their labels."""
    from sklearn.datasets import load_digits

    found = load_digits()
    order = _drawn(3).permutation(len(found.data))
    labels = torch.from_numpy(found.target[order].astype(np.int64))
    return _single(found.data[order] / 8 - 1), labels


@functools.cache
def patches(count: int = 4096, side: int = 8) -> Tensor:
    """Return grey patches of scikit-learn's photograph of a temple, in [-1, 1]."""
    from sklearn.datasets import load_sample_image

    grey = load_sample_image("china.jpg").mean(2) / 127.5 - 1
    rng = _drawn(4)
    rows = rng.integers(grey.shape[0] - side, size=count)
    columns = rng.integers(grey.shape[1] - side, size=count)
    cut = [
        grey[r : r + side, c : c + side].ravel()
        for r, c in zip(rows, columns, strict=True)
    ]
    return _single(np.array(cut))


@functools.cache
def table(name: str) -> tuple[Tensor, Tensor]:
    """Return standardised columns and the target of a table in scikit-learn."""
    from sklearn import datasets

    found = getattr(datasets, f"load_{name}")()
    order = _drawn(5).permutation(len(found.data))
    values = found.data[order]
    values = (values - values.mean(0)) / values.std(0)
    return _single(values), torch.from_numpy(found.target[order])


@functools.cache
def directions(dimension: int, count: int = 32) -> Tensor:
    """Return random unit vectors, (dimension, count)."""
    drawn = _drawn(6).standard_normal((dimension, count))
    return _single(drawn / np.linalg.norm(drawn, axis=0))


@functools.cache
def latents(count: int, dimension: int) -> Tensor:
    """Return the latent points at which metrics are evaluated."""
    return _single(_drawn(7).standard_normal((count, dimension)))


def sliced_distance(made: Tensor, real: Tensor) -> Tensor:
    """Return the mean 1-Wasserstein distance over 32 fixed projections."""
    lines = directions(real.shape[-1]).to(made)
    sorted_made = (made @ lines).sort(dim=0).values
    sorted_real = (real.to(made) @ lines).sort(dim=0).values
    return (sorted_made - sorted_real).abs().mean()
