"""Thresholds one eigenvalue of J at a time: what rounding of a map would hide."""

from __future__ import annotations

import math
import warnings
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scipy.linalg import block_diag

from gandyn import Positive, Rule, rules
from gandyn._node import replace
from gandyn.elementary import exp
from gandyn.errors import GandynError
from gandyn.games import LinearGame, from_losses
from gandyn.stability import (
    RuleMap,
    critical_learning_rates,
    multiplier_path,
    radius_derivative,
)
from gandyn.stability.crossings.decoupling import decoupling
from gandyn.stability.crossings.eigenvalues import exact_eigenvalues
from gandyn.stability.crossings.spectra import spectrum
from gandyn.stability.maps.ratios import Ratio, characteristic, symbols
from gandyn.stability.maps.units import natural_units, state_units

SPIRAL = np.array([[1.0, 2.0], [-2.0, 1.0]])


class Relaxed(Rule):
    """Simultaneous play, with a weight that is no rational function of the rate."""

    lr_x: Positive = 0.1
    lr_y: Positive = 0.1
    weight: Positive = 0.5

    def step(self, game, x, y, memory):
        a = exp(-self.weight)
        return x - a * self.lr_x * game.gx(x, y), y - a * self.lr_y * game.gy(x, y), ()


def test_a_slow_pair_is_told_where_its_maps_round_to_rotations() -> None:
    # |1 - s + s²|² = 1 + 2ep - (wp)² + …: an excess of 1e-17 at the low end
    e, w = 1e-13, 1e-5
    game = LinearGame([[-e, w], [-w, -e]], n=1)
    found = critical_learning_rates(rules.Extragradient(), game, "lr", 1e-4, 10.0)
    (one,) = found
    assert found.complete
    assert (found.outside, one.change, one.kind) == (2, -2, "neimark-sacker")
    assert one.value == pytest.approx(2e-3, rel=1e-12)


@pytest.mark.parametrize(
    ("rule", "field", "first"),
    [
        (rules.Lookahead(), "inner.lr", 0.4559135364570513),
        (rules.RungeKutta4(), "lr", 1.1865104762729142),
    ],
)
def test_a_stiff_game_hides_no_slow_multiplier(rule: Any, field: str, first: float):
    slow, fast = [0.4, 1 + 2j, 1 - 2j], [1e4]
    stiff = LinearGame.with_spectrum(fast + slow, n=2, condition=30.0)
    alone = LinearGame.with_spectrum(slow, n=2)
    found = critical_learning_rates(rule, stiff, field, 1e-3, 10.0)
    known = critical_learning_rates(rule, alone, field, 1e-3, 10.0)
    assert found.complete
    assert (found.outside, known.outside) == (1, 0)
    assert [one.value for one in found] == pytest.approx(
        [one.value for one in known], rel=1e-10
    )
    assert [one.kind for one in found] == [one.kind for one in known]
    assert found[0].value == pytest.approx(first, rel=1e-12)
    shifted = stiff.J - (1 + 2j) * np.eye(4)
    vector = found[0].vector
    left = min(np.linalg.norm(shifted @ v) for v in (vector, vector.conj()))
    assert left < 1e-9
    assert np.linalg.norm(vector) == pytest.approx(1)


def test_a_pole_of_one_multiplier_hides_no_other() -> None:
    # 1/(1 + lr μ) is -1 at lr = -2/μ; of -1 there is a pole where -2 crosses
    game = LinearGame(np.diag([-1.0, -2.0, 3.0]), n=1)
    found = critical_learning_rates(rules.ProximalPoint(), game, "lr", 1e-3, 10.0)
    assert found.complete
    assert [one.value for one in found] == pytest.approx([1.0, 2.0], rel=1e-12)
    assert [(one.kind, one.change) for one in found] == [("flip", -1)] * 2
    assert found[0].others > 1e9


