"""A traced curve of fixed points as a record, with the bifurcations along it."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np

from gandyn.stability.crossings.branches import Branch, Lost, Sample, set_neutral_aside
from gandyn.stability.crossings.folds import find_fold
from gandyn.stability.crossings.records import Bifurcation
from gandyn.stability.crossings.thresholds import at_one, crossings
from gandyn.stability.equilibria.arclength import Curves, Point

SAME = 1e-5
"""Points of curves nearer than this, in units of the box, are one."""
STEEP = 0.05
"""Below this part of a tangent the parameter is too slow to follow a curve by."""
REGULAR = 1e-3
"""The rank at a fold is regular if it is so by this share of that beside it."""
ON_CIRCLE = 1e-5
"""A located multiplier is this near to the circle, a double one included."""
TOGETHER = 1e-3
"""Bifurcations of one kind nearer than this, in units of the box, are one."""


@dataclasses.dataclass(frozen=True)
class FixedPointBranch:
    """A curve of fixed points in state and parameter.

    Attributes
    ----------
    field : str
        What the parameter is called.
    values : ndarray, shape (N,)
        Of the parameter; not monotone where the curve turns back at a fold.
    states : ndarray, shape (N, S)
    multipliers : ndarray of complex, shape (N, S)
        Largest modulus first.
    unstable : ndarray of int, shape (N,)
        How many multipliers are outside the unit circle.
    neutral : int
        How many multipliers stay at 1: directions along a manifold of fixed points,
        which are left out of ``unstable``.
    bifurcations : tuple of Bifurcation
        Along the curve; those on crossing curves are on each.
    ends : pair of str
        Why the curve ends, at its beginning and its end: ``"range"`` of the parameter,
        ``"box"``, ``"closed"``, ``"lost"`` (no longer smooth) or ``"points"``.
    """

    field: str
    values: np.ndarray = dataclasses.field(repr=False)
    states: np.ndarray = dataclasses.field(repr=False)
    multipliers: np.ndarray = dataclasses.field(repr=False)
    unstable: np.ndarray = dataclasses.field(repr=False)
    neutral: int
    bifurcations: tuple[Bifurcation, ...]
    ends: tuple[str, str]

    @property
    def stable(self) -> np.ndarray:
        """Where no multiplier is outside the unit circle, shape (N,)."""
        return np.asarray(self.unstable == 0)

    def lines(self, coordinate: int) -> np.ndarray:
        """Return what a diagram of a coordinate draws along the branch, (N, 1)."""
        return self.states[:, coordinate : coordinate + 1]

    def as_dict(self) -> dict[str, Any]:
        """Return the record as plain numbers and strings; complex ones as [re, im]."""
        parts = np.stack([self.multipliers.real, self.multipliers.imag], axis=-1)
        return {
            "field": self.field,
            "values": self.values.tolist(),
            "states": self.states.tolist(),
            "multipliers": parts.tolist(),
            "unstable": self.unstable.tolist(),
            "neutral": self.neutral,
            "bifurcations": [one.as_dict() for one in self.bifurcations],
            "ends": list(self.ends),
        }


def branch_record(
    curves: Curves, points: list[Point], ends: tuple[str, str]
) -> FixedPointBranch:
    """Return the record of a traced curve, in the direction of the parameter."""
    step = curves.step
    if points[-1].place[-1] < points[0].place[-1]:
        ends = ends[1], ends[0]
        points = [Point(p.place, -p.tangent) for p in points[::-1]]
    samples = []
    for point in points:
        state, parameter = curves.state(point.place)
        matrix = step.jacobian(state, parameter)
        samples.append(Sample(parameter, state, matrix, np.linalg.eigvals(matrix)))
    neutral = min(int(np.sum(np.abs(s.values - 1) < 1e-9)) for s in samples)
    outside = [
        int(np.sum(np.abs(set_neutral_aside(s.values, neutral)) > 1)) for s in samples
    ]
    ranked = [s.values[np.argsort(-np.abs(s.values), kind="stable")] for s in samples]
    found = _turns(curves, points, samples) + _crossings(curves, points, samples)
    return FixedPointBranch(
        step.name, np.array([s.parameter for s in samples]),
        np.array([s.state for s in samples]), np.array(ranked) + 0j,
        np.array(outside), neutral, tuple(found), ends,
    )  # fmt: skip


def _turns(
    curves: Curves, points: list[Point], samples: list[Sample]
) -> list[Bifurcation]:
    """Return the folds of a curve: where the parameter turns back."""
    found = []
    for (a, b), (left, right) in zip(
        itertools.pairwise(points), itertools.pairwise(samples), strict=True
    ):
        if a.tangent[-1] * b.tangent[-1] >= 0:
            continue
        near = min((left, right), key=lambda s: np.min(np.abs(s.values - 1)))
        turn = find_fold(curves.step, near)
        if turn is None or not _between(curves, a, b, *turn):
            continue
        if not _is_fold(curves, a, b, turn):
            continue
        ends = sorted((left.parameter, right.parameter, turn[0]))
        branch = Branch(curves.step, near.state, near.parameter)
        found.append(at_one(branch, *turn, (ends[0], ends[-1]), fold=True))
    return found


def _between(
    curves: Curves, a: Point, b: Point, value: float, state: np.ndarray
) -> bool:
    place = curves.place(state, value)
    reach = 2 * np.linalg.norm(b.place - a.place)
    return bool(np.linalg.norm(place - (a.place + b.place) / 2) <= reach)


def _is_fold(
    curves: Curves, a: Point, b: Point, turn: tuple[float, np.ndarray]
) -> bool:
    """Tell a fold from a pitchfork, where a second tangent is allowed."""

    def least(place: np.ndarray) -> float:
        sizes = np.linalg.svd(curves.linear(place)[1], compute_uv=False)
        return float(sizes[-1 - curves.neutral])

    beside = max(least(a.place), least(b.place))
    return least(curves.place(turn[1], turn[0])) > REGULAR * beside


def _crossings(
    curves: Curves, points: list[Point], samples: list[Sample]
) -> list[Bifurcation]:
    """Return the other bifurcations, where the parameter can follow the curve."""
    found: list[Bifurcation] = []
    steep = [abs(point.tangent[-1]) < STEEP for point in points]
    for (i, left), (j, right) in itertools.pairwise(enumerate(samples)):
        flat = steep[i] or steep[j] or left.parameter == right.parameter
        turned = points[i].tangent[-1] * points[j].tangent[-1] <= 0
        if flat or turned:
            continue
        pair = points[i], points[j]
        branch = Branch(curves.step, left.state, left.parameter)
        try:
            ends = [branch.at(s.parameter) for s in (left, right)]
        except Lost:
            continue
        if np.linalg.norm(ends[1].state - right.state) > SAME:
            continue  # Newton's method went over to a crossing curve
        for one in crossings(branch, sorted(ends, key=lambda s: s.parameter)):
            values = np.linalg.eigvals(curves.step.jacobian(one.state, one.value))
            sure = np.min(np.abs(values - one.multiplier)) < ON_CIRCLE
            on = abs(abs(one.multiplier) - 1) < ON_CIRCLE
            if sure and on and _between(curves, *pair, one.value, one.state):
                found.append(one)
    return found


def with_crossings(
    curves: Curves, branch: FixedPointBranch, crossing: list[Bifurcation]
) -> FixedPointBranch:
    """Return the branch with the records of the curves that cross it."""
    mine = list(branch.bifurcations)
    places = (np.column_stack([branch.states, branch.values]) - curves.origin) / (
        curves.unit
    )
    for one in crossing:
        place = curves.place(one.state, one.value)
        known = any(
            np.linalg.norm(curves.place(m.state, m.value) - place) < TOGETHER
            for m in mine
        )
        near = np.min(_distances(places, place)) < TOGETHER
        if near and not known:
            mine.append(one)
    return dataclasses.replace(branch, bifurcations=tuple(mine))


def _distances(places: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Return the distances of a place from the segments between places."""
    gaps = np.diff(places, axis=0)
    shares = np.sum((place - places[:-1]) * gaps, axis=1) / np.sum(gaps * gaps, axis=1)
    nearest = places[:-1] + np.clip(shares, 0, 1)[:, None] * gaps
    return np.asarray(np.linalg.norm(place - nearest, axis=1))
