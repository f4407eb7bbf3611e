"""Where orbits end: what the classification saw last of each start."""

from __future__ import annotations

from typing import Any

import numpy as np

from gandyn.dynamics.birkhoff import birkhoff_average
from gandyn.dynamics.engines.cells import Cells, Engine, Swept, Window
from gandyn.dynamics.outcome import Outcome
from gandyn.dynamics.verdicts import Verdict
from gandyn.games import Game
from gandyn.rules import Rule

_MEAN_X, _MEAN_Y, _SPREAD_X, _SPREAD_Y, _LEAST_X, _MOST_X, _LEAST_Y, _MOST_Y = range(8)
"""Rows of a signature."""


class Recorder:
    """An engine that remembers where each of its cells was seen last.

    It stands between the classification and the engine that steps: cells carry their
    own number along, and the last states, or the shape of the longest recorded window,
    the last of them, are kept by it: shorter ones follow tangents for a while.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._places = np.empty((2, 0))
        self._shapes = np.empty((8, 0))
        self._longest = np.empty(0, int)

    def start(self, swept: Swept, x: Any, y: Any) -> Cells:
        """Return the cells at their initial states, numbered."""
        width = np.shape(x)[-1]
        self._places = np.full((2, width), np.nan)
        self._shapes = np.full((8, width), np.nan)
        self._longest = np.zeros(width, int)
        return [np.arange(width), self._engine.start(swept, x, y)]

    def inner(self, cells: Cells) -> tuple[Engine, Cells]:
        """Return the inner rule on cells at their initial states, not remembered."""
        return self._engine.inner(cells[1])

    def unpack(self, cells: Cells) -> tuple[Rule, Game, Any]:
        """Return rule and game with their fields as arrays, and (x, y, memory)."""
        return self._engine.unpack(cells[1])

    def take(self, cells: Cells, which: np.ndarray) -> Cells:
        """Return a copy of some of the cells."""
        return [cells[0][which], self._engine.take(cells[1], which)]

    def put(self, cells: Cells, which: np.ndarray, new: Cells) -> None:
        """Overwrite some of the cells."""
        self._engine.put(cells[1], which, new[1])

    def advance(self, cells: Cells, steps: int, last: int = 0) -> np.ndarray:
        """Take steps in place; return the players before each of the last ones."""
        return self._engine.advance(cells[1], steps, last)

    def observe(
        self,
        cells: Cells,
        steps: int,
        tangents: np.ndarray | None = None,
        over: Window | None = None,
    ) -> Window:
        """Take steps in place; record every state and two tangents."""
        window = self._engine.observe(cells[1], steps, tangents, over)
        longest = np.flatnonzero(self._longest[cells[0]] <= steps)
        if longest.size:
            own = cells[0][longest]
            with np.errstate(all="ignore"):
                seen = _shape(window.xs, window.ys)
            self._shapes[:, own], self._longest[own] = seen[:, longest], steps
        return window

    def linearise(
        self, cells: Cells, move: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return F(z) - z and DF(z) at moved states."""
        return self._engine.linearise(cells[1], move)

    def moved(self, cells: Cells, move: np.ndarray) -> Cells:
        """Return a copy of the cells with all of x, y and memory moved."""
        return [cells[0].copy(), self._engine.moved(cells[1], move)]

    def players(self, cells: Cells) -> np.ndarray:
        """Return x and y of every cell, shape (2, cells)."""
        players = self._engine.players(cells[1])
        self._places[:, cells[0]] = players
        return players

    def numbers(self, cells: Cells) -> np.ndarray:
        """Return a copy of all numbers of the states, shape (slots, cells)."""
        return self._engine.numbers(cells[1])

    def signatures(self, outcome: Outcome) -> np.ndarray:
        """Return what tells the ends of cells apart, shape (8, cells).

        The last x and y where an orbit settled; of a recorded window the means,
        spreads and extremes of x and y.
        """
        ends = self._shapes.copy()
        settled = outcome.verdict == Verdict.CONVERGES
        ends[:, settled] = np.nan
        ends[:2, settled] = self._places[:, settled]
        return ends


def _shape(xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
    """Return means, spreads and extremes of windows, shape (8, cells)."""
    rows = [birkhoff_average(part) for part in (xs, ys)]
    for part, mean in zip((xs, ys), tuple(rows), strict=True):
        rows.append(np.sqrt(birkhoff_average((part - mean) ** 2)))
    for part in (xs, ys):
        rows += [part.min(axis=0), part.max(axis=0)]
    return np.array(rows)
