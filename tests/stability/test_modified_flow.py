"""The modified flow: closed forms, its defect in one step, its multipliers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from gandyn import rules as all_rules
from gandyn._node import replace
from gandyn.dynamics.exact.linear import multipliers
from gandyn.errors import GandynError
from gandyn.games import Bilinear, Forsaken, LinearGame, Quadratic
from gandyn.games.dirac import R1, DiracGAN
from gandyn.rules import (
    Adam,
    Alternating,
    ExponentialAverage,
    Extragradient,
    HeavyBall,
    Lookahead,
    OptimisticGradient,
    ProximalPoint,
    Rule,
    RungeKutta4,
    Simultaneous,
)
from gandyn.stability.flows.hopf import hopf_points
from gandyn.stability.flows.modified_flow import modified_flow

GAME = Forsaken()
POINT = np.array([0.7, -0.4])


def field(z: Any) -> np.ndarray:
    return np.array([GAME.gx(*z), GAME.gy(*z)])


def blocks(z: Any) -> np.ndarray:
    return np.array(GAME.jacobian(*z)).reshape(2, 2)


@pytest.mark.parametrize(
    ("rule", "share"),
    [
        (Simultaneous(), -0.5),
        (Extragradient(), 0.5),
        (ProximalPoint(), 0.5),
        (OptimisticGradient(), 0.5),
        (RungeKutta4(), 0.0),
    ],
)
def test_correction_is_a_share_of_jacobian_times_field(
    rule: Rule, share: float
) -> None:
    first, second = modified_flow(rule, GAME).terms(POINT)
    assert first == pytest.approx(-field(POINT), rel=1e-14)
    assert second == pytest.approx(share * blocks(POINT) @ field(POINT), abs=1e-13)


def test_alternating_play() -> None:
    # Rosca et al. 2021, Theorem 3.2: the cross term of the second player turns its sign
    first, second = modified_flow(Alternating(), GAME).terms(POINT)
    v, (xx, xy, yx, yy) = field(POINT), GAME.jacobian(*POINT)
    assert first == pytest.approx(-v, rel=1e-14)
    expected = [-0.5 * (xx * v[0] + xy * v[1]), 0.5 * (yx * v[0] - yy * v[1])]
    assert second == pytest.approx(expected, rel=1e-13)


def test_heavy_ball() -> None:
    # z'' - 2z' + z = β(z' - z) - h v: f1 = -v/(1-β), f2 = -(1+β)/(2(1-β)³) J v
    beta = 0.6
    rule = HeavyBall(beta_x=beta, beta_y=beta)
    first, second = modified_flow(rule, GAME).terms(POINT)
    assert first == pytest.approx(-field(POINT) / (1 - beta), rel=1e-13)
    share = -(1 + beta) / (2 * (1 - beta) ** 3)
    assert second == pytest.approx(share * blocks(POINT) @ field(POINT), rel=1e-12)


def test_unequal_rates_keep_their_ratio() -> None:
    rule = Simultaneous(lr_x=0.02, lr_y=0.1)
    flow = modified_flow(rule, GAME)
    rates = np.array([1.0, 5.0])
    first, second = flow.terms(POINT)
    assert flow.current() == 0.02
    assert first == pytest.approx(-rates * field(POINT), rel=1e-14)
    expected = -0.5 * rates * (blocks(POINT) @ (rates * field(POINT)))
    assert second == pytest.approx(expected, rel=1e-13)


def step_error(rule: Rule, lr: float, order: int) -> float:
    """Return how far one step is from the flow, once the memory has settled."""
    flow = modified_flow(rule, GAME, order)
    rule = replace(rule, dict.fromkeys(flow._slow.rates, lr))
    x, y = 0.5, 0.3
    memory = rule.init(GAME, x, y)
    for _ in range(round(1 / lr)):
        x, y, memory = rule.step(GAME, x, y, memory)
    before = np.array([x, y])
    after = np.array(rule.step(GAME, x, y, memory)[:2])
    run = solve_ivp(
        lambda _, z: flow.value(z, lr), (0, lr), before,
        method="DOP853", rtol=1e-12, atol=1e-15,
    )  # fmt: skip
    return float(np.abs(run.y[:, -1] - after).max())


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize(
    "rule",
    [
        Simultaneous(),
        Alternating(),
        OptimisticGradient(),
        all_rules.NegativeMomentum(),
        Lookahead(Simultaneous(), k=3),
        all_rules.LOLA(),
        all_rules.ChambollePock(),
        all_rules.SymplecticGradientAdjustment(),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Rule) else str(value),
)
def test_error_of_one_step(rule: Rule, order: int) -> None:
    errors = [step_error(rule, lr, order) for lr in (0.02, 0.01)]
    assert math.log2(errors[0] / errors[1]) == pytest.approx(order + 1, abs=0.2)


@pytest.mark.parametrize(
    "rule",
    [
        Simultaneous(),
        Alternating(lr_x=0.1, lr_y=0.3),
        HeavyBall(beta_x=-0.3, beta_y=0.5),
        OptimisticGradient(),
        ExponentialAverage(Simultaneous(), beta=0.5),
    ],
    ids=lambda rule: type(rule).__name__,
)
def test_multipliers_are_predicted_to_second_order(rule: Rule) -> None:
    game = DiracGAN(regulariser=R1(0.3))
    flow = modified_flow(rule, game)
    errors = []
    for lr in (0.02, 0.01):
        changes = {
            path: lr * ratio
            for path, ratio in zip(flow._slow.rates, flow._slow.ratios, strict=True)
        }
        own = multipliers(replace(rule, changes), game)
        guess = flow.multipliers(flow.state(), lr)
        gaps = np.abs(own[:, None] - guess[None, :]).min(axis=0)
        errors.append(gaps.max())
    assert math.log2(errors[0] / errors[1]) == pytest.approx(3, abs=0.15)


def test_its_hopf_point_is_near_the_rules_threshold() -> None:
    # simultaneous play on R1: lr = 4γ exactly; the flow says γ/(1/4 - γ²/2) ± O(γ²)
    gamma = 0.01
    flow = modified_flow(Simultaneous(), DiracGAN(regulariser=R1(gamma)))
    (found,) = hopf_points(flow, [0.0, 0.0], 0.01, 0.1)
    assert found.value == pytest.approx(gamma / (0.25 - gamma**2 / 2), rel=1e-12)
    assert found.value == pytest.approx(4 * gamma, rel=1e-3)
    assert found.criticality == "supercritical"


def test_vector_games_and_batches() -> None:
    rng = np.random.default_rng(3)
    f_xx, f_yy = (a + a.T for a in rng.standard_normal((2, 3, 3)))
    game = Quadratic(f_xx=f_xx, f_xy=rng.standard_normal((3, 3)), f_yy=f_yy)
    flow = modified_flow(Simultaneous(), game)
    states = rng.standard_normal((6, 4))
    first, second = flow.terms(states)
    J = -np.array([flow.terms(unit)[0] for unit in np.eye(6)]).T
    assert first == pytest.approx(-J @ states, rel=1e-12)
    assert second == pytest.approx(-0.5 * J @ J @ states, rel=1e-11)
    assert flow.jacobian(states[:, 0], 0.1) == pytest.approx(-J - 0.05 * J @ J)


def test_a_batch_over_a_switch() -> None:
    rule = all_rules.ClipValue(Simultaneous(), bound_x=0.5)
    flow = modified_flow(rule, LinearGame(((1.0, 0.0), (0.0, 1.0))))
    first, _ = flow.terms(np.array([[0.2, 2.0], [-0.2, 0.3]]))
    assert first == pytest.approx(np.array([[-0.2, -0.5], [0.2, -0.3]]))


def test_refusals() -> None:
    game = Bilinear(1.0)
    with pytest.raises(GandynError, match="changes with time"):
        modified_flow(Adam(), game)
    with pytest.raises(GandynError, match="order must be from 1 to 6"):
        modified_flow(Simultaneous(), game, order=0)
    flow = modified_flow(HeavyBall(beta_x=1.2, beta_y=0.1), game)
    with pytest.raises(GandynError, match="HeavyBall is not contracted"):
        flow.terms([0.3, 0.2])
    stuck = modified_flow(HeavyBall(beta_x=1.0, beta_y=0.1), game)
    with pytest.raises(GandynError, match="HeavyBall is not"):
        stuck.terms([0.3, 0.2])
