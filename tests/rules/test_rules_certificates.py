"""Certified factors and step sizes, against worst cases and derivations by hand."""

from __future__ import annotations

from fractions import Fraction
from math import sqrt
from typing import Any

import numpy as np
import pytest

from gandyn.games import LinearGame
from gandyn.rules import (
    Alternating,
    ExtraAnchoredGradientV,
    Extragradient,
    HeavyBall,
    Lookahead,
    ProximalPoint,
    Simultaneous,
)

RATES = [1 / 16, 1 / 4, 1 / 2, 1.0]
MODULI = [0.0, 0.28, 0.6, 0.8]


def turning(mu: float) -> LinearGame:
    """The μ-strongly monotone, 1-Lipschitz game with J = μ I + √(1 - μ²) · turn."""
    top = sqrt(1 - mu * mu)
    return LinearGame([[mu, top], [-top, mu]], n=1)


def worst_growth(rule: Any, game: LinearGame) -> float:
    """The largest singular value of a step, column by column."""
    columns = [
        np.ravel(np.concatenate(rule.step(game, unit[:1], unit[1:], ())[:2]))
        for unit in np.eye(2)
    ]
    return float(np.linalg.norm(np.array(columns).T, 2))


@pytest.mark.parametrize("mu", MODULI)
@pytest.mark.parametrize("rate", RATES)
def test_gradient_steps_attain_their_factor_where_the_field_turns(
    rate: float, mu: float
) -> None:
    rule = Simultaneous(lr=rate)
    found = worst_growth(rule, turning(mu))
    assert rule.contraction(mu, 1.0) == pytest.approx(found, abs=1e-14)
    assert rule.contraction(2 * mu, 2.0) == pytest.approx(
        sqrt(1 - 4 * rate * mu + 4 * rate**2), abs=1e-14
    )
    assert Simultaneous(lr_x=rate, lr_y=2 * rate).contraction(mu, 1.0) is None


@pytest.mark.parametrize("mu", MODULI)
@pytest.mark.parametrize("rate", [*RATES, 8.0])
def test_proximal_steps_attain_their_factor_where_the_field_is_flat(
    rate: float, mu: float
) -> None:
    rule = ProximalPoint(lr=rate)
    flat = LinearGame([[1.0, 0.0], [0.0, mu]], n=1)
    assert rule.contraction(mu, 1.0) == pytest.approx(worst_growth(rule, flat))
    assert ProximalPoint(lr_x=rate, lr_y=2 * rate).contraction(mu, 1.0) is None


def least_decrease(a: float, b: float) -> float:
    """The least a p² + b (1 - p)², the bottom of the parabola through three points."""
    p = np.array([-1.0, 0.0, 1.0])
    bend, slope, level = np.polyfit(p, a * p**2 + b * (1 - p) ** 2, 2)
    return float(level - slope**2 / (4 * bend))


@pytest.mark.parametrize("mu", MODULI)
@pytest.mark.parametrize("rate", RATES)
def test_extragradient_s_factor_is_the_least_of_its_two_terms(
    rate: float, mu: float
) -> None:
    """|z⁺|² <= |z|² - (1 - η²L²)|p|² - 2ημ|q|² with p + q = z."""
    rule = Extragradient(lr=rate)
    if rate == 1 and mu == 0:
        assert rule.contraction(mu, 1.0) is None
        return
    due = sqrt(1 - least_decrease(1 - rate**2, 2 * rate * mu))
    assert rule.contraction(mu, 1.0) == pytest.approx(due, abs=1e-12)
    assert worst_growth(rule, turning(mu)) <= due + 1e-12


def test_extragradient_s_factor_in_numbers() -> None:
    """η = ½, L = 1, μ = ½: a = ¾, b = ½, ab/(a + b) = 3/10."""
    half = Extragradient(lr=0.5)
    assert half.contraction(0.5, 1.0) == pytest.approx(sqrt(7 / 10), abs=1e-15)
    assert half.contraction(0.75, 1.0) == pytest.approx(sqrt(5 / 8), abs=1e-15)
    assert half.contraction(0.25, 1.0) == pytest.approx(sqrt(13 / 16), abs=1e-15)
    assert Extragradient(lr=1.0).contraction(0.5, 1.0) == 1.0
    assert half.contraction(0.5, 2.0) == 1.0
    assert half.contraction(0.5, 2.5) is None
    for other in ({"ratio_x": 0.0}, {"ratio_y": 2.0}, {"lr_y": 0.25}):
        rule = Extragradient(**{"lr_x": 0.5, "lr_y": 0.5, **other})
        assert rule.contraction(0.5, 1.0) is None


def test_the_anchored_step_shrinks_by_the_published_recursion() -> None:
    """αR = ½, t = 1: s = ¼, 1 - s/((1 - s)·2·4); αR = ⅔, t = 2: s = 4/9, likewise."""
    exact = ExtraAnchoredGradientV(lipschitz=Fraction(2))
    assert exact.shrink(Fraction(1, 4), Fraction(1)) == 1 - Fraction(1, 24)
    assert exact.shrink(Fraction(1, 3), Fraction(2)) == 1 - Fraction(4, 75)


def test_where_polynomials_and_energies_are_declared() -> None:
    assert Lookahead(Simultaneous()).characteristic(1.0) is not None
    assert Lookahead(HeavyBall()).characteristic(1.0) is None
    assert Alternating(lr=0.5).energy(1.0, 1.0, 2.0) == 2 + 8 - 2
    assert Alternating(lr=0.5, y_first=True).energy(1.0, 1.0, 2.0) == 2 + 8 + 2
    for inner in ({"k_x": 2}, {"k_y": 2}):
        assert Alternating(**inner).energy(1.0, 1.0, 1.0) is None


def test_the_proximal_equation() -> None:
    game, rule = turning(0.6), ProximalPoint(lr_x=0.5, lr_y=2.0)
    z, w = np.array([3.0, -1.0]), np.array([1.0, 2.0])
    due = w + np.array([0.5, 2.0]) * (game.J @ w) - z
    found = rule.residual(game, z[:1], z[1:], w[:1], w[1:])
    np.testing.assert_allclose(np.concatenate(found), due, atol=1e-15)
