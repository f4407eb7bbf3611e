"""First stage of a verdict from simulation: orbits that contract or escape."""

from __future__ import annotations

import numpy as np

from gandyn.dynamics.engines.cells import Cells, Engine, pad
from gandyn.dynamics.outcome import Outcome
from gandyn.dynamics.recognition.clocks import lasting
from gandyn.dynamics.recognition.escapes import Leaving, Line, extent
from gandyn.dynamics.recognition.indicators import Indicators
from gandyn.dynamics.recognition.limits import (
    MARGIN,
    Limits,
    contracts_on_the_way,
    is_held,
    limits,
)
from gandyn.dynamics.verdicts import Ending, Verdict

CONTRACTION = 1e-9
"""Last displacement over the largest one at which an orbit has converged; rounding
noise of the state is seven digits further down."""
FAR = 1e-6
"""Distance from the fixed point, over the largest displacement, from which on what is
between them is asked too."""
HALVED, HALVINGS = 0.5, 4
"""So many successive checks must each halve the displacement, or it is no contraction:
a vanishing gradient makes it small once and then leaves it there."""
_NOISE = 4 * np.finfo(float).eps
"""Displacement, relative to the state, that rounding alone explains."""
FIRST_CHUNK, GROWTH, LARGEST_CHUNK = 4, 4, 4096
"""Steps between checks: 4, then a quarter of the steps taken, at most 4096."""
_BRIEF = 64
"""Steps after which the way out is looked for: most cells have left by then."""
_SLOW_ESCAPE = 512
"""Steps after which the growth is fitted to all of the way out instead of the tail,
where a slow spiral has not turned often enough."""


