"""Second stage of a verdict from simulation: what a bounded orbit settles on.

The orbit is looked at in windows in which every state and the growth of two tangents
are recorded; what these say is read by `gandyn.dynamics.recognition.readings`.
"""

from __future__ import annotations

import numpy as np

from gandyn._lane_blocks import BLOCK
from gandyn.dynamics.engines.spreads import spread_over
from gandyn.dynamics.recognition.clocks import follow, has_settled
from gandyn.dynamics.recognition.cycle_exponents import cycle_exponents
from gandyn.dynamics.recognition.cycle_neighbourhoods import nearby_exponents
from gandyn.dynamics.recognition.drifts import LEGS, drifts
from gandyn.dynamics.recognition.escapes import extent
from gandyn.dynamics.recognition.families import are_drawn_back
from gandyn.dynamics.recognition.indicators import Indicators, Measures
from gandyn.dynamics.recognition.islands import count_islands, turns_on_islands
from gandyn.dynamics.recognition.kept import are_carried, tangents_beside_kept
from gandyn.dynamics.recognition.limits import limits
from gandyn.dynamics.recognition.readings import (
    GROWS,
    ZERO,
    Reading,
    closes_in,
    has_arrived,
    has_moved,
    may_be_locked,
    passes_with_its_clock,
)
from gandyn.dynamics.recognition.samples import samples
from gandyn.dynamics.recognition.spans import growth_within
from gandyn.dynamics.recognition.transients import CONTRACTION, Run
from gandyn.dynamics.verdicts import Ending, Verdict

EARLY = ((4096, 1024),)
"""Looks on the way, by the step at which they begin and their steps: what is certain
then need not be waited for. Chaos is: a chaotic transient looks no different. A later
look costs more than the steps to the end of the budget."""
LAST = ((0.5, 4096), (0.0, 16384), (4.5, 32768))
"""Looks when the budget is used up, one after the other: how many budgets of steps are
waited before, at the price of a small part of a look, and the steps of the look. By the
first, chaotic transients are over that hardly outlast the budget; by the last, slow
convergence."""
_FAINT = 1e-13
"""Amplitude that may be rounding noise, over the largest displacement so far or the
largest number: a fixed point far from 0 is circled in steps of its last digit."""
_RECORDED = 1 << 17
"""States of one player recorded at once, so that a window stays in megabytes."""
_ALIKE = 0.1
"""Relative difference between the rate at which an orbit shrinks and the one that the
fixed point's multipliers give, up to which it is in their neighbourhood."""
_NOTICED = 1e-4
"""Log shrinking between two halves of a window that is more than rounding."""
_CIRCLING = (Verdict.PERIODIC, Verdict.QUASI_PERIODIC, Verdict.NEUTRAL)
"""Verdicts that have a rotation."""


def look(run: Run, steps: int, final: bool = False) -> None:
    """Record some steps of every cell of a run, and drop the cells that they decide."""
    run.t += steps
    if run.index.size:
        left = np.flatnonzero(~_Look(run, steps, final).decide())
        # Regular orbits side by side: of whole blocks that are not, less is measured.
        assert run.seen is not None
        run.keep(left[np.argsort(run.seen.disorder[left], kind="stable")])


