"""Tuning: the settings that a contender gets, the same number for all."""

from __future__ import annotations

import zlib

import numpy as np

from gandyn.bench.contenders import Contender
from gandyn.bench.problem import Problem
from gandyn.errors import FieldError, GandynError

TUNINGS = ("random", "grid", "theory")

MOST_FIELDS = 4
"""Fields that the spectral radius is minimised over."""


def settings(
    contender: Contender, problem: Problem, tuning: str, count: int, seed: int
) -> dict[str, np.ndarray]:
    """Return values of a contender's fields by path, one per setting.

    Parameters
    ----------
    contender : Contender
    problem : Problem
        Looked at by ``"theory"`` only.
    tuning : {"random", "grid", "theory"}
        Random draws, or a grid of at most ``count`` settings, over the declared ranges;
        or the one setting that minimises the spectral radius at the solution.
    count : int
    seed : int
        Draws depend on it and the contender's name, not on the other contenders.

    Raises
    ------
    FieldError
        If the tuning is none of these.
    GandynError
        If theory has nothing to say: the rule changes with time, or is no rule.

    Examples
    --------
    >>> from gandyn.bench import find_contenders, find_problems
    >>> found, _ = find_contenders(["Simultaneous"])
    >>> problem = find_problems(["bilinear-scalar"])["bilinear-scalar"]
    >>> settings(found["Simultaneous"], problem, "grid", 3, 0)["lr_x"].tolist()
    [0.00100..., 0.0632..., 4.0]
    """
    if tuning == "theory":
        return _optimal(contender, problem)
    if tuning not in TUNINGS:
        raise FieldError(f"tuning must be one of {', '.join(TUNINGS)}, got {tuning!r}")
    free = contender.ranges
    if not free:
        return {}
    unit = (_grid if tuning == "grid" else _random)(
        contender.name, len(free), count, seed
    )
    pairs = zip(free.items(), unit, strict=True)
    return {
        path: interval.at(places)
        for (_, (interval, paths)), places in pairs
        for path in paths
    }


def _random(name: str, fields: int, count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    return rng.random((count, fields)).T  # more settings keep the first ones


def _grid(name: str, fields: int, count: int, seed: int) -> np.ndarray:
    levels = max(1, int(count ** (1 / fields) + 1e-9))
    axis = np.linspace(0.0, 1.0, levels) if levels > 1 else np.array([0.5])
    return np.array(np.meshgrid(*[axis] * fields, indexing="ij")).reshape(fields, -1)


def _optimal(contender: Contender, problem: Problem) -> dict[str, np.ndarray]:
    from gandyn.stability import optimal

    rule = contender.rule
    if not contender.batched or not rule.autonomous:
        raise GandynError(f"theory has no optimal setting of {contender.name}")
    over, paths = {}, {}
    for name, (interval, own) in contender.ranges.items():
        if name.rpartition(".")[2] == "lr":
            over[name], paths[name] = interval[:2], own
        else:  # theory has a name for the pair of learning rates only
            over.update(dict.fromkeys(own, interval[:2]))
            paths.update({path: (path,) for path in own})
    if len(over) > MOST_FIELDS:
        raise GandynError(
            f"{contender.name} has more than {MOST_FIELDS} free fields "
            f"({', '.join(over)}); fix some to tune it by theory"
        )
    found = optimal(rule, problem.game, over).fields if over else {}
    return {
        path: np.array([float(value)])
        for name, value in found.items()
        for path in paths[name]
    }
