"""Where followed multipliers cross the unit circle, one by one and together."""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import scipy

from gandyn.errors import GandynError
from gandyn.stability.crossings.spectra import Spectra, Spectrum
from gandyn.stability.crossings.tracks import TOGETHER

CLOSE = 4 * np.finfo(float).eps
"""Relative tolerance of Brent's method, the least it takes."""
_BESIDE = 1e-6
"""Share of the interval from where multipliers leave the rounding of the circle at
which they must be far out of it: else it is rounding that ends there."""
_SHARES = (1e-3, 1.0, 1e3, 1e6)
"""Shares of a bracket over which a speed is taken, the first that shows more than
rounding: the brackets of multipliers that pass through each other are narrow."""
_NOISY = 1e4
"""Roundings that a difference is made of: the speed has four digits or more."""
_JUMPS = 1e-6
"""A modulus that is not 1 by more where its test changes sign is another multiplier's:
the test jumps there, from one to the other."""
_LONG = 4
"""Places on the circle between two decided ones that are a stretch of its own: at a
crossing there are fewer, for intervals that cross alone are not halved."""
VAGUE = 1e-2
"""Relative uncertainty of a place from which it is none."""
_FAR = 100.0
"""Roundings that are far."""


class Crossing(NamedTuple):
    """A place where multipliers cross the circle together.

    Attributes
    ----------
    value : float
    bracket : pair of float
        Places on both sides at which the side of the multiplier is beyond rounding.
    uncertainty : float
        How far rounding may have moved it.
    multiplier : complex
        There; of a pair the one above, of several the mean.
    members : int
        How many multipliers it stands for, both of a pair counted.
    change : int
        By how many the number outside the circle changes as the parameter grows.
    speed : float
        d|λ|/dp, by differences.
    """

    value: float
    bracket: tuple[float, float]
    uncertainty: float
    multiplier: complex
    members: int
    change: int
    speed: float


class _Event(NamedTuple):
    """A followed multiplier that changes its side between two places."""

    low: float
    high: float
    before: complex
    after: complex
    change: int
    edge: bool

    def expected(self, parameter: float) -> complex:
        """Return where the multiplier should be in between."""
        share = (parameter - self.low) / (self.high - self.low)
        return self.before + share * (self.after - self.before)


def events(line: list[Spectrum]) -> list[_Event]:
    """Return the changes of side, of a pair once.

    Where multipliers are on the circle within rounding along a part of the branch, the
    changes are at its edges, where they leave it or come back.
    """
    sides = np.array([one.side for one in line])
    found: list[_Event] = []
    alone: dict[tuple[Any, ...], list[int]] = {}
    for i in range(sides.shape[1]):
        for j, k, edge in _changes(sides[:, i]):
            before, after = complex(line[j].values[i]), complex(line[k].values[i])
            low, high = line[j].parameter, line[k].parameter
            change = int(sides[k, i] > 0) - int(sides[j, i] > 0)
            event = _Event(low, high, before, after, change, edge)
            twin = (low, high, before.conjugate(), after.conjugate())
            if before.imag and after.imag and alone.get(twin):
                own = alone[twin].pop()
                found[own] = found[own]._replace(change=found[own].change + change)
            else:
                alone.setdefault(event[:4], []).append(len(found))
                found.append(event)
    return found


def _changes(sides: np.ndarray) -> Iterator[tuple[int, int, bool]]:
    """Yield between which places a multiplier's side changes, and whether at an edge.

    A short stay on the circle is a crossing or a touch, a long one has two edges. One
    that comes inside from the circle at the beginning did nothing: all do at a learning
    rate that is small enough.
    """
    decided = np.flatnonzero(sides).tolist()
    for j, k in itertools.pairwise(decided):
        if k - j > _LONG:
            yield j, j + 1, True
            yield k - 1, k, True
        elif sides[j] != sides[k]:
            yield j, k, False
    if decided and decided[0] > 0 and sides[decided[0]] > 0:
        yield decided[0] - 1, decided[0], True
    if decided and decided[-1] < len(sides) - 1:
        yield decided[-1], decided[-1] + 1, True


