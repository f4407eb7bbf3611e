"""First stage of a verdict from simulation: orbits that contract or escape."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gandyn.dynamics.cells import Cells, Engine, Window, pad
from gandyn.dynamics.verdicts import Ending, Verdict
from gandyn.rules import Rule

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
TAIL = 48
"""Steps recorded from the last state inside the box."""
LATE = 24
"""Turnings, counted back from the last one, that tell how an orbit diverges."""
FADED = 1e-6
"""Turning so small that it counts as none."""
STRAIGHT = 1e-2
"""Turning (radians per step) under which the turning must persist to be a spiral."""


class Outcome(NamedTuple):
    """What is known of each cell, one array per result variable."""

    verdict: np.ndarray
    ended: np.ndarray
    rate: np.ndarray
    period: np.ndarray
    rotation: np.ndarray
    amplitude: np.ndarray
    lyapunov: np.ndarray
    steps: np.ndarray

    @classmethod
    def blank(cls, shape: Any) -> Outcome:
        """Return an outcome in which every cell is undecided."""
        real = (np.full(shape, np.nan) for _ in range(4))
        rate, rotation, amplitude, lyapunov = real
        return cls(
            np.zeros(shape, np.int8),
            np.zeros(shape, np.int8),
            rate,
            np.zeros(shape, np.int32),
            rotation,
            amplitude,
            lyapunov,
            np.zeros(shape, np.int32),
        )

    def write(self, cells: np.ndarray, **values: Any) -> None:
        """Set some variables of some cells."""
        for name, value in values.items():
            getattr(self, name)[cells] = value

    def name_unsolved(self, rule: Rule) -> None:
        """Say of cells that a rule's singular or unsolved step ended that it did.

        From inside the box a number overflows in one step only by such a division.
        """
        if rule.inverts:
            ended = (Ending.NOT_A_NUMBER, Ending.OVERFLOW)
            self.write(
                np.flatnonzero(np.isin(self.ended, ended)),
                verdict=Verdict.UNDECIDED, ended=Ending.UNSOLVED,
                rate=np.nan, lyapunov=np.nan, amplitude=np.nan,
            )  # fmt: skip


class Remaining(NamedTuple):
    """Cells that neither contracted nor escaped within the budget."""

    which: np.ndarray
    cells: Cells
    largest: np.ndarray
    """Largest displacement seen, per cell."""


class _Line:
    """Running least squares of log displacement against time, per cell."""

    def __init__(self, width: int) -> None:
        self._sums = np.zeros((5, width))

    def add(self, t: int, height: np.ndarray) -> None:
        seen = np.isfinite(height)
        height = np.where(seen, height, 0.0)
        terms = (seen, seen * t, height, seen * t * t, t * height)
        self._sums += np.array(terms, dtype=float)

    def keep(self, which: np.ndarray) -> None:
        self._sums = self._sums[:, which]

    def slope(self, which: np.ndarray) -> np.ndarray:
        n, t, h, tt, th = self._sums[:, which]
        with np.errstate(invalid="ignore", divide="ignore"):
            slope = (n * th - t * h) / (n * tt - t * t)
        return np.where(n >= 2, slope, -np.inf)


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
        self._box = escape * np.maximum(1.0, _size(players))
        self.largest = np.zeros(self.index.size)
        self._previous = np.zeros(self.index.size)
        self._halvings = np.zeros(self.index.size, np.int64)
        self._line = _Line(self.index.size)

    def check(self, t: int, chunk: int) -> None:
        """Advance by a chunk and drop the cells that it decides."""
        before = self._engine.take(self.cells, np.arange(self.index.size))
        step, players = _advance(self._engine, self.cells, chunk)
        with np.errstate(divide="ignore"):
            self._line.add(t + chunk, np.log(pad(step))[: step.size])
        with np.errstate(invalid="ignore"):
            inside = _size(players) <= self._box
            self.largest = np.fmax(self.largest, step)
            halved = step < HALVED * self._previous
            small = CONTRACTION * self.largest
            converged = inside & halved & (self._halvings >= HALVINGS - 1)
            converged &= (step <= small) & (self._previous <= small)
            resting = inside & ~converged & (step <= NOISE * _size(players))
        contracting = self._halvings >= HALVINGS - 2
        self._previous = step
        self._halvings = np.where(halved, self._halvings + 1, 0)
        out = np.flatnonzero(~inside)
        if out.size:
            left = self._engine.take(before, out)
            leaving = _Leaving(self._engine, left, self._box[out], t)
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


def _size(players: np.ndarray) -> np.ndarray:
    return np.asarray(np.max(np.abs(players), axis=0))


def _advance(engine: Engine, cells: Cells, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Advance; return the larger of the last two displacements and the players."""
    engine.advance(cells, steps - 2)
    first = engine.players(cells).copy()
    engine.advance(cells, 1)
    second = engine.players(cells).copy()
    engine.advance(cells, 1)
    last = engine.players(cells)
    with np.errstate(all="ignore"):
        step = np.maximum(_size(second - first), _size(last - second))
    return step, last


