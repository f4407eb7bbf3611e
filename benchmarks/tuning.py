"""Tuning at scale: compiled hitting times, whole arrays, and loops of torch.optim."""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from unittest.mock import patch

import numpy as np
import torch

from benchmarks.report import Row, Scale, clocked, detail, interleaved
from gandyn import _disk_cache
from gandyn.bench import Protocol, find_problems, find_solvers
from gandyn.bench.batches import ESCAPE, RunBatch
from gandyn.bench.engines import _in_arrays
from gandyn.bench.protocol import TARGETS
from gandyn.bench.settings import settings
from gandyn.dynamics.hitting import HittingTimes, hitting_times
from gandyn.games import Bilinear

CASES = (
    ("dirac-minimax-r1", "Simultaneous"),
    ("bilinear-scalar", "Extragradient"),
    ("bilinear-1e1", "Extragradient"),
)
TARGET = 50.0
SAMPLE = 8
"""Settings that torch runs; its seconds are scaled to all by the cells' steps."""
NUDGE = 1e-12
"""Of a start: hits that move with it are those of orbits that amplify rounding."""

Field = Callable[[Any, Any], tuple[Any, Any]]


def field_of(game: Any) -> Field:
    """Return v in closed form on tensors, which spares torch its backward pass."""
    if isinstance(game, Bilinear):
        if np.ndim(game.A) == 0:
            return lambda x, y: (game.A * y, -game.A * x)
        a = torch.tensor(game.A)
        return lambda x, y: (a @ y, -(a.T @ x))
    gamma = game.regulariser.gamma

    def dirac(x: Any, y: Any) -> tuple[Any, Any]:
        pull = torch.sigmoid(-x * y)
        return y * pull, gamma * y - x * pull

    return dirac


def simultaneous(field: Field, x: Any, y: Any, optimizers: Any) -> None:
    """Step two optimizers, as GANs are trained."""
    x.grad, y.grad = field(x, y)
    for optimizer in optimizers:
        optimizer.step()


def extragradient(field: Field, x: Any, y: Any, optimizers: Any) -> None:
    """Step, and step again from the same place with the gradients found there."""
    before = x.clone(), y.clone()
    simultaneous(field, x, y, optimizers)
    x.grad, y.grad = field(x, y)
    x.copy_(before[0])
    y.copy_(before[1])
    for optimizer in optimizers:
        optimizer.step()


STEPS = {"Simultaneous": simultaneous, "Extragradient": extragradient}


def rows(scale: Scale) -> Iterator[Row]:
    """Yield how many times faster than the others the kernels are, for each case."""
    torch.set_num_threads(1)
    protocol = Protocol(
        settings=scale.pick(1000, 2 * SAMPLE), starts=scale.pick(20, 2), budget=2000
    )
    for problem, solver in CASES:
        yield from Tuning(problem, solver, protocol).rows(scale.repeats)


