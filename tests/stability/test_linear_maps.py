"""Rational, batched and summarised linear maps against the plain ones."""

from __future__ import annotations

import functools
import json
import math
from fractions import Fraction

import numpy as np
import pytest

from gandyn._node import replace
from gandyn.dynamics import multipliers, one_step_map, oracle_calls
from gandyn.errors import FieldError, GandynError
from gandyn.games import Bilinear, LinearGame, Quadratic, from_losses
from gandyn.games.dirac import R1, DiracGAN
from gandyn.rules import (
    Adam,
    Alternating,
    ComplexMomentum,
    Extragradient,
    HeavyBall,
    Lookahead,
    OptimisticGradient,
    RMSProp,
    Simultaneous,
)
from gandyn.stability import certify
from gandyn.stability.arithmetic.ring import NonSmooth
from gandyn.stability.linear.linear_maps import linear_maps
from gandyn.stability.linear.linear_stability import linear_stability

MATRIX = Bilinear(np.array([[1.0, 2.0, 0.3], [0.0, 1.0, 2.0]]))

exact_map = functools.partial(linear_maps, numbers="rational")


def test_rational_maps_are_the_float_maps_without_rounding():
    rule = OptimisticGradient(lr=Fraction(1, 10), ratio_x=Fraction(1, 3))
    found = exact_map(rule, Quadratic(0.5, 1.5, -0.25))
    assert all(isinstance(entry, Fraction) for entry in found.ravel())
    floats = OptimisticGradient(lr=0.1, ratio_x=1 / 3)
    want = one_step_map(floats, Quadratic(0.5, 1.5, -0.25))
    np.testing.assert_allclose(found.astype(float), want, rtol=1e-14)
    # 1 - lr (1 + ratio) f_xx
    assert found[0, 0] == 1 - Fraction(1, 10) * Fraction(4, 3) * Fraction(1, 2)


def test_rational_maps_and_certificates_have_the_same_polynomial():
    rule, game = HeavyBall(lr=0.1), Quadratic(0.3, 1.1, -0.4)
    matrix, coefficients = exact_map(rule, game), certify(rule, game).coefficients
    power, total = np.array(np.eye(4, dtype=int) * Fraction(1), dtype=object), 0
    for c in coefficients:
        total, power = total + c * power, power @ matrix
    assert not np.any(total)  # Cayley and Hamilton


@pytest.mark.parametrize(
    ("rule", "game", "message"),
    [
        (ComplexMomentum(), Bilinear(), "irrational"),
        (Adam(), Bilinear(), "changes with time"),
    ],
)
def test_rational_maps_are_refused(rule, game, message):
    with pytest.raises(GandynError, match=message):
        exact_map(rule, game)
    with pytest.raises(GandynError, match=r"a step moves it by 0\.05"):
        exact_map(Simultaneous(lr=0.1), Bilinear(), point=(0.5, 0.0))


def test_batches_are_the_single_maps_for_fields_of_either_and_counts():
    rule, game = Lookahead(Alternating()), DiracGAN(regulariser=R1(0.3))
    lr, gamma, k = np.array([0.1, 0.7]), np.array([0.2, 0.4, 0.9]), np.array([1, 3])
    fields = {"lr": lr[:, None, None], "gamma": gamma[:, None], "k": k}
    found = linear_maps(rule, game, fields)
    assert found.maps.shape == (2, 3, 2, 2, 2)
    for i, j, m in np.ndindex(2, 3, 2):
        own = replace(rule, {"inner.lr_x": lr[i], "inner.lr_y": lr[i], "k": int(k[m])})
        theirs = replace(game, {"regulariser.gamma": gamma[j]})
        want = one_step_map(own, theirs)
        np.testing.assert_allclose(found.maps[i, j, m], want, rtol=1e-14, atol=1e-15)
        values = multipliers(own, theirs)
        assert found.radius[i, j, m] == pytest.approx(abs(values[0]), rel=1e-13)
        assert abs(found.multipliers[i, j, m]) == pytest.approx(abs(values))


def test_batches_follow_an_equilibrium_that_moves_with_a_field():
    game = from_losses("x*y + (x - a)**4", "-x*y + (y - 1)**2", a=0.5, equilibria=None)
    values = np.array([0.3, 0.5, 0.8])
    found = linear_maps(Simultaneous(lr=0.1), game, {"a": values})
    for matrix, a in zip(found.maps, values, strict=True):
        want = one_step_map(Simultaneous(lr=0.1), replace(game, {"a": a}))
        np.testing.assert_allclose(matrix, want, rtol=1e-12)


