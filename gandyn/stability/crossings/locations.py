"""Where followed multipliers cross the unit circle, one by one and together."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import brentq

from gandyn.stability.crossings.spectra import Spectra, Spectrum
from gandyn.stability.crossings.tracks import TOGETHER

CLOSE = 4 * np.finfo(float).eps
"""Relative tolerance of Brent's method, the least it takes."""
BESIDE = 1e-6
"""Share of the interval from where multipliers leave the rounding of the circle at
which they must be far out of it: else it is rounding that ends there."""
NEARER = (1e-3,)
"""Shares of a bracket over which a speed is taken, the first that shows more than
rounding."""
FAR = 100.0
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


class Event(NamedTuple):
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


def events(line: list[Spectrum]) -> list[Event]:
    """Return the changes of side, of a pair once.

    Of multipliers that are on the circle within rounding along a part of the branch the
    changes are at its edges, where they leave it outwards or come back.
    """
    sides = np.array([one.side for one in line])
    seen: dict[Any, Event] = {}
    for i in range(sides.shape[1]):
        decided = np.flatnonzero(sides[:, i]).tolist()
        pairs = list(itertools.pairwise(decided))
        edges = []
        if decided and decided[0] > 0 and sides[decided[0], i] > 0:
            edges.append((decided[0] - 1, decided[0], 1))
        if decided and decided[-1] < len(line) - 1 and sides[decided[-1], i] > 0:
            edges.append((decided[-1], decided[-1] + 1, -1))
        turned = [
            (j, k, int(sides[k, i])) for j, k in pairs if sides[j, i] != sides[k, i]
        ]
        for edge, found in ((False, turned), (True, edges)):
            for j, k, change in found:
                before, after = complex(line[j].values[i]), complex(line[k].values[i])
                low, high = line[j].parameter, line[k].parameter
                event = Event(low, high, before, after, change, edge)
                twin = (low, high, before.conjugate(), after.conjugate())
                if before.imag and after.imag and twin in seen:
                    known = seen[twin]
                    seen[twin] = known._replace(change=known.change + change)
                else:
                    seen[event[:4]] = event
    return list(seen.values())


def _nearest(spectrum: Spectrum, near: complex, count: int = 1) -> np.ndarray:
    """Return the places of the multipliers nearest to a number."""
    return np.argsort(np.abs(spectrum.values - near), kind="stable")[:count]


def _excess(spectra: Spectra, event: Event, count: int, parameter: float) -> float:
    spectrum = spectra.at(parameter)
    own = _nearest(spectrum, event.expected(parameter), count)
    return float(abs(spectrum.values[own].mean()) - 1)


def located(spectra: Spectra, event: Event, count: int = 1) -> Crossing | None:
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
    speed = _speed(spectra, event, count, value)
    uncertainty = float(spectrum.doubt[own].max() / abs(speed))
    return Crossing(
        value, (low, high), uncertainty, _above(spectrum.values[own].mean()),
        abs(event.change), event.change, speed,
    )  # fmt: skip


def _speed(spectra: Spectra, event: Event, count: int, value: float) -> float:
    """Return d|λ|/dp between places nearer to a crossing, if rounding is less there."""
    for share in (*NEARER, 1.0):
        places = [value + share * (end - value) for end in (event.low, event.high)]
        ends = [_excess(spectra, event, count, place) for place in places]
        noise = max(float(spectra.at(place).doubt.min()) for place in places)
        if min(-ends[0] * event.change, ends[1] * event.change) > FAR * noise:
            break
    return (ends[1] - ends[0]) / (places[1] - places[0])


def _edge(spectra: Spectra, event: Event) -> Crossing | None:
    """Return where multipliers leave the rounding of the circle, if they do at once.

    None where they come out of it so slowly that rounding alone says where.
    """
    inside, outside = event.low, event.high
    if event.change < 0:
        inside, outside = outside, inside
    full, near, far = spectra.count(outside), inside, outside
    while abs(far - near) > CLOSE * max(abs(near), abs(far)):
        middle = near + (far - near) / 2
        if middle in (near, far):
            break
        if spectra.count(middle) < full:
            near = middle
        else:
            far = middle
    here = spectra.at(far)
    out = np.flatnonzero(here.side > 0)
    if spectra.count(inside) >= full or not out.size:
        return None
    multiplier = min(here.values[out], key=lambda v: abs(v - event.expected(far)))
    beside = far + BESIDE * (outside - inside)
    there = spectra.at(beside)
    own = _nearest(there, multiplier)
    left = float(there.excess[own][0])
    if left < FAR * there.doubt[own][0]:
        return None
    value = far
    if not multiplier.imag:
        multiplier = complex(np.sign(multiplier.real))
        side = int(multiplier.real)
        ends = [determinant(spectra.at(p).values, side) for p in (inside, beside)]
        if ends[0] * ends[1] < 0:
            value = _root(
                lambda p: determinant(spectra.at(p).values, side), inside, beside
            )
    return Crossing(
        value, (event.low, event.high), CLOSE * abs(value) + abs(far - value),
        _above(multiplier / abs(multiplier)), abs(event.change), event.change,
        left / (beside - far),
    )  # fmt: skip


def _root(test: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function changes its sign, by Brent's method."""
    low, high = sorted((low, high))
    return float(brentq(test, low, high, xtol=1e-300, rtol=CLOSE, maxiter=200))


def determinant(values: np.ndarray, side: int) -> float:
    """Return det(A - side I) from the multipliers, each factor in units of its size."""
    return float(np.prod((values - side) / (1 + np.abs(values))).real)


def _above(value: complex) -> complex:
    value = complex(value)
    return value.conjugate() if value.imag < 0 else value


def joined(spectra: Spectra, found: list[tuple[Event, Crossing]]) -> Iterator[Crossing]:
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


def _together(spectra: Spectra, group: list[tuple[Event, Crossing]]) -> Crossing:
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
    whole = Event(low, high, before, after, change, False)
    mean = located(spectra, whole, count) or ones[len(ones) // 2]
    spread = max(abs(one.value - mean.value) for one in ones)
    return mean._replace(
        uncertainty=max(spread, *(one.uncertainty for one in ones)),
        multiplier=complex(mean.multiplier.real) if real else mean.multiplier,
        members=abs(change), change=change,
    )  # fmt: skip