@pytest.mark.parametrize("order", [3, 4])
def test_jordan_blocks_that_rounding_takes_apart(order: int) -> None:
    basis = np.random.default_rng(3).normal(size=(order, order))
    chain = 1.3 * np.eye(order) + np.diag(np.ones(order - 1), 1)
    game = LinearGame(basis @ chain @ np.linalg.inv(basis), n=1)
    found = critical_learning_rates(rules.HeavyBall(), game, "lr", 1e-3, 10.0)
    assert found.complete
    assert sum(one.change for one in found) == order
    # 2(1 + β)/μ with momentum ½, split by the root of rounding, and so it is said
    assert [one.value for one in found] == pytest.approx(
        [3 / 1.3] * len(found), rel=1e-2
    )
    assert all(abs(one.value - 3 / 1.3) < one.uncertainty for one in found)
    exact = critical_learning_rates(
        rules.HeavyBall(), LinearGame(chain), "lr", 1e-3, 10
    )
    assert [(one.value, one.change) for one in exact] == [
        (pytest.approx(3 / 1.3, rel=1e-14), order)
    ]


@pytest.mark.parametrize("scale", [1e-100, 1e-8, 1e8, 1e100])
def test_the_unit_of_the_game_does_not_matter(scale: float) -> None:
    game = LinearGame(scale * block_diag(SPIRAL, [[0.5]]), n=1)
    found = critical_learning_rates(
        rules.OptimisticGradient(), game, "lr", 1e-2 / scale, 10 / scale
    )
    known = critical_learning_rates(
        rules.OptimisticGradient(),
        LinearGame(block_diag(SPIRAL, [[0.5]])),
        "lr",
        0.01,
        10,
    )
    assert found.complete
    assert [one.value * scale for one in found] == pytest.approx(
        [one.value for one in known], rel=1e-12
    )


def test_nearly_equal_eigenvalues_have_thresholds_of_their_own() -> None:
    game = LinearGame(np.diag([1.0, 1.0 + 1e-10, 1.0]), n=1)
    found = critical_learning_rates(rules.Simultaneous(), game, "lr", 0.1, 10.0)
    assert [one.change for one in found] == [1, 2]
    assert [one.value for one in found] == pytest.approx(
        [2 / (1 + 1e-10), 2], rel=1e-15
    )


@pytest.mark.parametrize(
    ("rule", "field", "low", "high"),
    [
        (rules.HeavyBall(lr=1.3), "beta_x, beta_y=beta_x", -0.95, 0.99),
        (rules.Lookahead(rules.Simultaneous(lr=0.5)), "alpha", 0.01, 3.0),
        (rules.ComplexMomentum(lr=0.3), "beta_abs", 0.01, 0.99),
        (rules.Extragradient(), "lr_x, lr_y=10*lr_x", 1e-3, 3.0),
        (
            rules.OptimisticGradient(lr_x=0.3, lr_y=0.1),
            "ratio_x, ratio_y=ratio_x",
            0.01,
            3,
        ),
        (
            rules.ExponentialAverage(rules.Extragradient(), beta=0.5),
            "inner.lr",
            0.01,
            3.0,
        ),
    ],
)
def test_any_field_of_players_that_are_alike(
    rule: Any, field: str, low: Any, high: Any
):
    game = LinearGame(block_diag(SPIRAL, [[1.0]]), n=1)
    step = RuleMap(rule, game, field)
    assert decoupling(step, low, high) is not None
    found = critical_learning_rates(rule, game, field, low, high)
    path = multiplier_path(rule, game, field, low, high)
    assert found.complete
    assert found.resolution == 0
    assert [one.value for one in path.crossings] == [one.value for one in found]
    state = step.state(None, low)
    for place in np.linspace(low, high, 53)[1:-1]:
        moduli = np.abs(np.linalg.eigvals(step.jacobian(state, float(place))))
        if np.min(np.abs(moduli - 1)) > 1e-9:
            changes = sum(one.change for one in found if one.value < place)
            assert np.sum(moduli > 1) == found.outside + changes


def test_players_that_are_not_quite_alike_are_coupled() -> None:
    game = LinearGame(SPIRAL)
    unequal = rules.HeavyBall(beta_x=0.5, beta_y=0.5 + 1e-12)
    for rule, field in (
        (unequal, "lr"),
        (rules.HeavyBall(), "beta_x"),
        (rules.Simultaneous(), "lr_x"),
        (rules.Alternating(), "lr"),
    ):
        assert decoupling(RuleMap(rule, game, field), 0.1, 0.9) is None
    assert decoupling(RuleMap(rules.HeavyBall(), game, "lr"), 0.1, 0.9) is not None


