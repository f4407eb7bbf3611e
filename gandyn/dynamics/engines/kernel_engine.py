"""Scalar players in compiled kernels, blocks of cells side by side."""

from __future__ import annotations

from threading import Event
from typing import Any

import numpy as np
from numba.core.errors import NumbaError

from gandyn._disk_cache import compiled
from gandyn._lowering import lower
from gandyn._trees import flatten, map_leaves, refill
from gandyn.dynamics.engines._kernels import REORTHOGONALISE, advance, observe
from gandyn.dynamics.engines._remedies import remedy
from gandyn.dynamics.engines.cells import (
    Cells,
    Paths,
    Swept,
    Window,
    check_stop,
    generic_tangents,
    inner_paths,
    pad,
    with_arrays,
)
from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.rules import Rule


class KernelEngine:
    """Scalar players, compiled once per classes of rule and game."""

    def __init__(
        self, rule: Rule, game: Game, paths: Paths, stop: Event | None = None
    ) -> None:
        self._stop = stop or Event()
        slots = {p: i for i, p in enumerate(paths)}
        self._rule, self._game = rule, game
        self._paths = paths
        self._low_rule = lower(
            rule, {p: i for (o, p), i in slots.items() if o == "rule"}
        )
        self._low_game = lower(
            game, {p: i for (o, p), i in slots.items() if o == "game"}
        )
        template = rule.init(game, 0.5, 0.25)
        self._memory = map_leaves(float, template)
        self._slots = 2 + len(flatten(template))
        self._advance = compiled(advance, rule, game)
        self._observe = compiled(observe, rule, game)

    def start(self, swept: Swept, x: Any, y: Any) -> Cells:
        """Return the cells at their initial states, memory initialised."""
        rule, game = with_arrays(self._rule, self._game, swept)
        width = np.shape(x)[0]
        state = np.empty((self._slots, width))
        state[0], state[1] = x, y
        memory = rule.init(game, state[0].copy(), state[1].copy())
        for slot, leaf in enumerate(flatten(memory), start=2):
            state[slot] = leaf
        lanes = np.array([swept[p] for p in self._paths]).reshape(-1, width)
        return lanes, state

    def inner(self, cells: Cells) -> tuple[KernelEngine, Cells]:
        """Return the inner rule on cells at their initial states."""
        paths = inner_paths(self._paths)
        rule: Any = self._rule
        played = KernelEngine(rule.inner, self._game, list(paths), self._stop)
        lanes, (x, y, *_) = cells
        swept = {p: lanes[self._paths.index(old)] for p, old in paths.items()}
        return played, played.start(swept, x, y)

    def unpack(self, cells: Cells) -> tuple[Rule, Game, Any]:
        """Return rule and game with their fields as arrays, and (x, y, memory)."""
        lanes, state = cells
        rule, game = with_arrays(
            self._rule, self._game, dict(zip(self._paths, lanes, strict=True))
        )
        return rule, game, (state[0], state[1], refill(self._memory, state[2:]))

    def take(self, cells: Cells, which: np.ndarray) -> Cells:
        """Return a copy of some of the cells."""
        return cells[0].take(which, axis=1), cells[1].take(which, axis=1)

    def put(self, cells: Cells, which: np.ndarray, new: Cells) -> None:
        """Overwrite some of the cells."""
        cells[1][:, which] = new[1]

    def advance(self, cells: Cells, steps: int, last: int = 0) -> np.ndarray:
        """Take steps in place; return the players before each of the last ones."""
        check_stop(self._stop)
        lanes, state = pad(cells[0]), pad(cells[1])
        used, width = cells[1].shape[1], state.shape[1]
        xs, ys = players = np.empty((2, last, width))
        self._run(self._advance, lanes, state, steps, xs, ys)
        cells[1][:] = state[:, :used]
        return players.swapaxes(0, 1)[..., :used]

    def observe(
        self,
        cells: Cells,
        steps: int,
        tangents: np.ndarray | None = None,
        over: Window | None = None,
    ) -> Window:
        """Take steps in place; record every state and two tangents."""
        check_stop(self._stop)
        lanes, state = pad(cells[0]), pad(cells[1])
        used, width = cells[1].shape[1], state.shape[1]
        if tangents is None:
            tangents = generic_tangents(self._slots, used)
        pair = pad(tangents)
        if over is None or over.xs.shape != (steps, width):
            over = Window.blank(steps, steps // REORTHOGONALISE, width)
        xs, ys, growth = over.xs, over.ys, over.growth
        pairs, rows = pair.reshape(-1, width), growth.reshape(-1, width)
        self._run(self._observe, lanes, state, pairs, xs, ys, rows)
        cells[1][:] = state[:, :used]
        return Window(xs, ys, growth, pair)

    def linearise(
        self, cells: Cells, move: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return F(z) - z and DF(z) at moved states: a step of unit tangents."""
        lanes, state = cells
        start = state + move
        size, width = start.shape
        maps = np.empty((width, size, size))
        for first in range(0, size, 2):
            units = np.zeros((2, size, width))
            units[0, first] = 1.0
            units[1, first + 1 : first + 2] = 1.0
            after = start.copy()
            columns = self.observe((lanes, after), 1, units).tangents[..., :width]
            maps[:, :, first : first + 2] = columns[: size - first].transpose(2, 1, 0)
        return after - start, maps

    def _run(self, kernel: Any, *arrays: Any) -> None:
        """Run a kernel; a step that cannot be compiled is the user's to mend."""
        try:
            kernel(self._low_rule, self._low_game, self._memory, *arrays)
        except NumbaError as error:
            found = [
                f"{type(node).__name__}: {remedy(node)}"
                for node in (self._rule, self._game)
                if not type(node).__module__.startswith("gandyn.")
            ]
            if not found:
                raise
            raise GandynError(
                f"the step of {type(self._rule).__name__} on "
                f"{type(self._game).__name__} cannot be compiled; {', '.join(found)}"
            ) from error

    def record(self, cells: Cells, steps: int) -> tuple[np.ndarray, np.ndarray]:
        """Take steps in place; return x and y after each, shape (steps, cells)."""
        window = self.observe(cells, steps)
        used = cells[1].shape[1]
        return window.xs[:, :used], window.ys[:, :used]

    def moved(self, cells: Cells, move: np.ndarray) -> Cells:
        """Return a copy of the cells with all of x, y and memory moved."""
        lanes, state = cells
        return lanes.copy(), state + move

    def players(self, cells: Cells) -> np.ndarray:
        """Return x and y of every cell, shape (2, cells)."""
        return np.asarray(cells[1][:2])

    def numbers(self, cells: Cells) -> np.ndarray:
        """Return a copy of all numbers of the states, shape (slots, cells)."""
        return np.array(cells[1])
