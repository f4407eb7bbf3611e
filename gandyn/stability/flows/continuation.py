"""Branches of limit cycles, continued in the parameter through their folds."""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq

from gandyn._arguments import checked
from gandyn.errors import GandynError
from gandyn.stability.continuation.branch import Branch, Fold
from gandyn.stability.continuation.tracing import (
    ContinuationProblem,
    Stride,
    check_start,
    trace_branch,
)
from gandyn.stability.flows.collocation import ClosedOrbit, next_mesh, on_mesh
from gandyn.stability.flows.collocation_newton import (
    MESH_TOLERANCE,
    Direction,
    OrbitSystem,
    closed_orbit,
    converge,
    moved,
)
from gandyn.stability.flows.cycle_guesses import remeshed
from gandyn.stability.flows.flow_cycles import LimitCycle, cycle_record
from gandyn.stability.maps.maps import Flow

_STRIDE = Stride(first=0.05, longest=0.2, shortest=1e-7, points=200)
"""In units of the cycle's size, its period and the interval: five of the longest steps
cross the interval, or double a cycle; the first is a quarter of that."""
_BENT, _STRAIGHT = 0.9, 0.99
"""Cosines between tangents at which a step is too long, or the next may be longer: 0.45
and 0.14 radians."""
_COLLAPSED = 0.3
"""A cycle that shrinks to less of itself in one step has gone over to another."""
_SMALL = 1e-2
"""A cycle that has shrunk to this part of the first one's size ends at a point: it
shrinks as the root of the distance, of which 1e-4 is left."""
_SLOW = 1e3
"""A cycle that takes this many times the first one's period nears a homoclinic one: the
period grows as the logarithm of the distance, which is below rounding then."""


@checked
def continue_limit_cycle(
    flow: Flow,
    start: LimitCycle,
    low: float,
    high: float,
    *,
    downwards: bool = False,
    steps: int = _STRIDE.points,
) -> Branch[LimitCycle]:
    """Continue a limit cycle in the flow's parameter, in one direction, through folds.

    Pseudo-arclength continuation of the collocation equations: the parameter is
    unknown too, and each step is taken along the tangent of the branch. A fold is
    where the tangent's parameter component vanishes: a second multiplier is 1 there.

    Parameters
    ----------
    flow : Flow
    start : LimitCycle
    low, high : float
        The interval of the parameter, with that of the start in it or at an end.
    downwards : bool
        Set off towards ``low`` instead of ``high``.
    steps : int
        The most cycles.

    Returns
    -------
    Branch of LimitCycle

    Raises
    ------
    GandynError
        If the interval is empty, or the cycle's parameter not in it.

    References
    ----------
    Doedel, Keller, Kernévez, *Numerical Analysis and Control of Bifurcation Problems
    (II)*, Int. J. Bifurcation and Chaos 1 (1991); Kuznetsov, *Elements of Applied
    Bifurcation Theory*, 4th edition, Springer 2023, Section 10.3.

    Examples
    --------
    r' = r(p + r² - r⁴) has cycles with r² = (1 ± √(1 + 4p))/2, a fold at p = -1/4:

    >>> from gandyn.stability.flows.flow_cycles import limit_cycle
    >>> def bautin(z, p):
    ...     s = z[0] * z[0] + z[1] * z[1]
    ...     g = p + s - s * s
    ...     return g * z[0] - z[1], z[0] + g * z[1]
    >>> flow = Flow(bautin)
    >>> start = limit_cycle(flow, [1.0, 0.0], 0.5)
    >>> branch = continue_limit_cycle(flow, start, -1.0, 1.0, downwards=True)
    >>> [round(fold.value, 9) for fold in branch.bifurcations], branch.ends
    ([-0.25], ('start', 'shrinks'))
    """
    check_start(flow.name, start.value, low, high)
    curve = _CycleCurve(flow, low, high)
    first = curve.first(start, -1.0 if downwards else 1.0)
    trail = trace_branch(curve, first, _STRIDE._replace(points=steps))
    folds = [
        Fold(flow.name, cycle_record(flow, curve.fold(before)))
        for before, after in itertools.pairwise(trail.points)
        if before.tangent.parameter * after.tangent.parameter < 0
    ]
    cycles = tuple(point.cycle for point in trail.points)
    return Branch(flow.name, cycles, tuple(folds), ("start", trail.end), trail.reason)


class _CyclePoint(NamedTuple):
    """A cycle on a branch, with the unit tangent there."""

    cycle: LimitCycle
    system: OrbitSystem
    tangent: Direction
    turn: float
    """The cosine between the tangent and the last one."""


