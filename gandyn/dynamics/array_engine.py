"""Players of any shape on numpy arrays, cells on the trailing axis."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from threading import Event
from typing import Any

import numpy as np

from gandyn._lowering import TINY
from gandyn.dynamics._kernels import REORTHOGONALISE
from gandyn.dynamics.cells import (
    Cells,
    Paths,
    Swept,
    Window,
    check_stop,
    flatten,
    generic_directions,
    generic_tangents,
    map_leaves,
    pad,
    with_arrays,
)
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

    def advance(self, cells: Cells, steps: int) -> None:
        """Take steps, in place."""
        check_stop(self._stop)
        width = cells[1].shape[-1]
        swept, x, y, memory = _pad_cells(cells)
        rule, game = with_arrays(self._rule, self._game, swept)
        with np.errstate(all="ignore"):
            for _ in range(steps):
                x, y, memory = rule.step(game, x, y, memory)
        cells[1:] = _cut((x, y, memory), width)

    def observe(
        self,
        cells: Cells,
        samples: int,
        stride: int = 1,
        tangents: np.ndarray | None = None,
    ) -> Window:
        """Take steps in place; record every ``stride``-th state and two tangents."""
        check_stop(self._stop)
        width = cells[1].shape[-1]
        swept, *parts = _pad_cells(cells)
        state = tuple(parts)
        rule, game = with_arrays(self._rule, self._game, swept)
        pair = _Tangents(state, tangents)
        along = [_first_direction(part) for part in state[:2]]
        xs, ys = np.empty((2, samples, state[0].shape[-1]))
        growth = np.empty((2, samples * stride // REORTHOGONALISE, xs.shape[1]))
        with np.errstate(all="ignore"):
            for step in range(samples * stride):
                state = pair.step(rule, game, state)
                if (step + 1) % REORTHOGONALISE == 0:
                    growth[:, step // REORTHOGONALISE] = pair.orthonormalise()
                if (step + 1) % stride == 0:
                    xs[step // stride] = np.tensordot(along[0], state[0], along[0].ndim)
                    ys[step // stride] = np.tensordot(along[1], state[1], along[1].ndim)
        cells[1:] = _cut(state, width)
        growth /= REORTHOGONALISE
        return Window(xs, ys, growth, pair.vectors)

    def players(self, cells: Cells) -> np.ndarray:
        """Return x and y of every cell, shape (coordinates, cells)."""
        width = cells[1].shape[-1]
        return np.concatenate(
            [cells[1].reshape(-1, width), cells[2].reshape(-1, width)]
        )


class _Tangents:
    """Two tangent vectors carried through a step by the complex-step method."""

    def __init__(self, state: Any, vectors: np.ndarray | None) -> None:
        self._shapes = [leaf.shape for leaf in flatten(state)]
        sizes = [int(np.prod(shape[:-1])) for shape in self._shapes]
        self._cuts = np.cumsum(sizes)[:-1]
        width = self._shapes[0][-1]
        self.vectors = (
            generic_tangents(sum(sizes), width) if vectors is None else pad(vectors)
        )

    def step(self, rule: Rule, game: Game, state: Any) -> Any:
        """Return the next state; the tangents move along."""
        leaves: list[np.ndarray] = []
        after: Any = None
        for i, tangent in enumerate(self.vectors):
            parts = iter(np.split(TINY * tangent, self._cuts))
            dual = map_leaves(partial(_add_imaginary, parts), state)
            after = rule.step(game, *dual)
            leaves = [
                np.broadcast_to(leaf, shape)
                for leaf, shape in zip(flatten(after), self._shapes, strict=True)
            ]
            rows = [np.imag(leaf).reshape(-1, leaf.shape[-1]) for leaf in leaves]
            self.vectors[i] = np.concatenate(rows) / TINY
        values = iter(leaves)
        return map_leaves(lambda _: np.real(next(values)).copy(), tuple(after))

    def orthonormalise(self) -> np.ndarray:
        """Make the tangents orthonormal; return the logarithms of their lengths."""
        first, second = self.vectors
        length = np.linalg.norm(first, axis=0)
        first = first / length
        second = second - first * np.sum(first * second, axis=0)
        across = np.linalg.norm(second, axis=0)
        self.vectors = np.array([first, second / across])
        return np.asarray(np.log([length, across]))


def _add_imaginary(parts: Iterator[np.ndarray], leaf: np.ndarray) -> np.ndarray:
    return np.asarray(leaf + 1j * next(parts).reshape(leaf.shape))


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