class Run:
    """The cells still undecided, and the history of their displacements.

    Decided cells are written to the outcome and dropped, so that the others do not
    wait for them.

    Parameters
    ----------
    engine : Engine
    cells : Cells
    budget : int
        Steps of the first stage.
    escape : float
        A cell whose largest coordinate exceeds ``escape`` times the initial one (or 1)
        has left the box.
    outcome : Outcome

    Attributes
    ----------
    averages : bool
        Whether the players are the uniform average of another orbit.
    """

    def __init__(
        self, engine: Engine, cells: Cells, budget: int, escape: float, outcome: Outcome
    ) -> None:
        players = engine.players(cells)
        self.engine, self.outcome, self.cells = engine, outcome, cells
        self.t, self._budget = 0, budget
        self.index = np.arange(players.shape[1])
        self.box = escape * np.maximum(1.0, extent(players))
        self.largest = np.zeros(self.index.size)
        self.tangents: np.ndarray | None = None
        self.seen: Indicators | None = None
        self.seen_at = 0
        self.averages = False
        self._previous = np.zeros(self.index.size)
        self._halvings = np.zeros(self.index.size, np.int64)
        self._line = Line(self.index.size)
        self._rising = Line(self.index.size)
        self._lowest = np.full(self.index.size, np.inf)

    def advance_to(self, t: int) -> None:
        """Step until a time, and drop the cells that contract or escape before it."""
        while self.t < t and self.index.size:
            chunk = min(max(FIRST_CHUNK, self.t // GROWTH), LARGEST_CHUNK)
            self._check(max(min(chunk, t - self.t), 2), t - self.t < chunk)

    def _check(self, chunk: int, cut_short: bool) -> None:
        """Advance by a chunk and drop the cells that it decides.

        A chunk that was cut short is too short to halve a displacement, and a later one
        may end at rounding.
        """
        before = self.engine.take(self.cells, np.arange(self.index.size))
        step, players = _advance(self.engine, self.cells, chunk)
        size = extent(players)
        self.t += chunk
        with np.errstate(divide="ignore", invalid="ignore"):
            height = np.log(pad(step))[: step.size]
            self._line.add(self.t, height)
            if self.t > _BRIEF:
                self._rising.restart(height < self._lowest)
                self._rising.add(self.t, height)
                self._lowest = np.fmin(self._lowest, height)
            inside = size <= self.box
            self.largest = np.fmax(self.largest, step)
            halved = step < HALVED * self._previous
            waits = cut_short & ~halved & (step <= self._previous)
            self._halvings[~halved & ~waits] = 0
            self._halvings[halved] += 1
            self._previous = np.where(waits, self._previous, step)
            contracted = inside & (self._halvings >= HALVINGS)
            contracted &= step <= CONTRACTION * self.largest
            resting = inside & ~contracted & (step <= _NOISE * size)
        kept = np.ones(self.index.size, bool)
        out = np.flatnonzero(~inside)
        if out.size:
            kept[out] = self.leave(self.engine.take(before, out), out, chunk)
        still = np.flatnonzero(contracted | resting)
        if still.size:
            kept[still] = ~self._rest(still, contracted[still], step[still] == 0)
        if not kept.all():
            self.keep(np.flatnonzero(kept))

    def leave(self, before: Cells, out: np.ndarray, chunk: int) -> np.ndarray:
        """Write what cells do that left the box in a chunk; tell which came back.

        ``before`` are those cells at the beginning of the chunk.
        """
        begin = self.t - chunk
        leaving = Leaving(self.engine, before, self.box[out], begin)
        back = leaving.write(self.outcome, self.index[out], chunk, self._budget)
        self.box[out[back]] = np.inf
        if begin > _SLOW_ESCAPE:
            gone = out[~back]
            rate = self._rising.slope(gone)
            grew = rate > 0
            gone, rate = gone[grew], rate[grew]
            self.outcome.write(self.index[gone], rate=rate, lyapunov=rate)
        return back

    def _rest(
        self, still: np.ndarray, contracted: np.ndarray, fixed: np.ndarray
    ) -> np.ndarray:
        """Decide cells that hardly move any more; return which are decided.

        Where the linearised step expands, an orbit that is not quite ``fixed`` may yet
        leave, if nothing holds it exactly.
        """
        cells = self.engine.take(self.cells, still)
        found = limits(self.engine, cells)
        settled = self.settle(still, found, np.ones(still.size, bool))
        repels = found.radius > 1 + MARGIN
        held = ~settled & repels
        if held.any():
            some = self.engine.take(cells, np.flatnonzero(held))
            held[held] = is_held(self.engine, some)
        stalled = ~settled & ~held & ~contracted & (~repels | fixed)
        self.outcome.write(
            self.index[still[held]],
            verdict=Verdict.UNSTABLE_POINT, ended=Ending.SETTLED,
            rate=np.nan, lyapunov=np.log(found.radius[held]),
            amplitude=0.0, period=0, rotation=np.nan, steps=self.t,
        )  # fmt: skip
        self.outcome.write(
            self.index[still[stalled]],
            verdict=Verdict.UNDECIDED, ended=Ending.STALLED, steps=self.t,
        )  # fmt: skip
        return settled | held | stalled

    def settle(self, which: np.ndarray, found: Limits, near: np.ndarray) -> np.ndarray:
        """Write which of some cells converge, at their leading multiplier's rate.

        What is left of an orbit that is ``near`` a fixed point must be contracted by
        the linearised step, or, on a manifold of equilibria, not expanded, and then the
        field must be zero there; where there is a clock, later steps must contract it
        too. Displacement alone proves nothing: that of momentum at
        a vanished gradient dies geometrically, and so does that of a close pass of a
        saddle.
        """
        settled = near & (found.attracts | found.holds)
        doubtful = np.flatnonzero(settled & self._have_a_way_to_go(which, found))
        if doubtful.size:
            cells = self.engine.take(self.cells, which[doubtful])
            rest = found.take(doubtful)
            settled[doubtful] = contracts_on_the_way(self.engine, cells, rest)
        counts = np.flatnonzero(settled & found.counts)
        if counts.size:
            cells = self.engine.take(self.cells, which[counts])
            settled[counts] = lasting(self.engine, cells)
        ended = which[settled]
        with np.errstate(divide="ignore"):
            rate = np.log(found.pace[settled])
        fitted = (~found.attracts | found.bent)[settled]
        rate[fitted] = np.minimum(self._line.slope(ended), 0.0)[fitted]
        self.converge(ended, rate)
        return settled

    def _have_a_way_to_go(self, which: np.ndarray, found: Limits) -> np.ndarray:
        """Tell which cells' players, or whose memories, may be far from their limit."""
        players = len(self.engine.players(self.cells))
        far = extent(found.move[:players]) > FAR * self.largest[which]
        return np.asarray(far | (len(found.move) > players))

    def converge(self, which: np.ndarray, rate: np.ndarray) -> None:
        """Write that some cells converge."""
        self.outcome.write(
            self.index[which],
            verdict=Verdict.CONVERGES, ended=Ending.SETTLED,
            rate=rate, lyapunov=rate, amplitude=0.0, period=0, rotation=np.nan,
            steps=self.t,
        )  # fmt: skip

    def keep(self, which: np.ndarray) -> None:
        """Keep some of the cells, in that order, and drop the others."""
        self.cells = self.engine.take(self.cells, which)
        self.index, self.box = self.index[which], self.box[which]
        self.largest, self._previous = self.largest[which], self._previous[which]
        self._halvings = self._halvings[which]
        if self.tangents is not None:
            self.tangents = self.tangents[..., which]
        if self.seen is not None:
            self.seen = self.seen.take(which)
        self._line.keep(which)
        self._rising.keep(which)
        self._lowest = self._lowest[which]


def _advance(engine: Engine, cells: Cells, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Advance; return the larger of the last two displacements and the players."""
    first, second = engine.advance(cells, steps, last=2)
    last = engine.players(cells)
    with np.errstate(all="ignore"):
        step = np.maximum(extent(second - first), extent(last - second))
    return step, last
