"""What a window says of a bounded orbit: predicates, and the verdict they support.

The states tell whether it returns, and the tangents whether what is near it is
attracted; only where both agree is anything decided.
"""

from __future__ import annotations

import numpy as np

from gandyn.dynamics.recognition._window_kernels import REGULAR, STATIONARY
from gandyn.dynamics.recognition.escapes import extent
from gandyn.dynamics.recognition.indicators import Indicators, nearest_return
from gandyn.dynamics.verdicts import Ending, Verdict

_LONG = 16384
"""Steps of a window after which averages need not be as sharp as those of short ones:
they converge with the number of turns, not of steps."""
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
_PULLED = 2.0
"""Contraction of areas times the steps taken, from which on an orbit may have come to
its curve from anywhere. A drift that dies as a power of time, as under a pull that is
flat where the orbit goes, has less: (k + 1)/(k - 1) if it is as the k-th power."""
_STEADY = 0.1
"""Change of a curve's pull between two halves of a window, over what it takes off a
distance in half of one, up to which it is the curve's: where it is that of a distance
that falls as a power of time, as beside the ghost of a fold, that is half and more."""
_BESIDE = 2e-3
"""Distance from its curve, over the amplitude, that it need not have come from far."""
_BEGINS = 1e-3
"""Least distance from its curve, over the amplitude, at which an orbit begins."""
_ROUNDING = 1e-11
"""Return distance over amplitude that rounding explains."""
_ARRIVED = 1e-9
"""What is left of the way to a cycle, over the amplitude, that leads nowhere else."""
_NOISE = 64 * np.finfo(float).eps
"""Of a state's step, relative to the state: more than it has."""
_CLOSING = 0.7
"""Share of an exponent that it is at the least, as an average over few periods."""
_CAME_FROM = 10.0
"""Distance from a cycle, over the amplitude, within which an orbit has been."""
GROWS = 20.0
"""Log growth of a tangent over a window that only chaos explains, half of it in either
half: that of an orbit on a curve is the ratio of two speeds, times the window's length
where there is shear."""
_KNOWN = (0.2, 0.03)
"""Relative and absolute uncertainty of the exponent of chaos from which on a window is
too short for it: beside the birth of a cycle chaos keeps to its ghost for long."""
_SURELY = 3.0
"""Standard errors that are that uncertainty."""
_MAGNIFIED = float(np.log(_IRREGULAR / np.finfo(float).eps))
"""Log growth beside the leading tangent that makes rounding as large as the disorder of
chaos: an orbit that is steered by rounding, on a curve perhaps, looks chaotic."""
_WANDERS = 3.0
"""Log change of the amplitude between two halves, and from one look to the next, up to
which chaos may wander: tangents grow too where an orbit leaves a saddle, or ends on one
along an invariant line, and by shear where it leaves in a slow spiral."""
_WALKS = 0.25
"""Power of the steps taken as which the amplitude of chaos may grow from one look to
the next: that of chaos that walks at random grows as their root."""
_MOVED = 3.0
"""Way of the mean from one look to the next, over the amplitude, up to which an orbit
may be called chaotic: an attractor's mean stays, that of an orbit that drifts along a
direction that moves nothing, as the common part of a softmax's logits, goes on."""
_OFTEN = 100.0
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
_RETURNS = 2
"""Returns within the window that the periods asked about have at the least."""


