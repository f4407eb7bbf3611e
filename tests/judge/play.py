"""A rule on a game as one map of columns: a state with its memory is a column."""

from __future__ import annotations

from typing import Any

import numpy as np

from gandyn._node import leaves, replace
from tests.judge.compiled import compiled


class Play:
    """The step as a map of an array of shape (coordinates, cells).

    The coordinates are x, y and every number of the memory. Numeric fields of the rule
    and the game may be arrays with one entry for each cell.
    """

    def __init__(self, rule: Any, game: Any, per_cell: dict[str, np.ndarray]):
        self.base, self.per_cell = (rule, game), per_cell
        self.rule, self.game = (
            _with_fields(node, name, per_cell)
            for node, name in ((rule, "rule"), (game, "game"))
        )
        self.vector = game.shape != ((), ())
        self.players = sum(int(np.prod(s, dtype=int)) for s in game.shape)
        self.layout: Any = None
        self.size, self.kernel, self._table = 0, None, None
        self._wider: dict[int, Play] = {}

    def only(self, cells: Any) -> Play:
        """Return the map of some of the cells (an index, or an array of indices)."""
        chosen = Play(*self.base, {k: v[cells] for k, v in self.per_cell.items()})
        return chosen._like(self)

    def begin(self, x: Any, y: Any) -> np.ndarray:
        """Return the columns of the starts, with the rule's memory before a step."""
        with np.errstate(all="ignore"):
            memory = self.rule.init(self.game, x, y)
        self.layout = _shape_of((x, y, memory))
        z = self.pack((x, y, memory), np.shape(x)[-1])
        self.size = len(z)
        return z

    def compile(self, z: np.ndarray) -> None:
        """Play by straight-line code from now on, if it takes the same first steps."""
        kernel = compiled(self)
        if kernel is None:
            return
        slow, fast = z, z
        for _ in range(3):
            slow, fast = self.step(slow), self.taken(kernel, fast, 1)[1]
        with np.errstate(all="ignore"):
            off = np.abs(slow - fast) > 1e-9 * np.abs(slow).max(0)
        if not (off & np.isfinite(slow)).any():
            self.kernel = kernel

    def taken(self, kernel: Any, z: np.ndarray, steps: int, kept: int = 0) -> Any:
        """Return the last ``kept`` states and the last one, by straight-line code."""
        z = np.array(z, dtype=float, order="C")
        history = np.empty((kept, *z.shape))
        kernel(z, self._numbers(z.shape[1]), steps, history)
        return history, z

    def _numbers(self, width: int) -> np.ndarray:
        """Return the fields as rows, one entry for each column."""
        if self._table is None or self._table.shape[1] != width:
            values = list(self.per_cell.values())
            table = np.empty((len(values), width))
            for row, value in zip(table, values, strict=True):
                row[:] = value
            self._table = table
        return self._table

    def _like(self, other: Play) -> Play:
        self.layout, self.size, self.kernel = other.layout, other.size, other.kernel
        return self

    def pack(self, state: Any, width: int) -> np.ndarray:
        """Return a state as columns."""
        rows = []
        for leaf in _leaves(state):
            leaf = np.asarray(leaf)
            rows.append(
                np.broadcast_to(leaf, (*leaf.shape[:-1], width)).reshape(-1, width)
            )
        return np.concatenate(rows)

    def unpack(self, z: np.ndarray) -> Any:
        """Return columns as (x, y, memory)."""
        return _rebuild(self.layout, iter(z) if not self.vector else _Rows(z))

    def step(self, z: np.ndarray) -> np.ndarray:
        """Return the columns after one step of the rule."""
        if self.kernel is not None:
            return self.taken(self.kernel, z, 1)[1]
        x, y, memory = self.unpack(z)
        with np.errstate(all="ignore"):
            return self.pack(self.rule.step(self.game, x, y, memory), z.shape[1])

    def field(self, z: np.ndarray) -> np.ndarray:
        """Return v at the players of each column."""
        x, y, _ = self.unpack(z)
        return self._field(x, y, z.shape[1])

    def players_field(self, z: np.ndarray) -> np.ndarray:
        """Return v at columns of the players alone, whose layout this play has."""
        x, y = self.unpack(z)
        return self._field(x, y, z.shape[1])

    def _field(self, x: Any, y: Any, width: int) -> np.ndarray:
        with np.errstate(all="ignore"):
            parts = (self.game.gx(x, y), self.game.gy(x, y))
        return self.pack(parts, width)

    def jacobians(self, z: np.ndarray, sizes: Any = None) -> np.ndarray:
        """Return the step's derivative at each column, by central differences.

        ``sizes`` are those over which the step may change; magnitudes if not given.
        Where a state is not allowed on one side (a second moment below 0) the
        difference is one-sided.
        """
        size, width = z.shape
        usual = np.abs(z).max(0) + 1e-12 if sizes is None else sizes
        lengths = np.clip(np.abs(z), 0.1 * usual + 1e-30, usual + 1e-30) * CUBE_ROOT
        wide = self.repeated(2 * size)
        moved = np.repeat(z[:, None, :], 2 * size, axis=1)
        for i in range(size):
            moved[i, i] += lengths[i]
            moved[i, size + i] -= lengths[i]
        found = wide.step(moved.reshape(size, -1)).reshape(size, 2 * size, width)
        actual = np.stack([moved[i, i] - moved[i, size + i] for i in range(size)])
        bad = ~np.isfinite(found[:, size:]).all(0)
        if bad.any():
            here = np.repeat(self.step(z)[:, None, :], size, axis=1)
            found[:, size:] = np.where(bad, here, found[:, size:])
            actual = np.where(bad, lengths, actual)
        with np.errstate(all="ignore"):
            slopes = (found[:, :size] - found[:, size:]) / actual
        return slopes.transpose(2, 0, 1)

    def repeated(self, times: int) -> Play:
        """Return the map of ``times`` copies of the cells, one after the other."""
        if times in self._wider:
            return self._wider[times]
        tiled = {
            k: np.tile(v, times) if np.ndim(v) else v for k, v in self.per_cell.items()
        }
        wide = Play(*self.base, tiled)
        self._wider[times] = wide._like(self)
        return wide


