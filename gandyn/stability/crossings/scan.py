"""Brackets of crossings of the unit circle, and their location in them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq

from gandyn.stability.crossings.branches import (
    Branch,
    Lost,
    Sample,
    matched,
    set_neutral_aside,
)

POINTS = 64
"""Intervals to begin with; they are halved where multipliers move far."""
DECADE = 10.0
"""Intervals over this ratio are scanned evenly in the logarithm."""
MOVE = 0.05
"""Multipliers near the circle that move farther per interval could be confused."""
DEEPEST = 24
"""Halvings of one interval."""
NOISE = 1e-12
"""A test function nearer to 0 has no sign."""
CLOSE = 4 * np.finfo(float).eps
"""Relative tolerance of Brent's method, the least it takes."""


class Bracket(NamedTuple):
    """Two neighbouring points of a branch, and the multiplier that crosses between.

    Without multipliers the determinant at ``real`` changes its sign.
    """

    low: float
    high: float
    before: complex
    after: complex
    real: int = 0


def nodes(low: float, high: float) -> np.ndarray:
    """Return the scan's points, at uneven places between both ends.

    Thresholds like to be round numbers, and a test function has no sign there.
    """
    places = np.arange(POINTS + 1.0)
    places[1:-1] += 0.25 * np.sin(places[1:-1])
    if low > 0 and high / low > DECADE:
        between = low * (high / low) ** (places / POINTS)
    else:
        between = low + (high - low) * places / POINTS
    between[0], between[-1] = low, high
    return between


def brackets(branch: Branch, samples: list[Sample]) -> Iterator[Bracket]:
    """Yield the crossings along a sampled branch, intervals halved where needed."""
    neutral = branch.neutral()
    for left, right in itertools.pairwise(samples):
        yield from _between(branch, left, right, neutral, DEEPEST)


def _between(
    branch: Branch, left: Sample, right: Sample, neutral: int, depth: int
) -> Iterator[Bracket]:
    a = set_neutral_aside(left.values, neutral)
    b = matched(a, set_neutral_aside(right.values, neutral))
    if depth and _moves_far(a, b):
        try:
            middle = branch.at((left.parameter + right.parameter) / 2)
        except Lost:
            return
        yield from _between(branch, left, middle, neutral, depth - 1)
        yield from _between(branch, middle, right, neutral, depth - 1)
        return
    yield from _crossings(left.parameter, right.parameter, a, b)


def _moves_far(a: np.ndarray, b: np.ndarray) -> bool:
    first, second = np.abs(a) - 1, np.abs(b) - 1
    margin = np.where(first * second > 0, np.minimum(abs(first), abs(second)), 0.0)
    return bool(np.any(np.abs(a - b) > np.maximum(MOVE, margin)))


def _crossings(
    low: float, high: float, a: np.ndarray, b: np.ndarray
) -> Iterator[Bracket]:
    first, second = np.abs(a) - 1, np.abs(b) - 1
    sure = (np.abs(first) > NOISE) & (np.abs(second) > NOISE)
    sides = set()
    for before, after in zip(*_where(sure & (first * second < 0), a, b), strict=True):
        if before.imag >= 0 and after.imag >= 0:
            yield Bracket(low, high, complex(before), complex(after))
            if before.imag == 0 or after.imag == 0:
                sides.add(1 if before.real > 0 else -1)
    for side in (1, -1):
        ends = [determinant(values, side) for values in (a, b)]
        turned = min(map(abs, ends)) > NOISE and ends[0] * ends[1] < 0
        if turned and side not in sides:
            yield Bracket(low, high, complex(side), complex(side), side)


def _where(mask: np.ndarray, *arrays: np.ndarray) -> list[np.ndarray]:
    return [array[mask] for array in arrays]


def determinant(values: np.ndarray, side: int) -> float:
    """Return det(A - side I), from the multipliers."""
    return float(np.prod(values - side).real)


def locate(branch: Branch, bracket: Bracket) -> float:
    """Return where the bracket's test function vanishes, by Brent's method.

    It is the modulus of the crossing multiplier less 1, which is smooth where that
    is simple; where only a determinant changes its sign it is that determinant.
    """
    test = _determinant_test(branch, bracket) if bracket.real else _modulus(bracket)
    return float(
        brentq(
            lambda p: test(branch.at(p)), bracket.low, bracket.high,
            xtol=1e-300, rtol=CLOSE, maxiter=200,
        )
    )  # fmt: skip


def _modulus(bracket: Bracket) -> Callable[[Sample], float]:
    width = bracket.high - bracket.low

    def test(sample: Sample) -> float:
        share = (sample.parameter - bracket.low) / width
        expected = bracket.before + (bracket.after - bracket.before) * share
        nearest = np.argmin(np.abs(sample.values - expected))
        return float(np.abs(sample.values[nearest]) - 1)

    return test


def _determinant_test(branch: Branch, bracket: Bracket) -> Callable[[Sample], float]:
    neutral = branch.neutral()
    return lambda sample: determinant(
        set_neutral_aside(sample.values, neutral), bracket.real
    )
