"""Runs of one contender on one problem, all settings and starts side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from gandyn._node import replace
from gandyn.bench.contenders import Contender
from gandyn.bench.endings import ESCAPE, decide_best, decide_linear, exact_radius
from gandyn.bench.problem import Problem
from gandyn.dynamics.cells import map_leaves

TARGETS = tuple(10.0**-k for k in range(1, 9))
"""Distances or residuals to reach."""

SPARSE = 0.5
"""Share of running cells below which the others are dropped from the arrays."""

EARLY = 3
"""The target from which on the rate is measured, down to the last one."""


class Race(NamedTuple):
    """What became of the runs.

    Attributes
    ----------
    steps : ndarray, shape (targets, settings, starts)
        The first step at which the measure is at most the target; infinite for never.
    verdict : ndarray of str, shape (settings, starts)
    rate : ndarray, shape (settings, starts)
        The measured log growth per step between two targets; NaN if not reached.
    radius : ndarray, shape (settings,)
        The exact spectral radius at the solution; NaN where there is none.
    """

    steps: np.ndarray
    verdict: np.ndarray
    rate: np.ndarray
    radius: np.ndarray


class _Runs:
    """Cells that still run, and what is known of all of them."""

    def __init__(self, problem: Problem, x: np.ndarray, y: np.ndarray) -> None:
        self.problem = problem
        width = x.shape[-1]
        self.hits = np.full((len(TARGETS), width), np.inf)
        self.at_hit = np.full((len(TARGETS), width), np.nan)
        self.verdict = np.full(width, "undecided", dtype=object)
        first = problem.measure(x, y)
        self.bound = ESCAPE * np.maximum(first, 1.0)
        self.index = np.arange(width)

    def look(self, step: int, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Note what the cells have reached; return which of them go on."""
        measure = self.problem.measure(x, y)
        own = self.index
        for k, target in enumerate(TARGETS):
            new = (measure <= target) & np.isinf(self.hits[k, own])
            self.hits[k, own[new]] = step
            self.at_hit[k, own[new]] = measure[new]
        open_ = self.verdict[own] == "undecided"
        reached = np.isfinite(self.hits[-1, own])
        bad = np.isnan(measure)
        away = measure > self.bound[own]
        for which, name in ((away, "diverges"), (bad, "nan"), (reached, "reached")):
            self.verdict[own[open_ & which]] = name
        return np.asarray(self.verdict[own] == "undecided")

    def rate(self) -> np.ndarray:
        """Return the mean log growth per step between an early and the last target."""
        with np.errstate(all="ignore"):
            apart = self.hits[-1] - self.hits[EARLY]
            growth = np.log(self.at_hit[-1]) - np.log(self.at_hit[EARLY])
            return np.where(apart > 0, growth / apart, np.nan)


def race(
    contender: Contender,
    problem: Problem,
    values: Mapping[str, np.ndarray],
    starts: int,
    seed: int,
    calls: int,
) -> Race:
    """Run every setting from every start within a budget of oracle calls.

    A rule of gandyn steps all cells at once; another package's optimizer takes one
    setting after the other.

    Examples
    --------
    >>> import numpy as np
    >>> from gandyn.bench import find_contenders, find_problems
    >>> found, _ = find_contenders(["Extragradient"])
    >>> problem = find_problems(["bilinear-scalar"])["bilinear-scalar"]
    >>> rates = {"lr_x": np.array([0.5, 2.0]), "lr_y": np.array([0.5, 2.0])}
    >>> ended = race(found["Extragradient"], problem, rates, 1, 0, 1000)
    >>> ended.verdict.ravel().tolist(), ended.steps[0].ravel()
    (['reached', 'diverges'], array([23., inf]))
    """
    count = max((len(v) for v in values.values()), default=1)
    steps = calls // max(1, sum(contender.calls(problem.game).values()))
    if contender.batched:
        runs = _all_at_once(contender, problem, values, (count, starts), seed, steps)
    else:
        runs = _one_by_one(contender, problem, values, (count, starts), seed, steps)
    radius = exact_radius(contender, problem, values, count)
    verdict = runs.verdict.reshape(count, starts)
    decide_linear(problem, verdict, radius)
    found = Race(
        runs.hits.reshape(-1, count, starts),
        verdict,
        runs.rate().reshape(count, starts),
        radius,
    )
    decide_best(contender, problem, values, found.steps, verdict, seed)
    return found


def _all_at_once(
    contender: Contender,
    problem: Problem,
    values: Mapping[str, np.ndarray],
    shape: tuple[int, int],
    seed: int,
    steps: int,
) -> _Runs:
    count, starts = shape
    x, y = (np.tile(part, count) for part in problem.starts(starts, seed))
    own = {path: np.repeat(v, starts) for path, v in values.items()}
    runs, game = _Runs(problem, x, y), problem.game
    with np.errstate(all="ignore"):
        rule = replace(contender.rule, own)
        memory = map_leaves(
            lambda leaf: np.broadcast_to(
                leaf, np.broadcast_shapes(np.shape(leaf), x.shape[-1:])
            ),
            rule.init(game, x, y),
        )
        going = runs.look(0, x, y)
        for step in range(1, steps + 1):
            if going.mean() < SPARSE:
                if not going.any():
                    break
                runs.index = runs.index[going]
                x, y, memory = map_leaves(
                    lambda leaf, kept=going: leaf[..., kept], (x, y, memory)
                )
                own = {path: v[going] for path, v in own.items()}
                rule = replace(contender.rule, own)
            x, y, memory = rule.step(game, x, y, memory)
            going = runs.look(step, x, y)
    return runs


def _one_by_one(
    contender: Contender,
    problem: Problem,
    values: Mapping[str, np.ndarray],
    shape: tuple[int, int],
    seed: int,
    steps: int,
) -> _Runs:
    count, starts = shape
    first = problem.starts(starts, seed)
    runs = _Runs(problem, *(np.tile(part, count) for part in first))
    for cell in range(count * starts):
        setting, start = divmod(cell, starts)
        own = {path: float(v[setting]) for path, v in values.items()}
        rule = replace(contender.rule, own)
        x, y = (part[..., start] for part in first)
        memory = rule.init(problem.game, x, y)
        runs.index = np.array([cell])
        for step in range(steps + 1):
            if step:
                x, y, memory = rule.step(problem.game, x, y, memory)
            if not runs.look(step, np.asarray(x)[..., None], np.asarray(y)[..., None])[
                0
            ]:
                break
    return runs
