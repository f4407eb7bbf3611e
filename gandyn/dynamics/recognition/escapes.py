"""Orbits that leave the box: when, how fast, and turning in which way."""

from __future__ import annotations

from typing import Any

import numpy as np

from gandyn.dynamics.engines.cells import Cells, Engine, Window
from gandyn.dynamics.engines.linearising import linearised
from gandyn.dynamics.outcome import Outcome
from gandyn.dynamics.recognition.indicators import headings
from gandyn.dynamics.spectra import spectra
from gandyn.dynamics.verdicts import Ending, Verdict

_TAIL = 48
"""Steps recorded from the last state inside the box."""
_LATE = 24
"""Turnings, counted back from the last one, that tell how an orbit diverges."""
_WOBBLE = 1.0
"""Mean modulus of turning (radians) up to which an orbit may be called straight."""
_COHERENT = 0.5
"""Mean turning over mean modulus of it: a spiral turns in one direction."""
FADING, FADED = 0.9, 1e-6
"""Ratio of later to earlier turning, and turning itself, that count as dying out."""
_AFTERWARDS = 4096
"""Steps, at the least, that an orbit outside the box is watched for its coming back."""
_GROWN = 2.0
"""Growth over the earlier sizes at which an orbit outside the box still grows."""
_LEADING = 0.1
"""Relative difference between an orbit's growth and the leading multiplier's."""
KINDS = (
    Verdict.DIVERGES_SPIRAL, Verdict.DIVERGES_FLIP, Verdict.DIVERGES_MONOTONE,
)  # fmt: skip
_STRAIGHT = 1e-2
"""Turning (radians per step) under which the turning must persist to be a spiral."""


def extent(players: np.ndarray) -> np.ndarray:
    """Return the largest modulus among the players' coordinates, per cell."""
    return np.asarray(np.maximum.reduce(np.abs(players)))


