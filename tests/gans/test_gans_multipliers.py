"""Multipliers of a period, beside loops unrolled by hand, differentiated backwards."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gandyn.errors import GandynError

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn.functional import softplus  # noqa: E402

from gandyn.games import R1, Lazy  # noqa: E402
from gandyn.gans import (  # noqa: E402
    Minibatch,
    Objective,
    OptimizerPair,
    TorchGame,
    optimizer_memory,
    optimizer_rule,
    step_multipliers,
    train,
)
from gandyn.gans.optimizers.adaptive import AdamOptimizer, SGDOptimizer  # noqa: E402
from gandyn.gans.spectra.period_maps import PeriodMap  # noqa: E402
from gandyn.rules import (  # noqa: E402
    CATALOGUE,
    Adam,
    Alternating,
    ExponentialAverage,
)

DOUBLE = torch.float64
GAMMA = 0.4


def made(sampling: Any = "full", penalty: Any = None) -> TorchGame:
    rng = torch.Generator().manual_seed(1)
    real, latents = (torch.randn(12, 2, generator=rng, dtype=DOUBLE) for _ in range(2))
    penalty = R1(GAMMA) if penalty is None else penalty
    return TorchGame(
        *networks(), Objective("minimax", penalty),
        {"real": real + 0.5, "latents": latents}, sampling=sampling, seed=3,
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
    return game.for_step(step, *game.start()).for_call(call).given.batch


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
    game, (x, y) = made(penalty=Lazy(R1(GAMMA), every=4)), made().start()
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


def trained(name: str) -> Any:
    """Return modules and optimizers after some steps of a loop of torch's own."""
    nets = networks()
    makers = {
        "adam": lambda p: torch.optim.Adam(p, 0.02, betas=(0.5, 0.9), weight_decay=0.1),
        "adamw": lambda p: torch.optim.AdamW(p, 0.02, weight_decay=0.1, amsgrad=True),
        "rmsprop": lambda p: torch.optim.RMSprop(p, 0.01, centered=True, momentum=0.4),
    }
    optimizers = [makers[name](net.parameters()) for net in nets]
    batch = batch_of(made(), 0)
    for _ in range(7):
        for i, player in enumerate("xy"):
            vectors = [torch.cat([p.flatten() for p in n.parameters()]) for n in nets]
            g = gradient(player, *vectors, batch, GAMMA).detach()
            nn.utils.vector_to_parameters(g, grads := list(own_copies(nets[i])))
            for p, part in zip(nets[i].parameters(), grads, strict=True):
                p.grad = part.data
            optimizers[i].step()
    return nets, optimizers


def own_copies(net: Any) -> Any:
    return (torch.empty_like(p) for p in net.parameters())


def kept(net: Any, optimizer: Any, key: str) -> Any:
    return torch.cat([optimizer.state[p][key].flatten() for p in net.parameters()])


