"""Pairs of torch optimizers as rules, beside loops that call ``optimizer.step()``."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from gandyn._node import replace
from gandyn.errors import GandynError

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn.functional import softplus  # noqa: E402

from gandyn.gans import (  # noqa: E402
    Minibatch,
    Objective,
    OptimizerPair,
    State,
    TorchGame,
    load_optimizer,
    optimizer_memory,
    optimizer_rule,
    train,
)
from gandyn.gans.optimizers.adaptive import SGDOptimizer  # noqa: E402
from gandyn.gans.training.stepping import Stepper  # noqa: E402
from gandyn.rules import ExponentialAverage, HeavyBall  # noqa: E402

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
        generator, critic, Objective("minimax"),
        {"real": points[0] + 0.5, "latents": points[1]}, sampling=Minibatch(16),
        seed=seed,
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
        oracle = self.game.for_step(self.step_number, None, None)
        drawn = oracle.for_call(i).given.batch
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
def test_two_hundred_steps_of_every_optimizer(name: str) -> None:
    assert compared((of(name), of(name)), "y first")[0] < 1e-12


@pytest.mark.parametrize(
    ("order", "k_x", "k_y", "accumulation"),
    [
        ("simultaneous", 1, 1, 1),
        ("x first", 1, 1, 1),
        ("simultaneous", 2, 3, 2),
        ("x first", 2, 1, 2),
        ("y first", 1, 3, 1),
        ("y first", 2, 3, 2),
    ],
)
def test_orders_step_ratios_and_accumulation(
    order: str, k_x: int, k_y: int, accumulation: int
) -> None:
    play = {"k_x": k_x, "k_y": k_y, "accumulation": accumulation}
    assert compared((of("adam"), of("nesterov")), order, 100, **play)[0] < 1e-12


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("k_x", [1, 2])
@pytest.mark.parametrize("k_y", [1, 3])
@pytest.mark.parametrize("accumulation", [1, 2])
@pytest.mark.parametrize("order", ORDERS)
def test_every_optimizer_order_and_ratio(
    name: str, order: str, k_x: int, k_y: int, accumulation: int
) -> None:
    play = {"k_x": k_x, "k_y": k_y, "accumulation": accumulation}
    assert compared((of(name), of(name)), order, **play)[0] < 1e-12


@pytest.mark.parametrize("order", ["y first", "x first"])
def test_groups_and_clipping(order: str) -> None:
    def grouped(net: nn.Module) -> Any:
        first, _, last = net
        return torch.optim.AdamW(
            [
                {"params": last.parameters(), "lr": 1e-3, "betas": (0.5, 0.9)},
                {"params": [first.bias], "weight_decay": 0.3, "eps": 1e-3},
                {"params": [first.weight]},
            ],
            lr=4e-3, weight_decay=0.02,
        )  # fmt: skip

    def ascending(net: nn.Module) -> Any:
        return torch.optim.SGD(
            [
                {"params": [net[0].weight], "momentum": 0.9},
                {"params": [net[0].bias, *net[2].parameters()], "lr": 0.01},
            ],
            lr=0.02, momentum=0.5,
        )  # fmt: skip

    found = compared((grouped, ascending), order, norms={"x": 0.02, "y": 0.05})
    assert found[0] < 1e-12
    rule = found[1]
    assert (rule.lr_x, rule.lr_y) == (4e-3, 0.02)
    assert rule.optimizer_x.groups.ratios == (0.25, 1.0, 1.0)


def test_a_player_that_maximises_its_loss() -> None:
    nets = networks()
    game, x, y = game_of(*nets), *game_of(*nets).start()
    down = torch.optim.Adam(nets[0].parameters(), 1e-3, weight_decay=0.1)
    up = torch.optim.Adam(nets[1].parameters(), 1e-3, weight_decay=0.1, maximize=True)
    rule = optimizer_rule(*nets, down, up, alternating=False)
    _, got, _ = rule.step(game, x, y, rule.init(game, x, y))
    nn.utils.vector_to_parameters(
        game.gy(x, y), grads := [torch.empty_like(p) for p in nets[1].parameters()]
    )
    for p, g in zip(nets[1].parameters(), grads, strict=True):
        p.grad = g.data
    up.step()
    want = torch.cat([p.detach().flatten() for p in nets[1].parameters()])
    torch.testing.assert_close(got, want, rtol=0, atol=1e-15)


@pytest.mark.parametrize("name", ["adam", "amsgrad", "dampened", "centred"])
def test_a_checkpoint_goes_on(name: str) -> None:
    *_, nets, optimizers, loop = compared((of(name), of(name)), "y first", 40)
    rule = optimizer_rule(*nets, *optimizers)
    memory = optimizer_memory(*nets, *optimizers)
    x, y = loop.vectors()
    state = State(x, y, memory, loop.step_number, {})
    state = train(rule, loop.game, state, 25, record=()).state
    for _ in range(25):
        loop.step()
    for mine, theirs in zip((state.x, state.y), loop.vectors(), strict=True):
        assert float((mine - theirs).abs().max()) < 1e-12


def test_members_of_an_ensemble_have_their_own_fields() -> None:
    nets = networks()
    optimizers = [torch.optim.Adam(net.parameters(), 1e-3) for net in nets]
    game = game_of(*nets)
    rule = optimizer_rule(*nets, *optimizers, k_y=2)
    fields = {
        "lr_x": torch.tensor([1e-3, 4e-3], dtype=DOUBLE),
        "optimizer_y.beta1": torch.tensor([0.9, 0.5], dtype=DOUBLE),
    }
    x, y = (part[:, None].expand(-1, 2).clone() for part in game.start())
    stepper = Stepper(rule, "trace")
    state = stepper.begin(game, x, y, fields)
    for _ in range(10):
        state = stepper.step(game, state, fields)
    assert "trace" in stepper.used
    for i in (0, 1):
        own = replace(rule, {path: float(value[i]) for path, value in fields.items()})
        alone = train(own, game, game.start(), 10, record=()).state
        torch.testing.assert_close(state.x[:, i], alone.x, rtol=0, atol=1e-13)
        torch.testing.assert_close(state.y[:, i], alone.y, rtol=0, atol=1e-13)


def test_sgd_with_momentum_is_the_heavy_ball() -> None:
    game = game_of(*networks())
    sgd = SGDOptimizer(momentum=0.7)
    pair = OptimizerPair(lr=0.05, optimizer_x=sgd, optimizer_y=sgd, alternating=False)
    ball = HeavyBall(lr=0.05, beta_x=0.7, beta_y=0.7)
    ends = [
        train(rule, game, game.start(), 50, record=()).state for rule in (pair, ball)
    ]
    torch.testing.assert_close(ends[0].x, ends[1].x, rtol=0, atol=1e-13)


def test_the_average_of_the_weights_sees_every_round() -> None:
    game = game_of(*networks())
    sgd = SGDOptimizer()
    rule = OptimizerPair(lr=0.1, optimizer_x=sgd, optimizer_y=sgd, k_y=3)
    averaged = ExponentialAverage(rule, beta=0.9)
    assert averaged.batches == 3
    state = train(averaged, game, game.start(), 20, record=()).state
    plain = train(rule, game, game.start(), 20, record=()).state
    torch.testing.assert_close(state.memory[0], plain.x, rtol=0, atol=0)


class Lion(torch.optim.Optimizer):
    """An optimizer that nobody knows."""


def refusal(nets: Any, *optimizers: Any) -> str:
    with pytest.raises(GandynError) as error:
        optimizer_rule(*nets, *optimizers)
    return str(error.value)


def test_what_is_no_pair_of_optimizers_is_refused() -> None:
    nets, others = networks(), networks(1)
    one, two = (torch.optim.SGD(net.parameters(), 0.1) for net in nets)
    stranger = torch.optim.SGD(others[0].parameters(), 0.1)
    assert "the generator's optimizer has a parameter of shape (4, 2)" in refusal(
        nets, stranger, two
    )
    assert "the other player's 0.weight" in refusal(nets, two, one)
    some = torch.optim.SGD(nets[0][0].parameters(), 0.1)
    assert "parameter 2.weight is not in its optimizer" in refusal(nets, some, two)
    shared = (nets[0], nn.Sequential(nets[1], nets[0]))
    assert "0.weight is the generator's too" in refusal(shared, one, two)
    unknown = Lion(nets[0].parameters(), {"lr": 0.1})
    assert "is a Lion; known are SGD, Adam, AdamW, RMSprop" in refusal(
        nets, unknown, two
    )
    still = torch.optim.SGD(nets[0].parameters(), 0.0)
    assert "learning rate is 0" in refusal(nets, still, two)
    mixed = torch.optim.Adam(
        [
            {"params": nets[0][0].parameters(), "amsgrad": True},
            {"params": nets[0][2].parameters()},
        ]
    )
    assert "differ in amsgrad" in refusal(nets, mixed, two)


def test_the_state_of_another_model_is_refused_by_name() -> None:
    net, _ = networks()
    wider = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 3)).double()
    theirs = torch.optim.Adam(wider.parameters())
    wider(torch.ones(1, 2, dtype=DOUBLE)).sum().backward()
    theirs.step()
    ours = torch.optim.Adam(net.parameters())
    with pytest.raises(GandynError, match=r"exp_avg of 2\.weight has shape \(3, 4\)"):
        load_optimizer(ours, net, theirs.state_dict())
    with pytest.raises(GandynError, match="give optimizer"):
        load_optimizer(ours, net, {"model": {}})
    shorter = torch.optim.Adam(net[0].parameters())
    with pytest.raises(GandynError, match=r"groups have \[2\] parameters"):
        load_optimizer(ours, net, shorter.state_dict())
    own = torch.optim.Adam(net.parameters())
    for p in net.parameters():
        p.grad = torch.ones_like(p)
    own.step()
    load_optimizer(ours, net, own.state_dict())
    other = networks(1)
    idle = torch.optim.SGD(other[1].parameters(), 0.1)
    (m, _, c1, _), nothing = optimizer_memory(net, other[1], ours, idle)
    assert (len(m), nothing) == (22, ())
    assert c1 == pytest.approx(0.1)
