"""Runs of one solver on a network GAN: an ensemble of settings and replicates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.func import vmap

from gandyn._node import replace
from gandyn.bench.batches import RunOutcomes, TargetRecorder
from gandyn.bench.gan_problem import GANProblem
from gandyn.bench.protocol import Protocol
from gandyn.bench.settings import setting_count
from gandyn.bench.solvers import Solver
from gandyn.errors import GandynError
from gandyn.gans.catalogue.brought import parse_gan
from gandyn.gans.catalogue.distances import mode_coverage, sliced_wasserstein
from gandyn.gans.games.objective import Objective
from gandyn.gans.training.stepping import Stepper
from gandyn.gans.training.train import field_norm

_DENSE = ("jacobian", "solve")
"""Oracles that make matrices of all parameters, one network at a time."""

_WITHIN = 3.0
"""Standard deviations of a mode within which a point is its."""

_Two = tuple[Tensor, Tensor]


class _TrainedGAN:
    """A network GAN as it is trained and looked at.

    Parameters
    ----------
    problem : GANProblem
    """

    def __init__(self, problem: GANProblem) -> None:
        self._measures = problem.measures
        self.gan = parse_gan(problem.gan)
        self.game = self.gan.game(problem.seed)
        if self._measures != "residual" and not isinstance(self.game.losses, Objective):
            raise GandynError(
                f"{problem.name}: fakes are known of a game whose losses are an "
                "Objective; measure another one by its residual, "
                'GANProblem(..., measured_by="residual")'
            )

    def starts(self, replicates: list[tuple[int, int]], seed: int) -> _Two:
        """Return initial parameters, (P, replicates), by the seed and the start."""
        words = (np.random.SeedSequence((seed, start)) for start, _ in replicates)
        return self.gan.initial([int(w.generate_state(1)[0]) for w in words])

    def fakes(self, x: Tensor) -> np.ndarray:
        """Return the points of generators (P, members): (members, points, size)."""
        generator, latents = self.game.pair.generator, self.game.pools["latents"]
        made = vmap(lambda one: generator(one, latents), in_dims=-1)(x)
        return made.detach().numpy()

    def wasserstein(self, x: Tensor) -> np.ndarray:
        """Return the sliced Wasserstein distance of fakes and data, by member."""
        return sliced_wasserstein(self.fakes(x), self.game.pools["real"].numpy())

    def coverage(self, x: Tensor) -> np.ndarray | None:
        """Return the share of modes covered, by member; None without modes."""
        gan: Any = self.gan
        if not hasattr(gan, "centres"):
            return None
        return mode_coverage(self.fakes(x), gan.centres, _WITHIN * float(gan.std))

    def measure(self, x: Tensor, y: Tensor) -> np.ndarray:
        """Return the problem's measure of every member."""
        if self._measures == "wasserstein":
            return self.wasserstein(x)
        norm = field_norm(self.game, x, y).detach().numpy()
        if self._measures == "residual":
            return norm
        return np.maximum(norm, self.wasserstein(x))


def run_gan_solver(
    solver: Solver,
    problem: GANProblem,
    values: Mapping[str, np.ndarray],
    protocol: Protocol,
) -> RunOutcomes:
    """Run every setting from every start, as `run_solver` does, on a network GAN.

    A rule of gandyn trains all of them as one ensemble; another package's optimizer
    trains one network after the other.

    Raises
    ------
    GandynError
        If the rule needs dense matrices of the game Jacobian.

    Examples
    --------
    >>> from gandyn.bench import find_solvers
    >>> found, _ = find_solvers(["Alternating"])
    >>> problem = GANProblem("small", "teacher(hidden=3, points=4, regulariser=R1)")
    >>> rates = {"lr_x": np.array([0.3]), "lr_y": np.array([0.3])}
    >>> terms = Protocol(starts=2, budget=200)
    >>> ended = run_gan_solver(found["Alternating"], problem, rates, terms)
    >>> ended.verdict.tolist(), ended.wasserstein.shape
    ([['undecided', 'undecided']], (1, 2))
    """
    asked = solver.calls(problem.game)
    dense = [name for name in _DENSE if name in asked]
    if dense:
        raise GandynError(
            f"{solver.name} needs {' and '.join(dense)}, dense matrices of all "
            "parameters of one network: on network GANs take a rule that needs "
            "gradients and products (jvp, vjp, cross) only"
        )
    calls = max(1, sum(asked.values()))
    steps = min(protocol.budget, problem.budget) // calls
    every = max(1, round(problem.every / calls))
    count = setting_count(values)
    replicates, trained = problem.replicates(protocol), _TrainedGAN(problem)
    start = trained.starts(replicates, protocol.seed)
    x, y = (part.repeat(1, count) for part in start)
    play = _together if solver.batched else _one_by_one
    with _one_thread():
        recorder, ends = TargetRecorder(trained, x, y), x.clone()
        for index, states in play(solver, trained, values, x, y):
            recorder.index, open_ = index, np.ones(len(index), dtype=bool)
            for step, (x, y) in enumerate(islice(states, steps + 1)):
                if step % every and step != steps:
                    continue
                ends[:, index[open_]] = x[:, open_]
                open_ = recorder.look(step, x, y)
                if not open_.any():
                    break
        apart, covered = trained.wasserstein(ends), trained.coverage(ends)
    shape = count, len(replicates)
    nothing = np.full(count, np.nan)
    return RunOutcomes(
        recorder.hits.reshape(-1, *shape),
        recorder.verdict.reshape(shape),
        recorder.rate().reshape(shape),
        nothing,
        nothing,
        replicates,
        None if covered is None else covered.reshape(shape),
        np.nan_to_num(apart, nan=np.inf, posinf=np.inf).reshape(shape),
    )


def _together(
    solver: Solver,
    trained: _TrainedGAN,
    values: Mapping[str, np.ndarray],
    x: Tensor,
    y: Tensor,
) -> Iterator[tuple[np.ndarray, Iterator[_Two]]]:
    """Return all cells and their states, as an ensemble."""
    width = x.shape[1]
    fields = {
        path: torch.from_numpy(np.repeat(v, width // len(v)))
        for path, v in values.items()
    }

    def states() -> Iterator[_Two]:
        stepper = Stepper(solver.rule)
        state = stepper.begin(trained.game, x, y, fields)
        while True:
            yield state.x, state.y
            state = stepper.step(trained.game, state, fields)

    yield np.arange(width), states()


def _one_by_one(
    solver: Solver,
    trained: _TrainedGAN,
    values: Mapping[str, np.ndarray],
    x: Tensor,
    y: Tensor,
) -> Iterator[tuple[np.ndarray, Iterator[_Two]]]:
    """Return each cell and its states."""
    width = x.shape[1]

    def states(cell: int) -> Iterator[_Two]:
        own = {p: float(v[cell // (width // len(v))]) for p, v in values.items()}
        rule: Any = replace(solver.rule, own)
        state = x[:, cell], y[:, cell]
        memory = rule.init(trained.game, *state)
        while True:
            yield state[0][:, None], state[1][:, None]
            *state, memory = rule.step(trained.game, *state, memory)

    for cell in range(width):
        yield np.array([cell]), states(cell)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep torch to one thread: small networks, and the same bits on every machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
