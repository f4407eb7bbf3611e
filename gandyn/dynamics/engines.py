"""Two ways to run many cells at once: compiled kernels and numpy broadcasting.

Scalar players run in kernels, blocks of cells side by side; vector players run on
numpy, cells on the trailing axis, where the time goes into BLAS. Both offer the same
few operations on a batch of cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from threading import Event
from typing import Any, NamedTuple, Protocol

import numpy as np

from gandyn._disk_cache import compiled
from gandyn._lowering import BLOCK, TINY, lower
from gandyn._node import replace
from gandyn.dynamics._kernels import REORTHOGONALISE, advance, observe
from gandyn.games import Game
from gandyn.rules import Rule

Cells = Any
"""A batch of states with their own field values; opaque outside its engine."""

Paths = list[tuple[str, str]]
"""Swept fields, by owner ("rule" or "game") and path."""

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
    """

    xs: np.ndarray
    ys: np.ndarray
    growth: np.ndarray
    tangents: np.ndarray


class Engine(Protocol):
    """What the classification needs of a batch of cells."""

    def start(self, swept: Swept, x: Any, y: Any) -> Cells:
        """Return the cells at their initial states, memory initialised."""

    def take(self, cells: Cells, which: np.ndarray) -> Cells:
        """Return a copy of some of the cells."""

    def put(self, cells: Cells, which: np.ndarray, new: Cells) -> None:
        """Overwrite some of the cells."""

    def advance(self, cells: Cells, steps: int) -> None:
        """Take steps, in place."""

    def observe(
        self,
        cells: Cells,
        samples: int,
        stride: int = 1,
        tangents: np.ndarray | None = None,
    ) -> Window:
        """Take steps in place; record every ``stride``-th state and two tangents."""

    def players(self, cells: Cells) -> np.ndarray:
        """Return x and y of every cell, shape (coordinates, cells)."""


def map_leaves(function: Callable[..., Any], memory: Any, *others: Any) -> Any:
    """Apply a function to every leaf of nested tuples of the same structure."""
    if isinstance(memory, tuple):
        parts = zip(memory, *others, strict=True)
        return tuple(map_leaves(function, *part) for part in parts)
    return function(memory, *others)


def flatten(memory: Any) -> list[Any]:
    """Return the leaves of nested tuples, left to right."""
    if isinstance(memory, tuple):
        return [leaf for part in memory for leaf in flatten(part)]
    return [memory]


def generic_directions(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return two fixed unit vectors in no special position."""
    angles = np.arange(1, size + 1)
    pair = np.cos(angles), np.sin(angles * 2.0)
    return pair[0] / np.linalg.norm(pair[0]), pair[1] / np.linalg.norm(pair[1])


def generic_tangents(slots: int, width: int) -> np.ndarray:
    """Return two tangents in no special position for every cell."""
    pair = np.array(generic_directions(slots))
    return np.repeat(pair[:, :, None], width, axis=2)


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
        rule, game = _with_arrays(self._rule, self._game, swept)
        width = np.shape(x)[0]
        state = np.empty((self._slots, width))
        state[0], state[1] = x, y
        memory = rule.init(game, state[0].copy(), state[1].copy())
        for slot, leaf in enumerate(flatten(memory), start=2):
            state[slot] = leaf
        lanes = np.array([swept[p] for p in self._paths]).reshape(-1, width)
        return lanes, state

    def take(self, cells: Cells, which: np.ndarray) -> Cells:
        """Return a copy of some of the cells."""
        return cells[0][:, which], cells[1][:, which]

    def put(self, cells: Cells, which: np.ndarray, new: Cells) -> None:
        """Overwrite some of the cells."""
        cells[1][:, which] = new[1]

    def advance(self, cells: Cells, steps: int) -> None:
        """Take steps, in place."""
        _check(self._stop)
        lanes, state = cells
        padded = pad(lanes), pad(state)
        self._advance(self._low_rule, self._low_game, self._memory, *padded, steps)
        state[:] = padded[1][:, : state.shape[1]]

    def observe(
        self,
        cells: Cells,
        samples: int,
        stride: int = 1,
        tangents: np.ndarray | None = None,
    ) -> Window:
        """Take steps in place; record every ``stride``-th state and two tangents."""
        _check(self._stop)
        lanes, state = pad(cells[0]), pad(cells[1])
        used, width = cells[1].shape[1], state.shape[1]
        if tangents is None:
            tangents = generic_tangents(self._slots, used)
        pair = pad(tangents)
        xs, ys = np.empty((samples, width)), np.empty((samples, width))
        growth = np.empty((2, samples * stride // REORTHOGONALISE, width))
        self._observe(
            self._low_rule, self._low_game, self._memory,
            lanes, state, pair, xs, ys, growth, stride,
        )  # fmt: skip
        cells[1][:] = state[:, :used]
        growth /= REORTHOGONALISE
        return Window(xs, ys, growth, pair)

    def players(self, cells: Cells) -> np.ndarray:
        """Return x and y of every cell, shape (2, cells)."""
        return np.asarray(cells[1][:2])


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
        rule, game = _with_arrays(self._rule, self._game, swept)
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
        _check(self._stop)
        width = cells[1].shape[-1]
        swept, x, y, memory = _pad_cells(cells)
        rule, game = _with_arrays(self._rule, self._game, swept)
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
        _check(self._stop)
        width = cells[1].shape[-1]
        swept, *parts = _pad_cells(cells)
        state = tuple(parts)
        rule, game = _with_arrays(self._rule, self._game, swept)
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


class Stopped(Exception):
    """A worker was told to stop; its cells are lost, the others are not waited for."""


def _check(stop: Event) -> None:
    if stop.is_set():
        raise Stopped


def make_engine(
    rule: Rule, game: Game, paths: Paths, stop: Event | None = None
) -> Engine:
    """Return the engine that fits the shapes of the players."""
    if game.shape == ((), ()):
        return KernelEngine(rule, game, paths, stop)
    return ArrayEngine(rule, game, paths, stop)


def _with_arrays(rule: Rule, game: Game, swept: Mapping[Any, Any]) -> tuple[Rule, Game]:
    own = {p: v for (owner, p), v in swept.items() if owner == "rule"}
    theirs = {p: v for (owner, p), v in swept.items() if owner == "game"}
    return replace(rule, own), replace(game, theirs)


def _first_direction(part: np.ndarray) -> np.ndarray:
    if part.ndim == 1:
        return np.asarray(1.0)
    return generic_directions(int(np.prod(part.shape[:-1])))[0].reshape(part.shape[:-1])


def pad(array: np.ndarray) -> np.ndarray:
    """Return an array with its last column repeated up to a multiple of `BLOCK`."""
    extra = -array.shape[-1] % BLOCK
    widths = [(0, 0)] * (array.ndim - 1) + [(0, extra)]
    return np.ascontiguousarray(np.pad(array, widths, mode="edge"))


def _pad_cells(cells: Cells) -> Cells:
    swept, *state = cells
    padded = map_leaves(pad, tuple(state))
    return [{path: pad(values) for path, values in swept.items()}, *padded]


def _cut(state: Any, width: int) -> Any:
    return map_leaves(lambda leaf: np.array(leaf[..., :width]), state)
