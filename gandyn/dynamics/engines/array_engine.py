"""Players of any shape on numpy arrays, cells on the trailing axis."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from threading import Event
from typing import Any

import numpy as np

from gandyn._trees import flatten, map_leaves
from gandyn.dynamics.birkhoff import birkhoff_weights
from gandyn.dynamics.engines._kernels import REORTHOGONALISE
from gandyn.dynamics.engines._trials import flat, spread
from gandyn.dynamics.engines.cells import (
    TINY,
    Cells,
    Paths,
    Swept,
    Window,
    check_stop,
    generic_directions,
    generic_tangents,
    inner_paths,
    pad,
    with_arrays,
)
from gandyn.dynamics.engines.linearising import linearised
from gandyn.dynamics.engines.spreads import Spread
from gandyn.games import Game
from gandyn.rules import Rule


class ArrayEngine:
    """Players of any shape on numpy arrays, cells on the trailing axis.

    Batches are padded to `BLOCK` columns, so that BLAS adds each cell's numbers up in
    the same order wherever the cell lies.
    """

    def __init__(
        self, rule: Rule, game: Game, paths: Paths, stop: Event | None = None
    ) -> None:
        self._stop = stop or Event()
        self._rule, self._game, self._paths = rule, game, paths

    def start(self, swept: Swept, x: Any, y: Any) -> Cells:
        """Return the cells at their initial states, memory initialised."""
        rule, game = with_arrays(self._rule, self._game, swept)
        width = np.shape(x)[-1]
        x, y = np.array(x, dtype=float), np.array(y, dtype=float)

        def per_cell(leaf: Any) -> np.ndarray:
            shape = np.broadcast_shapes(np.shape(leaf), (width,))
            return np.broadcast_to(leaf, shape).copy()

        memory = map_leaves(per_cell, rule.init(game, x, y))
        return [dict(swept), x, y, memory]

    def inner(self, cells: Cells) -> tuple[ArrayEngine, Cells]:
        """Return the inner rule on cells at their initial states."""
        paths = inner_paths(self._paths)
        rule: Any = self._rule
        played = ArrayEngine(rule.inner, self._game, list(paths), self._stop)
        swept, x, y, _ = cells
        return played, played.start({p: swept[old] for p, old in paths.items()}, x, y)

    def unpack(self, cells: Cells) -> tuple[Rule, Game, Any]:
        """Return rule and game with their fields as arrays, and (x, y, memory)."""
        return *with_arrays(self._rule, self._game, cells[0]), tuple(cells[1:])

    def take(self, cells: Cells, which: np.ndarray) -> Cells:
        """Return a copy of some of the cells."""
        swept, x, y, memory = cells
        chosen = {path: values[which] for path, values in swept.items()}
        kept = map_leaves(lambda leaf: leaf[..., which], memory)
        return [chosen, x[..., which], y[..., which], kept]

    def put(self, cells: Cells, which: np.ndarray, new: Cells) -> None:
        """Overwrite some of the cells."""

        def assign(old: np.ndarray, value: np.ndarray) -> None:
            old[..., which] = value

        map_leaves(assign, tuple(cells[1:]), tuple(new[1:]))

    def advance(self, cells: Cells, steps: int, last: int = 0) -> np.ndarray:
        """Take steps in place; return the players before each of the last ones."""
        check_stop(self._stop)
        width = cells[1].shape[-1]
        swept, x, y, memory = _pad_cells(cells)
        rule, game = with_arrays(self._rule, self._game, swept)
        before = np.empty((last, len(self.players(cells)), width))
        with np.errstate(all="ignore"):
            for step in range(steps):
                if step >= steps - last:
                    before[step - steps + last] = _numbers((x, y))[:, :width]
                x, y, memory = rule.step(game, x, y, memory)
        cells[1:] = _cut((x, y, memory), width)
        return before

    def observe(
        self,
        cells: Cells,
        steps: int,
        tangents: np.ndarray | None = None,
        over: Window | None = None,  # numpy's passes cost more than fresh memory
    ) -> Window:
        """Take steps in place; record every state and two tangents."""
        check_stop(self._stop)
        width = cells[1].shape[-1]
        swept, *parts = _pad_cells(cells)
        state = tuple(parts)
        rule, game = with_arrays(self._rule, self._game, swept)
        pair = _Tangents(self._rule, self._game, swept, state, tangents)
        spread, weights = Spread(_numbers(state)), birkhoff_weights(steps)
        along = [_first_direction(part) for part in state[:2]]
        xs, ys = np.empty((2, steps, state[0].shape[-1]))
        growth = np.empty((2, steps // REORTHOGONALISE, xs.shape[1]))
        with np.errstate(all="ignore"):
            for step in range(steps):
                pair.move(state)
                state = rule.step(game, *state)
                if (step + 1) % REORTHOGONALISE == 0:
                    growth[:, step // REORTHOGONALISE] = pair.orthonormalise()
                xs[step] = np.tensordot(along[0], state[0], along[0].ndim)
                ys[step] = np.tensordot(along[1], state[1], along[1].ndim)
                spread.add(weights[step], _numbers(state))
            growth = np.log(growth) / REORTHOGONALISE
        cells[1:] = _cut(state, width)
        return Window(xs, ys, growth, pair.vectors, spread.value)

    def linearise(
        self, cells: Cells, move: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return F(z) - z and DF(z) at moved states."""
        return linearised(self, cells, move)

    def record(self, cells: Cells, steps: int) -> tuple[np.ndarray, np.ndarray]:
        """Take steps in place; return x and y after each, shape (steps, ..., cells)."""
        width = cells[1].shape[-1]
        swept, x, y, memory = _pad_cells(cells)
        rule, game = with_arrays(self._rule, self._game, swept)
        xs, ys = (np.empty((steps, *p.shape[:-1], width)) for p in (x, y))
        with np.errstate(all="ignore"):
            for step in range(steps):
                x, y, memory = rule.step(game, x, y, memory)
                xs[step], ys[step] = x[..., :width], y[..., :width]
        cells[1:] = _cut((x, y, memory), width)
        return xs, ys

    def moved(self, cells: Cells, move: np.ndarray) -> Cells:
        """Return a copy of the cells with all of x, y and memory moved."""
        swept, *state = cells
        return [dict(swept), *spread(tuple(state), move)]

    def players(self, cells: Cells) -> np.ndarray:
        """Return x and y of every cell, shape (coordinates, cells)."""
        return _numbers(cells[1:])

    def numbers(self, cells: Cells) -> np.ndarray:
        """Return a copy of all numbers of the states, shape (slots, cells)."""
        return flat(tuple(cells[1:]), cells[1].shape[-1])


