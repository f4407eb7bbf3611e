"""A sweep cut into tiles, each decided by one thread."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from gandyn.dynamics.axes import with_values
from gandyn.dynamics.engines.cells import Engine
from gandyn.dynamics.exact.grids import exact_grid, predicted_radius
from gandyn.dynamics.outcome import Outcome
from gandyn.dynamics.recognition.classify import classify
from gandyn.dynamics.task import Task

TILE = 1 << 15
"""Cells handed to a thread at once: so many that numpy's calls cost little beside them.
With many threads they are fewer, down to the share of it below."""
_SHARES = 32

_SLAB = 1 << 16
"""Cells of exact maps handed to a thread at once."""

Job = Callable[[Outcome, np.ndarray], int]
"""Fills its cells of the outcome and of the radii, and returns how many they are."""


class _SingleBlas:
    """Gives BLAS one thread while anyone is inside; the last one out restores it.

    The limit holds for the whole process: threads that each set and restored it would
    undo each other's.
    """

    def __init__(self) -> None:
        self._lock, self._inside = Lock(), 0
        self._limits: Any = None

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._limits = threadpool_limits(1, "blas")
            self._inside += 1

    def __exit__(self, *error: Any) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside and self._limits is not None:
                self._limits.restore_original_limits()


single_blas = _SingleBlas()
"""The one such limit of the process."""


@contextmanager
def workers(threads: int) -> Iterator[ThreadPoolExecutor]:
    """Give worker threads for tiles, and BLAS one thread in each.

    The tiles keep the processors busy; threads of BLAS beside them get in the way.
    """
    with single_blas, ThreadPoolExecutor(threads) as pool:
        yield pool


def jobs(
    task: Task, threads: int, engine: Callable[..., Engine], most: int = TILE
) -> Iterator[list[Job]]:
    """Yield the tiles of each combination of structural values and game values.

    With many threads they are fewer than the most cells, down to a small share of them.
    """
    for structural in combinations(task):
        variant = Variant(task, structural, engine)
        if task.exact:
            yield variant.slabs()
            continue
        tiles = count_tiles(variant.size, threads, most)
        yield [variant.tile(first, tiles) for first in range(tiles)]


def count_tiles(cells: int, threads: int, most: int = TILE) -> int:
    """Return how many tiles of at most that many cells the threads share evenly."""
    rounds = math.ceil(cells / (most * threads))
    return min(rounds * threads, math.ceil(_SHARES * cells / most))


def combinations(task: Task) -> Iterator[dict[int, int]]:
    """Yield every choice of structural values: an index by the axis's place."""
    fixed = [i for i, d in enumerate(task.dimensions) if d.structural]
    ranges = (range(task.dimensions[i].values.size) for i in fixed)
    for picks in itertools.product(*ranges):
        yield dict(zip(fixed, picks, strict=True))


class Variant:
    """The cells that share their structural fields, and so their kernels."""

    def __init__(
        self,
        task: Task,
        structural: dict[int, int],
        engine: Callable[..., Engine],
    ) -> None:
        self._task = task
        rule, game = task.rule, task.game
        for axis, pick in structural.items():
            dim = task.dimensions[axis]
            value = int(dim.values[pick])
            if dim.owner == "rule":
                rule = with_values(rule, dim.paths, value)
            else:
                game = with_values(game, dim.paths, value)
        self._rule, self._game, self._structural = rule, game, structural
        self._shape = tuple(d.values.size for d in task.dimensions)
        self._free = [i for i in range(len(self._shape)) if i not in structural]
        self._free_shape = tuple(self._shape[i] for i in self._free)
        self.size = int(np.prod(self._free_shape))
        self._paths = [
            target
            for i, d in enumerate(task.dimensions)
            if i in self._free and d.owner != "start"
            for target in d.parameter.targets
        ]
        if not task.exact:
            self._engine = engine(rule, game, self._paths, task.stop)

    def tile(self, first: int, tiles: int) -> Job:
        """Return the job that decides one cell of as many as there are tiles.

        So all tiles cross the diagram's slow regions, and take alike long.
        """

        def run(outcome: Outcome, radius: np.ndarray) -> int:
            chosen = np.arange(first, self.size, tiles)
            index, count = np.unravel_index(chosen, self._free_shape), chosen.size
            picks: list[Any] = [None] * len(self._shape)
            for axis, pick in self._structural.items():
                picks[axis] = np.full(count, pick)
            for axis, chosen in zip(self._free, index, strict=True):
                picks[axis] = chosen
            where = np.ravel_multi_index(picks, self._shape)
            found, found_radius = self._decide(picks, count)
            for whole, part in zip(outcome, found, strict=True):
                whole[where] = part
            radius[where] = found_radius
            return count

        return run

    def slabs(self) -> list[Job]:
        """Return the jobs of cells decided by exact maps, rows of the first axis.

        Of vector players all cells are one job: they share eigenvalues.
        """
        rows, *rest = self._free_shape or (1,)
        step = max(1, _SLAB // math.prod(rest))
        if self._game.shape != ((), ()):
            step = rows
        return [self._slab(i, min(step, rows - i)) for i in range(0, rows, step)]

    def _slab(self, first: int, rows: int) -> Job:
        shape = (rows, *self._free_shape[1:])
        chosen: list[Any] = [slice(None)] * len(self._shape)
        swept: dict[tuple[str, str], np.ndarray] = {}
        for place, axis in enumerate(self._free):
            dim = self._task.dimensions[axis]
            values = dim.values
            if not place:
                chosen[axis] = slice(first, first + rows)
                values = values[chosen[axis]]
            values = values.reshape(-1, *[1] * (len(shape) - place - 1))
            swept.update(dim.parameter.settings(values))
        for axis, pick in self._structural.items():
            chosen[axis] = slice(pick, pick + 1)
        where = tuple(chosen)

        def run(outcome: Outcome, radius: np.ndarray) -> int:
            *into, target = (
                whole.reshape(self._shape)[where].reshape(shape)
                for whole in (*outcome, radius)
            )
            exact_grid(self._rule, self._game, swept, Outcome(*into), target)
            return rows * math.prod(shape[1:])

        return run

    def _decide(self, picks: list[Any], count: int) -> tuple[Outcome, np.ndarray]:
        task = self._task
        swept: dict[tuple[str, str], np.ndarray] = {}
        starts: dict[str, np.ndarray] = {}
        for axis in self._free:
            dim = task.dimensions[axis]
            values = dim.values[picks[axis]]
            if dim.owner == "start":
                starts.update(dict.fromkeys(dim.paths, values))
            else:
                swept.update(dim.parameter.settings(values))
        x, y = (
            _spread(part, starts.get(name), count)
            for name, part in zip("xy", task.start, strict=True)
        )
        cells = self._engine.start(swept, x, y)
        outcome = classify(self._rule, self._engine, cells, task.steps, task.escape)
        return outcome, predicted_radius(self._rule, self._game, swept, count)


def _spread(part: Any, swept: np.ndarray | None, count: int) -> np.ndarray:
    """Return a player's initial state for every cell, cells on the trailing axis."""
    if swept is not None:
        return np.broadcast_to(swept, (*np.shape(part), count)).copy()
    part = np.asarray(part, dtype=float)
    return np.broadcast_to(part[..., None], (*part.shape, count)).copy()
