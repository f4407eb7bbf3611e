"""Rules that look at the opponent's losses, on games of two quadratics.

Their maps are written here from the papers' formulas, in rational numbers: polynomials
in the learning rate of which nothing is rounded, and no step of gandyn's is played.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from flint import fmpq, fmpq_mat

from tests.threshold_judge.cases import HIGH, LOW

MOST = 3
"""Coordinates of one player."""


class Quadratics(NamedTuple):
    """The blocks A, B, C, D of J, symmetric A and D, and an interval of rates.

    ``neutral`` coordinates of the first player move nothing.
    """

    blocks: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
    neutral: int
    low: float
    high: float


class PolynomialMap(NamedTuple):
    """The map I + η·first + η²·second of a step with learning rate η."""

    first: fmpq_mat
    second: fmpq_mat

    def at(self, rate: float) -> fmpq_mat:
        """Return the map at a learning rate, exactly."""
        size = self.first.nrows()
        eta = _rational(rate)
        one = fmpq_mat(
            size, size, [int(i == j) for i in range(size) for j in range(size)]
        )
        return one + self.first * eta + self.second * (eta * eta)

    def many(self, rates: np.ndarray) -> np.ndarray:
        """Return the maps at many rates in floats, shape (rates, size, size)."""
        eta = np.asarray(rates)[:, None, None]
        first, second = (_floats(part) for part in self)
        return np.eye(len(first)) + eta * first + eta**2 * second


def map_of(name: str, game: Quadratics) -> PolynomialMap:
    """Return the map of a rule with equal learning rates, ratios 1."""
    a, b, c, d = (_exact(block) for block in game.blocks)
    j, none = _joined(a, b, c, d), _nought(len(game.blocks[0]) + len(game.blocks[3]))
    off = _joined(a - a, b, c, d - d)
    if name == "FollowTheRidge":  # y follows: + η D⁻¹ C (A x + B y)
        along = d.inv() * c
        return PolynomialMap(_joined(-a, -b, along * a - c, along * b - d), none)
    if name == "LookAheadPlay":  # each gradient where the other will be
        return PolynomialMap(-j, off * j)
    assert name == "LOLA"  # and each knows how it moves the other's step
    bt, ct = b.transpose(), c.transpose()
    shaping = _joined(ct * bt, b - b, c - c, bt * ct)
    return PolynomialMap(-j, off * j + shaping)


def random_quadratics(rng: Any) -> Quadratics:
    """Return a game with slow, fast, unstable and neutral directions, of any scale."""
    n, m = (int(k) for k in rng.integers(1, MOST + 1, size=2))
    a, d = _symmetric(rng, n), _symmetric(rng, m)
    b = rng.normal(size=(n, m)) * 10 ** rng.uniform(-1.5, 0.5)
    kind = rng.choice(["zero-sum", "general", "potential", "alone"])
    c = {"zero-sum": -b.T, "potential": b.T, "alone": 0 * b.T}.get(
        str(kind), rng.normal(size=(m, n)) * 10 ** rng.uniform(-1.5, 0.5)
    )
    neutral = int(n > 1 and rng.random() < 0.2)
    if neutral:
        a[-1], a[:, -1], b[-1], c[:, -1] = 0.0, 0.0, 0.0, 0.0
    scale = 10.0 ** (rng.uniform(-8, 8) if rng.random() < 0.3 else 0.0)
    blocks = tuple(scale * block for block in (a, b, c, d))
    return Quadratics(blocks, neutral, LOW / scale, HIGH / scale / 3)


def _symmetric(rng: Any, size: int) -> np.ndarray:
    low, high = {"fast": (0, 1.5), "slow": (-3, -1), "plain": (-1, 1)}[
        str(rng.choice(["fast", "slow", "plain"]))
    ]
    values = 10 ** rng.uniform(low, high, size=size)
    values *= np.where(rng.random(size) < 0.2, -1.0, 1.0)
    turn = np.linalg.qr(rng.normal(size=(size, size)))[0]
    whole = (turn * values) @ turn.T
    return (whole + whole.T) / 2


def _rational(value: float) -> fmpq:
    exact = Fraction(float(value))
    return fmpq(exact.numerator, exact.denominator)


def _exact(block: np.ndarray) -> fmpq_mat:
    return fmpq_mat(*block.shape, [_rational(value) for value in block.ravel()])


def _nought(size: int) -> fmpq_mat:
    return fmpq_mat(size, size)


def _joined(a: fmpq_mat, b: fmpq_mat, c: fmpq_mat, d: fmpq_mat) -> fmpq_mat:
    rows = [left + right for left, right in zip(a.tolist(), b.tolist(), strict=True)]
    rows += [left + right for left, right in zip(c.tolist(), d.tolist(), strict=True)]
    return fmpq_mat(len(rows), len(rows), [entry for row in rows for entry in row])


def _floats(matrix: fmpq_mat) -> np.ndarray:
    return np.array(
        [[int(v.p) / int(v.q) for v in row] for row in matrix.tolist()], dtype=float
    )
