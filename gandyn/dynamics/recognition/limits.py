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
    start = engine.numbers(cells)
    move, which = np.zeros_like(start), np.arange(start.shape[1])
    players = len(engine.players(cells))
    radius, pace = np.zeros((2, which.size))
    attracts, holds, beside, counts, bent = np.zeros((5, which.size), bool)
    once = np.full_like(start, np.nan)
    every, first = cells, np.full(which.size, np.inf)
    latest = np.full((which.size, len(start), len(start)), np.inf)
    with np.errstate(all="ignore"):
        for _ in range(NEWTON):
            residual, maps, values = _linearised(engine, cells, move[:, which])
            counts[which] |= counting(maps, residual)[players:].any(axis=0)
            sizes = np.abs(values)
            moving = np.where(np.abs(values - 1) > MARGIN, sizes, 0.0)
            radius[which] = np.maximum(radius[which], sizes.max(axis=1))
            pace[which] = np.maximum(pace[which], moving.max(axis=1))
            holding = radius[which] <= 1 + MARGIN
            move[:, which[~holding]] = np.nan
            attracts[which] = radius[which] < 1 - MARGIN
            which, cells = which[holding], engine.take(cells, np.flatnonzero(holding))
            if not which.size:
                break
            maps, residual = maps[holding], residual[:, holding]
            inside = radius[which] < 1 - MARGIN
            step = (1 - _SHORT) * newton(maps, residual, inside)
            here = start[:, which] + move[:, which]
            crosses = here * (here + step) < 0
            crosses[:players] = False
            move[:, which] += np.where(crosses, -(1 - _SHORT) * here, step)
            blank = np.isnan(once[0, which])
            once[:, which[blank]] = move[:, which[blank]]
            kept = np.flatnonzero(~inside & (pace[which] < 1 - MARGIN))
            aside = keeping(maps[kept], residual[:, kept], players)
            beside[which[kept]] = radius_beside(maps[kept], aside) < 1 - MARGIN
            length = np.abs(step).max(axis=0)
            first[which] = np.where(first[which] < np.inf, first[which], length)
            left = ~(length <= _ARRIVED * first[which])
            if players < len(start):  # what decays in the memory may change the step
                changed = np.abs(maps - latest[which]).max(axis=(1, 2))
                left |= ~(changed <= _ARRIVED * (1 - pace[which]))
                latest[which] = maps
            which, cells = which[left], engine.take(cells, np.flatnonzero(left))
            if not which.size:
                break
        doubtful = np.flatnonzero((radius <= 1 + MARGIN) & ~attracts)
        if doubtful.size:
            cells = engine.take(every, doubtful)
            holds[doubtful] = field_is_zero(engine, cells, move[:, doubtful])
            there = np.abs(move).max(axis=0) <= ROUNDING * extent(start)
            holds &= (pace < 1 - MARGIN) | there
            if len(start) > players:
                holds[doubtful] &= _memory_rests(engine, cells, move[:, doubtful])
        kept = np.flatnonzero(beside & ~attracts)
        if kept.size:
            cells = engine.take(every, kept)
            attracts[kept] = field_is_zero(engine, cells, move[:, kept], LEAST_SIZE)
        settled = np.flatnonzero(attracts | holds)
        if settled.size:
            near = _is_near(start, once, move, pace)[settled]
            doubtful = settled[~near]
            if doubtful.size:
                cells = engine.take(every, doubtful)
                near[~near] = is_linear(
                    engine, cells, move[:, doubtful], np.ones(len(start), bool)
                )
            cells = engine.take(every, settled)
            torn, bent[settled] = jumps(engine, cells, move[:, settled])
            near &= ~torn
            attracts[settled] &= near
            holds[settled] &= near
    return Limits(radius, pace, move, attracts, holds, counts, bent)


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


def _is_near(
    start: np.ndarray, once: np.ndarray, move: np.ndarray, pace: np.ndarray
) -> np.ndarray:
    """Tell where no number was moved much by Newton's method but by its first step."""
    takes = 1 - pace
    noise = ROUNDING * extent(start) / takes
    return np.asarray(
        (np.abs(move - once) <= _REPEATED * takes * np.abs(once) + noise).all(axis=0)
    )


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
    move = np.empty(residual.shape)
    slopes = np.eye(len(residual)) - maps
    right = residual.T[..., None]
    if inside.any():
        move[:, inside] = np.linalg.solve(slopes[inside], right[inside])[..., 0].T
    if not inside.all():
        inverse = np.linalg.pinv(slopes[~inside], rcond=MARGIN)
        move[:, ~inside] = (inverse @ right[~inside])[..., 0].T
    return move