class _Leaving:
    """Cells that left the box within the last chunk, walked up to its edge."""

    def __init__(self, engine: Engine, cells: Cells, box: np.ndarray, t: int) -> None:
        self._engine, self._cells, self._box = engine, cells, box
        self._t = np.full(box.size, t)

    def write(self, outcome: Outcome, index: np.ndarray, chunk: int) -> None:
        self._walk_to_edge(chunk)
        window = self._engine.observe(self._cells, TAIL)
        kind, rate = (found[: index.size] for found in divergence(window))
        window = Window(*(part[..., : index.size] for part in window))
        size = np.fmax(np.abs(window.xs), np.abs(window.ys))
        seen = np.isfinite(window.xs) & np.isfinite(window.ys)
        outside = ~(seen & (size <= self._box))
        exit_step = np.argmax(outside, axis=0)
        value = window.xs[exit_step, np.arange(index.size)]
        other = window.ys[exit_step, np.arange(index.size)]
        broken = np.isnan(value) | np.isnan(other)
        infinite = (np.isinf(value) | np.isinf(other)) & ~broken
        ended = np.where(
            broken,
            Ending.NOT_A_NUMBER,
            np.where(infinite, Ending.OVERFLOW, Ending.LEFT_BOX),
        )
        outcome.write(
            index,
            verdict=np.where(broken, Verdict.UNDECIDED, kind),
            ended=ended,
            rate=np.where(broken, np.nan, rate),
            lyapunov=np.where(broken, np.nan, rate),
            amplitude=np.where(broken, np.nan, np.inf),
            steps=self._t + exit_step + 1,
        )

    def _walk_to_edge(self, chunk: int) -> None:
        engine = self._engine
        everything = np.arange(self._box.size)
        while chunk > 1:
            chunk //= 2
            trial = engine.take(self._cells, everything)
            engine.advance(trial, chunk)
            with np.errstate(invalid="ignore"):
                inside = np.flatnonzero(_size(engine.players(trial)) <= self._box)
            engine.put(self._cells, inside, engine.take(trial, inside))
            self._t[inside] += chunk


def divergence(window: Window) -> tuple[np.ndarray, np.ndarray]:
    """Return the kind of divergence and its log growth per step.

    The kind is read off the turning between successive displacements: half a turn for a
    flip, none for monotone growth, anything persistent for a spiral.
    """
    with np.errstate(all="ignore"):
        dx, dy = np.diff(window.xs, axis=0), np.diff(window.ys, axis=0)
        usable = np.hypot(dx, dy)
        usable[~np.isfinite(usable) | (usable == 0)] = np.nan
        heading = np.arctan2(dy / usable, dx / usable)
        turning = np.diff(heading, axis=0)
        turning = (turning + np.pi) % (2 * np.pi) - np.pi
        height = np.log(usable)
    late = np.abs(_last_seen(turning, LATE))
    line = _Line(height.shape[1])
    for t, row in enumerate(height):
        line.add(t, row)
    rate = line.slope(np.arange(height.shape[1]))
    return _kinds(late), np.where(np.isfinite(rate), rate, np.nan)


def _last_seen(values: np.ndarray, most: int) -> np.ndarray:
    """Return the last finite values of each column, latest first, then NaN."""
    seen = np.isfinite(values)
    order = np.argsort(~seen[::-1], axis=0, kind="stable")[:most]
    return np.take_along_axis(np.where(seen, values, np.nan)[::-1], order, 0)


def _kinds(late: np.ndarray) -> np.ndarray:
    kinds = np.full(late.shape[1], Verdict.DIVERGES_SPIRAL, np.int8)
    count = np.sum(np.isfinite(late), axis=0)
    oldest = np.maximum(count - 1, 0)[None]
    for straight, offset in (
        (Verdict.DIVERGES_MONOTONE, late),
        (Verdict.DIVERGES_FLIP, np.pi - late),
    ):
        last, first = offset[0], np.take_along_axis(offset, oldest, 0)[0]
        with np.errstate(invalid="ignore"):
            small = _median(offset) < STRAIGHT
            fading = (last < 0.5 * first) | (last < FADED)
        kinds[small & fading] = straight
    kinds[count == 0] = Verdict.DIVERGES_MONOTONE
    return kinds


def _median(values: np.ndarray) -> np.ndarray:
    """Return the median of each column's finite values, or infinity."""
    ranked = np.sort(values, axis=0)  # NaN last
    count = np.sum(np.isfinite(values), axis=0)
    middle = np.maximum(count - 1, 0)[None] // 2
    found = np.take_along_axis(ranked, middle, 0)[0]
    return np.where(count > 0, found, np.inf)
