"""Runs of one solver on one problem, all settings and replicates side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from gandyn._node import replace
from gandyn._trees import map_leaves
from gandyn.bench.batches import RunBatch, RunOutcomes, TargetRecorder
from gandyn.bench.endings import decide_best, decide_linear, radii
from gandyn.bench.gan_problem import GANProblem
from gandyn.bench.problem import Problem
from gandyn.bench.protocol import TARGETS, Protocol
from gandyn.bench.settings import setting_count
from gandyn.bench.solvers import Solver
from gandyn.dynamics.hitting import has_kernel, hitting_times
from gandyn.rules import CATALOGUE

_SPARSE = 0.5
"""Share of running cells below which the others are dropped from the arrays."""

_WORTH = 10_000_000
"""Steps of all cells, times the numbers in a matrix, from which compiling pays."""

_VERDICT = np.array(["undecided", "reached", "diverges", "nan"], dtype=object)
"""By `gandyn.dynamics.hitting.Stop`."""


def run_solver(
    solver: Solver,
    problem: Problem | GANProblem,
    values: Mapping[str, np.ndarray],
    protocol: Protocol,
) -> RunOutcomes:
    """Run every setting from every start within a budget of oracle calls.

    A rule of gandyn steps all cells at once, in numpy's arrays or, if there are many,
    in a compiled kernel; another package's optimizer takes one setting after the other,
    whose replicates are a batch if its adapter takes batches.

    Examples
    --------
    >>> import numpy as np
    >>> from gandyn.bench import Protocol, find_solvers, find_problems
    >>> found, _ = find_solvers(["Extragradient"])
    >>> problem = find_problems(["bilinear-scalar"])["bilinear-scalar"]
    >>> rates = {"lr_x": np.array([0.5, 2.0]), "lr_y": np.array([0.5, 2.0])}
    >>> protocol = Protocol(starts=1, budget=1000)
    >>> ended = run_solver(found["Extragradient"], problem, rates, protocol)
    >>> ended.verdict.ravel().tolist(), ended.steps[0].ravel()
    (['reached', 'diverges'], array([23., inf]))
    """
    if isinstance(problem, GANProblem):
        import gandyn.gans  # noqa: F401 - without torch it has the pip command
        from gandyn.bench.gan_engine import run_gan_solver

        return run_gan_solver(solver, problem, values, protocol)
    count = setting_count(values)
    steps = protocol.budget // max(1, sum(solver.calls(problem.game).values()))
    replicates, seed = problem.replicates(protocol), protocol.seed
    batch = RunBatch(solver, problem, values, count, replicates, seed, steps)
    recorder, shape = _watched(batch), batch.shape
    found = RunOutcomes(
        recorder.hits.reshape(-1, *shape),
        recorder.verdict.reshape(shape),
        recorder.rate().reshape(shape),
        *radii(solver, problem, values, count),
        replicates,
    )
    decide_linear(problem, found.verdict, found.radius)
    decide_best(solver, problem, values, found, protocol)
    return found


def _watched(batch: RunBatch) -> TargetRecorder:
    if not batch.solver.batched:
        return _one_by_one(batch)
    return _in_kernels(batch) if _pays(batch) else _in_arrays(batch)


def _in_arrays(batch: RunBatch) -> TargetRecorder:
    own, x, y = batch.cells()
    recorder, each = TargetRecorder(batch.problem, x, y), len(batch.replicates)
    draws = batch.problem.draws(batch.replicates, batch.seed)
    draws.replicate = recorder.index % each
    game = batch.problem.oracle(draws)
    with np.errstate(all="ignore"):
        rule = replace(batch.solver.rule, own)
        memory = map_leaves(
            lambda leaf: np.broadcast_to(
                leaf, np.broadcast_shapes(np.shape(leaf), x.shape[-1:])
            ),
            rule.init(game, x, y),
        )
        going = recorder.look(0, x, y)
        for step in range(1, batch.steps + 1):
            if going.mean() < _SPARSE:
                if not going.any():
                    break
                recorder.index = recorder.index[going]
                draws.replicate = recorder.index % each
                x, y, memory = map_leaves(
                    lambda leaf, kept=going: leaf[..., kept], (x, y, memory)
                )
                own = {path: v[going] for path, v in own.items()}
                rule = replace(batch.solver.rule, own)
            x, y, memory = rule.step(game, x, y, memory)
            going = recorder.look(step, x, y)
    return recorder


def _one_by_one(batch: RunBatch) -> TargetRecorder:
    """Run one setting after the other; its replicates together, if a step takes all."""
    problem, each = batch.problem, len(batch.replicates)
    together = bool(batch.solver.rule.batched)
    groups: list[Any] = [np.arange(each)] if together else list(range(each))
    first = batch.states()
    recorder = TargetRecorder(problem, *(np.tile(part, batch.count) for part in first))
    for setting in range(batch.count):
        own = {path: float(v[setting]) for path, v in batch.values.items()}
        rule = replace(batch.solver.rule, own)
        for group in groups:
            x, y = (part[..., group] for part in first)
            recorder.index = setting * each + np.atleast_1d(group)
            drawn = [batch.replicates[place] for place in np.atleast_1d(group)]
            game = problem.oracle(problem.draws(drawn, batch.seed))
            memory = rule.init(game, x, y)
            for step in range(batch.steps + 1):
                if step:
                    x, y, memory = rule.step(game, x, y, memory)
                seen = (x, y) if together else (_column(x), _column(y))
                if not recorder.look(step, *seen).any():
                    break
    return recorder


def _column(part: Any) -> np.ndarray:
    return np.asarray(part)[..., None]


def _pays(batch: RunBatch) -> bool:
    """Return whether a batch is for a kernel, by what is planned and nothing else.

    The hits of a kernel are those of the arrays to rounding, which chaotic orbits
    amplify: so which of them it is must not depend on what has been compiled before.
    """
    rule, problem = batch.solver.rule, batch.problem
    numbers = math.prod(batch.shape) * max(
        1, int(np.size(getattr(problem.game, "A", 1)))
    )
    return (
        numbers * batch.steps >= _WORTH
        and type(rule) in CATALOGUE.values()
        and problem.noise is None
        and problem.points is not None
        and has_kernel(rule, problem.game)
    )


def _in_kernels(batch: RunBatch) -> TargetRecorder:
    """Return what a kernel sees of every replicate of every setting."""
    own, x, y = batch.cells()
    recorder = TargetRecorder(batch.problem, x, y)
    points = np.asarray(batch.problem.points)
    found = hitting_times(
        batch.solver.rule,
        batch.problem.game,
        {("rule", path): values for path, values in own.items()},
        (x, y),
        np.array(TARGETS),
        recorder.bound,
        batch.steps,
        points if points.size else None,
    )
    recorder.hits, recorder.at_hit = found.hits, found.at_hit
    recorder.verdict = _VERDICT[found.stop]
    return recorder
