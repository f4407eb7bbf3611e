"""Specifications: what is read, what is refused, and what the refusal says."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gandyn.errors import FieldError, GandynError, UnknownName
from gandyn.games import CATALOGUE as GAMES
from gandyn.games import DiracGAN, Game
from gandyn.games.dirac import R1, NonSaturating, Wasserstein
from gandyn.rules import CATALOGUE as RULES
from gandyn.rules import Alternating, Extragradient, Lookahead, Rule, Simultaneous
from gandyn.spec import (
    parse_assignment,
    parse_axis,
    parse_game,
    parse_rule,
    parse_value,
    set_fields,
)

FULL = DiracGAN(loss=NonSaturating(), regulariser=R1(0.3))

OWN_RULE = """
import gandyn
from gandyn import Rule

class Mine(Rule):
    lr_x: float = 0.25
    lr_y: float = 0.25

    def step(self, game, x, y, memory):
        return x - self.lr_x * game.gx(x, y), y - self.lr_y * game.gy(x, y), memory
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own_rules.py"
    path.write_text(OWN_RULE)
    return path


def example(cls: type) -> Rule | Game | None:
    """Return an instance, or None where there are no defaults or a family is open."""
    try:
        return cls()
    except TypeError:
        return None


@pytest.mark.parametrize("cls", RULES.values(), ids=RULES.keys())
def test_rules_come_back_from_their_repr(cls):
    rule = example(cls)
    if rule is not None:
        assert parse_rule(repr(rule)) == rule


@pytest.mark.parametrize("cls", GAMES.values(), ids=GAMES.keys())
def test_games_come_back_from_their_repr(cls):
    game = example(cls)
    if game is not None and "<array" not in repr(game):
        assert parse_game(repr(game)) == game


@given(lr=st.floats(1e-300, 1e300), lr_y=st.floats(1e-300, 1e300), k=st.integers(1, 9))
def test_every_digit_comes_back(lr, lr_y, k):
    rule = Lookahead(Alternating(lr_x=lr, lr_y=lr_y, k_y=k), k=k)
    assert parse_rule(repr(rule)) == rule


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("alternating", Alternating()),
        ("Alt-GDA", Alternating()),
        ("  gauss_seidel ", Alternating()),
        ("gda(lr=1e-3)", Simultaneous(lr=1e-3)),
        ("gda(0.5, +2)", Simultaneous(0.5, 2)),
        ("alternating(y_first=True)", Alternating(y_first=True)),
        ("alternating(y_first=true)", Alternating(y_first=True)),
        (
            "Lookahead(Extragradient(lr=0.3), k=5)",
            Lookahead(Extragradient(lr=0.3), k=5),
        ),
        ("lookahead('extragradient')", Lookahead(Extragradient())),
    ],
)
def test_rules_are_read(text, rule):
    assert parse_rule(text) == rule


@pytest.mark.parametrize(
    "text",
    [
        "DiracGAN(loss='non-saturating', regulariser=R1(0.3))",
        "dirac(loss=non-saturating, regulariser=r1(gamma=.3))",
        "dirac('NSGAN', R1(0.3))",
    ],
)
def test_games_are_read(text):
    assert parse_game(text) == FULL


def test_matrices_are_read():
    game = parse_game("bilinear([[1, 0.5], [-2, 3]])")
    np.testing.assert_array_equal(game.A, [[1, 0.5], [-2, 3]])


def test_losses_are_read():
    game = parse_game("losses('x*y + a*x**2/2', '-x*y', a=0.5)")
    assert (game.gx(2.0, 3.0), game.gy(2.0, 3.0)) == (4.0, -2.0)


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("alternatng", UnknownName, "did you mean Alternating"),
        ("gda(lrx=1)", UnknownName, "did you mean lr_x"),
        ("gda(lr=0)", FieldError, "Simultaneous: lr_x must be positive"),
        ("gda(lr=-1)", FieldError, "got -1"),
        ("gda(lr=nan)", FieldError, "got nan"),
        ("gda(lr=1e999)", FieldError, "got inf"),
        ("gda(lr=inf)", FieldError, "got inf"),
        ("gda(lr='fast')", FieldError, "got 'fast'"),
        ("gda(lr=0.1, lr_x=1)", FieldError, "not both"),
        ("gda(1, 2, 3)", GandynError, "at character 11 .*only 2 fields"),
        ("gda(1, lr_x=2)", GandynError, "lr_x is given twice"),
        ("gda(lr=0.1", GandynError, "at character 4"),
        ("gda(lr=1+1)", GandynError, r"at character 8 \(1 \+ 1\)"),
        ("gda(lr=sqrt(2))", GandynError, "a number, True, False"),
        ("gda(**{})", UnknownName, "field of Simultaneous"),
        ("gda(lr=[1,[2,3]])", GandynError, "rows of one length"),
        ("alternating(k_x=1.5)", GandynError, "whole number"),
        ("alternating(y_first=0.5)", GandynError, "True or False"),
        ("lookahead(3)", GandynError, "a name is needed here"),
        ("lookahead(alternatng)", UnknownName, "Alternating"),
        ("0.5", GandynError, "a name is needed"),
        ("", GandynError, "write a name or a call"),
        ("a.b", UnknownName, "unknown optimizer"),
        ("(" * 5000, GandynError, "cannot read the rule"),
        ("__import__('os').getcwd()", GandynError, "a name is needed"),
        ("gda\x00", GandynError, "cannot read the rule"),
    ],
)
def test_what_is_refused(text, error, words):
    with pytest.raises(error, match=words):
        parse_rule(text)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text):
    for parse in (parse_rule, parse_game, parse_axis, parse_value):
        with contextlib.suppress(GandynError):
            parse(text)