class Reading:
    """The indicators of a window, read in terms of their own uncertainties.

    ``taken`` steps brought the orbit to the end of the window. On the way (not
    ``final``) only what is sharp counts; chaos, and closed curves that attract so
    weakly that tangents do not align with them, are for the last looks, and curves
    whose exponents are not sharp for long ones: a cycle of a longer period than the
    window looks like one.
    """

    def __init__(self, seen: Indicators, taken: int, final: bool) -> None:
        self._seen, self._taken, self._final = seen, taken, final
        self._tolerance = _SPREAD * seen.exponent_error + ZERO
        self._area_tolerance = _SPREAD * seen.total_error + ZERO
        self._regular = (seen.disorder <= REGULAR) & (seen.drift <= STATIONARY)
        self._irregular = seen.disorder > _IRREGULAR
        self._long = final and seen.steps >= _LONG
        steady = (seen.disorder <= _IRREGULAR) & (
            (self._tolerance <= _SHARP) | self._long
        )
        weak = np.abs(seen.total) * seen.steps <= _LINGERING
        self._sharp = steady | (weak & self._long)
        self._grown = seen.exponent * seen.steps
        uncertain = seen.exponent_error * seen.steps
        self._flat = (
            (np.abs(seen.exponent) <= self._tolerance)
            & (np.abs(self._grown) <= _ALIGNED)
            & (self._sharp | self._long)
            & ((uncertain <= _ALIGNED) | (seen.disorder <= _SMOOTH))
        )
        self._positive = (self._grown > GROWS) & (self._grown - uncertain > GROWS / 2)

    def verdict(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the verdict that the indicators support, and the ending."""
        verdict = np.select(
            [
                self._is_cycle(),
                self._is_of_cycles(),
                self._is_curve(),
                self._is_of_curves(),
                self._is_chaotic(),
            ],
            [
                Verdict.PERIODIC,
                Verdict.NEUTRAL,
                Verdict.QUASI_PERIODIC,
                Verdict.NEUTRAL,
                Verdict.CHAOTIC,
            ],
            Verdict.UNDECIDED,
        )
        shrinks = self._flat & self._irregular & (self._seen.total < 0)
        contradicting = (self._positive & ~self._irregular) | shrinks
        ended = np.where(
            verdict != Verdict.UNDECIDED,
            Ending.SETTLED,
            np.where(contradicting, Ending.DISAGREEMENT, Ending.BUDGET),
        )
        return verdict.astype(np.int8), ended.astype(np.int8)

    def coarse(self, turns: np.ndarray) -> np.ndarray:
        """Tell whose averages are not as sharp as those of as many turns on a curve."""
        return ~self._sharp & (turns * self._seen.steps > _OFTEN)

    def _is_cycle(self) -> np.ndarray:
        seen = self._seen
        return (seen.period > 1) & (seen.exponent < -ZERO) & _reached(seen, 1.0)

    def _is_of_cycles(self) -> np.ndarray:
        """Tell which orbits are one of a family of periodic ones."""
        seen = self._seen
        return (
            (seen.period > 1)
            & (self._tolerance + np.abs(seen.exponent) <= 2 * ZERO)
            & (seen.total <= self._area_tolerance)
            & (seen.parting > _SLOW)
            & (seen.recurrence <= _ROUNDING)
        )

    def _is_curve(self) -> np.ndarray:
        """Tell which orbits are on a closed curve that attracts."""
        seen = self._seen
        pull = np.abs(seen.total)
        near = np.where(pull * self._taken >= _PULLED, _SLOW / 2, _BESIDE)
        still = seen.drift <= near * pull * seen.steps / 2
        contracting = seen.total < -self._area_tolerance
        steady = seen.total_error <= _STEADY * pull * pull * seen.steps / 2
        return (
            self._regular & self._flat & still & contracting & steady
            & (seen.exponent <= seen.shear)
        )  # fmt: skip

    def _is_of_curves(self) -> np.ndarray:
        """Tell which orbits are on one of a family of closed curves."""
        seen = self._seen
        few = self._long & ~(seen.turns * seen.steps >= _SELDOM)
        steady = seen.drift <= ZERO * seen.steps / 2 + _SPREAD * seen.disorder
        conserved = (self._area_tolerance <= 2 * ZERO) & steady
        return (
            self._regular
            & ((seen.disorder <= _IRREGULAR) | few)
            & (np.abs(seen.total) <= self._area_tolerance)
            & (conserved | self._keeps_its_amplitude())
            & (seen.exponent <= seen.shear)
            & (seen.exponent >= -self._tolerance)
        )

    def _keeps_its_amplitude(self) -> np.ndarray:
        """Tell which orbits are on a curve that nothing draws them to: one of a family.

        What is left of a distance d from a curve that attracts at a rate r after t
        steps changes the amplitude between the halves of a window of n by
        d r exp(-r t) n / 2. That is largest between two rates, so it is asked at both
        ends: at `ZERO` and at the fastest rate that the growth of areas allows.
        """
        seen = self._seen
        fastest = np.abs(seen.total) + self._area_tolerance
        pull = fastest * np.exp(-fastest * self._taken)
        left = np.minimum(ZERO, pull) * seen.steps / 2
        return (seen.drift <= _BEGINS * left) & (seen.disorder <= _IRREGULAR)

    def _is_chaotic(self) -> np.ndarray:
        seen = self._seen
        wanders = (np.abs(seen.shrinking) <= _WANDERS) & (seen.period == 0)
        own = seen.beside <= _MAGNIFIED
        allowed = _KNOWN[0] * seen.growth + _KNOWN[1]
        known = self._long | (_SURELY * seen.growth_error <= allowed)
        chaotic = self._positive & self._irregular & wanders & own & known
        return chaotic & self._final


def has_moved(seen: Indicators, before: Indicators, later: float) -> np.ndarray:
    """Tell which orbits' means or amplitudes are not those of the look before.

    That was when ``later`` times fewer steps had been taken. An amplitude that grows as
    a power of them goes on growing.
    """
    with np.errstate(all="ignore"):
        grown = np.log(seen.amplitude / before.amplitude)
    far = extent(seen.centre - before.centre) > _MOVED * seen.amplitude
    steady = (np.abs(grown) <= _WANDERS) & (grown <= _WALKS * np.log(later))
    return far | ~steady


def may_be_locked(
    seen: Indicators, turns: np.ndarray, before: Indicators | None
) -> np.ndarray:
    """Tell which rotations are so near to a rational that the orbit may be periodic.

    Within the window the orbit then drifts by a small share only of the spacing of a
    periodic orbit's points, of any period with `_RETURNS` returns in it. If it is
    locked to that orbit, its drift has a zero within the spacing. The exponent is the
    change of the drift along it: an orbit that is still drawn in drifts faster, by as
    much as the exponent, or its error, allows. And where the look ``before`` saw the
    same rotation, and the exponent is far below what a zero so near asks for, the orbit
    passes all points.
    """
    near = np.zeros(turns.size, bool)
    circling = np.flatnonzero(np.isfinite(turns))
    if circling.size:
        gap = nearest_return(turns[circling], seen.steps // _RETURNS - 1)
        pull = np.abs(seen.exponent) + seen.exponent_error
        near[circling] = gap <= np.fmax(_DRIFTING / seen.steps, pull[circling] / 2)
    if before is not None and near.any():
        gap, doubtful = gap[near[circling]], np.flatnonzero(near)
        changed = np.abs(turns - before.turns)[doubtful] * seen.steps / _RETURNS
        slope = np.abs(seen.exponent) + _SPREAD * seen.exponent_error
        passes = slope[doubtful] <= _UNIFORM * 2 * np.pi * gap
        near[doubtful[passes & (changed <= _UNIFORM * gap)]] = False
    return near


def _reached(seen: Indicators, periods: float | np.ndarray) -> np.ndarray:
    """Tell which orbits, moving on for some periods as in the last, stay at a cycle."""
    with np.errstate(invalid="ignore"):  # no period times a superstable exponent
        closing = -np.expm1(seen.period * np.minimum(seen.exponent, 0.0))
        near = _SLOW * closing * np.minimum(seen.parting, 1.0)
        return np.asarray(seen.recurrence * periods <= near)


def closes_in(seen: Indicators) -> np.ndarray:
    """Tell what is left of the way to which cycles is that of an orbit closing in.

    At the rate of the exponent it came from within a few amplitudes at the beginning of
    the window, unless it is rounding. A small oscillation beside a large one returns
    as nearly as that, and does not close in: their common period is a longer one.
    """
    steps = seen.steps - np.maximum(seen.period, seen.steps // 4) - seen.period
    with np.errstate(all="ignore"):
        closing = -np.expm1(seen.period * np.minimum(seen.exponent, 0.0))
        noise = _NOISE * seen.extent / (seen.amplitude * closing)
        begun = np.log(seen.recurrence) - _CLOSING * seen.exponent * steps
    rounding = seen.recurrence <= _ROUNDING + noise
    return np.asarray(rounding | (begun <= np.log(_CAME_FROM)))


def has_arrived(seen: Indicators) -> np.ndarray:
    """Tell which orbits return to rounding, with nothing left of the way to a cycle."""
    with np.errstate(invalid="ignore"):  # no period times a superstable exponent
        closing = -np.expm1(seen.period * np.minimum(seen.exponent, 0.0))
    return np.asarray(seen.recurrence <= np.minimum(_ROUNDING, _ARRIVED * closing))


def passes_with_its_clock(
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
