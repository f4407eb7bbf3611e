"""A traced curve of fixed points as a branch, with the bifurcations along it."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np

from gandyn.stability.continuation.branch import Branch
from gandyn.stability.continuation.engine import Point
from gandyn.stability.crossings.branches import Branch as FollowedPoint
from gandyn.stability.crossings.branches import Lost, Sample, set_neutral_aside
from gandyn.stability.crossings.folds import find_fold
from gandyn.stability.crossings.records import Bifurcation
from gandyn.stability.crossings.thresholds import at_one, crossings
from gandyn.stability.equilibria.equilibrium_curves import EquilibriumCurves
from gandyn.stability.equilibria.fixed_point_records import Equilibrium

SAME_PLACE = 1e-5
"""Points of curves nearer than this, in units of the box, are one."""
_STEEP = 0.05
"""Below this part of a tangent the parameter is too slow to follow a curve by."""
_REGULAR = 1e-3
"""The rank at a fold is regular if it is so by this share of that beside it."""
_ON_CIRCLE = 1e-5
"""A located multiplier is this near to the circle, a double one included."""
_TOGETHER = 1e-3
"""Bifurcations of one kind nearer than this, in units of the box, are one."""


def branch_record(
    curves: EquilibriumCurves, points: list[Point], ends: tuple[str, str]
) -> Branch[Equilibrium]:
    """Return the branch of a traced curve, in the direction of the parameter."""
    if points[-1].place[-1] < points[0].place[-1]:
        ends = ends[1], ends[0]
        points = [point._replace(tangent=-point.tangent) for point in points[::-1]]
    samples = []
    for point in points:
        state, value = point.place[:-1], float(point.place[-1])
        matrix = curves.map.jacobian(state, value)
        samples.append(Sample(value, state, matrix, np.linalg.eigvals(matrix)))
    neutral = min(int(np.sum(np.abs(s.values - 1) < 1e-9)) for s in samples)
    found = _turns(curves, points, samples) + _crossings(curves, points, samples)
    records = tuple(_equilibrium(sample, neutral) for sample in samples)
    return Branch(curves.map.name, records, tuple(found), ends)


def _equilibrium(sample: Sample, neutral: int) -> Equilibrium:
    moduli = np.abs(sample.values)
    ranked = sample.values[np.argsort(-moduli, kind="stable")] + 0j
    outside = np.abs(set_neutral_aside(sample.values, neutral)) > 1
    return Equilibrium(
        sample.parameter, sample.state, ranked, int(np.sum(outside)), neutral
    )


def _turns(
    curves: EquilibriumCurves, points: list[Point], samples: list[Sample]
) -> list[Bifurcation]:
    """Return the folds of a curve: where the parameter turns back."""
    found = []
    for (a, b), (left, right) in zip(
        itertools.pairwise(points), itertools.pairwise(samples), strict=True
    ):
        if a.tangent[-1] * b.tangent[-1] >= 0:
            continue
        near = min((left, right), key=lambda s: np.min(np.abs(s.values - 1)))
        turn = find_fold(curves.map, near)
        if turn is None or not _between(curves, a, b, *turn):
            continue
        if not _is_fold(curves, a, b, turn):
            continue
        ends = sorted((left.parameter, right.parameter, turn[0]))
        followed = FollowedPoint(curves.map, near.state, near.parameter)
        found.append(at_one(followed, *turn, (ends[0], ends[-1]), fold=True))
    return found


def _between(
    curves: EquilibriumCurves, a: Point, b: Point, value: float, state: np.ndarray
) -> bool:
    reach = 2 * curves.apart(a.place, b.place)
    return curves.apart(np.append(state, value), (a.place + b.place) / 2) <= reach


def _is_fold(
    curves: EquilibriumCurves, a: Point, b: Point, turn: tuple[float, np.ndarray]
) -> bool:
    """Tell a fold from a pitchfork, where a second tangent is allowed."""

    def least(place: np.ndarray) -> float:
        sizes = np.linalg.svd(curves.linear(place)[1], compute_uv=False)
        return float(sizes[-1 - curves.neutral])

    beside = max(least(a.place), least(b.place))
    return least(np.append(turn[1], turn[0])) > _REGULAR * beside


def _crossings(
    curves: EquilibriumCurves, points: list[Point], samples: list[Sample]
) -> list[Bifurcation]:
    """Return the other bifurcations, where the parameter can follow the curve."""
    found: list[Bifurcation] = []
    steep = [abs(point.tangent[-1]) < _STEEP for point in points]
    for (i, left), (j, right) in itertools.pairwise(enumerate(samples)):
        flat = steep[i] or steep[j] or left.parameter == right.parameter
        turned = points[i].tangent[-1] * points[j].tangent[-1] <= 0
        if flat or turned:
            continue
        pair = points[i], points[j]
        followed = FollowedPoint(curves.map, left.state, left.parameter)
        try:
            ends = [followed.at(s.parameter) for s in (left, right)]
        except Lost:
            continue
        if np.linalg.norm(ends[1].state - right.state) > SAME_PLACE:
            continue  # Newton's method went over to a crossing curve
        for one in crossings(followed, sorted(ends, key=lambda s: s.parameter)):
            values = np.linalg.eigvals(curves.map.jacobian(one.state, one.value))
            sure = np.min(np.abs(values - one.multiplier)) < _ON_CIRCLE
            on = abs(abs(one.multiplier) - 1) < _ON_CIRCLE
            if sure and on and _between(curves, *pair, one.value, one.state):
                found.append(one)
    return found


def with_crossings(
    curves: EquilibriumCurves, branch: Branch[Equilibrium], crossing: list[Bifurcation]
) -> Branch[Equilibrium]:
    """Return the branch with the records of the curves that cross it."""
    mine = list(branch.bifurcations)
    places = np.column_stack([branch.along("state"), branch.values]) / curves.unit
    for one in crossing:
        place = np.append(one.state, one.value)
        known = any(
            curves.apart(np.append(m.state, m.value), place) < _TOGETHER for m in mine
        )
        near = np.min(_distances(places, place / curves.unit)) < _TOGETHER
        if near and not known:
            mine.append(one)
    return dataclasses.replace(branch, bifurcations=tuple(mine))


def _distances(places: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Return the distances of a place from the segments between places."""
    gaps = np.diff(places, axis=0)
    shares = np.sum((place - places[:-1]) * gaps, axis=1) / np.sum(gaps * gaps, axis=1)
    nearest = places[:-1] + np.clip(shares, 0, 1)[:, None] * gaps
    return np.asarray(np.linalg.norm(place - nearest, axis=1))
