"""Second stage of a verdict from simulation: what a bounded orbit settles on.

Two independent indicators are asked, the Lyapunov exponents from tangent dynamics and
weighted Birkhoff averages of the orbit itself, and must agree.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gandyn.dynamics.cells import Engine, Window
from gandyn.dynamics.escapes import divergence
from gandyn.dynamics.outcome import Outcome
from gandyn.dynamics.transients import CONTRACTION, HALVED, Remaining
from gandyn.dynamics.verdicts import Ending, Verdict

SAMPLES = 4096
"""States recorded per window."""
EXTENSIONS = (4, 16)
"""Lengths of the second window over the first's, where that one is not enough."""
TURNS = 40.0
"""Turns in the second window below which the longer one is taken: a Birkhoff average
converges with the number of turns, not of steps."""
BATCH = 64
"""Cells recorded at once, so that a window stays in tens of megabytes."""
LONGEST_PERIOD = 64
RECURRENCE = 1e-7
"""Return distance over amplitude under which an orbit may be periodic."""
SLOW = 0.1
"""Slow convergence shrinks its return distance, or its amplitude, at the rate of its
exponents; an attractor reached keeps them at most at this share of it."""
ZERO = 1e-9
"""An exponent this small is zero once its average has converged."""
SPREAD = 10.0
"""Safety factor on the difference of an average between two halves of the window."""
SHARP = 1e-6
"""Largest uncertainty at which the sum of two exponents may be called zero."""
REGULAR = 1e-3
"""Birkhoff averages of two halves agree to this share of the amplitude: regular."""
STATIONARY = 0.02
"""Relative change of amplitude between two halves that counts as none."""


class Indicators(NamedTuple):
    """What a window says of each cell."""

    exponent: np.ndarray
    exponent_error: np.ndarray
    total: np.ndarray
    """Sum of the two leading exponents: the growth of areas."""
    total_error: np.ndarray
    disorder: np.ndarray
    """Difference of Birkhoff averages between two halves, over the amplitude."""
    drift: np.ndarray
    """Relative change of the amplitude between two halves."""
    amplitude: np.ndarray
    period: np.ndarray
    recurrence: np.ndarray
    """Return distance at the period, over the amplitude."""
    rotation: np.ndarray
    last: np.ndarray
    """Last displacement recorded."""
    steps: int

    @property
    def shear(self) -> float:
        """Largest exponent that a shear alone gives after this many steps."""
        return float(3 * np.log(self.steps) / self.steps)

    def of_first(self, cells: int) -> Indicators:
        """Return the indicators of the first cells only."""
        cut = {n: v[:cells] for n, v in self._asdict().items() if n != "steps"}
        return self._replace(**cut)


def birkhoff_weights(steps: int) -> np.ndarray:
    r"""Return weights exp(-1/(s(1-s))) that sum to one, s in (0, 1).

    Averages of a smooth observable along a quasi-periodic orbit with them converge
    faster than any power of the number of steps; unweighted ones as 1/steps.

    References
    ----------
    Das, Sander, Yorke et al., *Quantitative quasiperiodicity*, Nonlinearity 30 (2017).
    """
    s = np.arange(1, steps + 1) / (steps + 1)
    weights = np.exp(-1 / (s * (1 - s)))
    return np.asarray(weights / weights.sum())


def birkhoff_average(values: np.ndarray) -> np.ndarray:
    """Return the weighted Birkhoff average over the first axis.

    Rows are added one after the other, so that a cell's bits do not depend on the
    cells beside it, as they do in a product of matrices.
    """
    return np.asarray(np.sum(values * birkhoff_weights(len(values))[:, None], axis=0))


