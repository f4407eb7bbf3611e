"""What runs that did not reach the last target do instead, and the exact rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from gandyn._node import replace
from gandyn.bench.batches import ESCAPE, RunOutcomes
from gandyn.bench.problem import Problem
from gandyn.bench.protocol import Protocol
from gandyn.bench.solvers import Solver
from gandyn.bench.worst_cases import game_class, worst_radius
from gandyn.dynamics.engines.array_engine import ArrayEngine
from gandyn.dynamics.exact.grids import predicted_radius
from gandyn.dynamics.recognition.classify import classify
from gandyn.dynamics.verdicts import VERDICTS
from gandyn.errors import GandynError

_ON_CIRCLE = 1e-9
"""Distance of a radius from 1 that counts as none."""

_LOOK = 4096
"""Steps of the transient before an attractor is looked for."""


def tuning_replicates(
    replicates: Sequence[tuple[int, int]], protocol: Protocol
) -> np.ndarray:
    """Return which replicates choose the setting: all, if no start is set apart."""
    starts = np.array([start for start, _ in replicates])
    return starts < (protocol.tuning_starts or protocol.starts)


def best_setting(steps: np.ndarray, tuning: np.ndarray) -> int:
    """Return the setting that reaches the most targets, and those in the fewest steps.

    Parameters
    ----------
    steps : ndarray, shape (targets, settings, replicates)
    tuning : ndarray of bool, shape (replicates,)
        Those that choose.

    Examples
    --------
    >>> steps = np.array([[[3.0], [2.0], [9.0]], [[np.inf], [8.0], [9.5]]])
    >>> best_setting(steps, np.array([True]))
    1
    """
    steps = steps[..., tuning]
    finite = np.isfinite(steps)
    reached = finite.sum(axis=(0, 2))
    total = np.where(finite, steps, 0.0).sum(axis=(0, 2))
    return int(np.lexsort((total, -reached))[0])


def radii(
    solver: Solver, problem: Problem, values: Mapping[str, np.ndarray], count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return spectral radii by setting: at the solution, and the worst of the class.

    NaN where there is none.
    """
    none = np.full(count, np.nan)
    if not solver.batched or problem.noise is not None:
        return none, none
    rule, game = solver.rule, problem.game
    swept = {("rule", path): v for path, v in values.items()}
    with np.errstate(all="ignore"):
        try:
            exact = predicted_radius(rule, game, swept, count)
        except GandynError:  # no exact map, such as of a rule that is not smooth
            exact = none
        except ZeroDivisionError as error:
            raise solver.undefined(game) from error
        return exact, worst_radius(rule, game_class(game), values, count)


def decide_linear(problem: Problem, verdict: np.ndarray, radius: np.ndarray) -> None:
    """Say of cells out of budget on linear games what the exact map says of them."""
    if not type(problem.game).linear or problem.noise is not None:
        return
    away = np.abs(radius - 1) > _ON_CIRCLE
    names = np.select(
        [away & (radius < 1), away & (radius > 1), ~away & ~np.isnan(radius)],
        ["converges", "diverges", "neutral"],
        "undecided",
    )
    open_ = verdict == "undecided"
    verdict[open_] = np.broadcast_to(names[:, None], verdict.shape)[open_]


def decide_best(
    solver: Solver,
    problem: Problem,
    values: Mapping[str, np.ndarray],
    found: RunOutcomes,
    protocol: Protocol,
) -> None:
    """Recognise what the tuned setting's orbits end on, where they end on something."""
    best = best_setting(found.steps, tuning_replicates(found.replicates, protocol))
    open_ = np.flatnonzero(found.verdict[best] == "undecided")
    autonomous = solver.batched and solver.rule.autonomous
    if not (open_.size and autonomous and problem.noise is None):
        return
    rule = replace(solver.rule, {path: float(v[best]) for path, v in values.items()})
    x, y = problem.states(found.replicates, protocol.seed)
    engine = ArrayEngine(rule, problem.game, [])
    cells = engine.start({}, x[..., open_], y[..., open_])
    ended = classify(rule, engine, cells, _LOOK, ESCAPE)
    found.verdict[best, open_] = [VERDICTS[v] for v in ended.verdict]
