"""What a memory keeps for ever: parameters of the step, and no directions of it."""

from __future__ import annotations

import numpy as np

from gandyn.dynamics.engines.cells import Cells, Engine, generic_tangents

_ROUNDING = 4 * np.finfo(float).eps
"""Relative change of a number that an engine's derivative of a copy may round."""


def tangents_beside_kept(
    engine: Engine, cells: Cells, known: np.ndarray | None
) -> np.ndarray:
    """Return two tangents of every cell that leave out what its memory keeps.

    A number of the memory that the step copies, as an anchor or the largest second
    moment so far, or counts up, as a clock, is a parameter of the orbit. As a direction
    it would be a neutral one: beside it a curve looks as if areas near it did not
    contract, and a cycle as if it did not attract. Tangents without a part in it stay
    so until it takes in something else; ``known`` ones that have a part start anew.
    """
    width = engine.players(cells).shape[1]
    kept, generic = _kept(engine, cells, width)
    if known is None:
        known = generic
    anew = ((known != 0) & kept).any(axis=(0, 1))
    if anew.any():
        known = known.copy()
        known[..., anew] = orthonormal(np.where(kept, 0.0, generic)[..., anew])
    return known


def are_carried(
    engine: Engine, before: Cells, after: Cells, tangents: np.ndarray
) -> np.ndarray:
    """Tell which cells have moved where their ``tangents`` had no part.

    A clock carries an orbit through the maps that it would be of if the clock stood
    still. Near any that has a curve there are some that are locked to a cycle.
    """
    start, end = engine.numbers(before), engine.numbers(after)
    return np.asarray(((start != end) & ~tangents.any(axis=0)).any(axis=0))


def _kept(engine: Engine, cells: Cells, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Tell which numbers the next step copies or counts; also return tangents.

    One step of the kernel that records tells it, at every look. `reliance` would need
    the whole linearised step, as many steps as there are numbers.
    """
    slots = len(engine.numbers(cells))
    generic, players = generic_tangents(slots, width), len(engine.players(cells))
    kept = np.zeros((slots, width), bool)
    if slots > players:
        after = engine.take(cells, np.arange(width))
        moved = engine.observe(after, 1, generic).tangents[..., :width]
        kept = (np.abs(moved - generic) <= _ROUNDING * np.abs(generic)).all(axis=0)
        kept[:players] = False
    return kept, generic


def orthonormal(pair: np.ndarray) -> np.ndarray:
    """Return two tangents made orthonormal, each cell by itself."""
    first, second = pair
    first = first / np.sqrt(np.sum(first * first, axis=0))
    second = second - first * np.sum(first * second, axis=0)
    return np.array([first, second / np.sqrt(np.sum(second * second, axis=0))])
