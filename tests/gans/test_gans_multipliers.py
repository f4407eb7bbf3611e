"""Multipliers of a period, beside loops unrolled by hand, differentiated backwards."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn.functional import softplus  # noqa: E402

from gandyn.games import R1  # noqa: E402
from gandyn.gans import (  # noqa: E402
    Minibatch,
    Objective,
    OptimizerPair,
    TorchGame,
    step_multipliers,
)
from gandyn.gans.optimizers import SGDOptimizer  # noqa: E402
from gandyn.gans.period_maps import PeriodMap  # noqa: E402
from gandyn.rules import (  # noqa: E402
    Alternating,
    ExponentialAverage,
)

DOUBLE = torch.float64
GAMMA = 0.4


class LazyGame(TorchGame):
    """A GAN whose penalty is there in every fourth step only, four times as strong."""

    def for_step(self, step: int, x: Any, y: Any) -> TorchGame:
        gamma = 4 * GAMMA if step % 4 == 0 else 0.0
        game = super().for_step(step, x, y)
        return made(game.sampling, R1(gamma) if gamma else "none")


def made(sampling: Any = "full", penalty: Any = None, cls: Any = TorchGame) -> Any:
    rng = torch.Generator().manual_seed(1)
    real, latents = (torch.randn(12, 2, generator=rng, dtype=DOUBLE) for _ in range(2))
    penalty = R1(GAMMA) if penalty is None else penalty
    return cls(
        *networks(), real + 0.5, latents, Objective("minimax", penalty),
        sampling=sampling, seed=3,
    )  # fmt: skip


def networks() -> tuple[nn.Module, nn.Module]:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        generator = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 2))
        critic = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    return generator.double(), critic.double()


def layer(vector: Any, points: Any, outputs: int) -> Any:
    """Return a perceptron of three hidden units, of a flat vector of parameters."""
    first, b, second, c = vector.split([6, 3, 3 * outputs, outputs])
    hidden = torch.tanh(points @ first.reshape(3, 2).T + b)
    return hidden @ second.reshape(outputs, 3).T + c


def gradient(player: str, x: Any, y: Any, batch: Any, gamma: float) -> Any:
    """Return a player's gradient, to be differentiated again.

    The opponent may depend on the player; clones make the derivative a partial one.
    """
    x, y = x.clone(), y.clone()
    fake = layer(x, batch["latents"], 2)
    if player == "x":
        loss = -softplus(layer(y, fake, 1)).mean()
    else:
        real = batch["real"].clone().requires_grad_()
        logits = layer(y, real, 1)
        loss = softplus(-logits).mean() + softplus(layer(y, fake, 1)).mean()
        (slope,) = torch.autograd.grad(logits.sum(), real, create_graph=True)
        loss = loss + gamma / 2 * slope.square().sum(1).mean()
    return torch.autograd.grad(loss, x if player == "x" else y, create_graph=True)[0]


def judged(period: Any, *parts: Any) -> Any:
    """Return the Jacobian of a function of several vectors, backwards, row by row."""
    sizes = [len(part) for part in parts]

    def joined(z: Any) -> Any:
        return torch.cat(period(*z.split(sizes)))

    return torch.autograd.functional.jacobian(joined, torch.cat(parts))


def compare(found_map: PeriodMap, expected: Any, found: Any) -> None:
    torch.testing.assert_close(found_map.matrix(), expected, rtol=0, atol=1e-10)
    every = np.linalg.eigvals(expected.numpy())
    moving = every[np.abs(every - 1) > 1e-9]
    leading = np.sort(np.abs(moving))[::-1]
    assert found.converged.all()
    assert found.radius == pytest.approx(leading[0], abs=1e-8)
    for value in found.values:
        assert np.abs(every - value).min() < 1e-8


def batch_of(game: Any, step: int, call: int = 0) -> Any:
    return game.for_step(step, *game.start()).for_call(call)._batch


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("y_first", [True, False])
def test_ratios(k: int, y_first: bool) -> None:
    game = made(Minibatch(6))
    sgd = SGDOptimizer()
    rule = OptimizerPair(
        lr_x=0.3, lr_y=0.5, optimizer_x=sgd, optimizer_y=sgd, k_y=k, y_first=y_first
    )

    def move_y(x: Any, y: Any) -> Any:
        for i in range(k):
            y = y - 0.5 * gradient("y", x, y, batch_of(game, 5, i), GAMMA)
        return y

    def move_x(x: Any, y: Any, call: int) -> Any:
        return x - 0.3 * gradient("x", x, y, batch_of(game, 5, call), GAMMA)

    def period(x: Any, y: Any) -> Any:
        if y_first:
            y = move_y(x, y)
            return move_x(x, y, k - 1), y
        x = move_x(x, y, 0)
        return x, move_y(x, y)

    start = game.start()
    found = step_multipliers(rule, game, *start, step=5, samples=1)
    own = PeriodMap(rule, game, (*start, rule.init(game, *start)), [range(5, 6)])
    compare(own, judged(period, *start), found)


def test_lazy_regularisation() -> None:
    game, (x, y) = made(cls=LazyGame), made().start()
    rule = Alternating(lr_x=0.3, lr_y=0.5, y_first=True)

    def period(x: Any, y: Any) -> Any:
        for k in range(2, 6):
            gamma = 4 * GAMMA if k % 4 == 0 else 0.0
            y = y - 0.5 * gradient("y", x, y, batch_of(game, k), gamma)
            x = x - 0.3 * gradient("x", x, y, batch_of(game, k), gamma)
        return x, y

    found = step_multipliers(rule, game, x, y, step=2, period=4)
    own = PeriodMap(rule, game, (x, y, ()), [range(2, 6)])
    compare(own, judged(period, x, y), found)
    assert found.period == 4
    assert "period of 4 steps" in found.point


def test_accumulation() -> None:
    game, (x, y) = made(Minibatch(5)), made().start()
    sgd = SGDOptimizer(momentum=0.6, nesterov=True)
    rule = OptimizerPair(
        lr=0.2, optimizer_x=sgd, optimizer_y=sgd, accumulation=2, alternating=False
    )
    rng = torch.Generator().manual_seed(5)
    b, c = (torch.randn(len(v), generator=rng, dtype=DOUBLE) for v in (x, y))

    def period(x: Any, y: Any, b: Any, c: Any) -> Any:
        batches = [batch_of(game, 0, i) for i in (0, 1)]
        g = sum(gradient("x", x, y, batch, GAMMA) for batch in batches) / 2
        h = sum(gradient("y", x, y, batch, GAMMA) for batch in batches) / 2
        b, c = 0.6 * b + g, 0.6 * c + h
        return x - 0.2 * (g + 0.6 * b), y - 0.2 * (h + 0.6 * c), b, c

    memory = (b,), (c,)
    found = step_multipliers(rule, game, x, y, memory=memory, samples=1)
    own = PeriodMap(rule, game, (x, y, memory), [range(1)])
    compare(own, judged(period, x, y, b, c), found)


def test_average_of_weights() -> None:
    game, (x, y) = made(), made().start()
    p, q = x + 0.1, y - 0.2
    rule = ExponentialAverage(Alternating(lr=0.3), beta=0.9)

    def period(x: Any, y: Any, p: Any, q: Any) -> Any:
        p = p - 0.3 * gradient("x", p, q, batch_of(game, 0), GAMMA)
        q = q - 0.3 * gradient("y", p, q, batch_of(game, 0), GAMMA)
        return 0.9 * x + 0.1 * p, 0.9 * y + 0.1 * q, p, q

    found = step_multipliers(rule, game, x, y, memory=(p, q, ()))
    own = PeriodMap(rule, game, (x, y, (p, q, ())), [range(1)])
    compare(own, judged(period, x, y, p, q), found)
