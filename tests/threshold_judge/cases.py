"""Random linear games: slow, real, neutral, defective, clustered, of any scale."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import block_diag

LOW, HIGH = 1e-3, 10.0
"""Learning rates on which a game of scale 1 is looked at."""


class Case(NamedTuple):
    """A matrix whose first n coordinates are one player's, and an interval."""

    matrix: np.ndarray
    n: int
    neutral: int
    low: float
    high: float


def random_case(rng: Any, most: int) -> Case:
    """Return a game of 2 to ``most`` coordinates, in a basis that is not its own."""
    size = int(rng.integers(2, most + 1))
    blocks: list[np.ndarray] = []
    while (left := size - sum(map(len, blocks))) > 0:
        blocks.append(_block(rng, left, blocks))
    whole = block_diag(*blocks)
    neutral = sum(len(block) for block in blocks if not block.any())
    scale = 10.0 ** (rng.uniform(-8, 8) if rng.random() < 0.3 else 0.0)
    matrix = scale * _turned(rng, whole)
    return Case(matrix, int(rng.integers(1, size)), neutral, LOW / scale, HIGH / scale)


def _block(rng: Any, left: int, known: list[np.ndarray]) -> np.ndarray:
    kinds = ["real", "fast", "away", "neutral", "real"]
    if left > 1:
        kinds += ["pair", "slow", "slow", "unstable", "chain"]
    if left > 3:
        kinds += ["spirals", "again"]
    kind = rng.choice(kinds)
    if kind in ("real", "fast", "away"):
        exponent = {"real": (-1, 1), "fast": (1, 3), "away": (-3, 0)}[kind]
        return np.array(
            [[(-1 if kind == "away" else 1) * 10 ** rng.uniform(*exponent)]]
        )
    if kind == "neutral":
        return np.zeros((1, 1))
    if kind == "chain":
        many = int(rng.integers(2, min(left, 4) + 1))
        above = np.diag(np.full(many - 1, 10 ** rng.uniform(-1, 1)), 1)
        return 10 ** rng.uniform(-1, 1) * np.eye(many) + above
    if kind == "again" and known:
        last = known[-1]
        if 1 < len(last) <= left:
            return last * (1 + 10 ** rng.uniform(-9, -3))
    a, b = 10 ** rng.uniform((-6, -4), (-3, -2) if kind == "slow" else (1, 1))
    a, b = (a, b) if kind == "slow" else 10 ** rng.uniform((-1.5, -1.5), (1, 1))
    spiral = np.array([[a, b], [-b, a]])
    if kind == "unstable":
        return spiral - 2 * a * np.eye(2)
    if kind == "spirals":
        return np.block([[spiral, np.eye(2)], [np.zeros((2, 2)), spiral]])
    return spiral


def _turned(rng: Any, whole: np.ndarray) -> np.ndarray:
    size = len(whole)
    way = rng.choice(["orthogonal", "skew", "exchanged"])
    if way == "exchanged":  # to the bit: defective blocks stay so
        order = rng.permutation(size)
        return whole[np.ix_(order, order)]
    turns = [np.linalg.qr(rng.normal(size=(size, size)))[0] for _ in range(2)]
    if way == "orthogonal":
        return turns[0] @ whole @ turns[0].T
    basis = turns[0] * np.geomspace(1, 10 ** rng.uniform(0, 1.5), size) @ turns[1]
    return basis @ whole @ np.linalg.inv(basis)