class Line:
    """Running least squares of log displacement against time, per cell."""

    def __init__(self, width: int) -> None:
        self._sums = np.zeros((5, width))

    def add(self, t: Any, height: np.ndarray) -> None:
        """Take in the heights at one time, or rows of them; infinite ones don't count.

        Several times are a column, shape (rows, 1).
        """
        seen = np.isfinite(height)
        if seen.all():
            seen = np.ones(np.shape(t))  # of all cells alike: fewer passes, same sums
        else:
            height = np.where(seen, height, 0.0)
        terms = (seen, seen * t, height, seen * t * t, t * height)
        for total, term in zip(self._sums, terms, strict=True):
            total += term if np.ndim(t) == 0 else np.add.reduce(term, dtype=float)

    def restart(self, which: np.ndarray) -> None:
        """Forget the heights of some cells."""
        if which.any():
            self._sums[:, which] = 0.0

    def keep(self, which: np.ndarray) -> None:
        """Forget the other cells."""
        self._sums = self._sums.take(which, axis=1)

    def slope(self, which: np.ndarray) -> np.ndarray:
        """Return the slopes of some cells, -inf where fewer than two heights count."""
        n, t, h, tt, th = self._sums.take(which, axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            slope = (n * th - t * h) / (n * tt - t * t)
        return np.where(n >= 2, slope, -np.inf)


class Leaving:
    """Cells that left the box within the last chunk, walked up to its edge."""

    def __init__(self, engine: Engine, cells: Cells, box: np.ndarray, t: int) -> None:
        self._engine, self._cells, self._box = engine, cells, box
        self._begin, self._t = t, np.full(box.size, t)

    def write(
        self, outcome: Outcome, index: np.ndarray, chunk: int, budget: int
    ) -> np.ndarray:
        """Write where each cell left the box and how; return which came back into it.

        Maps that are far from normal grow for long before they contract, so an orbit
        diverges only if it goes on growing until the budget is used up.
        """
        self._walk_to_edge(chunk)
        edge = self._engine.take(self._cells, np.arange(self._box.size))
        window = self._engine.observe(self._cells, _TAIL)
        kind, rate = (found[: index.size] for found in divergence(window))
        kind = _of_multipliers(self._engine, edge, kind, rate)
        xs, ys = (part[:, : index.size] for part in (window.xs, window.ys))
        size = np.fmax(np.abs(xs), np.abs(ys))
        seen = np.isfinite(xs) & np.isfinite(ys)
        outside = ~(seen & (size <= self._box))
        exit_step = np.argmax(outside, axis=0)
        value = xs[exit_step, np.arange(index.size)]
        other = ys[exit_step, np.arange(index.size)]
        broken = np.isnan(value) | np.isnan(other)
        infinite = (np.isinf(value) | np.isinf(other)) & ~broken
        ended = np.where(
            broken,
            Ending.NOT_A_NUMBER,
            np.where(infinite, Ending.OVERFLOW, Ending.LEFT_BOX),
        )
        gone = self._goes_on_growing(max(budget - self._begin, _AFTERWARDS))
        outcome.write(
            index[gone],
            verdict=np.where(broken, Verdict.UNDECIDED, kind)[gone],
            ended=ended[gone],
            rate=np.where(broken, np.nan, rate)[gone],
            lyapunov=np.where(broken, np.nan, rate)[gone],
            amplitude=np.where(broken, np.nan, np.inf)[gone],
            steps=(self._t + exit_step + 1)[gone],
        )
        return ~gone

    def _goes_on_growing(self, steps: int) -> np.ndarray:
        """Tell which cells overflow, or grow in the last half of some more steps."""
        growing = np.ones(self._box.size, bool)
        which, cells, done = np.arange(self._box.size), self._cells, 0
        size = peak = extent(self._engine.players(cells))
        while True:
            left = np.flatnonzero(np.isfinite(size))
            if left.size < size.size:
                cells = self._engine.take(cells, left)
                which, size, peak = which[left], size[left], peak[left]
            if done == steps or not which.size:
                break
            early = steps // 2 - done
            if early >= 0:
                peak = np.maximum(peak, size)
            chunk = min(max(_TAIL, done), early) if early > 0 else steps - done
            self._engine.advance(cells, chunk)
            done += chunk
            size = extent(self._engine.players(cells))
        with np.errstate(over="ignore"):
            growing[which] = size > np.maximum(_GROWN * peak, self._box[which])
        return growing

    def _walk_to_edge(self, chunk: int) -> None:
        engine = self._engine
        everything = np.arange(self._box.size)
        while chunk > 1:
            chunk //= 2
            trial = engine.take(self._cells, everything)
            engine.advance(trial, chunk)
            with np.errstate(invalid="ignore"):
                inside = np.flatnonzero(extent(engine.players(trial)) <= self._box)
            engine.put(self._cells, inside, engine.take(trial, inside))
            self._t[inside] += chunk


def _of_multipliers(
    engine: Engine, cells: Cells, kind: np.ndarray, rate: np.ndarray
) -> np.ndarray:
    """Return the kinds, by the leading multipliers of affine steps that grow at theirs.

    On a long ellipse an orbit hardly turns for as long as a window is.
    """
    rule, game, _ = engine.unpack(cells)
    if not (rule.linear and rule.autonomous and game.linear):
        return kind
    found = spectra(linearised(engine, cells, np.zeros_like(engine.numbers(cells)))[1])
    with np.errstate(all="ignore"):
        leads = np.abs(np.log(found.radius) - rate) <= _LEADING * np.abs(rate)
    return np.where(leads & np.isin(found.verdict, KINDS), found.verdict, kind)


def divergence(window: Window) -> tuple[np.ndarray, np.ndarray]:
    """Return the kind of divergence and its log growth per step.

    The kind is read off the turning between successive displacements: half a turn for a
    flip, none for monotone growth, anything persistent for a spiral.
    """
    heading, height = headings(window)
    late = _wrapped(_last_seen(np.diff(heading, axis=0), _LATE))
    line = Line(height.shape[1])
    line.add(np.arange(len(height))[:, None], height)
    rate = line.slope(np.arange(height.shape[1]))
    return _kinds(late), np.where(np.isfinite(rate), rate, np.nan)


def _last_seen(values: np.ndarray, most: int) -> np.ndarray:
    """Return the last finite values of each column, latest first, then NaN."""
    late = values[: -most - 1 : -1].copy()
    gaps = np.flatnonzero(~np.isfinite(late).all(axis=0))
    some = values[::-1, gaps]
    seen = np.isfinite(some)
    order = np.argsort(~seen, axis=0, kind="stable")[:most]
    late[:, gaps] = np.take_along_axis(np.where(seen, some, np.nan), order, 0)
    return late


def _kinds(late: np.ndarray) -> np.ndarray:
    """Tell spirals from the others by turning that persists in one direction."""
    kinds = np.full(late.shape[1], Verdict.DIVERGES_SPIRAL, np.int8)
    for straight, offset in (
        (Verdict.DIVERGES_MONOTONE, late),
        (Verdict.DIVERGES_FLIP, _wrapped(late - np.pi)),
    ):
        newer = np.abs(_mean(offset[: _LATE // 2]))
        older = np.abs(_mean(offset[_LATE // 2 :]))
        spread = _mean(np.abs(offset[: _LATE // 2]))
        with np.errstate(invalid="ignore"):
            near = (newer < _STRAIGHT) & (spread < _WOBBLE)
            wobbling = newer < _COHERENT * spread
            fading = (newer < FADING * older) | (newer < FADED) | np.isnan(older)
            kinds[near & (wobbling | fading)] = straight
    kinds[~np.isfinite(late).any(axis=0)] = Verdict.DIVERGES_MONOTONE
    return kinds


def _wrapped(angle: np.ndarray) -> np.ndarray:
    turns = np.floor((angle + np.pi) / (2 * np.pi))
    return np.asarray(angle - 2 * np.pi * turns)


def _mean(values: np.ndarray) -> np.ndarray:
    """Return the mean of each column's finite values, NaN where there are none."""
    seen = np.isfinite(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(seen, values, 0.0).sum(axis=0) / seen.sum(axis=0))
