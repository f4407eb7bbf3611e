"""Ensembles of small GANs beside loops over single trainings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from benchmarks.report import Row, Scale, clocked, detail, interleaved
from gandyn._trees import map_leaves
from gandyn.gans import (
    Minibatch,
    State,
    TorchGame,
    advance,
    begin,
    make_gan,
    optimizer_memory,
    optimizer_rule,
)
from gandyn.gans.advising.evidence import SignalEvidence
from gandyn.gans.advising.rehearsal import Rehearsal, Variation
from gandyn.gans.training.stepping import Stepper
from gandyn.rules import Alternating, AlternatingAdam

MEMBERS = 64
TARGET = 5.0
COPIES, COPIES_TARGET = 24, 10.0
GANS = {
    "teacher": {"regulariser": "R1"},
    "ring": {"regulariser": "R1", "hidden": 16, "depth": 1, "points": 64},
}


def rows(scale: Scale) -> Iterator[Row]:
    """Yield the speed of an ensemble over a loop that trains its members in turn."""
    members, steps = scale.pick(MEMBERS, 4), scale.pick(20, 2)
    for name, fields in GANS.items():
        contenders = {
            "loop": clocked(_trainings(name, fields, members, 1, steps, "eager")),
            "ensemble": clocked(_trainings(name, fields, 1, members, steps, "trace")),
        }
        medians = interleaved(contenders, scale.repeats)
        what = f"{name} GAN, {members} members, {steps} alternating steps: speed over"
        ratio = medians["loop"] / medians["ensemble"]
        target = None if scale.small else TARGET
        yield Row(f"{what} a loop", ratio, target, detail=detail(medians))
        speed = members * steps / medians["ensemble"]
        yield Row(f"{name} GAN: speed", speed, unit="member-steps/s")
    yield _rehearsal(scale)
    yield _plain_loop(scale)


def _plain_loop(scale: Scale) -> Row:
    """Return the speed of an ensemble's step over a loop of modules and torch.optim.

    Copies have noise of their own. The ensemble's first step, which notes the
    operations, is left out; the row above has all that a rehearsal takes.
    """
    copies, steps = scale.pick(COPIES, 4), scale.pick(100, 2)
    generator, critic = _perceptron(4, 2), _perceptron(2, 1)
    optimizers = [torch.optim.Adam(m.parameters(), 1e-3) for m in (generator, critic)]
    points = {"real": torch.randn(256, 2), "latents": torch.randn(256, 4)}

    def losses(G: Any, D: Any, batch: Any) -> Any:
        fake, real = G(batch["latents"]), batch["real"]
        fooled = softplus(D(fake.detach())).mean()
        return softplus(-D(fake)).mean(), softplus(-D(real)).mean() + fooled

    game = TorchGame(generator, critic, losses, points, sampling=Minibatch(64))
    modules = generator, critic
    rule = optimizer_rule(*modules, *optimizers)
    x, y, memory = map_leaves(
        lambda leaf: _copies(leaf, copies),
        (*game.start(), optimizer_memory(*modules, *optimizers)),
    )
    game, stepper = game.replicas(range(copies)), Stepper(rule)
    rates = {"lr_x": torch.full((copies,), 1e-3), "lr_y": torch.full((copies,), 1e-3)}

    def ensemble() -> None:
        state = State(x, y, memory, 0, {})
        for _ in range(steps):
            state = stepper.step(game, state, rates)

    def move(which: int, loss: Tensor) -> None:
        optimizers[which].zero_grad()
        loss.backward()
        optimizers[which].step()

    def loop() -> None:
        for _ in range(steps):
            rows = torch.randint(256, (2, 64))
            real, z = points["real"][rows[0]], points["latents"][rows[1]]
            fooled = softplus(critic(generator(z).detach())).mean()
            move(1, softplus(-critic(real)).mean() + fooled)
            move(0, softplus(-critic(generator(z))).mean())

    contenders = {"loop": clocked(loop), "ensemble": clocked(ensemble)}
    medians = interleaved(contenders, scale.repeats)
    ratio = copies * medians["loop"] / medians["ensemble"]
    what = f"ring GAN, {copies} copies, Adam: a step's speed over a torch.optim loop"
    target = None if scale.small else COPIES_TARGET
    return Row(what, ratio, target, detail=detail(medians))


def _perceptron(size_in: int, size_out: int) -> nn.Module:
    return nn.Sequential(nn.Linear(size_in, 32), nn.Tanh(), nn.Linear(32, size_out))


def _copies(leaf: Any, members: int) -> Any:
    """Return a vector once for each member, (P, members), and a number as a tensor."""
    if not isinstance(leaf, Tensor):
        return torch.tensor(leaf, dtype=torch.float64)
    return leaf[:, None].repeat(1, members) if leaf.ndim else leaf


def _rehearsal(scale: Scale) -> Row:
    """Return the speed of rehearsed copies over a loop that trains each in turn."""
    copies, steps = scale.pick(COPIES, 4), scale.pick(100, 2)
    gan = make_gan("ring", hidden=32, depth=1, points=256)
    game = gan.game(dtype=torch.float32, sampling=Minibatch(64))
    x, y = gan.start(0)
    start = begin(AlternatingAdam(), game, (x.float(), y.float()))

    def run(seeds: list[int]) -> None:
        rehearsal = Rehearsal(
            AlternatingAdam(), game, start, SignalEvidence(), steps, "auto",
            lambda done, total: None,
        )  # fmt: skip
        rehearsal.run([Variation((), {"lr_x": 1e-3}, {}, seed) for seed in seeds])

    def loop() -> None:
        for seed in range(copies):
            state = start
            alone = gan.game(seed, dtype=torch.float32, sampling=Minibatch(64))
            for _ in range(steps):
                state = advance(AlternatingAdam(), alone, state)

    contenders = {
        "loop": clocked(loop),
        "ensemble": clocked(lambda: run(list(range(copies)))),
    }
    medians = interleaved(contenders, scale.repeats)
    ratio = medians["loop"] / medians["ensemble"]
    what = f"ring GAN, {copies} rehearsed copies, {steps} Adam steps: speed over a loop"
    target = None if scale.small else COPIES_TARGET
    return Row(what, ratio, target, detail=detail(medians))


def _trainings(
    name: str, fields: dict[str, object], runs: int, members: int, steps: int, kind: str
) -> Callable[[], None]:
    """Return a function that trains so many ensembles, one after the other."""
    gan = make_gan(name, **fields)
    game, start = gan.game(), gan.initial([0] * members)
    rates = torch.linspace(0.01, 0.1, members, dtype=torch.float64)
    own, stepper = {"lr_x": rates, "lr_y": rates}, Stepper(Alternating(), kind)

    def train() -> None:
        for _ in range(runs):
            state = stepper.begin(game, *start, own)
            for _ in range(steps):
                state = stepper.step(game, state, own)

    return train
