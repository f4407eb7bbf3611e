"""All fixed points followed in a field, through folds, with their bifurcations."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from gandyn._arguments import checked
from gandyn.errors import FieldError, GandynError
from gandyn.stability.continuation.branch import Branch
from gandyn.stability.continuation.engine import Point
from gandyn.stability.continuation.tracing import trace_branch
from gandyn.stability.equilibria.equilibrium_branches import (
    SAME_PLACE,
    branch_record,
    with_crossings,
)
from gandyn.stability.equilibria.equilibrium_curves import (
    EQUILIBRIUM_STRIDE,
    EquilibriumCurves,
)
from gandyn.stability.equilibria.fixed_point_records import Equilibrium
from gandyn.stability.equilibria.fixed_points import fixed_points
from gandyn.stability.maps.maps import Map

_SLICES = 7
"""Values of the parameter at which all fixed points are looked for: what is never met
by one of them, nor by a curve that is, stays unseen."""
_BUDGET = 2000
"""Pieces of the box tried at each: half of what `fixed_points` tries where it is asked
for a proof, which is not wanted here."""
_SWITCH = 0.005
"""Distance, in units of the box, at which a crossing curve is looked for: a quarter of
the longest step, so that what is found is beside the crossing still."""


@checked
def continue_equilibria(
    map: Map,
    box: Sequence[tuple[float, float]],
    low: float,
    high: float,
    *,
    slices: int = _SLICES,
    budget: int = _BUDGET,
) -> list[Branch[Equilibrium]]:
    """Return the branches of all fixed points over a box, as a parameter varies.

    All fixed points are found at a few values of the parameter (see `fixed_points`),
    and each one's curve is followed both ways by pseudo-arclength continuation, through
    folds, to the edge of the box or of the interval. At transcritical and pitchfork
    bifurcations the crossing curves are followed too. A closed curve between two slices
    that never meets the others stays unseen.

    Parameters
    ----------
    map : Map
    box : sequence of pairs
        An interval for each coordinate of the state. Of a `RuleMap` with memory those
        for x and y alone do; the memory is then not limited.
    low, high : float
        The interval of the parameter.
    slices : int
        Values of the parameter at which fixed points are looked for.
    budget : int
        Pieces of the box to try at each.

    Raises
    ------
    FieldError
        If the interval or the box is empty or not finite.
    GandynError
        If the state has too many coordinates, or there is no fixed point.

    References
    ----------
    Keller, *Numerical Solution of Bifurcation and Nonlinear Eigenvalue Problems*,
    Academic Press 1977; Allgower, Georg, *Introduction to Numerical Continuation
    Methods*, SIAM 2003.

    Examples
    --------
    A pitchfork, x' = x + p x - x³: the trunk, and the pair as one curve across it.

    >>> pitchfork = Map(lambda z, p: (z[0] * (1 + p - z[0] * z[0]),))
    >>> trunk, pair = continue_equilibria(pitchfork, [(-2, 2)], -0.5, 0.5)
    >>> [one.kind for one in trunk.bifurcations], len(pair.bifurcations)
    (['pitchfork'], 1)
    >>> bool(trunk.stable[0]), bool(trunk.stable[-1]), bool(pair.stable[0])
    (True, False, True)
    """
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise FieldError(
            f"{map.name}: the interval from {low} to {high} is empty or not finite"
        )
    if slices != int(slices) or slices < 1:
        raise FieldError(f"slices must be a whole number of at least 1, got {slices}")
    seeds = _seeds(map, box, low, high, int(slices), budget)
    if not seeds:
        raise GandynError(
            f"no fixed point in the box for {map.name} from {low} to {high}"
        )
    curves = EquilibriumCurves(map, _whole(box, seeds), low, high)
    return _Diagram(curves, seeds).branches()


def _seeds(
    map: Map, box: Any, low: float, high: float, slices: int, budget: int
) -> list[tuple[np.ndarray, float]]:
    """Return the fixed points at a few values, at uneven places between both ends."""
    shares = (np.arange(slices) + 0.5 + 0.17 * np.sin(np.arange(slices) + 1)) / slices
    seeds = []
    for value in (low + (high - low) * shares).tolist():
        found = fixed_points(map, box, value, budget=budget)
        seeds += [(point.state, value) for point in found.points]
    return seeds


def _whole(box: Any, seeds: list[tuple[np.ndarray, float]]) -> np.ndarray:
    """Return the box with room for memory, where it has intervals for x and y alone."""
    sides = np.asarray(box, dtype=float)
    states = np.array([state for state, _ in seeds])
    extra = states.shape[1] - len(sides)
    reach = 10 * (1 + np.abs(states).max(initial=0.0) + np.abs(sides).max())
    return np.concatenate([sides, np.full((extra, 2), reach) * [-1, 1]])


class _Diagram:
    """Curves found so far, each from one end to the other."""

    def __init__(
        self, curves: EquilibriumCurves, seeds: list[tuple[np.ndarray, float]]
    ) -> None:
        self.curves = curves
        self.traces: list[tuple[list[Point], tuple[str, str]]] = []
        self.crossed: list[np.ndarray] = []
        forward = np.eye(len(curves.unit))[-1]
        for state, value in seeds:
            self._follow(np.append(state, value), forward)
        for points, _ in self.traces:  # grows while it is gone through
            self._switch(points)

    def _follow(self, place: np.ndarray, direction: np.ndarray) -> None:
        curves = self.curves
        curves.neutral = curves.nullity(place)
        tangent = None if self._known(place) else curves.tangent(place, direction)
        if tangent is None:
            return
        ahead, end, _ = trace_branch(
            curves, Point(place, tangent, 0.0), EQUILIBRIUM_STRIDE
        )
        if end == "closed":
            self.traces.append((ahead, (end, end)))
            return
        behind, start, _ = trace_branch(
            curves, Point(place, -tangent, 0.0), EQUILIBRIUM_STRIDE
        )
        back = [point._replace(tangent=-point.tangent) for point in behind[:0:-1]]
        if len(back) + len(ahead) > 1:
            self.traces.append((back + ahead, (start, end)))

    def _known(self, place: np.ndarray) -> bool:
        """Tell whether a curve that was followed already goes through a place."""
        curves = self.curves
        for points, _ in self.traces:
            for a, b in itertools.pairwise(points):
                gap = (b.place - a.place) / curves.unit
                share = ((place - a.place) / curves.unit) @ gap / (gap @ gap)
                if -0.1 <= share <= 1.1:
                    beside = a.place + share * (b.place - a.place)
                    if curves.apart(place, beside) > np.linalg.norm(gap):
                        continue
                    on = curves.correct(beside, gap, 1.0)
                    if on is not None and curves.apart(on[0], place) < SAME_PLACE:
                        return True
        return False

    def _switch(self, points: list[Point]) -> None:
        """Follow the curves that cross one, from where two tangents are allowed."""
        curves = self.curves
        for a, b in itertools.pairwise(points):
            signs = [self._orientation(point) for point in (a, b)]
            if signs[0] * signs[1] >= 0:
                continue
            middle = self._crossing(a, b)
            if any(curves.apart(middle, known) < 1e-3 for known in self.crossed):
                continue
            self.crossed.append(middle)
            basis = np.linalg.svd(curves.linear(middle)[1])[2][-2:]
            across = basis[0] - (basis[0] @ a.tangent) * a.tangent
            if np.linalg.norm(across) < 0.1:
                across = basis[1] - (basis[1] @ a.tangent) * a.tangent
            across = across / np.linalg.norm(across)
            for way in (across, -across):
                guess = middle + _SWITCH * curves.unit * way
                landed = curves.correct(guess, way, 10 * _SWITCH)
                if landed is not None:
                    self._follow(landed[0], way)

    def _orientation(self, point: Point) -> float:
        """Return the sign that turns where another curve crosses this one."""
        slopes = self.curves.linear(point.place)[1]
        return float(np.sign(np.linalg.det(np.vstack([slopes, point.tangent]))))

    def _crossing(self, a: Point, b: Point) -> np.ndarray:
        """Return where the orientation turns between two points, by bisection."""
        curves, sign, low, high = self.curves, self._orientation(a), a, b
        for _ in range(20):
            guess = (low.place + high.place) / 2
            normal = (high.place - low.place) / curves.unit
            landed = curves.correct(guess, normal / np.linalg.norm(normal), 0.1)
            tangent = landed and curves.tangent(landed[0], low.tangent)
            if landed is None or tangent is None:
                break
            middle = Point(landed[0], tangent, landed[1])
            if self._orientation(middle) == sign:
                low = middle
            else:
                high = middle
        return (low.place + high.place) / 2

    def branches(self) -> list[Branch[Equilibrium]]:
        """Return the records, in the order of the curves' beginnings."""
        found = [
            branch_record(self.curves, *trace_branch) for trace_branch in self.traces
        ]
        shared = [one for branch in found for one in branch.bifurcations]
        crossing = [one for one in shared if one.kind in ("transcritical", "pitchfork")]
        return [with_crossings(self.curves, branch, crossing) for branch in found]
