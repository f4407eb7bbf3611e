"""Sweeps of games: the verdict of every cell of a grid of fields."""

from __future__ import annotations

import itertools
import math
import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from threading import Event
from typing import Any

import numpy as np

from gandyn.dynamics.axes import Axis, resolve_axes
from gandyn.dynamics.engines.choice import make_engine
from gandyn.dynamics.engines.first_step import check_plain_step, default_start
from gandyn.dynamics.engines.traits import check_declared
from gandyn.dynamics.exact.grids import has_exact_map
from gandyn.dynamics.outcome import Outcome
from gandyn.dynamics.plans import Box, Plan, Progress, Variable, axis_configuration
from gandyn.dynamics.results import DESCRIPTIONS, attributes, settings
from gandyn.dynamics.task import ESCAPE, STEPS, Task, check_limits
from gandyn.dynamics.tiles import Job, jobs, single_blas, workers
from gandyn.errors import FieldError
from gandyn.games import Game
from gandyn.rules import Rule

_METHODS = ("auto", "exact", "simulate")

_BRIEF = 1 << 17
"""Exact cells of two numbers that take less time than handing them to threads."""

_EXACT = 1 << 18
"""Cells of a stored tile of maps, of vectors the most: 15 MB, which take longer than
the ten files that they make; a kill costs none of a second.
"""
_SCALARS, _VECTORS = (1 << 12, 1 << 16), (1 << 4, 1 << 10)
"""The fewest and the most cells of a stored tile of orbits: seconds or minutes of work.
"""
_TILES = 64
"""So many tiles a grid between them is cut into: what a kill costs is one of them."""


class GamePlan(Plan):
    """A rule on a game, simulated or by exact maps.

    Parameters
    ----------
    task : Task
    """

    def __init__(self, task: Task) -> None:
        self.task, self.dimensions = task, task.dimensions

    @property
    def variables(self) -> dict[str, Variable]:
        """The variables by name, as of an `Outcome`, and the radius."""
        return dict(DESCRIPTIONS)

    @property
    def configuration(self) -> dict[str, Any]:
        """All that decides the bits of the result."""
        start = [np.asarray(part, dtype=float).tolist() for part in self.task.start]
        return {
            **settings(self.task),
            **axis_configuration(self.dimensions),
            "start": start,
            "processor": platform.machine(),
        }

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes of the dataset."""
        return attributes(self.task)

    @property
    def tile_cells(self) -> int:
        """How many cells a stored tile should have."""
        scalars = self.task.game.shape == ((), ())
        least, most = _SCALARS if scalars else _VECTORS
        if self.task.exact:
            least, most = _EXACT if scalars else least, _EXACT
        return min(max(least, math.ceil(math.prod(self.shape) / _TILES)), most)

    def decide(
        self,
        box: Box,
        *,
        threads: int = 1,
        stop: Event | None = None,
        progress: Progress | None = None,
        started: Any = None,
    ) -> dict[str, np.ndarray]:
        """Return the variables of a box of cells."""
        task = replace(self.task, dimensions=self.part(box), stop=stop or Event())
        shape = tuple(d.values.size for d in task.dimensions)
        outcome = Outcome.of_maps(shape) if task.exact else Outcome.blank(shape)
        radius = np.full(shape, np.nan)
        self._fill(task, outcome, radius, threads, progress)
        return {**outcome._asdict(), "radius": radius}

    def _fill(
        self,
        task: Task,
        outcome: Outcome,
        radius: np.ndarray,
        threads: int,
        progress: Progress | None,
    ) -> None:
        """Fill the result tile by tile; threads share nothing but disjoint cells."""
        flat = Outcome(*(array.reshape(-1) for array in outcome))
        flat_radius, done = radius.reshape(-1), 0
        report = progress or (lambda done, total: None)
        simple = task.exact and task.game.shape == ((), ())
        if threads == 1 or (simple and radius.size <= _BRIEF):
            with nullcontext() if simple else single_blas:
                for job in itertools.chain.from_iterable(self._jobs(task, 1)):
                    done += job(flat, flat_radius)
                    report(done, radius.size)
            return
        with workers(threads) as pool:
            for own in self._jobs(task, threads):
                futures = [pool.submit(job, flat, flat_radius) for job in own]
                try:
                    for future in futures:
                        done += future.result()
                        report(done, radius.size)
                except BaseException:
                    task.stop.set()
                    pool.shutdown(cancel_futures=True)
                    raise

    def _jobs(self, task: Task, threads: int) -> Iterator[list[Job]]:
        return jobs(task, threads, make_engine)

    def __getstate__(self) -> Any:
        task = self.task  # an event cannot be sent to another process
        return {**vars(self), "task": {**vars(task), "stop": None}}

    def __setstate__(self, state: Any) -> None:
        self.__dict__.update(state)
        self.task = Task(**{**state["task"], "stop": Event()})


def plan_sweep(
    rule: Rule,
    game: Game,
    axes: Mapping[str, Axis | Sequence[float]],
    *,
    start: tuple[Any, Any] | None = None,
    steps: int = STEPS,
    escape: float = ESCAPE,
    method: str = "auto",
) -> GamePlan:
    """Return the plan of a sweep of a game, checked; `gandyn.sweep` has the parameters.

    Raises
    ------
    GandynError
        Bad axes, a start that does not fit the game, a rule that cannot play it.
    """
    dimensions = tuple(resolve_axes(rule, game, axes))
    if method not in _METHODS:
        raise FieldError(f"method must be one of {', '.join(_METHODS)}, got {method!r}")
    check_limits(steps, escape)
    start = default_start(game) if start is None else start
    check_plain_step(rule, game, start)
    exact = method != "simulate" and has_exact_map(rule, game, dimensions)
    if exact:
        check_declared(rule, game)
    if method == "exact" and not exact:
        raise FieldError(
            f"method 'exact' needs a linear rule on a linear game whose equilibrium is "
            f"known; {type(rule).__name__} on {type(game).__name__} is not: simulate"
        )
    return GamePlan(
        Task(rule, game, dimensions, start, int(steps), float(escape), exact)
    )
