"""Rules that are well-known optimizers, beside torch's and optax's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gandyn.games import Bilinear
from gandyn.games.dirac import DiracGAN
from gandyn.rules import (
    Adam,
    AlternatingAdam,
    AlternatingAMSGrad,
    AlternatingHeavyBall,
    AlternatingNesterov,
    AlternatingRMSProp,
    AMSGrad,
    ExtraAdam,
    ExtraAMSGrad,
    ExtraRMSProp,
    HeavyBall,
    Nesterov,
    OptimisticAdam,
    OptimisticAMSGrad,
    OptimisticGradient,
    OptimisticRMSProp,
    RMSProp,
)

STEPS = 50
GAME = DiracGAN(regulariser="L2")
LR = {"lr_x": 0.02, "lr_y": 0.05}
ADAM = {**LR, "beta1": 0.5, "beta2": 0.9}


def _orbit(rule: Any, game: Any, x: float, y: float, steps: int = STEPS) -> np.ndarray:
    memory = rule.init(game, x, y)
    states = []
    for _ in range(steps):
        x, y, memory = rule.step(game, x, y, memory)
        states.append((x, y))
    return np.array(states)


def _torch_orbit(make: Callable[[Any, float, int], Any], alternating: bool) -> Any:
    torch = pytest.importorskip("torch")
    x, y = (torch.tensor([v], dtype=torch.float64) for v in (0.7, -0.4))
    optimizers = [
        make([p], lr, i)
        for i, (p, lr) in enumerate(zip((x, y), LR.values(), strict=True))
    ]
    states = []
    for _ in range(STEPS):
        gradients = [GAME.gx(x, y), GAME.gy(x, y)]
        x.grad = gradients[0]
        optimizers[0].step()
        y.grad = GAME.gy(x, y) if alternating else gradients[1]
        optimizers[1].step()
        states.append((x.item(), y.item()))
    return np.array(states)


def _sgd(nesterov: bool) -> Callable[[Any, float, int], Any]:
    def make(parameters: Any, lr: float, player: int) -> Any:
        from torch.optim import SGD

        momentum = (0.3, 0.6)[player]
        return SGD(parameters, lr=lr, momentum=momentum, nesterov=nesterov)

    return make


def _adam(amsgrad: bool) -> Callable[[Any, float, int], Any]:
    def make(parameters: Any, lr: float, player: int) -> Any:
        from torch.optim import Adam as TorchAdam

        return TorchAdam(parameters, lr=lr, betas=(0.5, 0.9), amsgrad=amsgrad)

    return make


def _rmsprop(parameters: Any, lr: float, player: int) -> Any:
    from torch.optim import RMSprop

    return RMSprop(parameters, lr=lr, alpha=0.9)


BETAS = {**LR, "beta_x": 0.3, "beta_y": 0.6}
TWINS = [
    (HeavyBall(**BETAS), _sgd(False), False),
    (AlternatingHeavyBall(**BETAS), _sgd(False), True),
    (Nesterov(**BETAS), _sgd(True), False),
    (AlternatingNesterov(**BETAS), _sgd(True), True),
    (Adam(**ADAM), _adam(False), False),
    (AlternatingAdam(**ADAM), _adam(False), True),
    (AMSGrad(**ADAM), _adam(True), False),
    (AlternatingAMSGrad(**ADAM), _adam(True), True),
    (RMSProp(**LR, beta2=0.9), _rmsprop, False),
    (AlternatingRMSProp(**LR, beta2=0.9), _rmsprop, True),
]


@pytest.mark.parametrize(
    ("rule", "make", "alternating"), TWINS, ids=[type(r).__name__ for r, _, _ in TWINS]
)
def test_equal_to_torch_optim(rule: Any, make: Any, alternating: bool) -> None:
    expected = _torch_orbit(make, alternating)
    np.testing.assert_allclose(_orbit(rule, GAME, 0.7, -0.4), expected, atol=1e-12)


def _optax_orbit(make: Callable[[float], Any], lr: dict[str, float]) -> np.ndarray:
    jax = pytest.importorskip("jax")
    optax = pytest.importorskip("optax")
    with jax.enable_x64(True):
        states = [jax.numpy.asarray(v, dtype=float) for v in (0.7, -0.4)]
        optimizers = [make(optax, rate) for rate in lr.values()]
        memories = [o.init(s) for o, s in zip(optimizers, states, strict=True)]
        seen = []
        for _ in range(STEPS):
            gradients = [GAME.gx(*map(float, states)), GAME.gy(*map(float, states))]
            for i, optimizer in enumerate(optimizers):
                gradient = jax.numpy.asarray(gradients[i], dtype=float)
                update, memories[i] = optimizer.update(gradient, memories[i], states[i])
                states[i] = optax.apply_updates(states[i], update)
            seen.append([float(s) for s in states])
    return np.array(seen)


def test_optimistic_gradient_is_optax() -> None:
    def make(optax: Any, rate: float) -> Any:
        return optax.optimistic_gradient_descent(rate)

    expected = _optax_orbit(make, LR)
    found = _orbit(OptimisticGradient(**LR), GAME, 0.7, -0.4)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_the_ratio_is_optax_beta_over_alpha() -> None:
    """Optax steps by (α + β) g - β g_prev, so α is our lr and β our ratio times it."""

    def make(optax: Any, rate: float) -> Any:
        return optax.optimistic_gradient_descent(1.0, alpha=rate, beta=0.6 * rate)

    rule = OptimisticGradient(**LR, ratio_x=0.6, ratio_y=0.6)
    found = _orbit(rule, GAME, 0.7, -0.4)
    np.testing.assert_allclose(found, _optax_orbit(make, LR), rtol=0, atol=1e-12)


def test_adam_is_optax_adam() -> None:
    def make(optax: Any, rate: float) -> Any:
        return optax.adam(rate, b1=0.5, b2=0.9)

    expected = _optax_orbit(make, LR)
    found = _orbit(Adam(**ADAM), GAME, 0.7, -0.4)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


CONSTANT = Bilinear(0.0, b=2.0, c=0.5)
"""A game of constant gradients, (2, -0.5)."""
RATES = np.array([0.02, 0.05])
SIGNS = np.array([-1.0, 1.0])


@pytest.mark.parametrize(
    "rule",
    [
        Adam,
        AlternatingAdam,
        OptimisticAdam,
        ExtraAdam,
        AMSGrad,
        AlternatingAMSGrad,
        OptimisticAMSGrad,
        ExtraAMSGrad,
    ],
)
def test_a_constant_gradient_moves_adam_by_the_learning_rate(rule: Any) -> None:
    times = np.arange(1, STEPS + 1)[:, None]
    found = _orbit(rule(**LR, eps=0.0), CONSTANT, 0.0, 0.0)
    np.testing.assert_allclose(found, times * SIGNS * RATES, rtol=1e-12)


def test_a_constant_gradient_moves_rmsprop_by_its_growing_moment() -> None:
    times = np.arange(1, 2 * STEPS + 1)[:, None]
    u = 1 / np.sqrt(1 - 0.9**times)
    before = np.concatenate([u[:1], u[:-1]])
    steps = {
        RMSProp: u[:STEPS],
        AlternatingRMSProp: u[:STEPS],
        OptimisticRMSProp: (2 * u - before)[:STEPS],
        ExtraRMSProp: u[1::2],
    }
    for rule, lengths in steps.items():
        found = _orbit(rule(**LR, beta2=0.9, eps=0.0), CONSTANT, 0.0, 0.0)
        expected = np.cumsum(lengths, axis=0) * SIGNS * RATES
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_near_equilibrium_adam_is_a_heavy_ball() -> None:
    eps, game = 1e8, Bilinear(1.0)
    adam = Adam(lr=0.05 * eps, beta1=0.6, beta2=0.9, eps=eps)
    ball = HeavyBall(lr=0.05 * 0.4, beta_x=0.6, beta_y=0.6)
    x, y, memory = 0.7, -0.4, ((0.0, 0.0, 1.0, 1.0), (0.0, 0.0, 1.0, 1.0))
    states = []
    for _ in range(STEPS):
        x, y, memory = adam.step(game, x, y, memory)
        states.append((x, y))
    expected = _orbit(ball, game, 0.7, -0.4)
    np.testing.assert_allclose(states, expected, rtol=0, atol=1e-7)


def test_amsgrad_never_forgets_its_largest_gradient() -> None:
    rule = AMSGrad(lr=0.1, beta1=0.0, beta2=0.5, eps=0.0)
    memory = rule.fresh_moments(0.0)
    for g in (8.0, 1.0, 1.0, 1.0, 1.0):
        u, memory = rule.direction(g, memory)
    assert memory[2] == 32.0
    assert u == pytest.approx((32.0 / (1 - 0.5**5)) ** -0.5, rel=1e-14)


def test_extra_adam_is_two_updates_of_the_moments() -> None:
    rule, x, y = ExtraAdam(**ADAM), 0.7, -0.4
    found = rule.step(GAME, x, y, rule.init(GAME, x, y))
    plain = Adam(**ADAM)
    half_x, half_y, memory = plain.step(GAME, x, y, plain.init(GAME, x, y))
    on_x, on_y, memory = plain.step(GAME, half_x, half_y, memory)
    expected = (x + on_x - half_x, y + on_y - half_y)
    np.testing.assert_allclose(found[:2], expected, rtol=1e-14)
    np.testing.assert_array_equal(found[2], memory)
