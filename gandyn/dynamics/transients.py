"""First stage of a verdict from simulation: orbits that contract or escape."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gandyn.dynamics.cells import Cells, Engine, pad
from gandyn.dynamics.escapes import Leaving, Line, extent
from gandyn.dynamics.outcome import Outcome
from gandyn.dynamics.verdicts import Ending, Verdict

CONTRACTION = 1e-9
"""Last displacement over the largest one at which an orbit has converged; rounding
noise of the state is seven digits further down."""
HALVED, HALVINGS = 0.5, 4
"""So many successive checks must each halve the displacement, or it is no contraction:
a vanishing gradient makes it small once and then leaves it there."""
NOISE = 4 * np.finfo(float).eps
"""Displacement, relative to the state, that rounding alone explains."""
STALL_PROBE = 64
"""Steps over which the tangents of an orbit at rounding noise are watched."""
STALL_RATE = -1e-3
"""Log growth of tangents above which such an orbit is stalled, not converged."""
FIRST_CHUNK, GROWTH, LARGEST_CHUNK = 4, 4, 4096
"""Steps between checks: 4, then a quarter of the steps taken, at most 4096."""
SLOW_ESCAPE = 512
"""Steps after which the growth is fitted to the whole run instead of the tail, where
a slow spiral has not turned often enough."""


class Remaining(NamedTuple):
    """Cells that neither contracted nor escaped within the budget."""

    which: np.ndarray
    cells: Cells
    largest: np.ndarray
    """Largest displacement seen, per cell."""


def run_transient(
    engine: Engine, cells: Cells, budget: int, escape: float, outcome: Outcome
) -> Remaining:
    """Advance cells until they contract, escape or exhaust the budget.

    Converged: displacements halved from check to check and fell to `CONTRACTION` of the
    largest one ever seen. Escaped: the largest coordinate exceeds ``escape`` times the
    initial one (or 1). Decided cells are written to the outcome and dropped, so that
    the others do not wait for them.
    """
    run = _Transient(engine, cells, escape, outcome)
    t = 0
    while t < budget and run.index.size:
        chunk = min(max(FIRST_CHUNK, t // GROWTH), LARGEST_CHUNK, budget - t)
        run.check(t, max(chunk, 2))
        t += max(chunk, 2)
    outcome.write(run.index, steps=t)
    return Remaining(run.index, run.cells, run.largest)


class _Transient:
    """The cells still running, and their history of displacements."""

    def __init__(
        self, engine: Engine, cells: Cells, escape: float, outcome: Outcome
    ) -> None:
        players = engine.players(cells)
        self._engine, self._outcome = engine, outcome
        self.cells = cells
        self.index = np.arange(players.shape[1])
        self._box = escape * np.maximum(1.0, extent(players))
        self.largest = np.zeros(self.index.size)
        self._previous = np.zeros(self.index.size)
        self._halvings = np.zeros(self.index.size, np.int64)
        self._line = Line(self.index.size)

    def check(self, t: int, chunk: int) -> None:
        """Advance by a chunk and drop the cells that it decides."""
        before = self._engine.take(self.cells, np.arange(self.index.size))
        step, players = _advance(self._engine, self.cells, chunk)
        with np.errstate(divide="ignore"):
            self._line.add(t + chunk, np.log(pad(step))[: step.size])
        with np.errstate(invalid="ignore"):
            inside = extent(players) <= self._box
            self.largest = np.fmax(self.largest, step)
            halved = step < HALVED * self._previous
            small = CONTRACTION * self.largest
            converged = inside & halved & (self._halvings >= HALVINGS - 1)
            converged &= (step <= small) & (self._previous <= small)
            resting = inside & ~converged & (step <= NOISE * extent(players))
        contracting = self._halvings >= HALVINGS - 2
        self._previous = step
        self._halvings = np.where(halved, self._halvings + 1, 0)
        out = np.flatnonzero(~inside)
        if out.size:
            left = self._engine.take(before, out)
            leaving = Leaving(self._engine, left, self._box[out], t)
            leaving.write(self._outcome, self.index[out], chunk)
            if t > SLOW_ESCAPE:
                rate = self._line.slope(out)
                self._outcome.write(self.index[out], rate=rate, lyapunov=rate)
        self._settle(np.flatnonzero(converged), t + chunk)
        self._settle(np.flatnonzero(resting & contracting), t + chunk)
        self._probe(np.flatnonzero(resting & ~contracting), t + chunk)
        self._keep(np.flatnonzero(inside & ~converged & ~resting))

    def _settle(self, which: np.ndarray, t: int) -> None:
        rate = np.minimum(self._line.slope(which), 0.0)
        self._outcome.write(
            self.index[which],
            verdict=Verdict.CONVERGES, ended=Ending.SETTLED,
            rate=rate, lyapunov=rate, amplitude=0.0, steps=t,
        )  # fmt: skip

    def _probe(self, which: np.ndarray, t: int) -> None:
        """Tell an equilibrium reached at once from a gradient that vanished."""
        if not which.size:
            return
        probe = self._engine.take(self.cells, which)
        growth = self._engine.observe(probe, STALL_PROBE).growth[0]
        with np.errstate(invalid="ignore"):
            rate = growth.mean(axis=0)[: which.size]
        contracts = rate < STALL_RATE
        self._settle(which[contracts], t)
        self._outcome.write(
            self.index[which[~contracts]],
            verdict=Verdict.UNDECIDED, ended=Ending.STALLED, steps=t,
        )  # fmt: skip

    def _keep(self, which: np.ndarray) -> None:
        if which.size == self.index.size:
            return
        self.cells = self._engine.take(self.cells, which)
        self.index, self._box = self.index[which], self._box[which]
        self.largest, self._previous = self.largest[which], self._previous[which]
        self._halvings = self._halvings[which]
        self._line.keep(which)


def _advance(engine: Engine, cells: Cells, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Advance; return the larger of the last two displacements and the players."""
    engine.advance(cells, steps - 2)
    first = engine.players(cells).copy()
    engine.advance(cells, 1)
    second = engine.players(cells).copy()
    engine.advance(cells, 1)
    last = engine.players(cells)
    with np.errstate(all="ignore"):
        step = np.maximum(extent(second - first), extent(last - second))
    return step, last
