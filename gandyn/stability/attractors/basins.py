"""Basins of attraction: which attractor each start of a grid goes to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gandyn._arguments import checked
from gandyn.dynamics.axes import Axis, Dimension, resolve_axes
from gandyn.dynamics.engines.choice import make_engine
from gandyn.dynamics.engines.first_step import check_plain_step
from gandyn.dynamics.outcome import Outcome
from gandyn.dynamics.plans import labelled
from gandyn.dynamics.recognition.classify import classify
from gandyn.dynamics.results import DESCRIPTIONS, attributes
from gandyn.dynamics.task import ESCAPE, STEPS, Task, check_limits
from gandyn.dynamics.tiles import count_tiles, workers
from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.stability.attractors.basin_ends import Recorder
from gandyn.stability.attractors.basin_labels import (
    ATTRACTOR_KINDS,
    Attractor,
    label_attractors,
)

if TYPE_CHECKING:
    import xarray as xr


@checked
def basins(
    rule: Rule,
    game: Game,
    x_axis: Axis | Sequence[float],
    y_axis: Axis | Sequence[float],
    *,
    steps: int = STEPS,
    escape: float = ESCAPE,
    threads: int | None = None,
) -> xr.Dataset:
    """Return which attractor the orbit from each start ends on.

    All starts are simulated and classified as in `sweep`. Orbits that end at the same
    fixed point, the same periodic orbit, or on sets with the same mean, spread and
    extremes, share an attractor. Fixed points are polished by Newton's method on the
    rule's map; those of a manifold count as one attractor.

    Parameters
    ----------
    rule : Rule
    game : Game
        A game of two numbers.
    x_axis, y_axis : Axis or rising 1-D sequence
        The initial x and y.
    steps, escape, threads
        As in `sweep`; the bits of the result do not depend on the threads.

    Returns
    -------
    xarray.Dataset
        Over ``start.x`` and ``start.y`` the variable ``basin``, the number of the
        attractor or -1 where the orbit is undecided, or held on a fixed point that
        repels, beside those of `sweep`; over
        ``attractor`` its ``kind`` (``fixed point``, ``manifold``, ``periodic``,
        ``quasi_periodic``, ``chaotic``, ``neutral`` or ``escape``), the mean ``mean_x``
        and ``mean_y``, ``attractor_period``, ``attractor_rotation``,
        ``attractor_amplitude``, and ``fraction``, the share of the starts. Numbered by
        kind in that order, then by the mean. ``neutral`` collects all orbits that stay
        on a curve of their own, as in area-preserving play.

    Raises
    ------
    FieldError
        Of axes that are none.
    GandynError
        If the game is not one of two numbers or the rule cannot play it.

    References
    ----------
    Datseris, Wagemakers, *Effortless estimation of basins of attraction*, Chaos 32
    (2022), for the idea of telling attractors apart by features of their orbits.

    Examples
    --------
    A game with two stable points, divided by the third's stable manifold:

    >>> from gandyn.games import AdolphsSaddle
    >>> from gandyn.rules import Simultaneous
    >>> found = basins(Simultaneous(lr=0.05), AdolphsSaddle(),
    ...                [-4.0, -2.0, 1.0], [-1.0, 1.0, 4.0])
    >>> found["basin"].values
    array([[1, 1, 0],
           [1, 1, 0],
           [0, 0, 0]], dtype=int16)
    >>> found["mean_y"].values.round(4), found["kind"].values.tolist()
    (array([3.4142, 0.    ]), ['fixed point', 'fixed point'])
    """
    if game.shape != ((), ()):
        raise GandynError(
            f"{type(game).__name__} has players of shape {game.shape}: basins are "
            "drawn over x and y of games of two numbers"
        )
    if not rule.autonomous:
        raise GandynError(
            f"{type(rule).__name__} changes with time: it has no attractors"
        )
    check_limits(steps, escape, threads)
    dimensions = resolve_axes(rule, game, {"start.x": x_axis, "start.y": y_axis})
    xs, ys = (d.values for d in dimensions)
    first = float(xs[0]), float(ys[0])
    check_plain_step(rule, game, first)
    task = Task(rule, game, tuple(dimensions), first, int(steps), float(escape), False)
    outcome, ends = _run(task, threads or os.cpu_count() or 1)
    labels, attractors = label_attractors(rule, game, outcome, ends)
    shape = tuple(d.values.size for d in dimensions)
    return _dataset(task, outcome, labels.reshape(shape), attractors)


def _run(task: Task, threads: int) -> tuple[Outcome, np.ndarray]:
    """Return the outcome of every start, and the signature of where it ended."""
    starts = np.meshgrid(*(d.values for d in task.dimensions), indexing="ij")
    x, y = (part.ravel() for part in starts)
    engine = make_engine(task.rule, task.game, [], task.stop)

    def decide(own: np.ndarray) -> tuple[Outcome, np.ndarray]:
        recorder = Recorder(engine)
        cells = recorder.start({}, x[own], y[own])
        outcome = classify(task.rule, recorder, cells, task.steps, task.escape)
        return outcome, recorder.signatures(outcome)

    with workers(threads) as pool:
        tiles = np.array_split(np.arange(x.size), count_tiles(x.size, threads))
        parts = list(pool.map(decide, tiles))
    outcomes = zip(*(outcome for outcome, _ in parts), strict=True)
    ends = np.concatenate([signature for _, signature in parts], axis=1)
    return Outcome(*(np.concatenate(arrays) for arrays in outcomes)), ends


def _dataset(
    task: Task, outcome: Outcome, labels: np.ndarray, attractors: list[Attractor]
) -> xr.Dataset:
    variables = {k: v for k, v in DESCRIPTIONS.items() if k != "radius"}
    found = labelled(task.dimensions, variables, outcome._asdict(), attributes(task))
    names = _names(task.dimensions)
    found["basin"] = (names, labels, {"long_name": "attractor, -1 if undecided"})
    found["kind"] = ("attractor", [ATTRACTOR_KINDS[one.kind] for one in attractors])
    columns = {
        "mean_x": [one.mean[0] for one in attractors],
        "mean_y": [one.mean[1] for one in attractors],
        "attractor_period": [one.period for one in attractors],
        "attractor_rotation": [one.rotation for one in attractors],
        "attractor_amplitude": [one.amplitude for one in attractors],
    }
    for name, values in columns.items():
        found[name] = ("attractor", np.array(values))
    counts = np.bincount(labels[labels >= 0].ravel(), minlength=len(attractors))
    found["fraction"] = ("attractor", counts / labels.size)
    return found.assign_coords(attractor=np.arange(len(attractors)))


def _names(dimensions: Sequence[Dimension]) -> list[Any]:
    return [d.name for d in dimensions]
