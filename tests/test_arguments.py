"""Public functions refuse what their signatures do not allow, in words that help."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy

import gandyn
from gandyn._arguments import checked
from gandyn.errors import FieldError
from gandyn.games import DiracGAN, from_losses
from gandyn.rules import Alternating


@checked
def taken(
    steps: int = 1,
    rate: float = 1.0,
    name: str | None = None,
    start: tuple[Any, Any] | None = None,
    box: Sequence[tuple[float, float]] = (),
    table: Mapping[str, float] | None = None,
    flag: bool = False,
) -> str:
    return "taken"


@pytest.mark.parametrize(
    "given",
    [
        {"steps": np.int64(3)}, {"steps": 3.0}, {"rate": Fraction(1, 2)}, {"rate": 2},
        {"rate": np.array(0.5)}, {"rate": np.float32(1)},
        {"rate": sympy.Rational(1, 3)},
        {"name": "a"}, {"name": None}, {"start": (1, 2)}, {"start": np.zeros(2)},
        {"box": [(0, 1)]}, {"box": np.ones((3, 2))}, {"table": {"a": 1}}, {"flag": 1},
    ],
)  # fmt: skip
def test_what_the_signature_allows_passes(given):
    assert taken(**given) == "taken"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"steps": 1.5}, "steps must be a whole number, got 1.5"),
        ({"steps": float("inf")}, "steps must be a whole number, got inf"),
        ({"rate": "1"}, "rate must be a number, got '1'"),
        ({"rate": 1j}, "rate must be a number, got 1j"),
        ({"name": 3}, "name must be text or None, got 3"),
        ({"start": 5}, r"start must be a pair \(x, y\) or None, got 5"),
        ({"start": (1, 2, 3)}, "start must be a pair"),
        ({"box": [(0, "a")]}, "box must be a sequence, each item a pair"),
        ({"table": {3: 1}}, "table must be a mapping of text to a number"),
        ({"flag": "no"}, "flag must be True or False, got 'no'"),
        ({"name": ["a"] * 10**6}, "name must be text"),
    ],
)
def test_what_it_does_not_is_refused(given, words):
    with pytest.raises(FieldError, match=words) as caught:
        taken(**given)
    assert len(str(caught.value)) <= 500


def test_wrong_calls_are_pythons_own_errors():
    with pytest.raises(TypeError, match="unexpected keyword argument 'zzz'"):
        taken(zzz=1)


@pytest.mark.parametrize(
    ("rule", "game", "words"),
    [
        (DiracGAN(), Alternating(), "rule and game are swapped"),
        (Alternating, DiracGAN(), r"the class Alternating: call it, Alternating\(\)"),
        ("adam", DiracGAN(), r"gandyn\.parse_rule\('adam'\) reads it"),
        (Alternating(), "dirac", r"gandyn\.parse_game\('dirac'\) reads it"),
        (Alternating(), None, r"game must be a Game such as DiracGAN\(\), got None"),
    ],
)
@pytest.mark.parametrize(
    "function",
    [gandyn.simulate, gandyn.linear_stability, gandyn.critical_learning_rates],
)
def test_rules_and_games_have_remedies(function, rule, game, words):
    with pytest.raises(FieldError, match=words):
        function(rule, game)


def test_orbits_and_grids_beyond_memory_are_refused_at_once():
    with pytest.raises(FieldError, match="16 GB, more than 2 GB"):
        gandyn.simulate(Alternating(), DiracGAN(), steps=10**9)
    with pytest.raises(FieldError, match="steps must be at most 2147483647"):
        gandyn.simulate(Alternating(), DiracGAN(), steps=10**15)
    axis = gandyn.Axis(0.1, 1.0, 10**6)
    with pytest.raises(FieldError, match=r"a sweep of 1e\+12 cells takes 5e\+04 GB"):
        gandyn.sweep(Alternating(), DiracGAN(), {"lr_x": axis, "lr_y": axis})
    with pytest.raises(FieldError, match="at most 10000000, got 1000000000"):
        gandyn.Axis(0.1, 1.0, 10**9)


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        ("exp(900)*x", "no finite real number"),
        ("(-8)**(1/3)*x", "no finite real number"),
        ("x/(sin(1)**2 + cos(1)**2 - 1)", "0 as far as 30 digits tell"),
        ("sinh(" * 12 + "x" + ")" * 12, "more than 1000 terms"),
        ("sigmoid(" * 30 + "x*y" + ")" * 30, "more than 20000 terms"),
    ],
)
def test_losses_that_come_to_too_much_or_to_no_number(loss, words):
    with pytest.raises(FieldError, match=words):
        from_losses(loss)


def test_constants_and_deep_losses_within_the_limits():
    assert from_losses("softplus(2)*x*y").gx(1.0, 1.0) == pytest.approx(
        np.log1p(np.e**2)
    )
    game = from_losses("tanh(" * 24 + "x*y" + ")" * 24)
    assert not game.linear
    step, (x, y) = 1e-6, (0.7, 0.4)
    slope = (game.loss_x(x + step, y) - game.loss_x(x - step, y)) / (2 * step)
    assert game.gx(x, y) == pytest.approx(slope, rel=1e-7)


@pytest.mark.parametrize(
    ("loss", "linear", "zero_sum"),
    [
        (("x*y + x**2",), True, True),
        (("(x + 1)*(x - 1)*(y + 1) - (x*x - 1)*y",), True, True),
        (("x*y", "-y*x + 0*x"), True, True),
        (("(x + y)**2", "-x**2 - 2*x*y - y**2"), True, True),
        (("x*y", "x*y"), True, False),
        (("x*y + 1e-3*x**4",), False, True),
        (("sin(x)*y", "-y*sin(x)"), False, True),
    ],
)
def test_traits_of_losses_are_multiplied_out(loss, linear, zero_sum):
    game = from_losses(*loss)
    assert (game.linear, game.zero_sum) == (linear, zero_sum)
