"""Branches of limit cycles, followed in the parameter through their folds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from gandyn.errors import GandynError
from gandyn.stability.flows.collocation import Orbit, next_mesh, on_mesh
from gandyn.stability.flows.collocation_newton import (
    TOLERANCE,
    Direction,
    Linearised,
    closed_orbit,
    converge,
    moved,
)
from gandyn.stability.flows.cycle_guesses import remeshed
from gandyn.stability.flows.flow_cycles import LimitCycle, measured
from gandyn.stability.maps.maps import Flow

FIRST, LONGEST, SHORTEST = 0.05, 0.2, 1e-7
"""Steps of arclength, in units of the cycle's size, period and the interval."""
BENT, STRAIGHT = 0.9, 0.99
"""Cosines between tangents at which a step is too long, or may grow."""
SMALL = 1e-2
"""A cycle that has shrunk to this part of the first one's size ends at a point."""
SLOW = 1e3
"""A cycle that takes this many times the first one's period nears a homoclinic one."""


@dataclass(frozen=True)
class LimitCycleBranch:
    """Limit cycles along a branch.

    Attributes
    ----------
    cycles : tuple of LimitCycle
        In order along the branch, the given one first.
    folds : tuple of LimitCycle
        The cycles at which the branch turns back: a second multiplier is 1 there.
    end : str
        ``"low"`` or ``"high"``, an end of the interval; ``"point"``, where the cycle
        shrinks to an equilibrium; ``"slow"``, where the period grows without bound;
        ``"steps"``; or ``"lost"``, where no next cycle was found.
    """

    cycles: tuple[LimitCycle, ...]
    folds: tuple[LimitCycle, ...]
    end: str


def follow_limit_cycle(
    flow: Flow,
    cycle: LimitCycle,
    low: float,
    high: float,
    *,
    downwards: bool = False,
    steps: int = 200,
) -> LimitCycleBranch:
    """Return the branch of limit cycles through a given one, in one direction.

    Pseudo-arclength continuation of the collocation equations: the parameter is
    unknown too, and each step is taken along the tangent of the branch. A fold is
    where the tangent's parameter component vanishes.

    Parameters
    ----------
    flow : Flow
    cycle : LimitCycle
    low, high : float
        The interval of the parameter; the cycle's own value lies in it.
    downwards : bool
        Set off towards ``low`` instead of ``high``.
    steps : int
        The most cycles.

    Raises
    ------
    GandynError
        If the cycle's parameter is not in the interval.

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
    >>> branch = follow_limit_cycle(flow, start, -1.0, 1.0, downwards=True)
    >>> [round(fold.value, 9) for fold in branch.folds], branch.end
    ([-0.25], 'point')
    """
    if not low <= cycle.value <= high or not low < high:
        raise GandynError(
            f"{flow.name} = {cycle.value:.6g} of the cycle does not lie in the "
            f"interval from {low} to {high}"
        )
    walk = _Walk(flow, cycle.orbit, high - low, -1.0 if downwards else 1.0)
    cycles, folds, end = [cycle], [], "steps"
    for _ in range(steps - 1):
        before = walk.orbit, walk.tangent, walk.system
        found = walk.advance()
        if found is None:
            end = "lost"
            break
        if before[1].parameter * walk.tangent.parameter < 0:
            folds.append(measured(flow, walk.fold(before)))
        new = walk.orbit
        if not low <= new.parameter <= high:
            end = "low" if new.parameter < low else "high"
            edge = low if end == "low" else high
            cycles.extend(_at(flow, before[0], edge))
            break
        cycles.append(found)
        if new.size() < SMALL * cycle.amplitude:
            end = "point"
        elif new.period > SLOW * cycle.period:
            end = "slow"
        if end != "steps":
            break
    return LimitCycleBranch(tuple(cycles), tuple(folds), end)


def _at(flow: Flow, orbit: Orbit, value: float) -> list[LimitCycle]:
    """Return the cycle at an end of the interval, from the last one inside."""
    try:
        return [measured(flow, closed_orbit(flow, remeshed(orbit, value)))]
    except GandynError:
        return []