def touches(line: list[Spectrum]) -> Iterator[float]:
    """Yield where a multiplier comes to the circle and turns back, or seems to.

    It may have been on the other side for as long, if the rounding is large.
    """
    sides = np.array([one.side for one in line])
    doubts = np.array([one.doubt for one in line])
    for i in range(sides.shape[1]):
        for j, k in itertools.pairwise(np.flatnonzero(sides[:, i]).tolist()):
            short = 1 < k - j <= _LONG and sides[j, i] == sides[k, i]
            if short and doubts[j + 1 : k, i].max() > _JUMPS:
                yield line[j].parameter


def _nearest(spectrum: Spectrum, near: complex, count: int = 1) -> np.ndarray:
    """Return the places of the multipliers nearest to a number."""
    return np.argsort(np.abs(spectrum.values - near), kind="stable")[:count]


def _excess(spectra: Spectra, event: _Event, count: int, parameter: float) -> float:
    spectrum = spectra.at(parameter)
    own = _nearest(spectrum, event.expected(parameter), count)
    return float(abs(spectrum.values[own].mean()) - 1)


def located(spectra: Spectra, event: _Event, count: int = 1) -> Crossing | None:
    """Return where a multiplier, or the mean of several, crosses the circle."""
    if event.edge:
        return _edge(spectra, event)
    low, high = event.low, event.high
    ends = [_excess(spectra, event, count, place) for place in (low, high)]
    if not ends[0] * ends[1] < 0:
        return None
    value = _root(lambda p: _excess(spectra, event, count, p), low, high)
    spectrum = spectra.at(value)
    own = _nearest(spectrum, event.expected(value), count)
    if abs(abs(spectrum.values[own].mean()) - 1) > _JUMPS:
        return None
    speed = _speed(spectra, event, count, value)
    least = float(spectrum.doubt[own].max() / abs(speed)) if speed else np.inf
    uncertainty = _undecided_around(spectra, event, count, value, least)
    if uncertainty > VAGUE * max(abs(value), high - low):
        return None
    return Crossing(
        value, (low, high), uncertainty, _above(spectrum.values[own].mean()),
        abs(event.change), event.change, speed,
    )  # fmt: skip


def _speed(spectra: Spectra, event: _Event, count: int, value: float) -> float:
    """Return d|λ|/dp between places beside a crossing, the nearest beyond rounding."""
    slope = 0.0
    for share in _SHARES:
        places = [value + share * (end - value) for end in (event.low, event.high)]
        if share > 1 and places[1] - places[0] > _BESIDE * abs(value):
            break
        with contextlib.suppress(GandynError):  # beyond the ends of the interval
            ends = [_excess(spectra, event, count, place) for place in places]
            noise = max(_noise(spectra, event, count, place) for place in places)
            least = min(-ends[0] * event.change, ends[1] * event.change)
            if least > 0:
                slope = (ends[1] - ends[0]) / (places[1] - places[0])
            if least > _NOISY * noise:
                break
    return slope


def _undecided_around(
    spectra: Spectra, event: _Event, count: int, value: float, least: float
) -> float:
    """Return how far beside a crossing its sides are beyond rounding, at least so far.

    A speed tells it of multipliers that cross at it; some pass the circle as a cube.
    """
    reach = least
    for side in (-1, 1):
        far = event.high if side > 0 else event.low
        while math.isfinite(reach) and 2 * reach < abs(far - value):
            place = value + side * 2 * reach
            excess = _excess(spectra, event, count, place)
            if side * event.change * excess > _noise(spectra, event, count, place):
                break
            reach *= 2
    return reach


def _noise(spectra: Spectra, event: _Event, count: int, parameter: float) -> float:
    """Return the rounding of a multiplier, or of the mean of several, which is less."""
    spectrum = spectra.at(parameter)
    if count > 1:
        return float(spectrum.doubt.min())
    return float(spectrum.doubt[_nearest(spectrum, event.expected(parameter))].max())