class _CycleCurve(ContinuationProblem[_CyclePoint]):
    """The collocation equations of closed orbits, with the parameter free."""

    def __init__(self, flow: Flow, low: float, high: float) -> None:
        self.flow, self.low, self.high = flow, low, high

    def first(self, cycle: LimitCycle, sense: float) -> _CyclePoint:
        """Return the point to start from, towards larger parameters for sense 1."""
        upwards = Direction(np.zeros_like(cycle.orbit.nodes), 0.0, 1.0)
        system, tangent = self._tangent(cycle.orbit, upwards)
        return _CyclePoint(cycle, system, _scaled(tangent, sense), 1.0)

    def _tangent(
        self, orbit: ClosedOrbit, border: Direction
    ) -> tuple[OrbitSystem, Direction]:
        system = OrbitSystem(self.flow, orbit, free=True)
        tangent = system.solve(border, 1.0, null=True)
        square = _product(orbit, self._border(orbit, tangent), tangent)
        return system, _scaled(tangent, 1 / math.sqrt(square))

    def _border(self, orbit: ClosedOrbit, d: Direction) -> Direction:
        return Direction(
            d.nodes / orbit.size() ** 2,
            d.period / orbit.period**2,
            d.parameter / (self.high - self.low) ** 2,
        )

    def ahead(self, last: _CyclePoint, length: float) -> _CyclePoint | None:
        """Return the cycle that a step leads to, None if it does not count."""
        border = self._border(last.cycle.orbit, last.tangent)
        new = converge(self.flow, _predicted(last, length), border)
        if new.tails.max() > MESH_TOLERANCE:
            new, border = self._resolved(new, border)
        system, tangent = self._tangent(new, border)
        turn = _product(new, border, tangent)
        if turn < _BENT or new.size() < _COLLAPSED * last.cycle.orbit.size():
            return None
        return _CyclePoint(cycle_record(self.flow, new), system, tangent, turn)

    def grows(self, last: _CyclePoint, found: _CyclePoint) -> bool:
        """Tell whether the next step may be longer."""
        return found.turn > _STRAIGHT

    def ending(
        self, points: list[_CyclePoint], found: _CyclePoint, length: float
    ) -> tuple[str, list[_CyclePoint]]:
        """Return why the branch ends with a cycle, or "", and the cycles to add."""
        new, first = found.cycle, points[0].cycle
        if not self.low <= new.value <= self.high:
            edge = self.low if new.value < self.low else self.high
            at_edge = self._at(points[-1].cycle.orbit, edge)
            return "interval", [found._replace(cycle=cycle) for cycle in at_edge]
        if new.amplitude < _SMALL * first.amplitude:
            return "shrinks", [found]
        return "slow" if new.period > _SLOW * first.period else "", [found]

    def _at(self, orbit: ClosedOrbit, value: float) -> list[LimitCycle]:
        """Return the cycle at an end of the interval, from the last one inside."""
        try:
            guess = remeshed(orbit, value)
            return [cycle_record(self.flow, closed_orbit(self.flow, guess))]
        except GandynError:
            return []

    def _resolved(
        self, orbit: ClosedOrbit, border: Direction
    ) -> tuple[ClosedOrbit, Direction]:
        """Return the orbit on a finer mesh, and the border there."""
        for _ in range(3):
            mesh = next_mesh(orbit, MESH_TOLERANCE)
            rows = [
                np.interp(mesh[:-1], orbit.mesh, np.append(row, row[0]))
                for row in border.nodes
            ]
            border = Direction(np.array(rows), border.period, border.parameter)
            orbit = converge(self.flow, on_mesh(orbit, mesh), border)
            if orbit.tails.max() <= MESH_TOLERANCE:
                break
        return orbit, border

    def fold(self, before: _CyclePoint) -> ClosedOrbit:
        """Return the orbit beyond a point where the tangent has no dp."""
        border = self._border(before.cycle.orbit, before.tangent)
        found: dict[float, ClosedOrbit] = {}

        def test(length: float) -> float:
            found[length] = converge(self.flow, _predicted(before, length), border)
            return self._tangent(found[length], border)[1].parameter

        ends = [0.0, _STRIDE.first / 64]
        while test(ends[-1]) * before.tangent.parameter > 0:
            ends.append(2 * ends[-1])
        length = brentq(test, ends[-2], ends[-1], xtol=1e-10, rtol=1e-12)
        test(length)
        return found[length]


def _predicted(point: _CyclePoint, length: float) -> ClosedOrbit:
    return moved(point.cycle.orbit, point.system, point.tangent, length)


def _scaled(d: Direction, factor: float) -> Direction:
    return Direction(factor * d.nodes, factor * d.period, factor * d.parameter)


def _product(orbit: ClosedOrbit, border: Direction, d: Direction) -> float:
    inner = float(((border.nodes * d.nodes).sum(axis=0) * np.diff(orbit.mesh)).sum())
    return inner + border.period * d.period + border.parameter * d.parameter
