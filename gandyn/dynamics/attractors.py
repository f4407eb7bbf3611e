"""Second stage of a verdict from simulation: what a bounded orbit settles on.

The orbit is looked at in windows in which every state and the growth of two tangents
are recorded. The states tell whether it returns, and the tangents whether what is near
it is attracted; only where both agree is anything decided.
"""

from __future__ import annotations

import numpy as np

from gandyn._lane_blocks import BLOCK
from gandyn.dynamics._window_kernels import REGULAR, STATIONARY
from gandyn.dynamics.clocks import follow
from gandyn.dynamics.cycle_exponents import cycle_exponents
from gandyn.dynamics.escapes import extent
from gandyn.dynamics.indicators import Indicators, Measures, nearest_return
from gandyn.dynamics.kept import are_carried, tangents_beside_kept
from gandyn.dynamics.limits import limits
from gandyn.dynamics.spreads import spread_over
from gandyn.dynamics.transients import CONTRACTION, Run
from gandyn.dynamics.verdicts import Ending, Verdict

EARLY = ((4096, 1024),)
"""Looks on the way, by the step at which they begin and their steps: what is certain
then need not be waited for. Chaos is: a chaotic transient looks no different. A later
look costs more than the steps to the end of the budget."""
LAST = ((1, 4096), (0, 16384), (4, 32768))
"""Looks when the budget is used up, one after the other: how many budgets of steps are
waited before, at the price of a small part of a look, and the steps of the look. By the
first, chaotic transients are over that hardly outlast the budget; by the last, slow
convergence."""
_LONG = 16384
"""Steps of a window after which averages need not be as sharp as those of short ones:
they converge with the number of turns, not of steps."""
_FAINT = 1e-13
"""Amplitude that may be rounding noise, over the largest displacement so far or the
largest number: a fixed point far from 0 is circled in steps of its last digit."""
_RECORDED = 1 << 17
"""States of one player recorded at once, so that a window stays in megabytes."""
_SLOW = 0.1
"""Slow convergence shrinks its amplitude at the rate of its exponents; an attractor
reached keeps it at most at this share of it. And what is left of the way to a periodic
orbit is at most this share of the distance between its points: near a flip an orbit
returns after two periods more nearly than after one."""
ZERO = 1e-9
"""An exponent this small is zero once its average has converged."""
_SPREAD = 10.0
"""Safety factor on the difference of an average between two halves of the window."""
_SHARP = 1e-6
"""Largest uncertainty at which an exponent, or the sum of two, may be called zero."""
_IRREGULAR = 1e-6
"""Birkhoff averages of an orbit on a curve agree more nearly than this wherever its
exponents have converged; those of chaos, which converge like a random walk, do not."""
_BEGINS = 1e-3
"""Least distance from its curve, over the amplitude, at which an orbit begins."""
_ROUNDING = 1e-11
"""Return distance over amplitude that rounding explains."""
_GROWS = 20.0
"""Log growth of a tangent over a window that only chaos explains, half of it in either
half: that of an orbit on a curve is the ratio of two speeds, times the window's length
where there is shear."""
_WANDERS = 3.0
"""Log change of the amplitude between two halves, and from one look to the next, up to
which chaos may wander: tangents grow too where an orbit leaves a saddle, or ends on one
along an invariant line, and by shear where it leaves in a slow spiral."""
_MOVED = 3.0
"""Way of the mean from one look to the next, over the amplitude, up to which an orbit
may be called chaotic: an attractor's mean stays, that of an orbit that drifts along a
direction that moves nothing, as the common part of a softmax's logits, goes on."""
OFTEN = 100.0
"""Turns in a window after which the averages of an orbit on a curve are sharp."""
_SELDOM = 40.0
"""Turns in a window up to which averages of an orbit on a curve may be less sharp."""
_LINGERING = 40.0
"""Log contraction of areas over a window up to which what decays may still be seen, so
that averages cannot be as sharp as those of an orbit on its curve."""
_ALIGNED = 3.0
"""Log growth over a window within which a tangent of an invariant curve stays: it is a
bounded multiple of the curve's own. It must be known as well as that, or the orbit may
be locked to a cycle of a longer period than the window."""
_SMOOTH = 1e-9
"""Averages that agree to this are of an orbit on a smooth curve, however slowly
tangents align with it."""
_DRIFTING = 0.01
"""Share of the spacing of a periodic orbit's points that an orbit must drift along them
within the window, or it may be locked to the periodic orbit."""
_UNIFORM = 1e-3
"""Change of the speed along those points, over their spacing and relative, up to which
it has no zero between them; and how well it must be known."""
RETURNS = 2
"""Returns within the window that the periods asked about have at the least."""
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
        run.keep(np.flatnonzero(~_Look(run, steps, final).decide()))