def _edge(spectra: Spectra, event: _Event) -> Crossing | None:
    """Return where multipliers leave the rounding of the circle, if they do at once.

    None where they come out of it so slowly that rounding alone says where. They may
    leave it inwards, which changes nothing.
    """
    ends = sorted((event.low, event.high), key=spectra.undecided)
    far, near = ends
    outside, clear = far, spectra.undecided(far)
    if spectra.undecided(near) == clear:
        return None
    while abs(far - near) > CLOSE * max(abs(near), abs(far)):
        middle = near + (far - near) / 2
        if middle in (near, far):
            break
        if spectra.undecided(middle) > clear:
            near = middle
        else:
            far = middle
    beside = far + _BESIDE * (outside - ends[1])
    here, there = spectra.at(far), spectra.at(beside)
    sides = np.sign(event.change) * (1 if outside == event.high else -1)
    left = np.flatnonzero(here.side == (sides or -1))
    if not left.size or beside == far:
        return None
    multiplier = min(here.values[left], key=lambda v: abs(v - event.expected(far)))
    own = _nearest(there, multiplier)
    distance = abs(float(there.excess[own][0]))
    if distance < _FAR * there.doubt[own][0]:
        return None
    value = far
    if not multiplier.imag:
        multiplier = complex(np.sign(multiplier.real))
        side = int(multiplier.real)
        tests = [determinant(spectra.at(p).values, side) for p in (ends[1], beside)]
        if tests[0] * tests[1] < 0:
            value = _root(
                lambda p: determinant(spectra.at(p).values, side), ends[1], beside
            )
    return Crossing(
        value, (event.low, event.high), CLOSE * abs(value) + abs(far - value),
        _above(multiplier / abs(multiplier)), abs(event.change), event.change,
        np.sign(event.change) * distance / abs(beside - far),
    )  # fmt: skip


def _root(test: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function changes its sign, by Brent's method."""
    low, high = sorted((low, high))
    return float(
        scipy.optimize.brentq(test, low, high, xtol=1e-300, rtol=CLOSE, maxiter=200)
    )


def determinant(values: np.ndarray, side: int) -> float:
    """Return det(A - side I) from the multipliers, each factor in units of its size."""
    return float(np.prod((values - side) / (1 + np.abs(values))).real)


def _above(value: complex) -> complex:
    value = complex(value)
    return value.conjugate() if value.imag < 0 else value


def joined(
    spectra: Spectra, found: list[tuple[_Event, Crossing]]
) -> Iterator[Crossing]:
    """Yield the crossings, those that rounding can't tell from each other as one."""
    rest = sorted(found, key=lambda pair: pair[1].value)
    while rest:
        group = [rest.pop(0)]
        for event, one in list(rest):
            if any(_coincide(one, known) for _, known in group):
                group.append((event, one))
                rest.remove((event, one))
        yield _together(spectra, group)


def _coincide(one: Crossing, other: Crossing) -> bool:
    """Tell whether rounding may have split two crossings."""
    near = abs(one.value - other.value)
    apart = abs(one.multiplier - other.multiplier)
    reach = sum(each.uncertainty * abs(each.speed) for each in (one, other))
    size = TOGETHER * max(abs(one.value), abs(other.value))
    return (
        one.change * other.change > 0
        and near <= one.uncertainty + other.uncertainty + size
        and apart <= reach + TOGETHER
    )


def _together(spectra: Spectra, group: list[tuple[_Event, Crossing]]) -> Crossing:
    """Return the crossing of several multipliers, by their mean.

    Near the real axis it is that of all of them, else that of those above.
    """
    events, ones = [event for event, _ in group], [one for _, one in group]
    change = sum(one.change for one in ones)
    doubt = max(one.uncertainty * abs(one.speed) for one in ones)
    real = min(one.multiplier.imag for one in ones) <= doubt
    count = abs(change) if real else abs(change) // 2
    if len(group) == 1 or count == 1:
        return ones[0]._replace(members=abs(change), change=change)
    weights = np.abs([one.change for one in ones])
    ends = [
        complex(np.average([_above(getattr(one, name)) for one in events], 0, weights))
        for name in ("before", "after")
    ]
    before, after = (complex(end.real) if real else end for end in ends)
    low, high = min(one.low for one in events), max(one.high for one in events)
    whole = _Event(low, high, before, after, change, False)
    mean = located(spectra, whole, count) or ones[len(ones) // 2]
    spread = max(abs(one.value - mean.value) for one in ones)
    return mean._replace(
        uncertainty=max(spread, *(one.uncertainty for one in ones)),
        multiplier=complex(mean.multiplier.real) if real else mean.multiplier,
        members=abs(change), change=change,
    )  # fmt: skip