@pytest.mark.parametrize("name", ["adam", "adamw", "rmsprop"])
def test_frozen_steps_of_a_checkpoint(name: str) -> None:
    nets, optimizers = trained(name)
    game = made()
    start = [
        torch.cat([p.detach().flatten() for p in net.parameters()]) for net in nets
    ]
    key = "momentum_buffer" if name == "rmsprop" else "exp_avg"
    momenta = [kept(n, o, key) for n, o in zip(nets, optimizers, strict=True)]
    roots = []
    for net, optimizer in zip(nets, optimizers, strict=True):
        v = kept(
            net, optimizer,
            {"adam": "exp_avg_sq", "adamw": "max_exp_avg_sq", "rmsprop": "square_avg"}[
                name
            ],
        )  # fmt: skip
        if name == "rmsprop":
            v = v - kept(net, optimizer, "grad_avg") ** 2
        else:
            v = v / (1 - (0.9 if name == "adam" else 0.999) ** 7)
        roots.append(v.sqrt() + 1e-8)

    def move(i: int, z: Any, g: Any, m: Any) -> Any:
        if name == "rmsprop":
            m = 0.4 * m + g / roots[i]
            return z - 0.01 * m, m
        if name == "adam":
            m = 0.5 * m + 0.5 * (g + 0.1 * z)
            return z - 0.02 * m / (1 - 0.5**7) / roots[i], m
        m = 0.9 * m + 0.1 * g
        return z * (1 - 0.02 * 0.1) - 0.02 * m / (1 - 0.9**7) / roots[i], m

    def period(x: Any, y: Any, m: Any, n: Any) -> Any:
        batch = batch_of(game, 0)
        x, m = move(0, x, gradient("x", x, y, batch, GAMMA), m)
        y, n = move(1, y, gradient("y", x, y, batch, GAMMA), n)
        return x, y, m, n

    rule = optimizer_rule(*nets, *optimizers, y_first=False)
    memory = optimizer_memory(*nets, *optimizers)
    found = step_multipliers(rule, game, *start, memory=memory)
    own = PeriodMap(rule, game, (*start, memory), [range(1)])
    expected = judged(period, *start, *momenta)
    order = reordered(own, start, momenta)
    compare(own, expected[order][:, order], found)
    assert found.point.startswith("no fixed point")


def reordered(own: PeriodMap, start: Any, momenta: Any) -> Any:
    """Return the places of the rule's vector in (x, y, momenta)."""
    mine = own.vector
    hers = torch.cat([*start, *momenta])
    assert len(mine) == len(hers)
    return torch.tensor([int((hers - value).abs().argmin()) for value in mine])


def test_named_adaptive_rules_have_frozen_steps() -> None:
    game = made()
    state = train(Adam(lr=0.01, beta1=0.5), game, game.start(), 5, record=()).state
    rule = Adam(lr=0.01, beta1=0.5)
    found = step_multipliers(rule, game, state.x, state.y, memory=state.memory)
    node = AdamOptimizer(beta1=0.5)
    pair = OptimizerPair(lr=0.01, optimizer_x=node, optimizer_y=node, alternating=False)
    same = step_multipliers(pair, game, state.x, state.y, memory=state.memory)
    np.testing.assert_allclose(found.values, same.values, atol=1e-12)
    with pytest.raises(GandynError, match="Give memory="):
        step_multipliers(rule, game, state.x, state.y)
    memory = rule.init(game, state.x, state.y)
    with pytest.raises(GandynError, match="after a first step"):
        step_multipliers(rule, game, state.x, state.y, memory=memory)


class HalfAdam(Adam):
    """Adam with half a step."""

    def direction(self, g: Any, moments: Any) -> Any:
        u, moments = super().direction(g, moments)
        return u / 2, moments


def test_a_direction_of_its_own_is_not_frozen_as_another() -> None:
    game, (x, y) = made(), made().start()
    state = train(HalfAdam(lr=0.01), game, (x, y), 3, record=()).state
    with pytest.raises(GandynError, match="needs a held_direction"):
        step_multipliers(HalfAdam(lr=0.01), game, x, y, memory=state.memory)


@pytest.mark.parametrize("name", ["OptimisticAdam", "ExtraAMSGrad", "ClipNorm"])
def test_frozen_steps_of_rules_around_moments(name: str) -> None:
    game, (x, y) = made(), made().start()
    rule = CATALOGUE[name]()
    if name == "ClipNorm":
        rule = CATALOGUE[name](Adam(lr=0.01), bound_x=100.0, bound_y=100.0)
    state = train(rule, game, (x, y), 3, record=()).state
    memory = state.memory
    found = step_multipliers(rule, game, state.x, state.y, memory=memory)
    assert found.converged.all()
    if name == "ClipNorm":
        own = step_multipliers(rule.inner, game, state.x, state.y, memory=memory)
        np.testing.assert_allclose(found.values, own.values, atol=1e-12)