class _Walk:
    """A place on a branch of closed orbits, with its unit tangent."""

    def __init__(self, flow: Flow, orbit: Orbit, span: float, sense: float) -> None:
        self.flow, self.span, self.length = flow, span, FIRST
        self.orbit = orbit
        upwards = Direction(np.zeros_like(orbit.nodes), 0.0, 1.0)
        self.system, self.tangent = self._tangent(orbit, upwards)
        self.tangent = self._scaled(self.tangent, sense)

    def _tangent(self, orbit: Orbit, border: Direction) -> tuple[Linearised, Direction]:
        system = Linearised(self.flow, orbit, free=True)
        tangent = system.solve(border, 1.0, null=True)
        return system, self._scaled(tangent, 1 / self._norm(orbit, tangent))

    def _scaled(self, d: Direction, factor: float) -> Direction:
        return Direction(factor * d.nodes, factor * d.period, factor * d.parameter)

    def _norm(self, orbit: Orbit, d: Direction) -> float:
        weighted = self._border(orbit, d)
        return math.sqrt(self._product(orbit, weighted, d))

    def _product(self, orbit: Orbit, border: Direction, d: Direction) -> float:
        inner = float(
            ((border.nodes * d.nodes).sum(axis=0) * np.diff(orbit.mesh)).sum()
        )
        return inner + border.period * d.period + border.parameter * d.parameter

    def _border(self, orbit: Orbit, d: Direction) -> Direction:
        return Direction(
            d.nodes / orbit.size() ** 2,
            d.period / orbit.period**2,
            d.parameter / self.span**2,
        )

    def advance(self) -> LimitCycle | None:
        """Take one step; return the next cycle, None if it was not found."""
        while self.length > SHORTEST:
            border = self._border(self.orbit, self.tangent)
            try:
                new = converge(self.flow, self._ahead(self.length), border)
                if new.tails.max() > TOLERANCE:
                    new, border = self._resolved(new, border)
                system, tangent = self._tangent(new, border)
                record = measured(self.flow, new)
            except GandynError:
                self.length /= 2
                continue
            turn = self._product(new, border, tangent)
            if turn < BENT or new.size() < 0.3 * self.orbit.size():
                self.length /= 2
                continue
            self.orbit, self.system, self.tangent = new, system, tangent
            grown = self.length * (1.5 if turn > STRAIGHT else 1.0)
            self.length = min(grown, LONGEST)
            return record
        return None

    def _ahead(self, length: float) -> Orbit:
        return moved(self.orbit, self.system, self.tangent, length)

    def _resolved(self, orbit: Orbit, border: Direction) -> tuple[Orbit, Direction]:
        """Return the orbit on a finer mesh, and the border there."""
        for _ in range(3):
            mesh = next_mesh(orbit, TOLERANCE)
            rows = [
                np.interp(mesh[:-1], orbit.mesh, np.append(row, row[0]))
                for row in border.nodes
            ]
            border = Direction(np.array(rows), border.period, border.parameter)
            orbit = converge(self.flow, on_mesh(orbit, mesh), border)
            if orbit.tails.max() <= TOLERANCE:
                break
        return orbit, border

    def fold(self, before: tuple[Orbit, Direction, Linearised]) -> Orbit:
        """Return the orbit between the last two where the tangent has no dp."""
        after = self.orbit, self.tangent, self.system
        self.orbit, self.tangent, self.system = before
        border = self._border(self.orbit, self.tangent)
        found: dict[float, Orbit] = {0.0: self.orbit}

        def test(length: float) -> float:
            found[length] = converge(self.flow, self._ahead(length), border)
            return self._tangent(found[length], border)[1].parameter

        ends = [0.0, FIRST / 64]
        while test(ends[-1]) * before[1].parameter > 0:
            ends.append(2 * ends[-1])
        length = brentq(test, ends[-2], ends[-1], xtol=1e-10, rtol=1e-12)
        test(length)
        self.orbit, self.tangent, self.system = after
        return found[length]
