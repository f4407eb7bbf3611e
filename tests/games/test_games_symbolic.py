"""Games from the text of their losses: what is allowed, refused, and found."""

from __future__ import annotations

import math
import os
import pickle
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

from gandyn._node import replace
from gandyn.errors import FieldError, UnknownName
from gandyn.games import AlmostBilinear, from_losses
from gandyn.games import symbolic as module


def test_the_text_gives_the_same_game_as_the_class():
    text = from_losses("x*y + eps*(y**2/2 - y**4/4)", eps=0.3)
    own = AlmostBilinear(eps=0.3)
    x, y = np.random.default_rng(1).normal(size=(2, 50))
    for name in ("loss_x", "loss_y", "gx", "gy"):
        got, want = (getattr(game, name)(x, y) for game in (text, own))
        np.testing.assert_allclose(got, want, rtol=1e-13, atol=1e-14)
    assert text.equilibria() == [(0.0, 0.0)]
    assert type(text).zero_sum
    assert not type(text).linear


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x**1.5*y", 1.5 * 0.49**0.5 * 0.7),
        ("x**(-2)", -2 * 0.49**-3),
        ("x**(-1/2)", -0.5 * 0.49**-1.5),
        ("x**(1/3)", 0.49 ** (-2 / 3) / 3),
        ("x**p", 2.5 * 0.49**1.5),
        ("2**x", math.log(2) * 2**0.49),
        ("tan(x) + pi*x", 1 / math.cos(0.49) ** 2 + math.pi),
        ("sinh(x) + 2*cosh(x)", math.cosh(0.49) + 2 * math.sinh(0.49)),
        ("softplus(x*y)", 0.7 / (1 + math.exp(-0.343))),
        ("sigmoid(x)", 1 / (2 + 2 * math.cosh(0.49))),
        ("log(x)/exp(1)", 1 / 0.49 / math.e),
        ("-x**2 + +x - -x", -0.98 + 2),
        ("1e-3*x/.5", 2e-3),
        ("(x + y)**2/(x*x)", 2 * 1.19 / 0.49**2 - 2 * 1.19**2 / 0.49**3),
    ],
)
def test_gradients_of_single_functions(text, value):
    p = {"p": 2.5} if "p" in text and "pi" not in text and "so" not in text else {}
    game = from_losses(text, **({} if "exp" in text else p))
    assert game.gx(0.49, 0.7) == pytest.approx(value, rel=1e-14)


def test_whole_powers_are_exact_on_fractions():
    game = from_losses("x**5*y/2 + x*y**2", "x*y**3/3")
    assert game.gx(Fraction(1, 2), Fraction(1, 3)) == Fraction(5, 96) + Fraction(1, 9)
    assert game.gy(Fraction(1, 2), Fraction(1, 3)) == Fraction(1, 18)


def test_zero_sum_and_linear_are_told_from_the_losses():
    game = from_losses("x*y + (x+y)**2", "-x*y - x**2 - y**2 - 2*x*y")
    assert type(game).zero_sum
    assert type(game).linear
    other = from_losses("x*y", "x*y + y**3")
    assert not type(other).zero_sum
    assert not type(other).linear


def test_parameters_are_fields_that_can_be_swept():
    game = from_losses("a*x*y + b*x", a=2.0, b=1.0)
    swept = replace(game, {"a": np.array([1.0, 2.0])})
    np.testing.assert_array_equal(swept.gx(0.0, 3.0), [4.0, 7.0])
    assert type(replace(game, {"b": 5.0})) is type(game)
    with pytest.raises(FieldError, match="b must be a finite number"):
        from_losses("a*x*y + b*x", a=2.0, b=math.nan)


def test_a_constant_gradient_has_the_shape_of_the_player():
    assert from_losses("x + y").gx(np.zeros(3), np.ones(3)).shape == (3,)


def test_the_same_losses_are_the_same_class_and_importable():
    first, second = (from_losses("x*y + c*x**4", c=c) for c in (1.0, 2.0))
    cls = type(first)
    assert cls is type(second)
    assert getattr(module, cls.__qualname__) is cls
    assert "def gx" in cls.__source__
    assert type(from_losses("x*y + c*x**4", name="Quartic", c=1.0)) is not cls


