"""Runs of one contender on one problem, all settings and replicates side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from gandyn._node import replace
from gandyn._trees import map_leaves
from gandyn.bench.contenders import Contender
from gandyn.bench.endings import decide_best, decide_linear, radii
from gandyn.bench.gan_problem import GANProblem
from gandyn.bench.heat import Heat
from gandyn.bench.kernels import in_kernels, pays
from gandyn.bench.problem import Problem
from gandyn.bench.protocol import Protocol
from gandyn.bench.settings import setting_count
from gandyn.bench.watch import Watch

SPARSE = 0.5
"""Share of running cells below which the others are dropped from the arrays."""


class Race(NamedTuple):
    """What became of the runs; a replicate is a start and a seed of the noise.

    Attributes
    ----------
    steps : ndarray, shape (targets, settings, replicates)
        The first step at which the measure is at most the target; infinite for never.
    verdict : ndarray of str, shape (settings, replicates)
    rate : ndarray, shape (settings, replicates)
        The measured log growth per step between two targets; NaN if not reached.
    radius : ndarray, shape (settings,)
        The exact spectral radius at the solution; NaN where there is none.
    worst : ndarray, shape (settings,)
        The largest radius over the problem's class of games; NaN for no class.
    replicates : list of (int, int)
    coverage, wasserstein : ndarray, shape (settings, replicates), or None
        Of network GANs at the end of each run: the share of modes covered, and the
        sliced Wasserstein distance of fakes and data.
    """

    steps: np.ndarray
    verdict: np.ndarray
    rate: np.ndarray
    radius: np.ndarray
    worst: np.ndarray
    replicates: list[tuple[int, int]]
    coverage: np.ndarray | None = None
    wasserstein: np.ndarray | None = None


def race(
    contender: Contender,
    problem: Problem | GANProblem,
    values: Mapping[str, np.ndarray],
    protocol: Protocol,
) -> Race:
    """Run every setting from every start within a budget of oracle calls.

    A rule of gandyn steps all cells at once, in numpy's arrays or, if there are many,
    in a compiled kernel; another package's optimizer takes one setting after the other,
    whose replicates are a batch if its adapter takes batches.

    Examples
    --------
    >>> import numpy as np
    >>> from gandyn.bench import Protocol, find_contenders, find_problems
    >>> found, _ = find_contenders(["Extragradient"])
    >>> problem = find_problems(["bilinear-scalar"])["bilinear-scalar"]
    >>> rates = {"lr_x": np.array([0.5, 2.0]), "lr_y": np.array([0.5, 2.0])}
    >>> protocol = Protocol(starts=1, budget=1000)
    >>> ended = race(found["Extragradient"], problem, rates, protocol)
    >>> ended.verdict.ravel().tolist(), ended.steps[0].ravel()
    (['reached', 'diverges'], array([23., inf]))
    """
    if isinstance(problem, GANProblem):
        import gandyn.gans  # noqa: F401 - without torch it has the pip command
        from gandyn.bench.gan_race import gan_race

        return gan_race(contender, problem, values, protocol)
    count = setting_count(values)
    steps = protocol.budget // max(1, sum(contender.calls(problem.game).values()))
    replicates, seed = problem.replicates(protocol), protocol.seed
    heat = Heat(contender, problem, values, count, replicates, seed, steps)
    watch, shape = _watched(heat), heat.shape
    found = Race(
        watch.hits.reshape(-1, *shape),
        watch.verdict.reshape(shape),
        watch.rate().reshape(shape),
        *radii(contender, problem, values, count),
        replicates,
    )
    decide_linear(problem, found.verdict, found.radius)
    decide_best(contender, problem, values, found, protocol)
    return found


def _watched(heat: Heat) -> Watch:
    if not heat.contender.batched:
        return _one_by_one(heat)
    return in_kernels(heat) if pays(heat) else _in_arrays(heat)


def _in_arrays(heat: Heat) -> Watch:
    own, x, y = heat.cells()
    watch, each = Watch(heat.problem, x, y), len(heat.replicates)
    draws = heat.problem.draws(heat.replicates, heat.seed)
    draws.replicate = watch.index % each
    game = heat.problem.oracle(draws)
    with np.errstate(all="ignore"):
        rule = replace(heat.contender.rule, own)
        memory = map_leaves(
            lambda leaf: np.broadcast_to(
                leaf, np.broadcast_shapes(np.shape(leaf), x.shape[-1:])
            ),
            rule.init(game, x, y),
        )
        going = watch.look(0, x, y)
        for step in range(1, heat.steps + 1):
            if going.mean() < SPARSE:
                if not going.any():
                    break
                watch.index = watch.index[going]
                draws.replicate = watch.index % each
                x, y, memory = map_leaves(
                    lambda leaf, kept=going: leaf[..., kept], (x, y, memory)
                )
                own = {path: v[going] for path, v in own.items()}
                rule = replace(heat.contender.rule, own)
            x, y, memory = rule.step(game, x, y, memory)
            going = watch.look(step, x, y)
    return watch


def _one_by_one(heat: Heat) -> Watch:
    """Run one setting after the other; its replicates together, if a step takes all."""
    problem, each = heat.problem, len(heat.replicates)
    together = bool(heat.contender.rule.batched)
    groups: list[Any] = [np.arange(each)] if together else list(range(each))
    first = heat.states()
    watch = Watch(problem, *(np.tile(part, heat.count) for part in first))
    for setting in range(heat.count):
        own = {path: float(v[setting]) for path, v in heat.values.items()}
        rule = replace(heat.contender.rule, own)
        for group in groups:
            x, y = (part[..., group] for part in first)
            watch.index = setting * each + np.atleast_1d(group)
            drawn = [heat.replicates[place] for place in np.atleast_1d(group)]
            game = problem.oracle(problem.draws(drawn, heat.seed))
            memory = rule.init(game, x, y)
            for step in range(heat.steps + 1):
                if step:
                    x, y, memory = rule.step(game, x, y, memory)
                seen = (x, y) if together else (_column(x), _column(y))
                if not watch.look(step, *seen).any():
                    break
    return watch


def _column(part: Any) -> np.ndarray:
    return np.asarray(part)[..., None]