class _Look:
    """The cells of a run, recorded for a while, some at a time."""

    def __init__(self, run: Run, steps: int, final: bool) -> None:
        engine, count = run.engine, run.index.size
        self._run, self._final = run, final
        self._before = engine.take(run.cells, np.arange(count))
        most = max(1, _RECORDED // steps // BLOCK) * BLOCK
        measures, tangents = Measures(count, steps), []
        begun = tangents_beside_kept(engine, run.cells, run.tangents)
        window = None
        for first in range(0, count, most):
            which = np.arange(first, min(first + most, count))
            cells = engine.take(run.cells, which)
            window = engine.observe(cells, steps, begun[..., which], window)
            engine.put(run.cells, which, cells)
            measures.add(window, first)
            tangents.append(window.tangents[..., : which.size])
        self._carried = are_carried(engine, self._before, run.cells, begun)
        self._seen = measures.indicators()
        self._said = self._judged(self._seen)
        run.tangents = self._tangents = np.concatenate(tangents, axis=-1)
        run.seen = self._seen
        self._vectors = window is not None and window.spread.size > 0

    def _judged(self, seen: Indicators) -> tuple[np.ndarray, ...]:
        """Return what the windows decide, and how the cells turn that circle."""
        run = self._run
        verdict, ended, sharp = judge(seen, run.t, self._final)
        away = ~(seen.extent <= run.box) | ~np.isfinite(seen.amplitude)
        away |= ~(seen.amplitude > _FAINT * np.fmax(run.largest, seen.extent))
        away |= run.averages
        verdict[away], ended[away] = Verdict.UNDECIDED, Ending.BUDGET
        if run.seen is not None:
            moved = _moved(seen, run.seen) & (verdict == Verdict.CHAOTIC)
            verdict[moved], ended[moved] = Verdict.UNDECIDED, Ending.BUDGET
        turns = np.where(np.isin(verdict, _CIRCLING), seen.turns, np.nan)
        coarse = ~sharp & (turns * seen.steps > OFTEN)
        locked = _may_be_locked(seen, turns, run.seen) | coarse
        locked &= verdict == Verdict.QUASI_PERIODIC
        locked |= self._carried & _passes_with_its_clock(verdict, seen, run.t)
        verdict[locked], ended[locked] = Verdict.UNDECIDED, Ending.BUDGET
        return verdict, ended, turns

    def decide(self) -> np.ndarray:
        """Write what the windows decide, and return which cells that are."""
        run, seen, (verdict, ended, turns) = self._run, self._seen, self._said
        open_ = verdict == Verdict.UNDECIDED
        periodic = verdict == Verdict.PERIODIC
        amplitude = seen.amplitude
        exponent = np.where(verdict == Verdict.CHAOTIC, seen.growth, seen.exponent)
        if periodic.any():
            cells = run.engine.take(run.cells, np.flatnonzero(periodic))
            tangents, period = self._tangents[..., periodic], seen.period[periodic]
            exact = cycle_exponents(run.engine, cells, tangents, period)
            exponent[periodic] = np.where(np.isnan(exact), exponent[periodic], exact)
            if self._vectors:
                amplitude[periodic] = spread_over(run.engine, cells, period)
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


def _moved(seen: Indicators, before: Indicators) -> np.ndarray:
    """Tell which orbits' means or amplitudes are not those of the look before."""
    with np.errstate(all="ignore"):
        grown = np.log(seen.amplitude / before.amplitude)
    far = extent(seen.centre - before.centre) > _MOVED * seen.amplitude
    return far | ~(np.abs(grown) <= _WANDERS)


def _may_be_locked(
    seen: Indicators, turns: np.ndarray, before: Indicators | None
) -> np.ndarray:
    """Tell which rotations are so near to a rational that the orbit may be periodic.

    Within the window the orbit then drifts by a small share only of the spacing of a
    periodic orbit's points, of any period with `RETURNS` returns in it. If it is locked
    to that orbit, its drift has a zero within the spacing. The exponent is the change
    of the drift along it: where the look ``before`` saw the same rotation, and the
    exponent is far below what a zero so near asks for, the orbit passes all points.
    """
    near = np.zeros(turns.size, bool)
    circling = np.flatnonzero(np.isfinite(turns))
    if circling.size:
        gap = nearest_return(turns[circling], seen.steps // RETURNS - 1)
        near[circling] = gap <= _DRIFTING / seen.steps
    if before is not None and near.any():
        gap, doubtful = gap[near[circling]], np.flatnonzero(near)
        changed = np.abs(turns - before.turns)[doubtful] * seen.steps / RETURNS
        slope = np.abs(seen.exponent) + _SPREAD * seen.exponent_error
        passes = slope[doubtful] <= _UNIFORM * 2 * np.pi * gap
        near[doubtful[passes & (changed <= _UNIFORM * gap)]] = False
    return near


def _keeps_its_amplitude(
    seen: Indicators, fastest: np.ndarray, taken: int
) -> np.ndarray:
    """Tell which orbits are on a curve that nothing draws them to: one of a family.

    What is left of a distance d from a curve that attracts at a rate r after t steps
    changes the amplitude between the halves of a window of n by d r exp(-r t) n / 2.
    That is largest between two rates, so it is asked at both ends: at `ZERO` and at the
    ``fastest`` rate that the growth of areas allows.
    """
    left = np.minimum(ZERO, fastest * np.exp(-fastest * taken)) * seen.steps / 2
    return (seen.drift <= _BEGINS * left) & (seen.disorder <= _IRREGULAR)


def _reached(seen: Indicators, periods: float | np.ndarray) -> np.ndarray:
    """Tell which orbits, moving on for some periods as in the last, stay at a cycle."""
    with np.errstate(invalid="ignore"):  # no period times a superstable exponent
        closing = -np.expm1(seen.period * np.minimum(seen.exponent, 0.0))
        near = _SLOW * closing * np.minimum(seen.parting, 1.0)
        return np.asarray(seen.recurrence * periods <= near)


def _passes_with_its_clock(
    verdict: np.ndarray, seen: Indicators, taken: int
) -> np.ndarray:
    """Tell which closed orbits a clock that ran up to ``taken`` may yet undo.

    Nothing stays neutral under a clock, and near any map that has a curve there are
    some that are locked. A pull of 1/t moves a cycle, in all, by what it does in t
    steps.
    """
    swept = ~_reached(seen, taken / np.maximum(seen.period, 1))
    curves = np.isin(verdict, (Verdict.QUASI_PERIODIC, Verdict.NEUTRAL))
    return np.asarray(curves | (swept & (verdict == Verdict.PERIODIC)))


def judge(
    seen: Indicators, taken: int, final: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the verdict and the ending that the indicators support.

    ``taken`` steps brought the orbit to the end of the window.

    The third array tells where averages are as sharp as those of an orbit that turned
    `OFTEN` on its curve, or may not yet be.

    On the way (not ``final``) only what is sharp counts; chaos, and closed curves that
    attract so weakly that tangents do not align with them, are for the last looks, and
    curves whose exponents are not sharp for long ones: a cycle of a longer period than
    the window looks like one.
    """
    tolerance = _SPREAD * seen.exponent_error + ZERO
    area_tolerance = _SPREAD * seen.total_error + ZERO
    regular = (seen.disorder <= REGULAR) & (seen.drift <= STATIONARY)
    long = final and seen.steps >= _LONG
    steady = (seen.disorder <= _IRREGULAR) & ((tolerance <= _SHARP) | long)
    weak = np.abs(seen.total) * seen.steps <= _LINGERING
    periodic = (seen.period > 1) & (seen.exponent < -ZERO) & _reached(seen, 1.0)
    family = (seen.period > 1) & (tolerance + np.abs(seen.exponent) <= 2 * ZERO)
    family &= (seen.total <= area_tolerance) & (seen.parting > _SLOW)
    family &= seen.recurrence <= _ROUNDING
    grown = seen.exponent * seen.steps
    flat = (np.abs(seen.exponent) <= tolerance) & (np.abs(grown) <= _ALIGNED)
    sharp = steady | (weak & long)
    flat &= sharp | long
    uncertain = seen.exponent_error * seen.steps
    flat &= (uncertain <= _ALIGNED) | (seen.disorder <= _SMOOTH)
    still = seen.drift <= _SLOW * np.abs(seen.total) * seen.steps / 4
    contracting = seen.total < -area_tolerance
    curve = regular & flat & still & contracting & (seen.exponent <= seen.shear)
    kept = _keeps_its_amplitude(seen, np.abs(seen.total) + area_tolerance, taken)
    few = long & ~(seen.turns * seen.steps >= _SELDOM)
    neutral = (
        regular
        & ((seen.disorder <= _IRREGULAR) | few)
        & (np.abs(seen.total) <= area_tolerance)
        & ((area_tolerance <= 2 * ZERO) | kept)
        & (seen.exponent <= seen.shear)
        & (seen.exponent >= -tolerance)
    )
    positive = (grown > _GROWS) & (
        grown - seen.exponent_error * seen.steps > _GROWS / 2
    )
    irregular = seen.disorder > _IRREGULAR
    wanders = (np.abs(seen.shrinking) <= _WANDERS) & (seen.period == 0)
    chaotic = positive & irregular & wanders & final
    verdict = np.select(
        [periodic, family, curve, neutral, chaotic],
        [
            Verdict.PERIODIC,
            Verdict.NEUTRAL,
            Verdict.QUASI_PERIODIC,
            Verdict.NEUTRAL,
            Verdict.CHAOTIC,
        ],
        Verdict.UNDECIDED,
    )
    contradicting = (positive & ~irregular) | (flat & irregular & (seen.total < 0))
    ended = np.where(
        verdict != Verdict.UNDECIDED,
        Ending.SETTLED,
        np.where(contradicting, Ending.DISAGREEMENT, Ending.BUDGET),
    )
    return verdict.astype(np.int8), ended.astype(np.int8), sharp
