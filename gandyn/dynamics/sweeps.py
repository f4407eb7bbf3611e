"""Sweeps: the verdict of every cell of a grid of fields."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gandyn.dynamics.axes import Axis, resolve_axes
from gandyn.dynamics.exact import has_exact_map
from gandyn.dynamics.first_step import check_plain_step, default_start
from gandyn.dynamics.outcome import Outcome
from gandyn.dynamics.results import as_dataset
from gandyn.dynamics.task import ESCAPE, STEPS, Task, check_limits
from gandyn.dynamics.tiles import jobs, workers
from gandyn.dynamics.traits import check_declared
from gandyn.errors import FieldError
from gandyn.games import Game
from gandyn.rules import Rule

if TYPE_CHECKING:
    import xarray as xr

_METHODS = ("auto", "exact", "simulate")

_BRIEF = 1 << 17
"""Exact cells of two numbers that take less time than handing them to threads."""

Progress = Callable[[int, int], None]


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

    What is below `gandyn.sweep`, which has the parameters and what they mean: this one
    knows of no proofs and no devices.

    Returns
    -------
    xarray.Dataset
        See `gandyn.sweep`; without ``certificate``.

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
    if method not in _METHODS:
        raise FieldError(f"method must be one of {', '.join(_METHODS)}, got {method!r}")
    check_limits(steps, escape, threads)
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
    task = Task(rule, game, dimensions, start, int(steps), float(escape), exact)
    shape = tuple(d.values.size for d in dimensions)
    outcome = Outcome.of_maps(shape) if exact else Outcome.blank(shape)
    radius = np.full(shape, np.nan)
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
    if task.exact and task.game.shape == ((), ()) and radius.size <= _BRIEF:
        for slabs in jobs(task):
            done += sum(job(flat, flat_radius) for job in slabs)
        if progress is not None:
            progress(done, radius.size)
        return
    with workers(threads) as pool:
        for tiles in jobs(task, threads):
            futures = [pool.submit(job, flat, flat_radius) for job in tiles]
            try:
                for future in futures:
                    done += future.result()
                    if progress is not None:
                        progress(done, radius.size)
            except BaseException:
                task.stop.set()
                pool.shutdown(cancel_futures=True)
                raise
