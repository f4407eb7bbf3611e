"""Counting multipliers outside the circle, and bisecting where their number changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import matrix_balance

from tests.threshold_judge.multipliers import OneNumber, count_of_map
from tests.threshold_judge.opponents import PolynomialMap

Maps = Callable[[np.ndarray], Any]
"""Gives the matrices of a rule's step at some learning rates."""

Precisely = Callable[[float], Any]
"""Gives the matrix of a rule's step at one learning rate, to far more than floats."""

DENSE = 20_001
NEAR = 1e-12
"""Moduli of one number's multipliers this near to 1 are worked out in more digits."""
CLOSE = 1e-12
"""Relative width of a bisection's last bracket."""
SECTIONS = 16
"""Parts of a bracket, of which the next one is."""
CHUNK = 256
BESIDE = 1e-7
"""How far beside a place of the package's, relative to it, multipliers are counted."""


class Change(NamedTuple):
    """Where the number outside changes, by how many, and how far it may be off."""

    value: float
    change: int
    doubt: float


class Verdict(NamedTuple):
    """The number outside at the low end, and its changes."""

    outside: int
    changes: list[Change]


def judge_numbers(
    numbers: OneNumber, values: Sequence[Any], low: float, high: float,
    points: int = DENSE,
) -> Verdict:  # fmt: skip
    """Judge a rule that does the same to every coordinate, for eigenvalues of J."""
    rates = np.geomspace(low, high, points)
    outside, changes = 0, []
    for s in values:
        times = 2 if s.imag else 1
        start, found = _changes(numbers, s, rates)
        outside += times * start
        changes += [one._replace(change=times * one.change) for one in found]
    return Verdict(outside, sorted(changes))


def _changes(numbers: OneNumber, s: Any, rates: np.ndarray) -> tuple[int, list[Change]]:
    counts, sure = _counts(numbers, s, rates)
    for end in (0, -1):
        if not sure[end]:
            counts[end], sure[end] = numbers.outside(float(rates[end]), s), True
    places, counts = rates[sure], counts[sure]
    found = []
    for k in np.flatnonzero(np.diff(counts)).tolist():
        pair = places[k : k + 2].tolist(), counts[k : k + 2].tolist()
        found += _bisected(numbers, s, *pair)
    return int(counts[0]), found


def _counts(
    numbers: OneNumber, s: Any, rates: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return how many are outside in floats, and where that is beyond rounding."""
    moduli = numbers.moduli(rates, complex(s))
    sure = np.all(np.abs(moduli - 1) > NEAR * np.maximum(1, moduli), axis=1)
    return np.sum(moduli > 1, axis=1), sure


def _bisected(
    numbers: OneNumber, s: Any, places: list[float], counts: list[int]
) -> list[Change]:
    """Return the changes between two places, each in a bracket that is `CLOSE`.

    Several places between are looked at in one go, in floats; where these don't tell,
    one in more digits.
    """
    low, high = places
    if high - low <= CLOSE * high:
        return [Change((low + high) / 2, counts[1] - counts[0], high - low)]
    between = np.linspace(low, high, SECTIONS + 1)[1:-1]
    seen, sure = _counts(numbers, s, between)
    between, seen = between[sure], seen[sure]
    if not between.size:
        between = np.array([low + (high - low) / 2])
        seen = np.array([numbers.outside(float(between[0]), s)])
    marks = [low, *between.tolist(), high]
    known = [counts[0], *seen.tolist(), counts[1]]
    found = []
    for k in np.flatnonzero(np.diff(known)).tolist():
        found += _bisected(numbers, s, marks[k : k + 2], known[k : k + 2])
    return found


def judge_whole(
    maps: Maps, precise: Precisely, neutral: int, low: float, high: float,
    points: int = DENSE,
) -> Verdict:  # fmt: skip
    """Judge any linear rule by the eigenvalues of its whole maps: floats scan.

    Numbers of a hundred digits bisect.
    """
    places, counts = _scanned(partial(_sides, maps, neutral), low, high, points)
    return _judged(precise, neutral, [low, *places, high], counts)


def judge_exact(
    exact: PolynomialMap, neutral: int, low: float, high: float, points: int = DENSE
) -> Verdict:
    """Judge a rule by its rational maps: floats scan, rational numbers bisect."""
    places, counts = _scanned(partial(_sides, exact.many, neutral), low, high, points)
    return _judged(exact.at, neutral, [low, *places, high], counts)


def _judged(
    precise: Precisely, neutral: int, places: list[float], inner: list[int]
) -> Verdict:
    """Bisect between places, of which the inner ones' counts are known, in floats.

    Where these change they are counted again, for floats may be sure and wrong.
    """
    known = np.flatnonzero(np.diff(inner)) + 1
    marks = [places[k] for k in sorted({0, *known, *(known + 1), len(places) - 1})]
    counts = [count_of_map(precise(place), neutral) for place in marks]
    found = []
    for k in np.flatnonzero(np.diff(counts)).tolist():
        found += _halved(precise, neutral, marks[k : k + 2], counts[k : k + 2])
    return Verdict(counts[0], found)


def _scanned(
    sides: Any, low: float, high: float, points: int
) -> tuple[list[float], list[int]]:
    """Return the inner places where floats tell how many are outside, and how many."""
    rates = np.geomspace(low, high, points)[1:-1]
    chunks = np.array_split(rates, max(1, points // CHUNK))
    counts, sure = map(np.concatenate, zip(*map(sides, chunks), strict=True))
    return rates[sure].tolist(), counts[sure].tolist()


def _sides(
    maps: Maps, neutral: int, places: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return how many are outside at some places, and where that is beyond rounding."""
    stack = maps(places)
    middle = stack[len(stack) // 2]  # players and memory may have other units
    scale = matrix_balance(middle, permute=False, separate=True)[1][0]
    stack = stack * scale / scale[:, None]
    values = np.linalg.eigvals(stack)
    order = np.argsort(np.abs(values - 1), axis=1)[:, neutral:]
    excess = np.abs(np.take_along_axis(values, order, axis=1)) - 1
    noise = 1e-13 * np.maximum(1, np.linalg.norm(stack, axis=(1, 2)))
    least = np.min(np.abs(excess), axis=1, initial=np.inf)
    return np.sum(excess > 0, axis=1), least > noise


def _halved(
    precise: Precisely, neutral: int, places: list[float], counts: list[int]
) -> list[Change]:
    low, high = places
    if counts[0] == counts[1]:
        return []
    if high - low <= CLOSE * high:
        return [Change((low + high) / 2, counts[1] - counts[0], high - low)]
    middle = low + (high - low) / 2
    seen = count_of_map(precise(middle), neutral)
    below = _halved(precise, neutral, [low, middle], [counts[0], seen])
    return below + _halved(precise, neutral, [middle, high], [seen, counts[1]])


def is_there(precise: Precisely, neutral: int, value: float, change: int) -> bool:
    """Tell whether so many more are outside beyond a place than before it."""
    places = value * (1 - BESIDE), value * (1 + BESIDE)
    before, after = (count_of_map(precise(place), neutral) for place in places)
    return after - before == change