def test_a_game_travels_to_a_fresh_process():
    game = from_losses("x*y + c*x**4", "-x*y", name="Quartic", c=0.5)
    assert pickle.loads(pickle.dumps(game)) == game  # noqa: S301 - our own bytes
    code = (
        "import pickle, sys; game = pickle.load(sys.stdin.buffer); "
        "sys.stdout.write(repr((game.gx(1.0, 2.0), type(game).__name__)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=pickle.dumps(game),
        capture_output=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stdout.decode() == "(4.0, 'Quartic')", done.stderr.decode()


def test_the_spelling_builds_the_game_again():
    game = from_losses("x*y + c*x**4", "-x*y", name="Quartic", c=0.5)
    text = "from_losses('x*y + c*x**4', '-x*y', name='Quartic', c=0.5)"
    assert repr(game) == text


def test_equilibria_are_found_nearest_first():
    game = from_losses("(x**2-9)*(x**2-1) + A*x*y - (y**2-9)*(y**2-1)", A=3.0)
    points = game.equilibria()
    assert len(points) == 9
    assert points[0] == (0.0, 0.0)
    distances = [math.hypot(*p) for p in points]
    assert distances == sorted(distances)
    three = from_losses("x**4/4 - x**2/2", "y**2").equilibria()
    np.testing.assert_allclose(
        sorted(three), [(-1.0, 0.0), (0.0, 0.0), (1.0, 0.0)], atol=1e-14
    )


def test_a_line_of_equilibria_is_one_point_and_none_is_none():
    assert from_losses("x*y", "y").equilibria() == []
    assert from_losses("(x + y)**2", "(x + y)**2").equilibria() == [(0.0, 0.0)]
    assert from_losses("log(x)*y**2 + x").equilibria() == []


def test_given_equilibria_are_checked_and_follow_the_parameters():
    game = from_losses("(x - c)*y", equilibria=[(5.0, 0.0)], c=5.0)
    assert game.equilibria() == [(5.0, 0.0)]
    assert replace(game, {"c": 6.0}).equilibria() == [(6.0, 0.0)]
    with pytest.raises(FieldError, match=r"\(4.0, 0.0\) is no equilibrium"):
        from_losses("(x - c)*y", equilibria=[(4, 0)], c=5.0)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("x.real", "Attribute"),
        ("math.exp(x)", "use plain names|not allowed"),
        ("x if y else 3", "IfExp"),
        ("x < y", "Compare"),
        ("x and y", "And"),
        ("not x", "Not"),
        ("x^2", r"write \*\* for a power"),
        ("x // y", "FloorDiv"),
        ("x % y", "Mod"),
        ("x @ y", "MatMult"),
        ("[x]", "List"),
        ("x[0]", "Subscript"),
        ("lambda: x", "Lambda"),
        ("(t := x)", "NamedExpr"),
        ("f'{x}'", "JoinedStr"),
        ("'x'", "Constant"),
        ("True", "Constant"),
        ("1j*x", "Constant"),
        ("...", "not allowed"),
        ("exp(x, y)", "Call"),
        ("exp(*x)", "not allowed"),
        ("exp(t=x)", "Call"),
        ("exp(x)(y)", "Call"),
        ("", "not an expression"),
        ("x; y", "not an expression"),
        ("x +", "not an expression"),
        ("x\0", "not an expression"),
        ("import os", "not an expression"),
        ("1/0", "finite real number"),
        ("log(0)", "finite real number"),
        ("sqrt(-1)", "finite real number"),
        ("log(0.5)**(y/x)", "give powers a positive base"),
        ("9**9**9", "beyond 64"),
        ("((x**64)**64)", "beyond 64"),
        ("((((2**64)**64)**64)**64)**64", "beyond"),
        ("1e999", "beyond"),
        ("9" * 400, "beyond"),
        ("x" + "+x" * 2000, "more than 2000"),
        ("x" + "+x" * 900, "deeper|more than 500"),
        ("-" * 60 + "x", "deeper than 40"),
        ("(" * 300 + "x" + ")" * 300, "not an expression|deeper"),
    ],
)
def test_everything_else_is_refused(text, part):
    with pytest.raises(FieldError, match=part):
        from_losses(text)


@pytest.mark.parametrize("text", ["__import__('os').getcwd()", "open(x)", "eval(x)"])
def test_nothing_is_evaluated(text):
    with pytest.raises((FieldError, UnknownName)):
        from_losses(text)


@pytest.mark.parametrize(
    ("text", "hint"), [("expp(x)", "exp"), ("gama*x", "gamma"), ("tahn(x)", "tanh")]
)
def test_unknown_names_get_the_nearest(text, hint):
    with pytest.raises(UnknownName, match=f"did you mean.* {hint}"):
        from_losses(text, gamma=1.0)


@pytest.mark.parametrize(
    "name",
    [
        "x",
        "self",
        "gx",
        "shape",
        "linear",
        "lr_x",
        "exp",
        "pi",
        "_a",
        "lambda",
        "pull_x",
    ],
)
def test_parameters_cannot_take_a_used_name(name):
    with pytest.raises(FieldError, match="parameter can't be called"):
        from_losses("x*y", **{name: 1.0})


@pytest.mark.parametrize("name", ["DiracGAN", "two words", "_hidden", ""])
def test_the_class_needs_a_new_name(name):
    with pytest.raises(FieldError, match="name"):
        from_losses("x*y", name=name)
