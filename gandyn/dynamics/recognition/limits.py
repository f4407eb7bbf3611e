"""The fixed point that an orbit may be ending at: where, and whether it attracts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gandyn.dynamics.engines.cells import Cells, Engine
from gandyn.dynamics.engines.linearising import counting, keeping, linearised
from gandyn.dynamics.recognition.equilibria import LEAST_SIZE, field_is_zero
from gandyn.dynamics.recognition.escapes import extent
from gandyn.dynamics.recognition.neighbourhoods import ROUNDING, is_linear, jumps
from gandyn.dynamics.spectra import eigenvalues, inverses, radius_beside

MARGIN = 1e-7
"""A leading multiplier this near to the unit circle is not told from one on it: states
that have contracted to 1e-9 have multipliers that are off by about the root of that
where two of them coincide."""
NEWTON = 4
"""Steps of Newton's method towards the fixed point."""
_ARRIVED = 1e-6
"""A step of Newton's method this much shorter than the first one is its last."""
_REPEATED = 1e-3
"""Of what the step contracts by: how much of any number's first step of Newton's method
the later ones may change, where the step is linear for sure. On a cycle around the
fixed point they change it by a like share of that number, in whichever unit."""
_GOES_ON = 1e-9
"""Relative change of a number of the memory at a fixed point, up to which it rests: one
that decays by less than `MARGIN` a step is not seen to decay."""
_TINY = 1e-300
"""Numbers that may have underflowed."""
_SLOW = 0.95
"""A multiplier on the way to the fixed point from which on the way takes long enough
for what expands on it to become large."""
_ON_THE_WAY = (
    0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5, 0.45, 0.4, 0.36, 0.33, 0.3,
    0.27, 0.24, 0.22, 0.2, 0.18, 0.16, 0.15, 0.13, 0.12, 0.1, 0.09, 0.08, 0.07, 0.06,
    0.05,
)  # fmt: skip
"""Shares of that way, seen from the fixed point, at which the step is asked: what
expands on less than a twentieth of it may be missed."""
_TOGETHER = 1 << 18
"""Numbers of maps on the way that are worked out at once."""
_SHORT = 1e-12
"""Share of each of them that is left out: second moments that decay to 0 stay positive,
and four such steps leave 1e-24 of their root. No number of the memory crosses 0."""


class Limits(NamedTuple):
    """What the linearised step says of states that hardly move any more.

    It is asked at the state and on the way to the fixed point nearby, where it may be
    another: the second moments of adaptive rules decay more slowly than an orbit, and
    may brake it until they have.

    Attributes
    ----------
    radius : ndarray, shape (cells,)
        Modulus of the leading multiplier, the largest on the way; infinite where
        derivatives are not finite.
    pace : ndarray, shape (cells,)
        The same without multipliers that are 1: directions in which equilibria, or
        what the memory keeps for ever, fill a manifold.
    move : ndarray, shape (slots, cells)
        From the state to the fixed point; NaN where the linearised step expands.
    attracts : ndarray of bool, shape (cells,)
        Whether all multipliers are inside the unit circle, but for those of what the
        memory keeps for ever, as the largest second moment so far, where the field is
        zero: players whose average is played stay too where their gradient vanished.
    holds : ndarray of bool, shape (cells,)
        Whether none is outside, and the field is zero there to the rounding
        of its arguments: a gradient that has merely vanished is not. Those on the unit
        circle are 1, or the state is there already; and the memory rests there, but for
        what counts.
    counts : ndarray of bool, shape (cells,)
        Whether a number of the memory goes on counting, whatever the others are.
    bent : ndarray of bool, shape (cells,)
        Whether the step has a kink at the fixed point, so that an orbit contracts by
        another step than that of where it happens to be.
    """

    radius: np.ndarray
    pace: np.ndarray
    move: np.ndarray
    attracts: np.ndarray
    holds: np.ndarray
    counts: np.ndarray
    bent: np.ndarray

    def take(self, which: np.ndarray) -> Limits:
        """Return what is said of some of the cells."""
        return Limits(*(part[..., which] for part in self))