def test_batches_of_matrix_games_set_neutral_directions_aside():
    found = linear_maps(Extragradient(), MATRIX, {"lr": [0.1, 0.2]})
    assert found.neutral.tolist() == [1, 1]
    for radius, lr in zip(found.radius, (0.1, 0.2), strict=True):
        worst = [
            abs(multipliers(Extragradient(lr=lr), Bilinear(s))[0])
            for s in MATRIX.singular_values()
        ]
        assert radius == pytest.approx(max(worst), rel=1e-13)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"lr_x": [0.1, 0.2], "lr_y": [0.1, 0.2, 0.3]}, "do not broadcast"),
        ({"lr": ["a"]}, "array of numbers"),
        ({"lr": [0.1, -0.2]}, "lr_x must be positive"),
        ({"rate": [0.1]}, "unknown field"),
        ({"lr": []}, "without values"),
    ],
)
def test_bad_batches(fields, message):
    with pytest.raises(GandynError, match=message):
        linear_maps(Simultaneous(), Bilinear(), fields)


def test_a_batch_without_fields_is_one_map():
    found = linear_maps(Extragradient(), Bilinear(), {})
    assert np.array_equal(found.maps, one_step_map(Extragradient(), Bilinear()))
    assert found.radius.shape == ()


@pytest.mark.parametrize("function", [exact_map, linear_stability, certify])
@pytest.mark.parametrize(
    ("point", "message"),
    [
        ("xy", "a pair"),
        ((0.0, 0.0, 0.0), "a pair"),
        (([0.0], 0.0), r"x has shape \(1,\), Bilinear needs \(\)"),
        ((0.0, math.nan), "y must be finite"),
    ],
)
def test_bad_points(function, point, message):
    with pytest.raises(FieldError, match=message):
        function(Simultaneous(), Bilinear(), point=point)


def test_a_batch_at_a_point_that_is_not_fixed_shows_the_residual():
    game = DiracGAN(regulariser=R1(0.3))
    with pytest.raises(GandynError, match=r"moves it by 0\.0"):
        linear_maps(Simultaneous(), game, {"lr": [0.1, 0.2]}, point=(0.5, 0.0))


def test_a_defective_multiplier_is_said_to_be_one():
    """Alternating play at lr σ = 2 has -1 twice with one eigenvector."""
    found = linear_stability(Alternating(lr=2.0), Bilinear(1.0))
    assert found.defective
    assert found.condition == math.inf
    assert found.verdict == "within rounding"
    assert found.period == pytest.approx(2, rel=1e-14)
    # J is a Jordan block for γ = 2 f'(0) = 1: λ = 1 - lr γ/2 twice
    double = linear_stability(Simultaneous(lr=0.5), DiracGAN(regulariser=R1(1.0)))
    assert double.defective
    assert abs(double.radius - 0.75) <= double.uncertainty
    assert "defective" in double.remark


def test_multipliers_closer_than_their_condition_allows_are_said_so():
    game = DiracGAN(regulariser=R1(1.0 + 1e-15))
    found = linear_stability(Simultaneous(lr=0.5), game)
    assert not found.defective
    assert "nearer to another" in found.remark
    assert abs(found.radius - 0.75) <= found.uncertainty


def test_double_multipliers_with_all_eigenvectors_are_well_conditioned():
    found = linear_stability(Extragradient(lr=0.5), Bilinear(np.eye(3)))
    assert not found.defective
    assert found.condition < 2
    assert found.remark == ""


def test_neutral_directions_are_exact_where_the_rank_in_floats_is_not():
    """J has rank 2, and a third singular value at the level of rounding."""
    game = LinearGame(
        [[0.5, 1.0, 0.0, 0.0], [-1.0, 0.5, 0.0, 0.0],
         [0.0, 0.0, 1e-17, 0.0], [0.0, 0.0, 0.0, 0.0]], 2,
    )  # fmt: skip
    found = linear_stability(Simultaneous(lr=0.1), game)
    assert (found.neutral, found.neutral_by) == (1, "exact")


def test_a_record_is_plain_json_and_counts_what_the_step_asks():
    found = linear_stability(HeavyBall(lr=0.1), Quadratic(0.3, 1.1, -0.4))
    assert found.calls == oracle_calls(HeavyBall(), Quadratic())
    assert found.linear is True
    text = json.dumps(found.as_dict(), allow_nan=False)
    assert json.loads(text)["radius"] == found.radius
    assert found.rate == pytest.approx(math.log(found.radius))


def test_bad_points_of_linear_stability():
    with pytest.raises(GandynError, match="a step moves it by"):
        linear_stability(Simultaneous(), DiracGAN(), (1.0, 0.0))
    with pytest.raises(NonSmooth, match="square root"):
        linear_stability(RMSProp(), Bilinear())
    with pytest.raises(NonSmooth, match="square root"):
        linear_maps(RMSProp(), Bilinear(), {"lr": [0.1, 0.2]})
    with pytest.raises(GandynError, match="no equilibrium"):
        linear_stability(
            Simultaneous(), Bilinear(np.array([[1.0], [0.0]]), b=np.array([0.0, 1.0]))
        )