CUBE_ROOT = float(np.finfo(float).eps) ** (1 / 3)
"""The length of a central difference, relative: where rounding equals truncation."""


class _Rows:
    """Hands out the rows of a vector game's columns, by the lengths of its parts."""

    def __init__(self, z: np.ndarray):
        self.z, self.at = z, 0

    def take(self, rows: int | None) -> np.ndarray:
        start, self.at = self.at, self.at + (rows or 1)
        return self.z[start] if rows is None else self.z[start : self.at]


def _with_fields(node: Any, owner: str, per_cell: dict[str, np.ndarray]) -> Any:
    own = {k.partition(".")[2]: v for k, v in per_cell.items() if k.startswith(owner)}
    for path in own:
        if path not in leaves(node):
            raise KeyError(f"{owner} {node!r} has no field {path}")
    return replace(node, own) if own else node


def _shape_of(state: Any) -> Any:
    if isinstance(state, tuple):
        return tuple(_shape_of(part) for part in state)
    return np.shape(state)[0] if np.ndim(state) == 2 else None


def _leaves(state: Any) -> Any:
    if isinstance(state, tuple):
        for part in state:
            yield from _leaves(part)
    else:
        yield state


def _rebuild(layout: Any, rows: Any) -> Any:
    if isinstance(layout, tuple):
        return tuple(_rebuild(part, rows) for part in layout)
    return rows.take(layout) if isinstance(rows, _Rows) else next(rows)


def one_cell(node: Any, owner: str, per_cell: dict[str, np.ndarray], i: int) -> Any:
    """Return the rule or game of one cell, with plain numbers for its fields."""
    own = {
        k.partition(".")[2]: float(v[i])
        for k, v in per_cell.items()
        if k.startswith(owner + ".")
    }
    return replace(node, own) if own else node