def classify_attractors(engine: Engine, rest: Remaining, outcome: Outcome) -> None:
    """Decide bounded cells, with a second, longer window where one is not enough."""
    for which in _batches(np.arange(rest.which.size)):
        cells = engine.take(rest.cells, which)
        window = engine.observe(cells, SAMPLES)
        index, largest = rest.which[which], rest.largest[which]
        left, rotation = _decide(window, index, largest, outcome)
        slow = rotation[left] * SAMPLES * EXTENSIONS[0] < TURNS
        for longer, group in zip(EXTENSIONS, (left[~slow], left[slow]), strict=True):
            if group.size:
                again = engine.observe(
                    engine.take(cells, group), longer * SAMPLES,
                    window.tangents[..., group],
                )  # fmt: skip
                _decide(again, index[group], largest[group], outcome)


def _batches(which: np.ndarray) -> list[np.ndarray]:
    return [which[i : i + BATCH] for i in range(0, which.size, BATCH)]


def _decide(
    window: Window,
    index: np.ndarray,
    largest: np.ndarray,
    outcome: Outcome,
) -> tuple[np.ndarray, np.ndarray]:
    """Write what a window decides; return the cells left open, and all rotations."""
    used = index.size
    finite = np.isfinite(window.xs) & np.isfinite(window.ys)
    bounded = np.all(finite, axis=0)[:used]
    if not bounded.all():
        kind, rate = (found[:used][~bounded] for found in divergence(window))
        outcome.write(
            index[~bounded],
            verdict=kind, ended=Ending.LEFT_BOX,
            rate=rate, lyapunov=rate, amplitude=np.inf,
        )  # fmt: skip
    with np.errstate(all="ignore"):
        seen = measure(window).of_first(used)
        verdict, ended = judge(seen)
        at_rest = _comes_to_rest(window)[:used] & (seen.last <= CONTRACTION * largest)
    verdict = np.where(at_rest, Verdict.CONVERGES, verdict)
    ended = np.where(at_rest, Ending.SETTLED, ended)
    period = np.where(verdict == Verdict.PERIODIC, seen.period, 0)
    circling = np.isin(
        verdict, [Verdict.PERIODIC, Verdict.QUASI_PERIODIC, Verdict.NEUTRAL]
    )
    outcome.write(
        index[bounded],
        verdict=verdict[bounded],
        ended=ended[bounded],
        rate=np.where(at_rest, seen.exponent, np.where(verdict == 0, np.nan, 0.0))[
            bounded
        ],
        lyapunov=seen.exponent[bounded],
        amplitude=np.where(at_rest, 0.0, seen.amplitude)[bounded],
        period=period[bounded],
        rotation=np.where(circling, seen.rotation, np.nan)[bounded],
    )
    outcome.steps[index] += len(window.xs)
    left = np.flatnonzero(bounded & (verdict == Verdict.UNDECIDED))
    return left, seen.rotation


