"""Null spaces of J: manifolds of equilibria, small eigenvalues, isolated equilibria."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from gandyn import sweep
from gandyn.dynamics import Verdict
from gandyn.dynamics.exact.null_spaces import null_space
from gandyn.elementary import stack
from gandyn.games import Bilinear, LinearGame, Quadratic, from_losses
from gandyn.games._base import VectorGame
from gandyn.rules import (
    CompetitiveGradientDescent,
    Extragradient,
    HeavyBall,
    OptimisticGradient,
    Simultaneous,
)
from gandyn.stability import certify, linear_stability
from gandyn.stability.linear.linear_maps import linear_maps

AXES = {"lr_x": [1e-11, 2e-11], "lr_y": [1.0, 1e6]}
DIVERGES = (
    Verdict.DIVERGES_SPIRAL,
    Verdict.DIVERGES_FLIP,
    Verdict.DIVERGES_MONOTONE,
)
RULES = [Simultaneous(), Extragradient(), OptimisticGradient(), HeavyBall()]


def test_a_small_unstable_eigenvalue_of_a_badly_scaled_game_is_no_null_direction():
    """J = diag(1e10, -1e-7): the multiplier of y is 1 + 1e-7 lr_y."""
    games = (
        LinearGame([[1e10, 0.0], [0.0, -1e-7]], n=1),
        Quadratic(f_xx=1e10, f_xy=0.0, f_yy=1e-7),
    )
    for game in games:
        found = sweep(Simultaneous(), game, AXES)
        np.testing.assert_allclose(
            found.radius.values, np.tile([1 + 1e-7, 1.1], (2, 1)), rtol=1e-12
        )
        assert np.all(found.verdict.values == Verdict.DIVERGES_MONOTONE)
        rule = Simultaneous(lr_x=2e-11, lr_y=1e6)
        assert linear_stability(rule, game).verdict == "unstable"
        batch = linear_maps(Simultaneous(), game, {"lr_x": [2e-11], "lr_y": [1e6]})
        assert batch.radius[0] == pytest.approx(1.1, rel=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_scales_do_not_hide_eigenvalues(seed):
    """Blocks of sizes between 1e-12 and 1e12 are all seen, null ones are all found."""
    rng = np.random.default_rng(seed)
    size, dead = int(rng.integers(2, 6)), int(rng.integers(0, 2))
    scales = 10.0 ** rng.uniform(-12, 12, size)
    matrix = np.diag(scales * rng.choice([-1, 1], size))
    matrix[:dead] = 0.0
    found = null_space(LinearGame(matrix, 1), (np.zeros(1), np.zeros(size - 1)))
    assert found == (dead, True)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
def test_the_same_jacobian_gives_the_same_verdict_in_games_of_numbers(rule):
    """J singular to the bit, singular to rounding, nilpotent, zero, or regular."""
    rng = np.random.default_rng(5)
    a, b = rng.uniform(0.1, 2.0, 2)
    cases = [(1.0, 0.0, 0.0), (2.0, 4.0, 8.0), (0.0, 0.0, 0.0), (a, a * b, a * b * b)]
    axes = {"lr_x": [0.05, 0.5, 3.0], "lr_y": [0.04, 0.3]}
    for xx, xy, yy in cases:
        number = Quadratic(f_xx=xx, f_xy=xy, f_yy=yy)
        vector = LinearGame([[xx, xy], [-xy, -yy]], n=1)
        one, two = (sweep(rule, game, axes) for game in (number, vector))
        exact = Fraction(xx) * Fraction(yy) == Fraction(xy) ** 2
        if not exact:  # floats cannot tell, and say so
            assert not np.any(one.verdict.values == Verdict.CONVERGES)
            assert not np.any(two.verdict.values == Verdict.CONVERGES)
            continue
        assert np.array_equal(one.verdict.values, two.verdict.values)
        np.testing.assert_allclose(one.radius.values, two.radius.values, atol=1e-12)


def test_singular_cells_of_a_sweep_over_a_games_field():
    """f_xx f_yy = f_xy² in one column: there the other multiplier decides."""
    game = Quadratic(f_xx=1.0, f_xy=1.0, f_yy=1.0)
    axes = {"lr": [0.1, 0.3], "f_yy": [0.5, 1.0, 2.0]}
    found = sweep(Simultaneous(), game, axes)
    for i, j in np.ndindex(2, 3):
        lr, yy = axes["lr"][i], axes["f_yy"][j]
        values = np.linalg.eigvals(np.eye(2) - lr * np.array([[1, 1], [-1, -yy]]))
        values = values[np.abs(values - 1) > 1e-12] if yy == 1.0 else values
        expected = np.max(np.abs(values), initial=0.0)
        assert found.radius.values[i, j] == pytest.approx(expected, abs=1e-7)


def test_a_null_space_to_rounding_is_not_taken_for_a_manifold():
    """A product of floats has full rank over the rationals: nobody knows the sign."""
    rng = np.random.default_rng(6)
    for size in (3, 4, 6):
        basis = rng.normal(size=(size, size))
        matrix = basis @ np.diag([0.0] + [1.0] * (size - 1)) @ np.linalg.inv(basis)
        game = LinearGame(matrix, 1)
        assert null_space(game, game.equilibria()[0]).dimension == 1
        found = sweep(Simultaneous(), game, {"lr_x": [0.1, 0.2], "lr_y": [0.05, 0.1]})
        assert not np.any(found.verdict.values == Verdict.CONVERGES)
        outer = np.outer(rng.normal(size=size), rng.normal(size=size - 1))
        axes = {"lr_x": [0.1, 0.2], "lr_y": [0.1, 0.3]}
        for rule in (Extragradient(), CompetitiveGradientDescent()):
            known = sweep(rule, Bilinear(outer), axes).verdict.values
            assert not np.any(known == Verdict.CONVERGES)
        whole = np.outer(rng.integers(1, 9, size), rng.integers(1, 9, size - 1))
        verdicts = sweep(CompetitiveGradientDescent(), Bilinear(whole), axes).verdict
        assert np.all(verdicts.values == Verdict.CONVERGES)


class Centre(VectorGame):
    """Field (x₀ - k x₁², m x₀ x₁ - c x₁³ + a x₁²; y): mk - c decides if a is 0."""

    zero_sum = linear = False
    k: float = 0.0
    c: float = 1.0
    m: float = 0.0
    a: float = 0.0

    shape = property(lambda self: ((2,), (1,)))

    def gx(self, x, y):
        slow = self.m * x[0] * x[1] - self.c * x[1] * x[1] * x[1]
        return stack(x[0] - self.k * x[1] * x[1], slow + self.a * x[1] * x[1])

    def gy(self, x, y):
        return stack(y[0])

    def jvp(self, x, y, u, w):
        slope = self.m * x[0] - 3 * self.c * x[1] * x[1] + 2 * self.a * x[1]
        first = u[0] - 2 * self.k * x[1] * u[1]
        return stack(first, self.m * x[1] * u[0] + slope * u[1]), stack(w[0])

    def equilibria(self):
        return [(np.zeros(2), np.zeros(1))]


def leaves(rule, game, steps=20_000):
    """Return whether a plain loop from nearby leaves an isolated equilibrium."""
    x, y = np.array([0.0, 0.05]), np.zeros(1)
    memory = rule.init(game, x, y)
    for _ in range(steps):
        x, y, memory = rule.step(game, x, y, memory)
        if np.abs(x).max() > 0.1:
            return True
    return False


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
def test_the_third_order_term_decides_at_an_isolated_singular_equilibrium(rule):
    rng = np.random.default_rng(7)
    for _ in range(3):
        k, c, m = rng.uniform(-2, 2, 3)
        game = Centre(k=float(k), c=float(c), m=float(m))
        found = linear_stability(rule, game)
        assert (found.neutral, found.decided_by) == (0, "third order")
        assert found.radius == pytest.approx(1, abs=1e-12)
        assert (found.verdict == "unstable") == leaves(rule, game)
        assert "third order" in found.remark


def test_a_quadratic_term_makes_it_unstable_on_one_side():
    found = linear_stability(Simultaneous(lr=0.5), Centre(a=0.3))
    assert (found.verdict, found.decided_by) == ("unstable", "second order")


def test_what_no_term_decides_is_not_decided():
    found = linear_stability(Simultaneous(lr=0.5), Centre(c=0.0, k=1.0))
    assert found.verdict == "stable"  # x₁ is free where x₀ = x₁²
    assert (found.neutral, found.neutral_by) == (1, "equilibria")
    flat = from_losses("x**6/6", "y**2/2", equilibria=[(0.0, 0.0)])
    for loss in ("x**6/6", "-x**6/6"):
        flat = from_losses(loss, "y**2/2", equilibria=[(0.0, 0.0)])
        found = linear_stability(Simultaneous(lr=0.5), flat)
        assert found.verdict == "not decided by the linearisation"
        assert (found.neutral, found.radius) == (0, 1.0)


def test_a_multiplier_outside_decides_whatever_the_centre_says():
    found = linear_stability(Simultaneous(lr=3.0), Centre(c=-1.0))
    assert (found.verdict, found.decided_by) == ("unstable", "multipliers")
    assert found.radius == pytest.approx(2.0)


def test_competitive_descent_on_a_rank_deficient_game_is_proved_stable():
    """Multipliers 1 along equilibria and 1/(1 ± i √(lr_x lr_y) σ)."""
    rule = CompetitiveGradientDescent(lr_x=0.4, lr_y=0.1)
    found = certify(rule, Bilinear([[1.0, 2.0]]))
    assert (found.status, found.neutral, found.inside) == ("proved_stable", 1, 2)
    assert found.subject == "exact map"
    modulus = 1 / np.sqrt(1 + 0.04 * 5)
    assert linear_stability(rule, Bilinear([[1.0, 2.0]])).radius == pytest.approx(
        modulus, rel=1e-12
    )
