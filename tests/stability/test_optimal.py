"""Optimal fields against closed forms: smooth optima, crossings, and defective ones."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gandyn._node import replace
from gandyn.dynamics import multipliers
from gandyn.errors import FieldError, GandynError
from gandyn.games import Bilinear, Quadratic, from_losses
from gandyn.games.dirac import R1, DiracGAN
from gandyn.rules import (
    Adam,
    Alternating,
    AlternatingHeavyBall,
    Extragradient,
    HeavyBall,
    Lookahead,
    OptimisticGradient,
    Simultaneous,
)
from gandyn.stability.linear.minimise_radius import minimise_radius

DIGITS = 1e-10
LR = {"lr": (0.01, 3.0)}


def test_two_curvatures_share_the_learning_rate():
    """2/(μ + L) and (L - μ)/(L + μ), where two multipliers cross in modulus."""
    found = minimise_radius(Simultaneous(), Quadratic(0.7, 0.0, -3.1), LR)
    assert found.fields["lr"] == pytest.approx(2 / 3.8, rel=DIGITS)
    assert found.radius == pytest.approx(2.4 / 3.8, rel=DIGITS)
    assert (found.kind, found.status) == ("crossing", "converged")
    assert found.residual < 1e-11


@pytest.mark.parametrize(("mu", "sigma"), [(0.1, 1.0), (0.5, 2.0), (1.0, 0.25)])
def test_simultaneous_play_on_a_quadratic_game(mu, sigma):
    """lr = μ/(μ² + σ²) and ρ = σ/√(μ² + σ²), a smooth minimum."""
    found = minimise_radius(Simultaneous(), Quadratic(mu, sigma, -mu), LR)
    size = math.hypot(mu, sigma)
    assert found.fields["lr"] == pytest.approx(mu / size**2, rel=DIGITS)
    assert found.radius == pytest.approx(sigma / size, rel=DIGITS)
    assert found.kind == "smooth"


@pytest.mark.parametrize("sigma", [0.3, 1.0, 4.0])
def test_extragradient_on_the_bilinear_game(sigma):
    """ρ² = (1 - x²)² + x² with x = lr σ: x = 1/√2 and ρ = √3/2."""
    found = minimise_radius(Extragradient(), Bilinear(sigma), LR)
    assert found.fields["lr"] * sigma == pytest.approx(math.sqrt(0.5), rel=DIGITS)
    assert found.radius == pytest.approx(math.sqrt(0.75), rel=DIGITS)


def test_a_matrix_game_and_its_singular_values_have_the_same_optimum():
    """Two singular values share the rate; neutral directions do not count."""
    rng = np.random.default_rng(1)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    matrix = turn @ np.diag([1.0, 0.5, 0.0])[:, :2]
    whole = minimise_radius(OptimisticGradient(), Bilinear(matrix), LR)
    apart = minimise_radius(OptimisticGradient(), [Bilinear(1.0), Bilinear(0.5)], LR)
    # Zhang and Yu 2020, optimistic play with s₁ = 1, s₂ = 1/2
    assert whole.radius == pytest.approx(0.9560163238335617, rel=DIGITS)
    assert whole.fields["lr"] == pytest.approx(0.5608249204723538, rel=DIGITS)
    assert apart.radius == pytest.approx(whole.radius, rel=DIGITS)


def test_polyaks_momentum_is_found_where_all_multipliers_are_defective():
    """lr = 4/(√μ + √L)², β = ρ² with ρ = (√κ - 1)/(√κ + 1)."""
    box = {"lr": (0.01, 1.0), "beta_x": (0.0, 0.9), "beta_y": (0.0, 0.9)}
    found = minimise_radius(HeavyBall(), Quadratic(1.0, 0.0, -9.0), box)
    assert found.radius == pytest.approx(0.5, rel=DIGITS)
    assert found.fields["lr"] == pytest.approx(0.25, rel=1e-8)
    assert found.fields["beta_x"] == pytest.approx(0.25, rel=1e-8)
    assert found.fields["beta_y"] == pytest.approx(0.25, rel=1e-8)
    assert found.kind == "defective"


@pytest.mark.slow
def test_alternating_play_is_fastest_with_a_triple_multiplier():
    """ρ = 2√3 - 3 at β = -(2 - √3)², a triple root of (λ-1)²(λ-β)² + x² λ³."""
    box = {"lr": (0.01, 2.0), "beta_x": (-0.9, 0.9), "beta_y": (-0.9, 0.9)}
    found = minimise_radius(AlternatingHeavyBall(), Bilinear(1.0), box)
    radius, beta = 2 * math.sqrt(3) - 3, -((2 - math.sqrt(3)) ** 2)
    assert found.radius == pytest.approx(radius, rel=DIGITS)
    assert found.fields["beta_x"] == pytest.approx(beta, rel=1e-6)
    square = found.fields["lr"] ** 2
    own = np.poly1d([1, -1]) ** 2 * np.poly1d([1, -beta]) ** 2
    p = own + square * np.poly1d([1, 0, 0, 0])
    for derivative in range(3):
        assert p.deriv(derivative)(-radius) == pytest.approx(0, abs=1e-8)


def test_the_optimum_is_no_higher_than_any_point_tried():
    game, rule = DiracGAN(regulariser=R1(0.3)), Alternating()
    box = {"lr_x": (0.05, 3.0), "lr_y": (0.05, 3.0)}
    found = minimise_radius(rule, game, box)
    rng = np.random.default_rng(0)
    for lr_x, lr_y in 10 ** rng.uniform(math.log10(0.05), math.log10(3), (500, 2)):
        other = replace(rule, {"lr_x": lr_x, "lr_y": lr_y})
        assert abs(multipliers(other, game)[0]) >= found.radius - 1e-9
    best = replace(rule, found.fields)
    assert abs(multipliers(best, game)[0]) == pytest.approx(found.radius, abs=1e-6)


def test_counts_are_tried_one_by_one():
    rule, game = Lookahead(Simultaneous(lr=0.3), alpha=0.5), Bilinear(1.0)
    found = minimise_radius(rule, game, {"k": (1, 12)})
    every = [abs(multipliers(replace(rule, {"k": k}), game)[0]) for k in range(1, 13)]
    assert found.fields == {"k": 1 + int(np.argmin(every))}
    assert type(found.fields["k"]) is int
    assert found.radius == pytest.approx(min(every), rel=1e-14)


def test_counts_together_with_numbers():
    found = minimise_radius(
        Lookahead(Simultaneous()), Bilinear(1.0), LR | {"k": (2, 4)}
    )
    alone = [
        minimise_radius(Lookahead(Simultaneous(), k=k), Bilinear(1.0), LR).radius
        for k in (2, 3, 4)
    ]
    assert found.radius == pytest.approx(min(alone), rel=DIGITS)
    assert found.fields["k"] == 2 + int(np.argmin(alone))


def test_switches_are_tried_too():
    rule = Alternating(k_x=2)
    game = DiracGAN(regulariser=R1(0.3))
    found = minimise_radius(rule, game, {"y_first": (False, True), "lr": (0.05, 2.0)})
    assert found.fields["y_first"] in (False, True)


def test_an_optimum_at_the_end_of_its_interval_says_so():
    found = minimise_radius(
        Simultaneous(), Quadratic(1.0, 0.0, -1.0), {"lr": (0.01, 0.05)}
    )
    assert found.fields == {"lr": 0.05}
    assert found.at_bounds == ("lr",)
    assert (found.kind, found.status) == ("edge", "converged")
    assert found.radius == pytest.approx(0.95, rel=1e-14)


def test_a_field_of_the_game_can_be_searched_too():
    """The strength g of a regulariser that makes J defective."""
    game = from_losses("x*y", "-x*y + g*y**2/2", g=0.5, equilibria=[(0, 0)])
    found = minimise_radius(Simultaneous(lr=0.5), game, {"g": (0.01, 3.0)})
    # λ = 1 - lr μ with μ² - g μ + 1 = 0: |λ|² = 1 - lr g + lr² while complex, g < 2
    assert found.fields["g"] == pytest.approx(2.0, rel=1e-8)
    assert found.radius == pytest.approx(0.5, rel=DIGITS)
    assert found.kind == "defective"


@pytest.mark.parametrize(
    ("rule", "over", "message"),
    [
        (Simultaneous(), {"lr": (1.0, 0.1)}, "interval from 1.0 to 0.1 is empty"),
        (Simultaneous(), {"lr": (-1.0, 1.0)}, "lr_x must be positive"),
        (Simultaneous(), {"lr": 0.1}, "a pair"),
        (Simultaneous(), {}, "1 to 4 numeric fields"),
        (Lookahead(Simultaneous()), {"k": (1, 1000)}, "1000 combinations"),
        (Simultaneous(), {"rate": (0.1, 1.0)}, "unknown field"),
        (Adam(), {"lr": (0.1, 1.0)}, "changes with time"),
    ],
)
def test_bad_searches(rule, over, message):
    with pytest.raises(GandynError, match=message):
        minimise_radius(rule, Bilinear(), over)
    with pytest.raises(FieldError, match="give a game"):
        minimise_radius(Simultaneous(), [], LR)
