"""Thresholds: closed forms, the reference cases, textbook maps, bad input."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gandyn import games, rules, simulate
from gandyn.errors import FieldError, GandynError, UnknownName
from gandyn.games.dirac import R1, DiracGAN, GradientPenalty, L2Both
from gandyn.stability import Map, bifurcations, critical_learning_rates
from tests.reference.cases import Case, load
from tests.reference.translate import RULES, games_of, has_game, has_rule, rule_of

GAN = DiracGAN(regulariser=R1(0.3))


def of_threshold(case: Case) -> bool:
    named = "lr_threshold" in case.quantity or "lr_NS" in case.quantity
    return named and has_rule(case) and has_game(case) and "lim" not in case.quantity


CASES = [case for case in load() if of_threshold(case)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_reference_thresholds(case: Case) -> None:
    rule = rule_of(case, lr=0.1)
    field = "lr" if hasattr(rule, "lr_x") else "inner.lr"
    found = []
    for game in games_of(case):
        if "tau" in case.params:
            rule = rules.Simultaneous(lr=0.1)
            game = scaled(game, case.params["tau"])
        found += critical_learning_rates(rule, game, field, 1e-3, 10.0)
    first = min(found, key=lambda one: one.value)
    value = np.atleast_1d(case.value)
    assert first.value == pytest.approx(value[0], rel=1e-11, abs=case.tol * 0.1)
    if len(value) == 2:
        assert first.angle == pytest.approx(value[1], abs=case.tol)


def scaled(game: Any, tau: float) -> Any:
    """Return the linear game whose y gradient is τ times as large."""
    xx, xy, yx, yy = game.jacobian(np.zeros(2), np.zeros(2))
    whole = np.block([[xx, xy], [tau * yx, tau * yy]])
    return games.LinearGame(whole, n=2)


def test_enough_thresholds_are_seen() -> None:
    assert len(CASES) >= 30
    assert len({case.rule for case in CASES}) >= 8
    assert RULES


@given(st.floats(0.05, 1.0), st.floats(0.1, 3.0))
@settings(max_examples=25)
def test_simultaneous_play_in_closed_form(a: float, b: float) -> None:
    game = games.LinearGame([[a, b], [-b, a]])
    limit = 2 * a / (a * a + b * b)
    found = critical_learning_rates(
        rules.Simultaneous(), game, "lr", limit / 3, 3 * limit
    )
    assert [one.kind for one in found] == ["neimark-sacker"]
    assert found[0].value == pytest.approx(limit, rel=1e-12)
    assert found[0].bracket[0] < limit < found[0].bracket[1]
    assert found[0].others == 0


def test_several_thresholds_come_in_order_and_say_which_counts() -> None:
    blocks = np.zeros((4, 4))
    blocks[:2, :2], blocks[2:, 2:] = [[1, 2], [-2, 1]], [[3, 0], [0, 4]]
    found = critical_learning_rates(
        rules.Simultaneous(), games.LinearGame(blocks, n=2), "lr", 0.01, 3.0
    )
    got = [one.value for one in found]
    assert got == pytest.approx([0.4, 0.5, 2 / 3], rel=1e-12)
    assert [one.kind for one in found] == ["neimark-sacker", "flip", "flip"]
    assert [one.others < 1 for one in found] == [True, False, False]


def test_neutral_directions_are_set_aside() -> None:
    game = games.LinearGame(np.diag([0.0, 2.0, 1.0]), n=1)
    found = critical_learning_rates(rules.Simultaneous(), game, "lr", 0.01, 3.0)
    assert [one.neutral for one in found] == [1, 1]
    assert [one.value for one in found] == pytest.approx([1.0, 2.0], rel=1e-13)


@pytest.mark.parametrize("gamma", [0.1, 0.3, 0.7])
def test_dirac_gan_in_both_fields(gamma: float) -> None:
    game = DiracGAN(regulariser=R1(gamma))
    (found,) = critical_learning_rates(rules.Simultaneous(), game, "lr", 0.05, 3.9)
    assert found.value == pytest.approx(4 * gamma, rel=1e-13)
    assert found.coefficient == pytest.approx(-3 * gamma**3, rel=1e-10)
    assert found.criticality == "supercritical"
    assert math.cos(found.angle) == pytest.approx(1 - 2 * gamma**2, rel=1e-12)
    rule = rules.Simultaneous(lr=4 * gamma)
    (back,) = critical_learning_rates(rule, game, "gamma", 0.01, 0.99)
    assert back.value == pytest.approx(gamma, rel=1e-13)
    assert back.speed < 0 < found.speed


def test_speed_is_the_derivative_of_the_modulus() -> None:
    # |λ|² = 1 - lr γ + lr²/4
    (found,) = critical_learning_rates(rules.Simultaneous(), GAN, "lr", 0.1, 5.0)
    assert found.speed == pytest.approx((-0.3 + 1.2 / 2) / 2, rel=1e-12)


@pytest.mark.parametrize(
    ("rule", "game", "high"),
    [
        (rules.Simultaneous(), GAN, 5.0),
        (rules.Simultaneous(), DiracGAN("non-saturating", R1(0.3)), 5.0),
        (rules.Simultaneous(), DiracGAN("non-saturating", L2Both(0.2)), 5.0),
        (rules.AlternatingHeavyBall(beta_x=0.5, beta_y=0.5), GAN, 1.0),
    ],
    ids=["minimax", "non-saturating", "both", "momentum"],
)
def test_simulated_amplitude_just_beyond(rule: Any, game: Any, high: float) -> None:
    (found,) = critical_learning_rates(rule, game, "lr", 0.05, high)
    assert found.criticality == "supercritical"
    value = found.value * 1.003
    kind = type(rule)
    momentum = {"beta_x": 0.5, "beta_y": 0.5} if hasattr(rule, "beta_x") else {}
    predicted = found.amplitude(value)
    orbit = simulate(kind(lr=value, **momentum), game, (predicted, 0.0), 60_000)
    tail = np.stack([orbit.x, orbit.y])[:, -20_000:]
    seen = np.sqrt(np.mean(np.sum(tail**2, axis=0)))
    assert seen == pytest.approx(predicted, rel=0.03)
    assert math.isnan(found.amplitude(found.value * 0.99))


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_decay_at_criticality_has_the_sign_of_the_coefficient(sign: float) -> None:
    # dr/dn = a r³ for |z|² = 2 r², by 1/|z|²: its slope is -a
    step = Map(lambda z, r: (r * z[0] * (1 - z[1]), z[0]))
    (found,) = bifurcations(step, [1 / 3, 1 / 3], 1.5, 2.5)
    assert found.value == pytest.approx(2.0, rel=1e-13)
    assert found.coefficient == pytest.approx(-1.0, rel=1e-10)
    z, gaps = np.array([0.5 + 0.02 * sign, 0.5]), []
    for _ in range(6000):
        z = step.value(z, 2.0)
        gaps.append(np.sum((z - 0.5) ** 2))
    early, late = np.mean(gaps[600:1200]), np.mean(gaps[5400:])
    slope = (1 / late - 1 / early) / 4800
    assert slope == pytest.approx(-found.coefficient, rel=0.03)


@pytest.mark.parametrize("beta", [0.3, -0.4])
def test_henon_flip_with_its_threshold(beta: float) -> None:
    henon = Map(lambda z, a: (z[1], a - beta * z[0] - z[1] * z[1]), "alpha")
    flip = 3 * (1 + beta) ** 2 / 4
    (found,) = bifurcations(henon, [0.0, 0.0], 0.0, 2 * flip)
    assert found.value == pytest.approx(flip, rel=1e-13)
    scaled = found.coefficient / found.share / 0.5
    assert scaled == pytest.approx(1 / (1 - beta**2), rel=1e-10)


@pytest.mark.parametrize(
    ("function", "start", "kind", "value"),
    [
        (lambda z, p: z + 1 - p - z * z, [1.0], "fold", 1.0),
        (lambda z, p: z + p * z - z * z, [0.0], "transcritical", 0.0),
        (lambda z, p: z + p * z - z**3, [0.0], "pitchfork", 0.0),
    ],
)
def test_crossings_of_one(function: Any, start: Any, kind: str, value: float) -> None:
    low = 0.0 if kind == "fold" else -1.0
    (found,) = bifurcations(Map(function), start, low, 1.7)
    assert found.kind == kind
    assert found.value == pytest.approx(value, abs=1e-12)
    assert found.multiplier == pytest.approx(1, abs=1e-6)
    assert abs(found.coefficient) == pytest.approx(1.0, abs=1e-6)


def test_a_fixed_point_that_moves_is_followed() -> None:
    # x' = r x (1 - x) has its fixed point at 1 - 1/r and flips at 3
    logistic = Map(lambda z, r: r * z * (1 - z), "r")
    (found,) = bifurcations(logistic, [0.5], 2.0, 3.5)
    assert found.value == pytest.approx(3.0, rel=1e-13)
    assert found.state == pytest.approx([2 / 3], rel=1e-13)
    assert found.speed == pytest.approx(1.0, rel=1e-12)
    # at r = 3: ½F'' = -3, F''' = 0, b = (½F'')² + F'''/6
    assert found.coefficient == pytest.approx(9.0, rel=1e-12)


def test_two_multipliers_that_meet_at_minus_one_are_resonant() -> None:
    game = games.Bilinear(1.0)
    (found,) = critical_learning_rates(rules.Alternating(), game, "lr", 0.1, 5.0)
    assert found.value == pytest.approx(2.0, rel=1e-12)
    assert (found.status, found.multiplier) == ("resonant", -1)


def test_a_jump_has_a_threshold_and_no_coefficient() -> None:
    game = DiracGAN(regulariser=GradientPenalty(gamma=0.3))
    (found,) = critical_learning_rates(rules.Simultaneous(), game, "lr", 0.1, 5.0)
    assert found.status == "nonsmooth"
    assert math.isnan(found.coefficient)
    assert found.criticality == ""


@pytest.mark.parametrize(("low", "high"), [(0.01, 1.0), (1.3, 9.0)])
def test_no_crossing_is_no_error(low: float, high: float) -> None:
    assert critical_learning_rates(rules.Simultaneous(), GAN, "lr", low, high) == []


def test_bad_input_is_refused() -> None:
    rule = rules.Simultaneous()
    with pytest.raises(GandynError, match=r"no fixed point .* moves it by 0\.1"):
        critical_learning_rates(rule, GAN, "lr", 0.5, 2.0, point=(0.5, 0.0))
    with pytest.raises(FieldError, match="positive"):
        critical_learning_rates(rule, GAN, "lr", -1.0, 2.0)
    with pytest.raises(UnknownName, match="gamma"):
        critical_learning_rates(rule, GAN, "gama", 0.1, 2.0)
    for low, high in [(2.0, 1.0), (1.0, 1.0), (0.1, math.inf)]:
        with pytest.raises(GandynError, match="empty or not finite"):
            critical_learning_rates(rule, GAN, "lr", low, high)
    with pytest.raises(GandynError, match="not finite"):
        critical_learning_rates(rules.FollowTheRidge(), games.Bilinear(1.0))


def test_records_are_plain_data() -> None:
    (found,) = critical_learning_rates(rules.Simultaneous(), GAN, "lr", 0.1, 5.0)
    table = found.as_dict()
    assert table["kind"] == "neimark-sacker"
    assert table["period"] == pytest.approx(2 * math.pi / found.angle)
    assert table["multiplier"] == [found.multiplier.real, found.multiplier.imag]


def test_a_stiff_fixed_point_is_one_though_its_residual_is_large() -> None:
    # ε = 1e-8 turns the rounding of the field into steps of 1e-9, but does not move it
    found = critical_learning_rates(rules.RMSProp(), games.Forsaken(), "lr", 1e-9, 2.0)
    assert [one.kind for one in found] == ["neimark-sacker"]
    weak = DiracGAN(regulariser=R1(0.1))
    (gan,) = critical_learning_rates(rules.RMSProp(), weak, "lr", 1e-9)
    # lr/ε is the rate of simultaneous play, stable up to 4γ
    assert gan.value == pytest.approx(0.4e-8, rel=1e-12)
    assert gan.status == "nonsmooth"


def test_a_linear_map_goes_through_a_multiplier_at_one() -> None:
    # 1 - ημ + η²μ² = 1 at η = 1/μ, with the speed μ there
    game = games.LinearGame(np.diag([2.0, 0.5]), n=1)
    (one,) = critical_learning_rates(rules.Extragradient(), game, "lr", 0.1, 1.5)
    assert one.value == pytest.approx(0.5, rel=1e-12)
    assert (one.kind, one.status) == ("fold", "degenerate")
    assert one.speed == pytest.approx(2.0, rel=1e-9)
