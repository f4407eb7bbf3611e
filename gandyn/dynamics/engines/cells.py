"""Batches of cells: what both engines and the classification share."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Event
from typing import Any, NamedTuple, Protocol

import numpy as np

from gandyn._lane_blocks import BLOCK
from gandyn._node import replace
from gandyn.games import Game
from gandyn.rules import Rule

TINY = 1e-60
"""Scale of a complex step's imaginary part: its square vanishes beside any state."""

Cells = Any
"""A batch of states with their own field values; opaque outside its engine."""

Paths = list[tuple[str, str]]
"""Swept fields, by owner ("rule" or "game") and path."""

Fields = Mapping[str, np.ndarray]
"""Values of a rule's fields by their paths, a number a cell."""

Swept = Mapping[tuple[str, str], np.ndarray]
"""Values of swept fields, one per cell, by owner ("rule" or "game") and path."""


class Window(NamedTuple):
    """A recorded stretch of orbits, padded to a multiple of `BLOCK` columns.

    What is computed from it stays padded until the end: numpy's vectorised loops may
    treat the last few columns of an array differently from the others.

    Attributes
    ----------
    xs, ys : ndarray, shape (steps, cells)
        One observable of each player: the number itself, or the projection of a vector
        on a fixed direction.
    growth : ndarray, shape (2, passes, cells)
        Log growth per step of the leading tangent, and of the one orthogonal to it,
        one entry per Gram-Schmidt pass.
    tangents : ndarray, shape (2, slots, cells)
        The tangents after the last step, to go on with.
    spread : ndarray, shape (cells,)
        Of vectors: the root mean square distance of the whole state from its mean, a
        weighted Birkhoff average; empty where ``xs`` and ``ys`` are the whole state.
    """

    xs: np.ndarray
    ys: np.ndarray
    growth: np.ndarray
    tangents: np.ndarray
    spread: np.ndarray = np.empty(0)

    @classmethod
    def blank(cls, steps: int, passes: int, width: int) -> Window:
        """Return a window to be written."""
        xs, ys, growth = ((steps, width), (steps, width), (2, passes, width))
        return cls(np.empty(xs), np.empty(ys), np.empty(growth), np.empty(0))


class Engine(Protocol):
    """What the classification needs of a batch of cells."""

    def start(self, swept: Swept, x: Any, y: Any) -> Cells:
        """Return the cells at their initial states, memory initialised."""

    def inner(self, cells: Cells) -> tuple[Engine, Cells]:
        """Return the rule that a wrapper is around, on cells at their initial states.

        The inner rule's fields may be swept, the wrapper's own may not.
        """

    def unpack(self, cells: Cells) -> tuple[Rule, Game, Any]:
        """Return rule and game with their fields as arrays, and (x, y, memory)."""

    def take(self, cells: Cells, which: np.ndarray) -> Cells:
        """Return a copy of some of the cells."""

    def put(self, cells: Cells, which: np.ndarray, new: Cells) -> None:
        """Overwrite some of the cells."""

    def advance(self, cells: Cells, steps: int, last: int = 0) -> np.ndarray:
        """Take steps in place; return the players before each of the ``last`` ones.

        Shape (last, coordinates, cells).
        """

    def observe(
        self,
        cells: Cells,
        steps: int,
        tangents: np.ndarray | None = None,
        over: Window | None = None,
    ) -> Window:
        """Take steps in place; record every state and two tangents.

        Into the arrays of a window that is needed no longer, if one of the same shape
        is given: fresh memory costs as much as the steps.
        """

    def linearise(
        self, cells: Cells, move: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return F(z) - z and DF(z), shapes (slots, cells) and (cells, slots, slots).

        At states moved from those of the cells, on all of x, y and memory.
        """

    def moved(self, cells: Cells, move: np.ndarray) -> Cells:
        """Return a copy of the cells with all of x, y and memory moved."""

    def players(self, cells: Cells) -> np.ndarray:
        """Return x and y of every cell, shape (coordinates, cells)."""

    def numbers(self, cells: Cells) -> np.ndarray:
        """Return a copy of all numbers of the states, shape (slots, cells)."""


def inner_paths(paths: Paths) -> dict[tuple[str, str], tuple[str, str]]:
    """Return swept fields by what they are for a wrapper's inner rule and the game."""
    return {
        (owner, path.removeprefix("inner.")): (owner, path) for owner, path in paths
    }


def generic_directions(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return two fixed unit vectors in no special position."""
    angles = np.arange(1, size + 1)
    pair = np.cos(angles), np.sin(angles * 2.0)
    return pair[0] / np.linalg.norm(pair[0]), pair[1] / np.linalg.norm(pair[1])


def generic_tangents(slots: int, width: int) -> np.ndarray:
    """Return two orthonormal tangents in no special position for every cell."""
    one, two = generic_directions(slots)
    two = two - (one @ two) * one
    pair = np.array([one, two / np.linalg.norm(two)])
    return np.repeat(pair[:, :, None], width, axis=2)


def pad(array: np.ndarray) -> np.ndarray:
    """Return a copy with the last column repeated up to a multiple of `BLOCK`."""
    width = array.shape[-1]
    padded = np.empty((*array.shape[:-1], width + -width % BLOCK), array.dtype)
    padded[..., :width] = array
    padded[..., width:] = array[..., -1:]
    return padded


def with_arrays(rule: Rule, game: Game, swept: Mapping[Any, Any]) -> tuple[Rule, Game]:
    """Return rule and game with the swept fields set to arrays, one value per cell."""
    own = {p: v for (owner, p), v in swept.items() if owner == "rule"}
    theirs = {p: v for (owner, p), v in swept.items() if owner == "game"}
    return replace(rule, own), replace(game, theirs)


class Stopped(Exception):
    """A worker was told to stop; its cells are lost, the others are not waited for."""


def check_stop(stop: Event) -> None:
    """Raise `Stopped` if the workers were told to stop."""
    if stop.is_set():
        raise Stopped