def test_own_class_is_importable_by_reference(own):
    rule = parse_rule(f"{own}:Mine(lr=0.5)")
    assert (rule.lr_x, rule.lr_y) == (0.5, 0.5)
    cls = type(rule)
    assert getattr(sys.modules[cls.__module__], cls.__qualname__) is cls
    assert type(parse_rule(f"{own}:Mine")) is cls


def test_own_class_nests_in_known_rules(own):
    rule = parse_rule(f"{own}:Lookahead(Mine(lr=2), k=3)")
    assert (type(rule.inner).__name__, rule.inner.lr_x, rule.k) == ("Mine", 2, 3)


def test_own_file_is_read_again_after_an_edit(own):
    assert parse_rule(f"{own}:Mine").lr_x == 0.25
    own.write_text(OWN_RULE.replace("0.25", "0.75"))
    assert parse_rule(f"{own}:Mine").lr_x == 0.75


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import gandyn\n1 / 0\n", r"line 2(.|\n)*1 / 0(.|\n)*ZeroDivisionError: "),
        ("def f(:\n", "SyntaxError: invalid syntax"),
        ("import no_such_module_here\n", "ModuleNotFoundError: No module named"),
    ],
)
def test_broken_files_show_pythons_own_message(tmp_path, source, words):
    path = tmp_path / "broken.py"
    path.write_text(source)
    with pytest.raises(GandynError, match=words):
        parse_rule(f"{path}:Mine")
    assert not [name for name in sys.modules if "gandyn_user_broken" in name]


def test_a_broken_edit_keeps_the_module_that_worked(own):
    cls = type(parse_rule(f"{own}:Mine"))
    own.write_text("1 / 0")
    with pytest.raises(GandynError):
        parse_rule(f"{own}:Mine")
    assert getattr(sys.modules[cls.__module__], "Mine") is cls  # noqa: B009


def test_missing_file_and_wrong_family(own, tmp_path):
    empty = tmp_path / "empty.py"
    empty.write_text("x = 1")
    with pytest.raises(GandynError, match="defines no rule or game"):
        parse_rule(f"{empty}:Mine")
    with pytest.raises(GandynError, match="No such file"):
        parse_rule(f"{tmp_path}/nothing.py:Mine")
    with pytest.raises(GandynError, match="Mine is not a Game"):
        parse_game(f"{own}:Mine")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("0:1:3", [0, 0.5, 1]),
        ("0.01:1:3:log", [0.01, 0.1, 1]),
        ("-1:1:3:linear", [-1, 0, 1]),
        ("1e-1, 2,5", [0.1, 2, 5]),
    ],
)
def test_axes_are_read(text, values):
    axis = parse_axis(text)
    np.testing.assert_allclose(getattr(axis, "values", axis), values, rtol=1e-15)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1:2", "LOW:HIGH:NUM"),
        ("1:2:3:log:5", "LOW:HIGH:NUM"),
        ("a:2:3", "'a' is not a number"),
        ("1:2:3.5", "'3.5' is not a whole number"),
        ("1,,2", "'' is not a number"),
        ("1:2:1", "at least 2 points"),
        ("1:2:0", "at least 2 points"),
        ("2:1:5", "must rise"),
        ("1:1:5", "must rise"),
        ("0:1:5:log", "must start above 0"),
        ("1:inf:5", "must be finite"),
        ("1:nan:5", "must be finite"),
        ("1:2:5:lgo", "'linear' or 'log'"),
    ],
)
def test_axes_that_are_refused(text, words):
    with pytest.raises(GandynError, match=words):
        parse_axis(text)


@pytest.mark.parametrize("text", ["lr", "=3", "lr=", " = "])
def test_assignments_that_are_refused(text):
    with pytest.raises(GandynError, match="NAME=VALUE"):
        parse_assignment(text)


def test_fields_are_set_by_the_names_that_sweeps_use():
    rule, game = set_fields(
        Lookahead(Extragradient(), k=5),
        DiracGAN(regulariser="R1"),
        {"lr": 0.5, "rule.inner.lr_y": 2, "k": 7, "game.gamma": 0.7},
    )
    assert (rule.inner.lr_x, rule.inner.lr_y, rule.k) == (0.5, 2, 7)
    assert game.regulariser.gamma == 0.7


def test_fields_that_cannot_be_set():
    rule, game = Simultaneous(), DiracGAN(loss=Wasserstein())
    with pytest.raises(UnknownName, match="Simultaneous or DiracGAN 'gama'"):
        set_fields(rule, game, {"gama": 1})
    with pytest.raises(FieldError, match="lr_x must be positive"):
        set_fields(rule, game, {"lr_x": -1})
