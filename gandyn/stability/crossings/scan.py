"""The crossings of the unit circle along a branch, and whether they are all."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from gandyn._parameters import DECADE
from gandyn.stability.crossings.branches import Lost
from gandyn.stability.crossings.locations import (
    Crossing,
    events,
    joined,
    located,
    touches,
)
from gandyn.stability.crossings.neutral_directions import Quotient
from gandyn.stability.crossings.scalar_spectra import ScalarSpectra
from gandyn.stability.crossings.spectra import Spectra, Spectrum
from gandyn.stability.crossings.tracks import MOST, TOGETHER, followed_closely

_POINTS = 64
"""Intervals to begin with; they are halved where multipliers move far."""
_END = 1e-6
"""Share of the first and the last interval at which they are cut: so it is seen whether
a multiplier that is near the circle at an end comes from the other side."""


class Scan(NamedTuple):
    """The crossings on an interval, and what was seen of it.

    Attributes
    ----------
    crossings : list of Crossing
    spectra : Spectra or ScalarSpectra
    places : ndarray
        Where multipliers were looked at.
    gaps : list of (float, str)
        From where on crossings may be missing, and why; empty where the counts of
        multipliers outside the circle agree with the list, at both ends and between any
        two crossings.
    undecided : int
        How many multipliers are on the circle within rounding at all places.
    outside : int
        How many are outside at the interval's low end.
    exact : bool
        Whether crossings are enclosed, and not looked for between places.
    """

    crossings: list[Crossing]
    spectra: Spectra | ScalarSpectra
    places: np.ndarray
    gaps: list[tuple[float, str]]
    undecided: int
    outside: int
    exact: bool = False

    @property
    def remark(self) -> str:
        """Why crossings may be missing."""
        return "; ".join(text for _, text in self.gaps)

    @property
    def known_to(self) -> float:
        """Up to where none is missing; infinite if nowhere one is."""
        return min((place for place, _ in self.gaps), default=math.inf)

    @property
    def resolution(self) -> float:
        """The largest distance between neighbouring places, as a share of all."""
        places = self.places
        if self.exact or len(places) < 2:
            return 0.0
        if places[0] > 0 and places[-1] / places[0] > DECADE:
            places = np.log(places)
        return float(np.diff(places).max() / (places[-1] - places[0]))


def nodes(low: float, high: float) -> np.ndarray:
    """Return the scan's points, at uneven places between both ends.

    Thresholds like to be round numbers, and a test function has no sign there.
    """
    places = np.arange(_POINTS + 1.0)
    places[1:-1] += 0.25 * np.sin(places[1:-1])
    if low > 0 and high / low > DECADE:
        between = low * (high / low) ** (places / _POINTS)
    else:
        between = low + (high - low) * places / _POINTS
    between[0], between[-1] = low, high
    return between


def scan(spectra: Spectra, places: Sequence[float]) -> Scan:
    """Return the crossings between the first and the last of some places.

    Multipliers are followed from place to place, and intervals halved where they move
    far, where one may touch the circle between, and where one that crosses is not
    alone. A crossing is where a followed multiplier changes its side, or leaves the
    rounding of the circle; it is located by the modulus, of several that cross as one
    by that of their mean.
    """
    start = [spectra.at(place) for place in places]
    start[1:-1] = [*_beside_end(spectra, *places[:2]), *start[1:-1]]
    start[-1:] = [*_beside_end(spectra, *places[:-3:-1]), *start[-1:]]
    line, full, lost = followed_closely(spectra, start)
    found, vague = [], []
    for event in events(line):
        with contextlib.suppress(Lost):  # at a fold, which is found otherwise
            crossing = located(spectra, event)
            if crossing is None:
                vague.append(event)
            elif crossing.change:
                found.append((event, crossing))
    crossings = sorted(joined(spectra, found), key=lambda one: one.value)
    where = np.array([one.parameter for one in line])
    gaps = [
        (place, f"a multiplier is not told from the circle near {place:.6g}")
        for place in [*(event.low for event in vague), *touches(line)]
    ]
    gaps += [
        (low, f"the fixed point is lost near {low:.6g}")
        for low, high in lost
        if not any(low <= one.value <= high for one in crossings)
    ]
    if full:
        crowd = f"{MOST} places do not tell the multipliers from each other"
        gaps.append((float(where[0]), crowd))
    sides = np.array([one.side for one in line])
    undecided = int(np.sum(~sides.any(axis=0)))
    gaps += [(float(where[0]), why) for why in untold(spectra.quotient, undecided)]
    gaps += _uncounted(spectra, crossings, where[0], where[-1])
    gaps = sorted(set(gaps))
    outside = spectra.count(float(where[0]))
    return Scan(crossings, spectra, where, gaps, undecided, outside)


def _beside_end(
    spectra: Spectra, end: float, inner: float | None = None
) -> list[Spectrum]:
    """Return the spectrum close to an end, none if the branch is lost there."""
    place = end if inner is None else end + _END * (inner - end)
    if place in (end, inner):
        return []
    try:
        return [spectra.at(place)]
    except Lost:
        return []


def untold(inner: Quotient, undecided: int) -> Iterator[str]:
    """Yield what rounding hides of multipliers all along."""
    if inner.doubtful:
        yield (
            f"whether {inner.doubtful} directions are neutral is not told from rounding"
        )
    if undecided:
        yield f"{undecided} multipliers are not told from the circle all along"


def _uncounted(
    spectra: Spectra, crossings: list[Crossing], low: float, high: float
) -> Iterator[tuple[float, str]]:
    """Yield where the number of multipliers outside is not what the crossings say.

    They are counted beside every crossing, in the middle between two, and at the end.
    """
    expected = spectra.count(low)
    for place, before, beside in _counted_at(crossings, low, high):
        expected += sum(one.change for one in before)
        try:
            seen = spectra.count(place)
            most = seen + (spectra.undecided(place) if beside else 0)
        except Lost:
            continue
        if not seen <= expected <= most:
            yield (
                max([low, *(one.value for one in crossings if one.value < place)]),
                f"{seen} multipliers are outside the circle at {place:.6g}, "
                f"{expected} by the crossings listed",
            )
            expected = seen


def _counted_at(
    crossings: list[Crossing], low: float, high: float
) -> Iterator[tuple[float, list[Crossing], bool]]:
    """Yield places, the crossings since the last one, and whether it is beside one.

    Nowhere between crossings that are not told from each other.
    """
    since: list[Crossing] = []
    here = low
    for one in [*crossings, None]:
        away = _beside(one) if one else 0.0
        after = one.value - away if one else high
        if after > here:
            middle = here + (after - here) / 2
            places = [(here, True), (middle, False), (after, one is not None)]
            for place, beside in places[int(here == low) :]:
                yield place, since, beside
                since = []
        elif one is None:
            yield high, since, False
        if one:
            since = [*since, one]
            here = max(here, one.value + away)


def _beside(one: Crossing) -> float:
    """Return how far beside a crossing multipliers are counted."""
    return 2 * (one.uncertainty + TOGETHER * abs(one.value))
