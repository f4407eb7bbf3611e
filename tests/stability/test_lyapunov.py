"""Lyapunov spectra: closed forms, published values, and checks that are independent."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gandyn.elementary import sin
from gandyn.errors import FieldError, GandynError
from gandyn.games import DiracGAN
from gandyn.games.dirac import R1
from gandyn.rules import HeavyBall, Lookahead, OptimisticGradient, Simultaneous
from gandyn.stability.attractors.lyapunov import kaplan_yorke, lyapunov_spectrum
from gandyn.stability.maps.maps import Map, RuleMap

HENON = Map(lambda z, a: (1 - a * z[0] * z[0] + z[1], 0.3 * z[0]), "a")
"""The Hénon map with b = 0.3."""
REGULARISED = DiracGAN(regulariser=R1(0.3))


def test_henon_attractor_has_its_published_exponents() -> None:
    found = lyapunov_spectrum(HENON, [0.1, 0.1], 1.4, steps=8000)
    assert found.exponents == pytest.approx([0.4192, -1.6232], abs=0.01)
    assert abs(found.exponents[0] - 0.4192) < 4 * found.error[0]
    assert found.dimension == pytest.approx(1.2583, abs=0.01)


def test_logistic_map_at_its_end_doubles() -> None:
    """Ulam: at r = 4 the exponent is log 2."""
    logistic = Map(lambda z, r: (r * z[0] * (1 - z[0]),), "r")
    found = lyapunov_spectrum(logistic, [0.3], 4.0, steps=5000)
    assert found.exponents[0] == pytest.approx(math.log(2), abs=0.01)
    assert found.dimension == 1.0


def test_linear_map_has_the_logarithms_of_its_moduli() -> None:
    matrix = np.array([[0.5, 1.0, 0.3], [0.0, -0.8, 0.2], [0.0, 0.0, 0.3]])
    linear = Map(lambda z, _: matrix.astype(z.dtype) @ z)
    found = lyapunov_spectrum(linear, np.ones(3), 0.0, steps=2000, transient=200)
    assert found.exponents == pytest.approx(np.log([0.8, 0.5, 0.3]), abs=1e-10)


@pytest.mark.parametrize("rule", [Simultaneous(), OptimisticGradient(), HeavyBall()])
def test_at_a_fixed_point_they_are_the_multipliers_logarithms(rule) -> None:
    step = RuleMap(rule, REGULARISED)
    rest = step.state(None, 0.4)
    found = lyapunov_spectrum(step, rest, 0.4, steps=1500, transient=300)
    moduli = np.sort(np.abs(np.linalg.eigvals(step.jacobian(rest, 0.4))))[::-1]
    assert found.exponents == pytest.approx(np.log(moduli), abs=1e-4)


def test_closed_curve_has_one_exponent_zero() -> None:
    step = RuleMap(Simultaneous(), REGULARISED)
    found = lyapunov_spectrum(step, [0.5, 0.4], 1.3, steps=4096, transient=2000)
    assert abs(found.exponents[0]) < 1e-7
    assert found.exponents[1] < -0.01
    assert found.dimension == 1.0


def test_sum_is_the_mean_contraction() -> None:
    values = np.linspace(1.0, 1.4, 20)
    found = lyapunov_spectrum(HENON, [0.1, 0.1], values, steps=2000)
    assert found.contraction == pytest.approx(np.full(20, math.log(0.3)), abs=1e-12)
    assert found.exponents.sum(axis=1) == pytest.approx(found.contraction, abs=1e-9)


def test_area_preserving_map_has_opposite_exponents() -> None:
    """Chirikov's standard map, whose exponent is about log(k/2) for large k."""

    def standard(z, k):
        kicked = z[1] + k * sin(z[0])
        return z[0] + kicked, kicked

    found = lyapunov_spectrum(Map(standard, "k"), [0.5, 0.2], 10.0, steps=5000)
    assert found.exponents.sum() == pytest.approx(0.0, abs=1e-9)
    assert found.exponents[0] == pytest.approx(math.log(10 / 2), abs=0.05)


def test_values_side_by_side_are_those_alone() -> None:
    values = np.array([0.3, 1.0, 1.2, 1.4])
    many = lyapunov_spectrum(HENON, [0.1, 0.1], values, steps=1000)
    for value, exponents in zip(values, many.exponents, strict=True):
        alone = lyapunov_spectrum(HENON, [0.1, 0.1], value, steps=1000)
        assert alone.exponents == pytest.approx(exponents, abs=1e-9)


def test_annihilated_direction_is_minus_infinity() -> None:
    step = Map(lambda z, _: (0.5 * z[0] + z[1], 0 * z[0], 0.3 * z[2]))
    found = lyapunov_spectrum(step, [1.0, 0.5, 0.2], 0.0, steps=500)
    assert found.exponents[:2] == pytest.approx(np.log([0.5, 0.3]), abs=1e-9)
    assert found.exponents[2] == -math.inf
    assert found.as_dict()["exponents"][2] is None


def test_wrapper_with_memory_agrees_with_its_multipliers() -> None:
    step = RuleMap(Lookahead(OptimisticGradient(), k=3), REGULARISED)
    rest = step.state(None, 0.3)
    found = lyapunov_spectrum(step, rest, 0.3, steps=500, transient=100)
    moduli = np.sort(np.abs(np.linalg.eigvals(step.jacobian(rest, 0.3))))[::-1]
    assert found.exponents == pytest.approx(np.log(moduli), abs=0.02)


def test_orbit_that_leaves_is_not_a_number() -> None:
    found = lyapunov_spectrum(HENON, [0.1, 0.1], [1.4, 3.0], steps=200)
    assert np.isfinite(found.exponents[0]).all()
    assert np.isnan(found.exponents[1]).all()
    with pytest.raises(GandynError, match="no orbit stays finite"):
        lyapunov_spectrum(HENON, [9.0, 9.0], 3.0, steps=200)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 3}, "steps must be a whole number of at least 64"),
        ({"transient": -1}, "transient must be"),
        ({"start": [math.nan, 0.0]}, "finite"),
        ({"start": np.zeros((2, 3))}, "3 columns for 1 value"),
        ({"values": [[1.0]]}, "shapes"),
    ],
)
def test_bad_input(changes, message) -> None:
    given = {"start": [0.1, 0.1], "values": [1.0], "steps": 100, **changes}
    with pytest.raises(FieldError, match=message):
        lyapunov_spectrum(HENON, **given)


def test_dimension_of_kaplan_and_yorke() -> None:
    assert kaplan_yorke(np.array([-0.1, -0.2])) == 0
    assert kaplan_yorke(np.array([0.3, 0.1])) == 2
    assert kaplan_yorke(np.array([0.5, 0.0, -1.0])) == 2.5