class _Look:
    """The cells of a run, recorded for a while, some at a time."""

    def __init__(self, run: Run, steps: int, final: bool) -> None:
        engine, count = run.engine, run.index.size
        self._run, self._final = run, final
        self._before = engine.take(run.cells, np.arange(count))
        most = max(1, _RECORDED // steps // BLOCK) * BLOCK
        measures, tangents = Measures(count, steps), []
        begun = tangents_beside_kept(engine, run.cells, run.tangents)
        self._begun = begun
        window = None
        for first in range(0, count, most):
            which = np.arange(first, min(first + most, count))
            cells = engine.take(run.cells, which)
            window = engine.observe(cells, steps, begun[..., which], window)
            engine.put(run.cells, which, cells)
            measures.add(window, first)
            tangents.append(window.tangents[..., : which.size])
        run.tangents = self._tangents = np.concatenate(tangents, axis=-1)
        self._window = window
        self._carried = are_carried(engine, self._before, run.cells, begun)
        self._seen = measures.indicators()
        self._said = self._judged(self._seen)
        run.seen, run.seen_at = self._seen, run.t

    def _judged(self, seen: Indicators) -> tuple[np.ndarray, ...]:
        """Return what the windows decide, and how the cells turn that circle."""
        run = self._run
        reading = Reading(seen, run.t, self._final)
        verdict, ended = reading.verdict()

        def leave_open(doubtful: np.ndarray) -> None:
            verdict[doubtful], ended[doubtful] = Verdict.UNDECIDED, Ending.BUDGET

        away = ~(seen.extent <= run.box) | ~np.isfinite(seen.amplitude)
        away |= ~(seen.amplitude > _FAINT * np.fmax(run.largest, seen.extent))
        leave_open(away | run.averages)
        if run.seen is not None:
            moved = has_moved(seen, run.seen, run.t / run.seen_at)
            leave_open(moved & (verdict == Verdict.CHAOTIC))
        chaotic = np.flatnonzero(verdict == Verdict.CHAOTIC)
        if chaotic.size:
            leave_open(chaotic[~self._stays_chaotic(chaotic)])
        turns = np.where(np.isin(verdict, _CIRCLING), seen.turns, np.nan)
        vague = reading.coarse(turns) | np.isnan(turns)
        leave_open((verdict == Verdict.QUASI_PERIODIC) & vague)
        leave_open(self._is_drawn_back(verdict == Verdict.NEUTRAL))
        leave_open(self._may_be_locked(verdict == Verdict.QUASI_PERIODIC, turns))
        leave_open(self._carried & passes_with_its_clock(verdict, seen, run.t))
        stays = (verdict == Verdict.PERIODIC) & ~closes_in(seen)
        leave_open(stays & ~self._carried)
        leave_open(self._is_not_near(verdict == Verdict.PERIODIC))
        return verdict, ended, turns

    def _stays_chaotic(self, chaotic: np.ndarray) -> np.ndarray:
        """Tell which of some chaotic cells are so in what their own states span.

        And of a step that will be what it is.
        """
        run, seen = self._run, self._seen
        before, cells = (run.engine.take(c, chaotic) for c in (self._before, run.cells))
        leading = np.array([self._begun[0], self._tangents[0]])[..., chaotic]
        count = LEGS * -(-(len(leading[0]) + LEGS) // LEGS)
        places = samples(run.engine, before, seen.steps, count)
        ways = drifts(places)
        grown = growth_within(run.engine, before, leading, seen.steps, places)
        settled = grown > GROWS
        remembers = len(ways) > len(run.engine.players(cells))
        asked = np.flatnonzero(ways.any(axis=0) | remembers)
        if asked.size:
            cells, amplitude = run.engine.take(cells, asked), seen.amplitude[chaotic]
            settled[asked] &= has_settled(
                run.engine, cells, ways[:, asked], amplitude[asked]
            )
        return settled

    def _is_drawn_back(self, neutral: np.ndarray) -> np.ndarray:
        """Tell which orbits of two exponents that are zero are not one of a family.

        Where there are two numbers, areas tell.
        """
        run, drawn = self._run, np.zeros(neutral.size, bool)
        which = np.flatnonzero(neutral & (len(self._tangents[0]) > 2))
        if which.size:
            cells = run.engine.take(run.cells, which)
            amplitude = self._seen.amplitude[which]
            drawn[which] = are_drawn_back(
                run.engine, cells, amplitude, self._seen.steps
            )
        return drawn

    def _may_be_locked(self, curves: np.ndarray, turns: np.ndarray) -> np.ndarray:
        """Tell which orbits on closed curves may turn on each by a rational number."""
        run, seen = self._run, self._seen
        locked = curves & may_be_locked(seen, turns, run.seen)
        which = np.flatnonzero(locked)
        counts = count_islands(turns[which])
        which, counts = which[counts > 1], counts[counts > 1]
        if which.size:
            before = run.engine.take(self._before, which)
            turning = turns_on_islands(
                run.engine, before, seen.steps, counts, self._window
            )
            locked[which] = ~turning
        return locked

    def _is_not_near(self, cycles: np.ndarray) -> np.ndarray:
        """Tell what is left of the way to which cycles may lead elsewhere.

        What a clock moves a cycle by is asked about elsewhere.
        """
        run, seen = self._run, self._seen
        doubtful = cycles & ~self._carried & ~has_arrived(seen)
        self._nearby = np.full(cycles.size, np.nan)
        which = np.flatnonzero(doubtful)
        if which.size:
            cells = run.engine.take(run.cells, which)
            found = nearby_exponents(run.engine, cells, seen.period[which])
            self._nearby[which] = found
        return np.asarray(doubtful & np.isnan(self._nearby))

    def decide(self) -> np.ndarray:
        """Write what the windows decide, and return which cells that are."""
        run, seen, (verdict, ended, turns) = self._run, self._seen, self._said
        periodic = verdict == Verdict.PERIODIC
        amplitude = seen.amplitude
        exponent = np.where(verdict == Verdict.CHAOTIC, seen.growth, seen.exponent)
        if periodic.any():
            cells = run.engine.take(run.cells, np.flatnonzero(periodic))
            tangents, period = self._tangents[..., periodic], seen.period[periodic]
            exact = cycle_exponents(run.engine, cells, tangents, period)
            near = self._nearby[periodic]  # the orbit itself may not be there yet
            exact = np.where(np.isnan(near), exact, near)
            exponent[periodic] = np.where(np.isnan(exact), exponent[periodic], exact)
            if self._window is not None and self._window.spread.size:
                amplitude[periodic] = spread_over(run.engine, cells, period)
        # Tangents that align with a direction in which cycles fill a family shrink.
        family = periodic & (exponent >= -ZERO)
        verdict[family], ended[family] = Verdict.UNDECIDED, Ending.BUDGET
        periodic &= ~family
        open_ = verdict == Verdict.UNDECIDED
        run.outcome.write(
            run.index,
            verdict=verdict, ended=ended,
            rate=np.where(open_, np.nan, 0.0),
            lyapunov=exponent,
            period=np.where(periodic, seen.period, 0),
            rotation=np.where(open_, np.nan, turns), amplitude=amplitude,
            steps=run.t,
        )  # fmt: skip
        decided = ~open_ | self._settle(verdict)
        slow = ~decided | (verdict == Verdict.NEUTRAL)
        return decided | self._follow(slow) | self._leave()

    def _settle(self, verdict: np.ndarray) -> np.ndarray:
        """Decide the cells that end at an attracting fixed point; return which."""
        run, seen = self._run, self._seen
        rests = seen.period == 1
        asked = np.isfinite(seen.extent) & (verdict != Verdict.CHAOTIC)
        asked = np.flatnonzero(asked & (rests | self._final))
        settled = np.zeros(verdict.size, bool)
        if asked.size:
            cells = run.engine.take(run.cells, asked)
            found = limits(run.engine, cells)
            left = extent(found.move[: len(run.engine.players(cells))])
            with np.errstate(all="ignore"):
                arrived = left <= CONTRACTION * run.largest[asked]
                expected = np.log(found.pace) * (seen.steps / 2)
                shrinking = seen.shrinking[asked]
                near = np.abs(shrinking - expected) <= _ALIKE * np.abs(expected)
                near &= (shrinking < -_NOTICED) & (left <= seen.extent[asked])
            settled[asked] = run.settle(asked, found, arrived | near | rests[asked])
        return settled

    def _follow(self, slow: np.ndarray) -> np.ndarray:
        """Decide which cells converge as slowly as a clock lets them; return which."""
        run, following = self._run, np.zeros(slow.size, bool)
        which = np.flatnonzero(slow & np.isfinite(self._seen.extent))
        rule, _, _ = run.engine.unpack(run.cells)
        if self._final and which.size and not rule.autonomous:
            pair = (run.engine.take(c, which) for c in (self._before, run.cells))
            which = which[follow(run.engine, *pair)]
            run.converge(which, np.zeros(which.size))
            following[which] = True
        return following

    def _leave(self) -> np.ndarray:
        """Decide the cells that ended outside the box; return which."""
        run = self._run
        with np.errstate(invalid="ignore"):
            inside = extent(run.engine.players(run.cells)) <= run.box
        out = np.flatnonzero(~inside)
        gone = np.zeros(inside.size, bool)
        if out.size:
            before = run.engine.take(self._before, out)
            gone[out] = ~run.leave(before, out, self._seen.steps)
        return gone