def test_a_step_that_is_not_rational_is_scanned() -> None:
    game = LinearGame(SPIRAL)
    found = critical_learning_rates(Relaxed(), game, "weight", 0.1, 3.0)
    assert found.resolution > 0
    rate = critical_learning_rates(Relaxed(), game, "lr", 0.1, 3.0)
    assert rate.resolution == 0  # the weight's exponential is a number
    assert rate[0].value == pytest.approx(0.4 * math.exp(0.5), rel=1e-14)


def test_ratios_are_exact() -> None:
    s, p = symbols()
    assert (s * p - s) / (p - 1) == s
    assert 0.1 + s - s == Ratio((s * 0 + 0.1).top)
    assert float(2 * s / s - 0.5) == 1.5
    assert Fraction(float((s / s) / 3)) == Fraction(1 / 3)
    assert 2 > s / s >= 1
    assert math.isnan(math.nan * s)
    assert (1 / (1 + s)) ** -2 == 1 + 2 * s + s * s
    with pytest.raises(TypeError, match="no order"):
        _ = s < 1
    with pytest.raises(ZeroDivisionError):
        _ = 1 / (s - s)
    with pytest.raises(OverflowError, match="degree"):
        _ = s**300
    top = characteristic([[0.0, 1.0, 0.0], [0.0, 0.0, s], [0.0, 0.0, 1 / p]])
    assert [str(one) for one in top] == ["-1", "p"]


def test_exact_eigenvalues_have_their_multiplicity() -> None:
    chain = np.eye(3) + 1e6 * np.diag([1.0, 1.0], 1)
    found = exact_eigenvalues(block_diag(chain, SPIRAL, np.zeros((2, 2))), np.ones(7))
    assert found is not None
    assert [(one.value, one.times) for one in found] == [
        (pytest.approx(1 + 2j, rel=1e-15), 2), (1, 3), (0, 2)
    ]  # fmt: skip
    assert exact_eigenvalues(np.full((1, 1), math.inf), np.ones(1)) is None
    assert exact_eigenvalues(np.eye(101), np.ones(101)) is None
    turning = exact_eigenvalues(np.array([[0.0, 3.0], [-1.0, 0.0]]), np.array([1, 3.0]))
    assert turning is not None
    assert [(one.value, one.times) for one in turning] == [(3j, 2)]


def test_a_multiplier_that_passes_through_one_is_not_neutral() -> None:
    # 1 - lr a leads for small a, beside 1 - lr c: at a = 0 it is no neutral direction
    game = from_losses("a*x*x/2", "c*y*y/2", equilibria=[(0.0, 0.0)], a=0.0, c=1.0)
    rule = rules.Simultaneous(lr=0.5)
    with pytest.raises(GandynError, match="passes through 1"):
        radius_derivative(rule, game, "a")
    assert radius_derivative(rule, game, "c") == -0.5
    assert radius_derivative(rule, replace(game, {"a": 0.1}), "a") == -0.5


def test_units_of_any_ratio_are_balanced_without_a_warning() -> None:
    matrix = np.random.default_rng(0).normal(size=(3, 3))
    units = 2.0 ** np.array([0, 200, -100])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = spectrum(0.0, matrix * units[:, None] / units)
    known = np.linalg.eigvals(matrix)
    assert np.sort_complex(found.values) == pytest.approx(np.sort_complex(known))


def test_units_of_two_numbers_that_lapack_is_not_asked_about_are_alike() -> None:
    rng = np.random.default_rng(1)
    for _ in range(2000):
        matrix = rng.normal(size=(2, 2)) * 10.0 ** rng.uniform(-6, 6, size=(2, 2))
        matrix[rng.random((2, 2)) < 0.1] = 0.0
        units = natural_units(matrix)
        alike = units.max() < 2.0**13 * units.min()
        expected = np.ones(2) if alike else units
        assert (state_units(matrix, np.ones(2) * units) / expected).std() == 0.0
