"""A judge of thresholds: dense scans and bisection, by plain numpy.

It shares nothing with `gandyn.stability`: multipliers come from a closed form in the
eigenvalues that a game was made of. Multipliers outside the circle are counted on a
dense grid; where the count changes it is bisected.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import mpmath
import numpy as np

DENSE = 20_001
ON = 1e-10
"""Multipliers this near to the circle have no side."""


class Found(NamedTuple):
    """A place where the number outside changes, and by how many."""

    value: float
    change: int


Moduli = Callable[[np.ndarray], np.ndarray]
"""Moduli of multipliers, neutral ones left out, shape (places, M)."""


def judged(moduli: Moduli, low: float, high: float, points: int = DENSE) -> list[Found]:
    """Return every change of the number of multipliers outside, on a grid in log p."""
    places = np.geomspace(low, high, points)
    counts, sure = _counts(moduli(places))
    places, counts = places[sure], counts[sure]
    found = []
    for k in np.flatnonzero(np.diff(counts)).tolist():
        found += _bisected(moduli, *places[k : k + 2], *counts[k : k + 2])
    return found


def unmatched(wanted: list[Found], got: Any) -> list[str]:
    """Return what is missed, off by more than 1e-9 and rounding, or not there.

    What is nearer is taken by itself, if it is all: several may be within 1e-9, and in
    each other's rounding.
    """
    left, bad = list(got), []
    for value, change in wanted:
        for relative, doubts in ((1e-12, 0), (1e-9, 0), (1e-9, 1)):
            near = [
                one
                for one in left
                if abs(one.value - value) <= relative * value + doubts * one.uncertainty
            ]
            if sum(one.change for one in near) == change:
                break
        else:
            bad.append(f"{change} at {value}: got {near}")
        left = [one for one in left if not any(one is other for other in near)]
    return bad + [f"{one.change} at {one.value}, where none is" for one in left]


def _counts(moduli: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.sum(moduli > 1, axis=1), np.all(np.abs(moduli - 1) > ON, axis=1)


def _bisected(
    moduli: Moduli, low: float, high: float, below: int, above: int
) -> list[Found]:
    """Return the changes between two places of different counts, all that differ."""
    while high - low > 4e-16 * high:
        middle = (low + high) / 2
        if not low < middle < high:
            break
        count = int(np.sum(moduli(np.array([middle])) > 1))
        if count == below:
            low = middle
        elif count == above:
            high = middle
        else:
            first = _bisected(moduli, low, middle, below, count)
            return first + _bisected(moduli, middle, high, count, above)
    return [Found((low + high) / 2, int(above - below))]


def of_form(form: Callable[[np.ndarray], np.ndarray], mu: np.ndarray) -> Moduli:
    """Return the moduli by a closed form: monic polynomials in λ, for s = lr μ.

    ``form`` returns the coefficients below the leading one, the highest power first,
    shape (degree, ...).
    """

    def moduli(places: np.ndarray) -> np.ndarray:
        tail = form(places[:, None] * mu)
        if len(tail) == 1:
            return np.abs(tail[0])
        half, last = -tail[0] / 2, tail[1]
        root = np.sqrt(half * half - last + 0j)
        root = np.where(np.real(np.conj(half) * root) < 0, -root, root)
        large = half + root
        small = np.where(large == 0, 0, last / np.where(large == 0, 1, large))
        return np.abs(np.concatenate([large, small], axis=1))

    return moduli


def eigenvalues(matrix: np.ndarray, neutral: int) -> np.ndarray:
    """Return eigenvalues in 50 digits, but for those nearest to 0."""
    with mpmath.workdps(50):
        found = mpmath.eig(mpmath.matrix(matrix.tolist()), left=False, right=False)
        values = np.array([complex(value) for value in found])
    return values[np.argsort(np.abs(values))[neutral:]]


def forms() -> dict[str, Callable[[np.ndarray], Any]]:
    """Return the closed forms of rules that see both players alike, at the defaults."""

    def momentum(beta: float) -> Callable[[np.ndarray], Any]:
        return lambda s: (s - 1 - beta, beta + 0 * s)

    return {
        "Simultaneous": lambda s: (s - 1,),
        "Extragradient": lambda s: (s - 1 - s * s,),
        "RungeKutta2": lambda s: (s - 1 - s * s / 2,),
        "RungeKutta4": lambda s: (-1 + s - s**2 / 2 + s**3 / 6 - s**4 / 24,),
        "ProximalPoint": lambda s: (-1 / (1 + s),),
        "Lookahead": lambda s: (-0.5 - 0.5 * (1 - s) ** 5,),
        "HeavyBall": momentum(0.5),
        "Nesterov": lambda s: (-1.5 * (1 - s), 0.5 * (1 - s)),
        "OptimisticGradient": lambda s: (2 * s - 1, -s),
        "PastExtragradient": lambda s: (2 * s - 1, -s),
    }