class _Tangents:
    """Two tangents of every cell, carried along by one complex step for both.

    The first tangents of all cells lie beside the second ones on the trailing axis.
    """

    def __init__(
        self, rule: Rule, game: Game, swept: Swept, state: Any,
        vectors: np.ndarray | None,
    ) -> None:  # fmt: skip
        twice = {path: np.tile(values, 2) for path, values in swept.items()}
        self._rule, self._game = with_arrays(rule, game, twice)
        self._shapes = [np.shape(leaf) for leaf in flatten(state)]
        sizes = [int(np.prod(shape[:-1])) for shape in self._shapes]
        self._cuts = np.cumsum(sizes)[:-1]
        width = self._shapes[0][-1]
        self.vectors = (
            generic_tangents(sum(sizes), width) if vectors is None else pad(vectors)
        )

    def move(self, state: Any) -> None:
        """Apply the derivative of the step at a state."""
        beside = np.concatenate(list(self.vectors), axis=-1)
        parts = iter(np.split(TINY * beside, self._cuts))
        moved = map_leaves(partial(_add_imaginary, parts), state)
        after = flatten(tuple(self._rule.step(self._game, *moved)))
        rows = []
        for leaf, (*shape, width) in zip(after, self._shapes, strict=True):
            full = np.broadcast_to(np.imag(leaf), (*shape, 2 * width))
            rows.append(full.reshape(-1, 2 * width))
        slopes = np.concatenate(rows) / TINY
        self.vectors = np.array(np.split(slopes, 2, axis=-1))

    def orthonormalise(self) -> np.ndarray:
        """Make the tangents orthonormal; return their lengths before.

        A tangent that has vanished stays 0, and its length is 0 from then on.
        """
        first, length = _unit(self.vectors[0])
        second = self.vectors[1] - first * np.sum(first * self.vectors[1], axis=0)
        second, across = _unit(second)
        self.vectors = np.array([first, second])
        return np.array([length, across])


def _numbers(state: Any) -> np.ndarray:
    """Return the players' numbers, shape (coordinates, cells)."""
    return np.concatenate([p.reshape(-1, p.shape[-1]) for p in state[:2]])


def _unit(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    length = np.linalg.norm(vectors, axis=0)
    return vectors / np.where(length == 0, 1.0, length), length


def _add_imaginary(parts: Iterator[np.ndarray], leaf: np.ndarray) -> np.ndarray:
    twice = np.concatenate([leaf, leaf], axis=-1)
    return np.asarray(twice + 1j * next(parts).reshape(twice.shape))


def _first_direction(part: np.ndarray) -> np.ndarray:
    if part.ndim == 1:
        return np.asarray(1.0)
    return generic_directions(int(np.prod(part.shape[:-1])))[0].reshape(part.shape[:-1])


def _pad_cells(cells: Cells) -> Cells:
    swept, *state = cells
    padded = map_leaves(pad, tuple(state))
    return [{path: pad(values) for path, values in swept.items()}, *padded]


def _cut(state: Any, width: int) -> Any:
    return map_leaves(lambda leaf: np.array(leaf[..., :width]), state)
