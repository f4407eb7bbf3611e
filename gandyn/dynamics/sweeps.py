"""Sweeps: the verdict of every cell of a grid of fields."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np

from gandyn.dynamics.attractors import classify_attractors
from gandyn.dynamics.axes import Axis, Dimension, resolve_axes, with_values
from gandyn.dynamics.engines import make_engine
from gandyn.dynamics.exact import exact_cells, has_exact_map, predicted_radius
from gandyn.dynamics.plain import check_plain_step, default_start
from gandyn.dynamics.results import as_dataset
from gandyn.dynamics.transients import Outcome, run_transient
from gandyn.errors import FieldError
from gandyn.games import Game
from gandyn.rules import Rule

if TYPE_CHECKING:
    import xarray as xr

STEPS = 32768
"""Default budget: |ρ - 1| = 1e-3 contracts by e^-33 within it."""
ESCAPE = 1e8
"""Growth over the initial state that counts as divergence; no transient of the rules
here grows as far and comes back."""
TILE = 4096
"""Cells handed to a thread at once."""
METHODS = ("auto", "exact", "simulate")

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Task:
    """A grid of cells with everything that decides them."""

    rule: Rule
    game: Game
    dimensions: tuple[Dimension, ...]
    start: tuple[Any, Any]
    steps: int
    escape: float
    exact: bool
    stop: Event = field(default_factory=Event)


def sweep(
    rule: Rule,
    game: Game,
    axes: Mapping[str, Axis | Sequence[float]],
    *,
    start: tuple[Any, Any] | None = None,
    steps: int = STEPS,
    escape: float = ESCAPE,
    method: str = "auto",
    threads: int | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    r"""Return the verdict of every cell of a grid of fields.

    Parameters
    ----------
    rule : Rule
    game : Game
    axes : mapping of name to `Axis` or rising 1-D sequence
        Two or more fields of the rule or the game (``"lr_x"``, ``"lr"``, ``"gamma"``,
        ``"inner.k"``, ``"rule.gamma"`` where both have one), or ``"start.x"``,
        ``"start.y"``.
    start : pair, optional
        Initial (x, y); near the reference equilibrium by default.
    steps : int
        Steps after which a cell that neither contracted nor escaped is handed to the
        recognition of attractors (which records up to 20,480 more).
    escape : float
        A cell whose largest coordinate exceeds ``escape`` times its initial one (or 1)
        has left the box.
    method : {"auto", "exact", "simulate"}
        ``exact`` decides linear rules on linear games by the multipliers of the exact
        one-step map; bilinear games are decoupled by their singular values first.
        ``auto`` does so where it can and simulates elsewhere.
    threads : int, optional
        Worker threads; as many as processors by default. The bits of the result do not
        depend on it.
    progress : callable, optional
        Called with the cells done and the cells in all.

    Returns
    -------
    xarray.Dataset
        Dimensions named as the axes; variables ``verdict``, ``ended``, ``rate``,
        ``radius``, ``period``, ``rotation``, ``amplitude``, ``lyapunov``, ``steps``;
        attributes that are enough to run it again.

    Raises
    ------
    GandynError
        Bad axes, a start that does not fit the game, a rule that cannot play it.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Extragradient
    >>> result = sweep(Extragradient(), Bilinear(1.0),
    ...                {"lr": [0.5, 0.9, 1.1], "A": [1.0, 2.0]})
    >>> result.verdict.values
    array([[1, 8],
           [1, 2],
           [2, 2]], dtype=int8)
    """
    dimensions = tuple(resolve_axes(rule, game, axes))
    if method not in METHODS:
        raise FieldError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
    for name, value in (("steps", steps), ("threads", threads)):
        if value is not None and (value != int(value) or value < 1):
            raise FieldError(
                f"{name} must be a whole number of at least 1, got {value}"
            )
    if not escape > 1:
        raise FieldError(f"escape must be above 1, got {escape}")
    start = default_start(game) if start is None else start
    check_plain_step(rule, game, start)
    exact = method != "simulate" and has_exact_map(rule, game, dimensions)
    if method == "exact" and not exact:
        raise FieldError(
            f"method 'exact' needs a linear rule on a linear game whose equilibrium is "
            f"known; {type(rule).__name__} on {type(game).__name__} is not: simulate"
        )
    task = Task(rule, game, dimensions, start, int(steps), float(escape), exact)
    shape = tuple(d.values.size for d in dimensions)
    outcome, radius = Outcome.blank(shape), np.full(shape, np.nan)
    _run(task, outcome, radius, threads or os.cpu_count() or 1, progress)
    return as_dataset(task, outcome, radius)


def _run(
    task: Task,
    outcome: Outcome,
    radius: np.ndarray,
    threads: int,
    progress: Progress | None,
) -> None:
    """Fill the result tile by tile; threads share nothing but disjoint cells."""
    flat = Outcome(*(array.reshape(-1) for array in outcome))
    flat_radius = radius.reshape(-1)
    done = 0
    with ThreadPoolExecutor(threads) as pool:
        for jobs in _jobs(task):
            futures = [pool.submit(job, flat, flat_radius) for job in jobs]
            try:
                for future in futures:
                    done += future.result()
                    if progress is not None:
                        progress(done, radius.size)
            except BaseException:
                task.stop.set()
                pool.shutdown(cancel_futures=True)
                raise


def _jobs(task: Task) -> Iterator[list[Callable[[Outcome, np.ndarray], int]]]:
    """Yield the tiles of each combination of structural values and game values."""
    for structural in _combinations(task):
        variant = _Variant(task, structural)
        yield [variant.tile(first) for first in range(0, variant.size, TILE)]


def _combinations(task: Task) -> Iterator[dict[int, int]]:
    fixed = [i for i, d in enumerate(task.dimensions) if d.structural]
    ranges = (range(task.dimensions[i].values.size) for i in fixed)
    for picks in itertools.product(*ranges):
        yield dict(zip(fixed, picks, strict=True))


class _Variant:
    """The cells that share their structural fields, and so their kernels."""

    def __init__(self, task: Task, structural: dict[int, int]) -> None:
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
            (d.owner, path)
            for i, d in enumerate(task.dimensions)
            if i in self._free and d.owner != "start"
            for path in d.paths
        ]
        self._engine = (
            None if task.exact else make_engine(rule, game, self._paths, task.stop)
        )

    def tile(self, first: int) -> Callable[[Outcome, np.ndarray], int]:
        def run(outcome: Outcome, radius: np.ndarray) -> int:
            count = min(TILE, self.size - first)
            index = np.unravel_index(np.arange(first, first + count), self._free_shape)
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

    def _decide(self, picks: list[Any], count: int) -> tuple[Outcome, np.ndarray]:
        task = self._task
        swept: dict[tuple[str, str], np.ndarray] = {}
        starts: dict[str, np.ndarray] = {}
        for axis in self._free:
            dim = task.dimensions[axis]
            values = dim.values[picks[axis]]
            for path in dim.paths:
                if dim.owner == "start":
                    starts[path] = values
                else:
                    swept[dim.owner, path] = values
        if self._engine is None:
            found, radius = exact_cells(self._rule, self._game, swept, count)
            found.name_unsolved(self._rule)
            return found, radius
        x, y = (
            _spread(part, starts.get(name), count)
            for name, part in zip("xy", task.start, strict=True)
        )
        outcome = Outcome.blank(count)
        cells = self._engine.start(swept, x, y)
        rest = run_transient(self._engine, cells, task.steps, task.escape, outcome)
        classify_attractors(self._engine, rest, outcome)
        outcome.name_unsolved(self._rule)
        return outcome, predicted_radius(self._rule, self._game, swept, count)


def _spread(part: Any, swept: np.ndarray | None, count: int) -> np.ndarray:
    """Return a player's initial state for every cell, cells on the trailing axis."""
    if swept is not None:
        return np.broadcast_to(swept, (*np.shape(part), count)).copy()
    part = np.asarray(part, dtype=float)
    return np.broadcast_to(part[..., None], (*part.shape, count)).copy()
