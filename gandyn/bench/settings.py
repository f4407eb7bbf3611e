"""Tuning: the settings that a solver gets, the same number for all."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import numpy as np

from gandyn.bench.gan_problem import GANProblem
from gandyn.bench.problem import Problem
from gandyn.bench.protocol import Protocol
from gandyn.bench.solvers import Solver
from gandyn.errors import GandynError

_MOST_FIELDS = 4
"""Fields that the spectral radius is minimised over."""


def settings(
    solver: Solver, problem: Problem | GANProblem, protocol: Protocol
) -> dict[str, np.ndarray]:
    """Return values of a solver's fields by path, one per setting.

    By the protocol's tuning these are random draws, or a grid of at most so many
    settings, over the declared ranges (``"random"``, ``"grid"``); the one setting that
    minimises the spectral radius at the solution (``"theory"``); or the solver as it
    comes, for those that adapt themselves (``"self"``). Only theory looks at the
    problem. Draws depend on the seed and the solver's name, not on the others.

    Raises
    ------
    GandynError
        If theory has nothing to say: the rule changes with time, or is no rule.

    Examples
    --------
    >>> from gandyn.bench import Protocol, find_solvers, find_problems
    >>> found, _ = find_solvers(["Simultaneous"])
    >>> problem = find_problems(["bilinear-scalar"])["bilinear-scalar"]
    >>> protocol = Protocol(tuning="grid", settings=3)
    >>> settings(found["Simultaneous"], problem, protocol)["lr_x"].tolist()
    [0.00100..., 0.0632..., 4.0]
    """
    if protocol.tuning == "theory":
        return _optimal(solver, problem)
    free = solver.ranges
    if protocol.tuning == "self" or not free:
        return {}
    draw = _grid if protocol.tuning == "grid" else _random
    unit = draw(solver.name, len(free), protocol.settings, protocol.seed)
    pairs = zip(free.items(), unit, strict=True)
    return {
        path: interval.at(places)
        for (_, (interval, paths)), places in pairs
        for path in paths
    }


def setting_count(values: Mapping[str, np.ndarray]) -> int:
    """Return how many settings there are: one, if no field is set."""
    return max((len(v) for v in values.values()), default=1)


def _random(name: str, fields: int, count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    return rng.random((count, fields)).T  # more settings keep the first ones


def _grid(name: str, fields: int, count: int, seed: int) -> np.ndarray:
    levels = max(1, int(count ** (1 / fields) + 1e-9))
    axis = np.linspace(0.0, 1.0, levels) if levels > 1 else np.array([0.5])
    return np.array(np.meshgrid(*[axis] * fields, indexing="ij")).reshape(fields, -1)


def _optimal(solver: Solver, problem: Problem | GANProblem) -> dict[str, np.ndarray]:
    from gandyn.stability import minimise_radius

    rule = solver.rule
    if isinstance(problem, GANProblem):
        raise GandynError(f"theory has no optimal setting on {problem.name}, a network")
    if not solver.batched or not rule.autonomous:
        raise GandynError(f"theory has no optimal setting of {solver.name}")
    over, paths = {}, {}
    for name, (interval, own) in solver.ranges.items():
        if name.rpartition(".")[2] == "lr":
            over[name], paths[name] = interval[:2], own
        else:  # theory has a name for the pair of learning rates only
            over.update(dict.fromkeys(own, interval[:2]))
            paths.update({path: (path,) for path in own})
    if len(over) > _MOST_FIELDS:
        raise GandynError(
            f"{solver.name} has more than {_MOST_FIELDS} free fields "
            f"({', '.join(over)}); fix some to tune it by theory"
        )
    found = minimise_radius(rule, problem.game, over).fields if over else {}
    return {
        path: np.array([float(value)])
        for name, value in found.items()
        for path in paths[name]
    }