def limits(engine: Engine, cells: Cells) -> Limits:
    """Linearise the step at the states of some cells, and solve for the fixed point."""
    with np.errstate(all="ignore"):
        return _Approach(engine, cells).limits()


class _Approach:
    """Some cells, and Newton's method from their states to fixed points nearby."""

    def __init__(self, engine: Engine, cells: Cells) -> None:
        self._engine, self._cells = engine, cells
        self._start, self._players = engine.numbers(cells), len(engine.players(cells))
        slots, width = self._start.shape
        self._move, self._once = np.zeros_like(self._start), np.zeros_like(self._start)
        self._radius, self._pace = np.zeros((2, width))
        self._beside, self._counts = np.zeros((2, width), bool)
        self._first = np.full(width, np.inf)
        self._latest = np.full((width, slots, slots), np.inf)

    def limits(self) -> Limits:
        """Return what the steps on the way say, and whether they may be believed."""
        which = np.arange(self._radius.size)
        for _ in range(NEWTON):
            which = which[self._advance(which)]
            if not which.size:
                break
        attracts = self._radius < 1 - MARGIN
        holds = self._holds((self._radius <= 1 + MARGIN) & ~attracts)
        attracts |= self._rests(self._beside & ~attracts, LEAST_SIZE)
        near, bent = self._is_near(attracts | holds)
        return Limits(
            self._radius, self._pace, self._move,
            attracts & near, holds & near, self._counts, bent,
        )  # fmt: skip

    def _advance(self, which: np.ndarray) -> np.ndarray:
        """Take a step of Newton's method; tell which cells have further to go."""
        cells, move = self._engine.take(self._cells, which), self._move[:, which]
        residual, maps, values = _linearised(self._engine, cells, move)
        inside, good = self._add_multipliers(which, residual, maps, values)
        maps[~good], residual[:, ~good] = 0.0, np.nan
        step = (1 - _SHORT) * newton(maps, residual, inside | ~good)
        here = self._start[:, which] + move
        crosses = here * (here + step) < 0
        crosses[: self._players] = False
        move += np.where(crosses, -(1 - _SHORT) * here, step)
        self._move[:, which] = move
        length = np.abs(step).max(axis=0)
        blank = ~(self._first[which] < np.inf)
        self._once[:, which[blank]] = move[:, blank]
        self._first[which[blank]] = length[blank]
        left = ~(length <= _ARRIVED * self._first[which])
        if self._players < len(move):  # what decays in it may change the step
            changed = np.abs(maps - self._latest[which]).max(axis=(1, 2))
            left |= ~(changed <= _ARRIVED * (1 - self._pace[which]))
            self._latest[which] = maps
        return np.asarray(left & good)

    def _add_multipliers(
        self,
        which: np.ndarray,
        residual: np.ndarray,
        maps: np.ndarray,
        values: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Take in what a step says; tell where all of them are inside, or none outside.

        Up to the margin, and of all the steps so far.
        """
        memory = counting(maps, residual)[self._players :]
        self._counts[which] |= memory.any(axis=0)
        sizes = np.abs(values)
        moving = np.where(np.abs(values - 1) > MARGIN, sizes, 0.0)
        radius = np.maximum(self._radius[which], sizes.max(axis=1))
        pace = np.maximum(self._pace[which], moving.max(axis=1))
        self._radius[which], self._pace[which] = radius, pace
        inside, good = radius < 1 - MARGIN, radius <= 1 + MARGIN
        kept = np.flatnonzero(good & ~inside & (pace < 1 - MARGIN))
        if kept.size:
            aside = keeping(maps[kept], residual[:, kept], self._players)
            self._beside[which[kept]] = radius_beside(maps[kept], aside) < 1 - MARGIN
        return inside, good

    def _rests(self, asked: np.ndarray, least: float = 0.0) -> np.ndarray:
        """Tell where the field is zero at the fixed point, of the cells asked about."""
        found, which = asked.copy(), np.flatnonzero(asked)
        if which.size:
            cells = self._engine.take(self._cells, which)
            move = self._move[:, which]
            found[which] = field_is_zero(self._engine, cells, move, least)
        return found

    def _holds(self, asked: np.ndarray) -> np.ndarray:
        """Tell which of the cells asked about are on a manifold of equilibria."""
        there = np.abs(self._move).max(axis=0) <= ROUNDING * extent(self._start)
        holds = self._rests(asked) & ((self._pace < 1 - MARGIN) | there)
        which = np.flatnonzero(holds)
        if which.size and len(self._start) > self._players:
            cells = self._engine.take(self._cells, which)
            holds[which] = _memory_rests(self._engine, cells, self._move[:, which])
        return holds

    def _is_near(self, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Tell where the step is linear from the fixed point to the orbit, and whole.

        Of the cells asked about. Also tell where it has a kink.
        """
        near, bent = asked & self._moves_once(), np.zeros(asked.size, bool)
        doubtful = np.flatnonzero(asked & ~near)
        if doubtful.size:
            cells = self._engine.take(self._cells, doubtful)
            every = np.ones(len(self._start), bool)
            near[doubtful] = is_linear(
                self._engine, cells, self._move[:, doubtful], every
            )
        which = np.flatnonzero(asked)
        if which.size:
            cells = self._engine.take(self._cells, which)
            torn, bent[which] = jumps(self._engine, cells, self._move[:, which])
            near[which] &= ~torn
        return near, bent

    def _moves_once(self) -> np.ndarray:
        """Tell where no number was moved much by Newton's method but at first."""
        takes = 1 - self._pace
        noise = ROUNDING * extent(self._start) / takes
        allowed = _REPEATED * takes * np.abs(self._once) + noise
        return np.asarray((np.abs(self._move - self._once) <= allowed).all(axis=0))


def contracts_on_the_way(engine: Engine, cells: Cells, found: Limits) -> np.ndarray:
    """Tell where no multiplier is outside on a slow way to the fixed point, either.

    What moves slowly, as a memory that decays or a player with a small learning rate,
    takes the others through steps that are neither those of now nor those of the end.
    """
    good = np.ones(found.pace.size, bool)
    slow = np.flatnonzero(found.pace > _SLOW)
    most = max(1, _TOGETHER // (len(_ON_THE_WAY) * len(found.move) ** 2))
    for first in range(0, slow.size, most):
        which = slow[first : first + most]
        chosen = engine.take(cells, which)
        good[which] = _contracts_at_shares(engine, chosen, found.move[:, which])
    return good


def _contracts_at_shares(engine: Engine, cells: Cells, move: np.ndarray) -> np.ndarray:
    """Tell where no multiplier is outside at any of the shares of a way.

    A multiplier is no farther from those of the step at the end than that is from the
    step on the way, times the condition number of the eigenvectors there
    (Bauer and Fike 1960), so that most are not worked out.
    """
    width, shares = move.shape[1], np.array(_ON_THE_WAY)
    with np.errstate(all="ignore"):
        end = engine.linearise(cells, move)[1]
        radius, condition = _conditioned(end)
        side = np.tile(np.arange(width), shares.size)
        moves = np.repeat(1 - shares, width) * move[:, side]
        every = engine.take(cells, side)
        apart = np.linalg.norm(
            engine.linearise(every, moves)[1] - end[side], axis=(1, 2)
        )
        inside = radius[side] + condition[side] * apart < 1 - MARGIN
        asked = np.flatnonzero(~inside)
        if asked.size:
            values = _linearised(engine, engine.take(every, asked), moves[:, asked])[2]
            inside[asked] = np.abs(values).max(axis=1) <= 1 + MARGIN
    return np.asarray(inside.reshape(shares.size, width).all(axis=0))


def _conditioned(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the leading modulus and the condition number of the eigenvectors."""
    radius, condition = np.full((2, len(maps)), np.inf)
    finite = np.flatnonzero(np.isfinite(maps).all(axis=(1, 2)))
    values, vectors = np.linalg.eig(maps[finite])
    radius[finite] = np.abs(values).max(axis=1)
    sizes = (
        np.linalg.norm(vectors, axis=(1, 2)),
        np.linalg.norm(inverses(vectors), axis=(1, 2)),
    )
    condition[finite] = sizes[0] * sizes[1]
    return radius, condition


def is_held(engine: Engine, cells: Cells) -> np.ndarray:
    """Tell which orbits exact zeros hold on the stable manifold of a fixed point.

    The step repels, but not those numbers that it moves: from now to the fixed point
    that they go to it contracts them, and what does not move at all, they do not move.
    """
    found = np.zeros(len(engine.players(cells)[0]), bool)
    which = np.arange(found.size)
    move = np.zeros_like(engine.numbers(cells))
    with np.errstate(all="ignore"):
        for share in (0.0,) * NEWTON + _ON_THE_WAY:
            residual, maps = engine.linearise(cells, (1 - share) * move)
            free = _moving(maps, residual)
            every, others = (
                np.abs(_multipliers(part, residual)).max(axis=1)
                for part in (maps, free)
            )
            good = (every > 1 + MARGIN) & (others < 1 - MARGIN)
            if not share:
                free[~good] = 0.0
                step = newton(free, np.where(good, residual, 0.0), np.ones_like(good))
                move += (1 - _SHORT) * step
            which, move = which[good], move[:, good]
            if not which.size:
                return found
            cells = engine.take(cells, np.flatnonzero(good))
    found[which] = True
    return found


def _moving(maps: np.ndarray, residual: np.ndarray) -> np.ndarray:
    """Return maps of what moves: of numbers that do not, nor by others, rows are 0."""
    moved, held = maps != 0, (residual == 0).T
    for _ in range(len(residual)):  # a number that another one moves is not held
        held &= ~(moved & ~held[:, None, :]).any(axis=2)
    return np.where(held[..., None], 0.0, maps)


def _memory_rests(engine: Engine, cells: Cells, move: np.ndarray) -> np.ndarray:
    """Tell where nothing in the memory goes on changing but what counts.

    What does not by itself change by a share of itself that is seen: Newton's method
    has moved the others, to the rounding of a gradient.
    """
    residual, maps = linearised(engine, cells, move)
    size = np.maximum(np.abs(engine.numbers(cells)), np.abs(move)) + _TINY
    seen = np.abs(np.diagonal(maps, axis1=1, axis2=2).T - 1) > MARGIN
    rests = np.abs(residual) <= _GOES_ON * size
    rests |= seen | counting(maps, residual)
    return np.asarray(rests[len(engine.players(cells)) :].all(axis=0))


def _linearised(
    engine: Engine, cells: Cells, move: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return F(z) - z, DF(z) and its multipliers.

    An engine's tangents are believed where they contract. Where a function saturates
    they see no difference between a gradient that has vanished and one that is zero:
    complex steps overflow there.
    """
    residual, maps = engine.linearise(cells, move)
    values = _multipliers(maps, residual)
    doubted = np.flatnonzero(~(np.abs(values).max(axis=1) < 1 - MARGIN))
    if doubted.size:
        again = linearised(engine, engine.take(cells, doubted), move[:, doubted])
        residual[:, doubted], maps[doubted] = again
        values[doubted] = _multipliers(maps[doubted], residual[:, doubted])
    return residual, maps, values


def _multipliers(maps: np.ndarray, residual: np.ndarray) -> np.ndarray:
    """Return all multipliers of each cell, infinite where one is not finite."""
    finite = np.isfinite(maps).all(axis=(1, 2)) & np.isfinite(residual).all(axis=0)
    values = np.full(maps.shape[:2], np.inf, complex)
    if finite.any():
        values[finite] = eigenvalues(maps[finite])
    return values


def newton(maps: np.ndarray, residual: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Return Newton's step, of least norm where not all multipliers are inside."""
    slopes, right = np.eye(len(residual)) - maps, residual.T[..., None]
    move = np.empty(right.shape)
    move[inside] = np.linalg.solve(slopes[inside], right[inside])
    if not inside.all():
        inverse = np.linalg.pinv(slopes[~inside], rcond=MARGIN)
        move[~inside] = inverse @ right[~inside]
    return move[..., 0].T
