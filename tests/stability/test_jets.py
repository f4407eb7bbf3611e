"""Taylor arithmetic: against derivatives by hand, and of every rule and game."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from gandyn import elementary, games, rules
from gandyn.dynamics import one_step_map
from gandyn.errors import GandynError
from gandyn.games.dirac import R1, DiracGAN, GradientPenalty
from gandyn.stability.arithmetic.jets import Jet, lift, multilinear_forms
from gandyn.stability.arithmetic.ring import NonSmooth
from gandyn.stability.maps.maps import RuleMap

t = sympy.Symbol("t", real=True)
FUNCTIONS: dict[str, tuple[Any, Any]] = {
    "exp": (elementary.exp, sympy.exp(t)),
    "log": (elementary.log, sympy.log(t)),
    "sqrt": (elementary.sqrt, sympy.sqrt(t)),
    "sin": (elementary.sin, sympy.sin(t)),
    "cos": (elementary.cos, sympy.cos(t)),
    "tanh": (elementary.tanh, sympy.tanh(t)),
    "sigmoid": (elementary.sigmoid, 1 / (1 + sympy.exp(-t))),
    "softplus": (elementary.softplus, sympy.log(1 + sympy.exp(t))),
    "quotient": (lambda z: (1 - z) / (3 + z * z), (1 - t) / (3 + t * t)),
    "power": (lambda z: z**2.5, t ** sympy.Rational(5, 2)),
    "exponential": (lambda z: 2**z, 2**t),
    "cube": (lambda z: z**3 - 1 / z, t**3 - 1 / t),
}
"""With a series at 0.7, and what they are."""


@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives_of_elementary_functions(name: str) -> None:
    function, formula = FUNCTIONS[name]
    forms = multilinear_forms(function, [0.7], [2.0], [3.0], [0.5])
    d1, d2, d3 = (float(formula.diff(t, k).subs(t, 0.7)) for k in (1, 2, 3))
    got = [float(forms[key][0]) for key in ("u", "v", "uv", "uw", "vw", "uvw")]
    wanted = [2 * d1, 3 * d1, 6 * d2, d2, 1.5 * d2, 3 * d3]
    assert got == pytest.approx(wanted, rel=1e-13)


numbers = st.integers(-4, 4).map(Fraction)
jets = st.lists(numbers, min_size=8, max_size=8).map(Jet)


@given(jets, jets, jets)
def test_jets_are_a_commutative_ring(a: Jet, b: Jet, c: Jet) -> None:
    assert (a * b).parts == (b * a).parts
    assert ((a * b) * c).parts == (a * (b * c)).parts
    assert (a * (b - c)).parts == (a * b - a * c).parts
    assert (2 - a + a).parts == (2, 0, 0, 0, 0, 0, 0, 0)


@given(jets.filter(lambda a: a.parts[0] != 0), jets)
def test_division_undoes_multiplication(a: Jet, b: Jet) -> None:
    assert (b * a / a).parts == b.parts
    assert (1 / a * a).parts == (1, 0, 0, 0, 0, 0, 0, 0)


def test_third_form_is_symmetric_and_complex_linear() -> None:
    step = RuleMap(rules.Extragradient(), games.Forsaken())
    state = step.state(None, 0.1)
    u, v = np.array([1.0, 2.0]), np.array([0.5, -1j])

    def third(a: Any, b: Any, c: Any) -> Any:
        return multilinear_forms(lambda z: step(z, 0.1), state, a, b, c)["uvw"]

    assert third(u, v, v) == pytest.approx(third(v, u, v), rel=1e-12)
    assert third(1j * u, v, u) == pytest.approx(1j * third(u, u, v), rel=1e-12)


def autonomous() -> list[Any]:
    found = [cls() for cls in rules.CATALOGUE.values()]
    return [rule for rule in found if rule.autonomous and not_adaptive(rule)]


def not_adaptive(rule: Any) -> bool:
    return "RMSProp" not in type(rule).__name__  # √v at v = 0


@pytest.mark.parametrize("rule", autonomous(), ids=lambda rule: type(rule).__name__)
@pytest.mark.parametrize(
    "game",
    [DiracGAN(regulariser=R1(0.5)), games.PolynomialGame(), games.CovarianceGAN()],
    ids=lambda game: type(game).__name__,
)
def test_first_derivatives_of_rules_are_their_maps(rule: Any, game: Any) -> None:
    field = "lr" if hasattr(rule, "lr_x") else "inner.lr"
    rate = rule.lr_x if hasattr(rule, "lr_x") else rule.inner.lr_x
    try:
        matrix = one_step_map(rule, game)
        step = RuleMap(rule, game, field)
        state = step.state(None, rate)
        u = np.cos(np.arange(len(state)))
        forms = multilinear_forms(lambda z: step(z, rate), state, u, u, u)
    except (GandynError, AttributeError) as refusal:  # a game without `jacobian`
        pytest.skip(str(refusal))
    if np.isfinite(matrix).all():
        assert forms["u"] == pytest.approx(matrix @ u, abs=1e-11)
        assert step.jacobian(state, rate) == pytest.approx(matrix, abs=1e-13)


@pytest.mark.parametrize(
    ("function", "where"),
    [
        (abs, 0.0),
        (elementary.sqrt, 0.0),
        (elementary.log, 0.0),
        (lambda z: 1 / z, 0.0),
        (lambda z: z**0.5, 0.0),
        (elementary.sign, 0.0),
        (lambda z: elementary.clip(z, 2.0), 2.0),
    ],
)
def test_corners_are_refused(function: Any, where: float) -> None:
    with pytest.raises(NonSmooth):
        function(lift([where], [1.0]))


def test_corners_far_away_are_no_obstacle() -> None:
    (clipped,) = elementary.clip(lift([1.0], [3.0]), 2.0).ravel()
    assert clipped.parts == (1.0, 3.0)
    assert elementary.heaviside(lift([-1.0], [3.0])) == 0


def test_a_game_with_a_jump_at_its_equilibrium_is_refused() -> None:
    step = RuleMap(rules.Simultaneous(), DiracGAN(regulariser=GradientPenalty()))
    with pytest.raises(NonSmooth):
        step(lift([0.0, 0.0], [1.0, 1.0]), 0.1)


def test_systems_of_jets_and_fractions_are_solved() -> None:
    matrix = np.array([[0, 2], [Fraction(1, 3), 1]], dtype=object)
    right = np.array([[2], [Fraction(4, 3)]], dtype=object)
    solved = elementary.solve_matrix(matrix, right)
    assert solved.ravel().tolist() == [1, 1]
    assert math.isnan(elementary.solve_matrix(0 * matrix, right)[0, 0])