def _comes_to_rest(window: Window) -> np.ndarray:
    """Tell which orbits still contract at the end of the window."""
    ends = np.array([0, len(window.xs) // 2, len(window.xs) - 2])
    first, middle, last = _displacements(window, ends)
    return np.asarray((last < HALVED * middle) & (middle < HALVED * first))


def _displacements(window: Window, rows: np.ndarray) -> np.ndarray:
    dx = window.xs[rows + 1] - window.xs[rows]
    dy = window.ys[rows + 1] - window.ys[rows]
    return np.hypot(dx, dy)


def judge(seen: Indicators) -> tuple[np.ndarray, np.ndarray]:
    """Return the verdict and the ending that the indicators support."""
    tolerance = SPREAD * seen.exponent_error + ZERO
    area_tolerance = SPREAD * seen.total_error + ZERO
    regular = (seen.disorder <= REGULAR) & (seen.drift <= STATIONARY)
    attracting = seen.exponent < -ZERO
    fast = seen.recurrence <= SLOW * seen.period * np.abs(seen.exponent)
    periodic = attracting & (seen.recurrence <= RECURRENCE) & fast
    flat = np.abs(seen.exponent) <= tolerance
    still = seen.drift <= SLOW * np.abs(seen.total) * seen.steps / 4
    contracting = seen.total < -area_tolerance
    curve = regular & flat & still & contracting & (seen.exponent <= seen.shear)
    neutral = (
        regular
        & (np.abs(seen.total) <= area_tolerance)
        & (area_tolerance <= SHARP)
        & (seen.exponent <= seen.shear)
        & (seen.exponent >= -tolerance)
    )
    positive = (seen.exponent > seen.shear) & (
        seen.exponent_error < 0.5 * seen.exponent
    )
    irregular = seen.disorder > REGULAR
    verdict = np.select(
        [periodic, curve, neutral, positive & irregular],
        [Verdict.PERIODIC, Verdict.QUASI_PERIODIC, Verdict.NEUTRAL, Verdict.CHAOTIC],
        Verdict.UNDECIDED,
    )
    contradicting = (positive & ~irregular) | (flat & irregular & (seen.total < 0))
    ended = np.where(
        verdict != Verdict.UNDECIDED,
        Ending.SETTLED,
        np.where(contradicting, Ending.DISAGREEMENT, Ending.BUDGET),
    )
    return verdict.astype(np.int8), ended.astype(np.int8)


def measure(window: Window) -> Indicators:
    """Compute every indicator of a recorded window."""
    xs, ys, growth, _ = window
    steps = len(xs)
    half = len(xs) // 2
    leading, total = growth[0], growth.sum(axis=0)
    exponent, exponent_error = _average_with_error(leading)
    area, area_error = _average_with_error(total)
    amplitude, drift, disorder, centre = _shape_of_orbit(xs, ys, half)
    period, recurrence = _shortest_return(xs, ys)
    return Indicators(
        exponent, exponent_error, area, area_error, disorder, drift, amplitude,
        period, recurrence, rotation_number(xs, ys, centre),
        _displacements(window, np.array([len(xs) - 2]))[0], steps,
    )  # fmt: skip


def _average_with_error(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    half = len(values) // 2
    first, second = birkhoff_average(values[:half]), birkhoff_average(values[half:])
    return birkhoff_average(values), np.abs(first - second)


def _shape_of_orbit(
    xs: np.ndarray, ys: np.ndarray, half: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray]]:
    centre = birkhoff_average(xs), birkhoff_average(ys)
    square = (xs - centre[0]) ** 2 + (ys - centre[1]) ** 2
    early, late = birkhoff_average(square[:half]), birkhoff_average(square[half:])
    amplitude = np.sqrt(birkhoff_average(square))
    drift = np.abs(np.sqrt(late) - np.sqrt(early)) / amplitude
    gap = np.maximum(
        np.abs(birkhoff_average(xs[:half]) - birkhoff_average(xs[half:])),
        np.abs(birkhoff_average(ys[:half]) - birkhoff_average(ys[half:])),
    )
    return amplitude, drift, gap / amplitude, centre


def _shortest_return(xs: np.ndarray, ys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first period whose return distance is small, and that distance."""
    xs, ys = xs[-3 * LONGEST_PERIOD :], ys[-3 * LONGEST_PERIOD :]
    span = np.maximum(np.ptp(xs, axis=0), np.ptp(ys, axis=0))
    period = np.zeros(xs.shape[1], np.int32)
    recurrence = np.full(xs.shape[1], np.inf)
    for p in range(1, LONGEST_PERIOD + 1):
        back = np.maximum(np.abs(xs[p:] - xs[:-p]), np.abs(ys[p:] - ys[:-p]))
        distance = back.max(axis=0) / span
        found = (period == 0) & (distance <= RECURRENCE)
        period[found] = p
        recurrence[found] = distance[found]
    return period, recurrence


def rotation_number(
    xs: np.ndarray, ys: np.ndarray, centre: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """Return the mean rotation about a centre, turns per step, 0 to 1/2."""
    angle = np.arctan2(ys - centre[1], xs - centre[0])
    turn = np.diff(angle, axis=0)
    turn = (turn + np.pi) % (2 * np.pi) - np.pi
    return np.abs(birkhoff_average(turn)) / (2 * np.pi)
