"""Pairs of torch optimizers as rules, beside loops that call ``optimizer.step()``."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn.functional import softplus  # noqa: E402

from gandyn.gans import (  # noqa: E402
    Minibatch,
    Objective,
    TorchGame,
    optimizer_rule,
)
from gandyn.gans.stepping import Stepper  # noqa: E402

DOUBLE = torch.float64
STEPS = 200
OPTIMIZERS: dict[str, Callable[..., Any]] = {
    "sgd": lambda p: torch.optim.SGD(p, 0.05),
    "momentum": lambda p: torch.optim.SGD(p, 0.02, momentum=0.8, weight_decay=1e-3),
    "dampened": lambda p: torch.optim.SGD(p, 0.05, momentum=0.7, dampening=0.4),
    "nesterov": lambda p: torch.optim.SGD(p, 0.02, momentum=0.6, nesterov=True),
    "adam": lambda p: torch.optim.Adam(p, 2e-3, betas=(0.5, 0.99)),
    "adam, L2": lambda p: torch.optim.Adam(p, 2e-3, weight_decay=0.01),
    "adamw": lambda p: torch.optim.AdamW(p, 2e-3, weight_decay=0.1),
    "amsgrad": lambda p: torch.optim.Adam(p, 2e-3, amsgrad=True),
    "rmsprop": lambda p: torch.optim.RMSprop(p, 1e-3),
    "centred": lambda p: torch.optim.RMSprop(
        p, 1e-3, alpha=0.9, centered=True, momentum=0.5, eps=1e-4
    ),
}  # fmt: skip
ORDERS = {
    "simultaneous": (False, True),
    "x first": (True, False),
    "y first": (True, True),
}


def networks(seed: int = 0) -> tuple[nn.Module, nn.Module]:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        generator = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 2))
        critic = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    return generator.double(), critic.double()


def game_of(generator: nn.Module, critic: nn.Module, seed: int = 0) -> TorchGame:
    rng = torch.Generator().manual_seed(1)
    points = [torch.randn(40, 2, generator=rng, dtype=DOUBLE) for _ in range(2)]
    return TorchGame(
        generator, critic, points[0] + 0.5, points[1], Objective("minimax"),
        sampling=Minibatch(16), seed=seed,
    )  # fmt: skip


class Loop:
    """A training loop as people write it; its batches are the game's."""

    def __init__(
        self, game: TorchGame, nets: Any, optimizers: Any, **play: Any
    ) -> None:
        self.game, (self.g, self.d), self.optimizers = game, nets, optimizers
        self.k = {"x": play.get("k_x", 1), "y": play.get("k_y", 1)}
        self.accumulation = play.get("accumulation", 1)
        self.order, self.norms = play["order"], play.get("norms", {})
        self.step_number = 0

    def batch(self, i: int) -> Any:
        drawn = self.game.for_step(self.step_number, None, None).for_call(i)._batch
        return drawn["real"], drawn["latents"]

    def loss(self, player: str, opponent: nn.Module, i: int) -> Any:
        real, latents = self.batch(i)
        if player == "x":
            return -softplus(opponent(self.g(latents))).mean()
        fake = opponent(latents)
        return softplus(-self.d(real)).mean() + softplus(self.d(fake)).mean()

    def play(self, player: str, opponent: nn.Module, first: int) -> None:
        own = self.g if player == "x" else self.d
        optimizer = self.optimizers["xy".index(player)]
        for k in range(self.k[player]):
            optimizer.zero_grad()
            for a in range(self.accumulation):
                i = first + k * self.accumulation + a
                loss = self.loss(player, opponent, i) / self.accumulation
                for p, g in zip(
                    own.parameters(), torch.autograd.grad(loss, list(own.parameters())),
                    strict=True,
                ):  # fmt: skip
                    p.grad = g if p.grad is None else p.grad + g
            if player in self.norms:
                nn.utils.clip_grad_norm_(own.parameters(), self.norms[player])
            optimizer.step()

    def step(self) -> None:
        one, other = ("y", "x") if self.order == "y first" else ("x", "y")
        before = {"x": self.g, "y": self.d}
        if self.order == "simultaneous":
            one, other = "y", "x"
            before = copy.deepcopy(before)
        nets = {"x": self.g, "y": self.d}
        opponents = {one: before[other], other: before[one]}
        if self.order != "simultaneous":
            opponents = {one: nets[other], other: nets[one]}
        self.play(one, opponents[one], 0)
        self.play(other, opponents[other], (self.k[one] - 1) * self.accumulation)
        self.step_number += 1

    def vectors(self) -> list[Any]:
        return [
            torch.cat([p.detach().flatten() for p in net.parameters()])
            for net in (self.g, self.d)
        ]


def compared(
    makers: tuple[Any, Any], order: str, steps: int = STEPS, **play: Any
) -> tuple[Any, ...]:
    """Return the worst difference between the rule's parameters and the loop's."""
    nets = networks()
    optimizers = [make(net) for make, net in zip(makers, nets, strict=True)]
    game = game_of(*nets)
    alternating, y_first = ORDERS[order]
    norms = play.pop("norms", {})
    rule = optimizer_rule(
        *nets, *optimizers, alternating=alternating, y_first=y_first,
        **{f"max_norm_{k}": v for k, v in norms.items()}, **play,
    )  # fmt: skip
    start = game.start()
    loop = Loop(game, nets, optimizers, order=order, norms=norms, **play)
    for _ in range(steps):
        loop.step()
    stepper = Stepper(rule, "trace")
    state = stepper.begin(game, *start, {})
    for _ in range(steps):
        state = stepper.step(game, state, {})
    assert "trace" in stepper.used
    moved = torch.dist(torch.cat(start), torch.cat([state.x, state.y]))
    assert moved > 0.05
    return max(
        float((mine - theirs).abs().max())
        for mine, theirs in zip((state.x, state.y), loop.vectors(), strict=True)
    ), rule, game, state, nets, optimizers, loop  # fmt: skip


def of(name: str) -> Callable[[nn.Module], Any]:
    return lambda net: OPTIMIZERS[name](net.parameters())


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("order", ORDERS)
def test_two_hundred_steps_of_every_optimizer_and_order(name: str, order: str) -> None:
    assert compared((of(name), of(name)), order)[0] < 1e-12


RATIOS = list(itertools.product([1, 2], [1, 3], [1, 2]))[1:]


@pytest.mark.parametrize(("k_x", "k_y", "accumulation"), RATIOS)
@pytest.mark.parametrize("order", ORDERS)
def test_step_ratios_and_accumulation(
    order: str, k_x: int, k_y: int, accumulation: int
) -> None:
    play = {"k_x": k_x, "k_y": k_y, "accumulation": accumulation}
    assert compared((of("adam"), of("nesterov")), order, 200, **play)[0] < 1e-12


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize(("k_x", "k_y", "accumulation"), RATIOS)
@pytest.mark.parametrize("order", ORDERS)
def test_every_optimizer_order_and_ratio(
    name: str, order: str, k_x: int, k_y: int, accumulation: int
) -> None:
    play = {"k_x": k_x, "k_y": k_y, "accumulation": accumulation}
    assert compared((of(name), of(name)), order, **play)[0] < 1e-12