@dataclass(frozen=True)
class Tuning:
    """Random learning rates of a solver on a problem, from several starts."""

    problem_name: str
    solver_name: str
    protocol: Protocol

    def rows(self, repeats: int) -> Iterator[Row]:
        """Yield ratios of medians, and check before that all found the same."""
        compared = self.check_agreement()
        share = self.sample.steps.sum() / self.kernels().steps.sum()
        medians = interleaved(
            {
                "kernels": clocked(self.kernels),
                "arrays": clocked(self.arrays),
                "torch.optim": clocked(self.torch_runs),
                "torch.optim, starts in one tensor": clocked(self.torch_batches),
            },
            repeats,
        )
        for name in medians:
            if name.startswith("torch"):
                medians[name] /= share
        medians["kernels, compiled first"] = self.cold()
        text = (
            f"{detail(medians)}; torch's scaled from {share:.1%} of the steps; hits "
            f"of kernels and arrays agree in {compared:.2%} of the cells"
        )
        runs = f"{self.protocol.settings} settings x {self.protocol.starts} starts"
        what = f"{self.problem_name}, {self.solver_name}, {runs}: kernels over"
        kernels, cold = medians["kernels"], medians["kernels, compiled first"]
        plain, batched = (v for k, v in medians.items() if k.startswith("torch"))
        yield Row(f"{what} torch.optim", plain / kernels, TARGET, detail=text)
        yield Row("the same with compilation", plain / cold)
        yield Row(f"{what} torch.optim, starts in one tensor", batched / kernels)
        yield Row(f"{what} arrays", medians["arrays"] / kernels)

    @cached_property
    def problem(self) -> Any:
        """The problem of the suite."""
        return find_problems([self.problem_name])[self.problem_name]

    @cached_property
    def solver(self) -> Any:
        """The solver with its declared ranges."""
        found, _ = find_solvers([self.solver_name])
        return found[self.solver_name]

    @cached_property
    def rates(self) -> np.ndarray:
        """The common learning rates; other fields keep their defaults."""
        return settings(self.solver, self.problem, self.protocol)["lr_x"]

    @cached_property
    def steps(self) -> int:
        """Steps within the budget of oracle calls."""
        calls = self.solver.calls(self.problem.game)
        return int(self.protocol.budget // sum(calls.values()))

    @cached_property
    def solutions(self) -> np.ndarray:
        """The points that the distance is measured from."""
        return np.array([np.append(*z) for z in self.problem.game.equilibria()])

    @cached_property
    def starts(self) -> tuple[np.ndarray, np.ndarray]:
        """Initial states, the same for every setting."""
        return self.problem.starts(self.protocol.starts, self.protocol.seed)

    def kernels(self, settings: int | None = None, nudge: float = 0.0) -> HittingTimes:
        """Return the hitting times of all settings, or of the first ones."""
        rates = self.rates[:settings]
        x, y = (np.tile(part, rates.size) + nudge for part in self.starts)
        own = np.repeat(rates, self.protocol.starts)
        bound = np.full(own.size, ESCAPE)  # starts are at a distance of at most 1
        return hitting_times(
            self.solver.rule, self.problem.game,
            {("rule", "lr_x"): own, ("rule", "lr_y"): own}, (x, y),
            np.array(TARGETS), bound, self.steps, self.solutions,
        )  # fmt: skip

    def arrays(self) -> np.ndarray:
        """Return the hits of all settings, stepped as numpy arrays."""
        replicates = self.problem.replicates(self.protocol)
        rates = {"lr_x": self.rates, "lr_y": self.rates}
        batch = RunBatch(
            self.solver, self.problem, rates, self.rates.size, replicates,
            self.protocol.seed, self.steps,
        )  # fmt: skip
        return _in_arrays(batch).hits

    @cached_property
    def sample(self) -> HittingTimes:
        """What the kernels find for the settings that torch runs."""
        return self.kernels(SAMPLE)

    def torch_runs(self) -> np.ndarray:
        """Return the hits of the sample, one run after the other."""
        x, y = self.starts
        each = range(self.protocol.starts)
        found = [
            self._play(rate, x[..., i : i + 1], y[..., i : i + 1])
            for rate in self.rates[:SAMPLE]
            for i in each
        ]
        return np.concatenate(found, axis=1)

    def torch_batches(self) -> np.ndarray:
        """Return the hits of the sample, all starts of a setting in one tensor."""
        found = [self._play(rate, *self.starts) for rate in self.rates[:SAMPLE]]
        return np.concatenate(found, axis=1)

    def _play(self, rate: float, x0: np.ndarray, y0: np.ndarray) -> np.ndarray:
        x, y = torch.tensor(x0), torch.tensor(y0)
        optimizers = [torch.optim.SGD([part], lr=rate) for part in (x, y)]
        step, field = STEPS[self.solver_name], field_of(self.problem.game)
        width = x0.shape[-1]
        z = [part.numpy().reshape(-1, width) for part in (x, y)]  # sees every step
        hits = np.full((len(TARGETS), width), np.inf)
        wanted, most = np.full(width, TARGETS[0]), np.full(width, ESCAPE)
        for t in range(self.steps + 1):
            if t:
                step(field, x, y, optimizers)
            distance = np.sqrt(sum((part * part).sum(axis=0) for part in z))
            near, gone = distance <= wanted, ~(distance <= most)
            if not (near.any() or gone.any()):
                continue
            for k, target in enumerate(TARGETS):
                hits[k, near & (distance <= target) & (hits[k] == np.inf)] = t
            wanted[near] = np.append(TARGETS, -1.0)[
                (hits[:, near] < np.inf).sum(axis=0)
            ]
            wanted[gone], most[gone | (wanted < 0)] = -1.0, np.inf
            if (wanted < 0).all():
                break
        return hits

    def check_agreement(self) -> float:
        """Raise if hits differ where rounding is not amplified; return where equal."""
        mine = self.kernels()
        steady = np.ones(mine.stop.size, dtype=bool)
        for nudge in (NUDGE, -NUDGE):
            steady &= (self.kernels(nudge=nudge).hits == mine.hits).all(axis=0)
        equal = (self.arrays() == mine.hits).all(axis=0)
        self._check("arrays", equal, steady)
        for run in (self.torch_runs, self.torch_batches):
            same = (run() == self.sample.hits).all(axis=0)
            self._check(run.__name__, same, steady[: same.size])
        return float(equal.mean())

    def _check(self, name: str, equal: np.ndarray, steady: np.ndarray) -> None:
        if not equal[steady].all():
            raise AssertionError(
                f"{self.problem_name}: hits of {name} differ from the kernels' in "
                f"{(steady & ~equal).sum()} of {steady.sum()} steady cells"
            )

    def cold(self) -> float:
        """Return the median seconds of runs that compile first."""
        seconds = []
        for _ in range(3):
            with tempfile.TemporaryDirectory() as folder:
                _disk_cache._compiled.cache_clear()
                with patch.dict(os.environ, GANDYN_CACHE=folder):
                    seconds.append(clocked(self.kernels)())
        return statistics.median(seconds)
