"""What rules and games declare, found by trying: users' classes, and the catalogue."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from click.testing import CliRunner

from gandyn import elementary, rules, simulate, sweep
from gandyn._node import leaves, replace
from gandyn.cli import main
from gandyn.dynamics import one_step_map
from gandyn.dynamics.engines._complex_steps import try_derivative
from gandyn.dynamics.engines._trials import TraitError
from gandyn.dynamics.engines.traits import check_traits, try_declared
from gandyn.elementary import stack
from gandyn.games import (
    Bilinear,
    DiracGAN,
    LinearGame,
    PolynomialGame,
    Quadratic,
)
from gandyn.games._base import ScalarGame, VectorGame
from gandyn.rules import Extragradient, HeavyBall, Lookahead, Rule, Simultaneous
from gandyn.stability import certify, critical_learning_rates, linear_stability
from gandyn.stability.linear.linear_maps import linear_maps

AXES = {"lr_x": [0.1, 0.5], "lr_y": [0.1, 0.4]}
COUNTER = itertools.count()


class Push(Rule):
    """Descends a function of each gradient; subclasses say which."""

    lr_x: float = 0.1
    lr_y: float = 0.1

    def push(self, g):
        return g

    def step(self, game, x, y, memory):
        push_x, push_y = self.push(game.gx(x, y)), self.push(game.gy(x, y))
        return x - self.lr_x * push_x, y - self.lr_y * push_y, memory


class NumpyTanh(Push):
    def push(self, g):
        return np.tanh(g)


class Tanh(Push):
    def push(self, g):
        return elementary.tanh(g)


class Clipped(Push):
    def push(self, g):
        return elementary.clip(g, 0.2)


class FarClipped(Push):
    def push(self, g):
        return elementary.clip(g, 1e4)


class Normed(Push):
    def push(self, g):
        return g / elementary.sqrt(g * g + 1e-6)


class Weak(Push):
    def push(self, g):
        return g + 1e-7 * elementary.tanh(g)


class Absolute(Push):
    linear = False

    def push(self, g):
        return g + 0.1 * abs(g)


class NumpyReal(Push):
    def push(self, g):
        return np.real(g)


class NumpySign(Push):
    linear = False

    def push(self, g):
        return g + np.sign(g)


class Larger(Push):
    linear = False

    def push(self, g):
        return max(g, -0.5)


class Branch(Push):
    linear = False

    def push(self, g):
        if g > 1:
            return g * 0.5
        return g


class MathTanh(Push):
    linear = False

    def push(self, g):
        return math.tanh(g)


class Selected(Push):
    """What `Absolute` is to be written as."""

    linear = False

    def push(self, g):
        return g + 0.1 * elementary.select(g, g, -g)


class Counting(Push):
    def init(self, game, x, y):
        return (0.0,)

    def step(self, game, x, y, memory):
        rate = self.lr_x / (1 + memory[0])
        return x - rate * game.gx(x, y), y - rate * game.gy(x, y), (memory[0] + 1,)


class Drawing(Push):
    def push(self, g):
        return g * (1 + 0.1 * (next(COUNTER) % 3))


class Bent(ScalarGame):
    """A cubic field that says it is linear."""

    linear = True

    def gx(self, x, y):
        return y + x * x * x

    def gy(self, x, y):
        return -x

    def jacobian(self, x, y):
        return 3 * x * x, 1.0, -1.0, 0.0

    def equilibria(self):
        return [(0.0, 0.0)]


class Kinked(VectorGame):
    """A field with an absolute value."""

    zero_sum = linear = False
    shape = property(lambda self: ((2,), (1,)))

    def gx(self, x, y):
        return stack(x[0] + y[0], np.abs(x[1]) + 2 * x[1])

    def gy(self, x, y):
        return stack(y[0] - x[0])

    def jvp(self, x, y, u, w):
        return stack(u[0] + w[0], (2 + np.sign(x[1])) * u[1]), stack(w[0] - u[0])

    def equilibria(self):
        return [(np.zeros(2), np.zeros(1))]


NONLINEAR = [NumpyTanh, Tanh, Clipped, FarClipped, Normed, Weak]


@pytest.mark.parametrize("cls", NONLINEAR, ids=lambda cls: cls.__name__)
@pytest.mark.parametrize(
    "game", [Bilinear(0.7), Quadratic(), LinearGame([[0.5, 1.0], [-1.0, 0.1]], 1)]
)
def test_a_step_that_is_not_affine_is_found_out(cls, game):
    for method in ("auto", "exact"):
        with pytest.raises(TraitError, match="linear = False"):
            sweep(cls(), game, AXES, method=method)
    with pytest.raises(TraitError, match="linear = False"):
        one_step_map(cls(), game)
    with pytest.raises(TraitError, match="linear = False"):
        certify(cls(), game)
    with pytest.raises(TraitError, match="linear = False"):
        sweep(Lookahead(cls(), k=2), game, {"k": [1, 2], "alpha": [0.3, 0.5]})


def test_orbits_of_a_step_that_is_not_affine_need_no_declaration():
    """Simulation relies on nothing that the class declares, numpy's functions too."""
    found = simulate(NumpyTanh(), Bilinear(0.7), (0.5, 0.4), 64)
    assert np.array_equal(
        found.x[:2], [0.5, NumpyTanh().step(Bilinear(0.7), 0.5, 0.4, ())[0]]
    )
    seen = sweep(NumpyTanh(), Bilinear(0.7), AXES, method="simulate")
    assert not np.any(seen.ended.values == 6)  # none by an exact map


def test_an_affine_step_of_a_user_is_believed():
    found = sweep(Push(), Bilinear(0.7), AXES)
    assert np.all(found.ended.values == 6)  # the exact map
    assert certify(Push(), Bilinear(0.7)).status == "proved_unstable"


@pytest.mark.parametrize(
    ("cls", "words"),
    [
        (Absolute, r"select\(t, t, -t\) for abs"),
        (NumpyReal, "for the real part"),
        (NumpySign, r"sign\(t\) for sign"),
        (Larger, r"select\(a - b, a, b\) for max or min"),
        (Branch, r"select\(t, a, b\)"),
        (MathTanh, "tanh for math"),
    ],
)
def test_what_has_no_exact_derivative_is_refused_with_what_to_write(cls, words):
    game = Quadratic(1.0, 0.3, -1.0, point_x=1.0, point_y=0.0)
    calls = [
        lambda: linear_stability(cls(), game),
        lambda: one_step_map(cls(), game),
        lambda: linear_maps(cls(), game, {"lr": [0.1, 0.2]}),
        lambda: critical_learning_rates(cls(), game),
        lambda: simulate(cls(), game),
        lambda: sweep(cls(), game, AXES),
    ]
    for call in calls:
        with pytest.raises(TraitError, match=words):
            call()


class Folded(Push):
    """Descends 30 (1 - |x|) beside the gradient: about 1 a multiplier of 3.9."""

    linear = False

    def step(self, game, x, y, memory):
        push = game.gx(x, y) + 30 * (1.0 - abs(x))
        return x - self.lr_x * push, y - self.lr_y * game.gy(x, y), memory


def test_a_certificate_of_an_absolute_value_is_right():
    """Exact numbers take it as it is; at its corner there is nothing to prove."""
    game = Quadratic(1.0, 0.0, -1.0, point_x=1.0, point_y=0.0)
    found = certify(Folded(), game)
    assert (found.status, found.inside, found.outside) == ("proved_unstable", 1, 1)
    slope = -found.coefficients[1] - (1 - Fraction(0.1))  # the trace less y's
    assert float(slope) == pytest.approx(3.9, rel=1e-15)
    assert certify(Absolute(), game).status == "unproved"


def test_the_remedy_is_taken():
    game = Quadratic(1.0, 0.3, -1.0, point_x=1.0, point_y=0.0)
    check_traits(Selected(), game)
    state, step = np.array([1.3, 0.2]), 1e-6
    slopes = one_step_map(Selected(), game, (1.3, 0.2))
    for k, unit in enumerate(np.eye(2)):
        ends = [
            Selected().step(game, *(state + sign * step * unit), ())[:2]
            for sign in (1, -1)
        ]
        differences = (np.array(ends[0]) - np.array(ends[1])) / (2 * step)
        np.testing.assert_allclose(slopes[:, k], differences, atol=1e-8)


@pytest.mark.parametrize("cls", [Counting, Drawing], ids=lambda cls: cls.__name__)
def test_a_step_that_changes_with_time_is_found_out(cls):
    for call in (
        lambda: sweep(cls(), Bilinear(0.7), AXES),
        lambda: certify(cls(), Bilinear(0.7)),
        lambda: one_step_map(cls(), DiracGAN()),
    ):
        with pytest.raises(TraitError, match="autonomous = False"):
            call()


class Favouring(Push):
    """Halves the gradient of a player's first coordinate."""

    def push(self, g):
        return stack(0.5 * g[0], *g[1:]) if np.ndim(g) > 1 else g


def test_a_rule_that_does_not_decouple_is_found_out():
    matrix = np.array([[1.0, 0.3], [0.2, 2.0]])
    with pytest.raises(TraitError, match="orthogonal = False"):
        sweep(Favouring(), Bilinear(matrix), AXES)
    both = [sweep(rule, Bilinear(matrix), AXES) for rule in (Push(), Simultaneous())]
    np.testing.assert_array_equal(*(found.verdict.values for found in both))


def test_games_are_tried_too():
    with pytest.raises(TraitError, match="Bent declares linear = True"):
        sweep(Extragradient(), Bent(), AXES)
    with pytest.raises(TraitError, match=r"Kinked.gx or gy.*select\(t, t, -t\)"):
        linear_stability(Extragradient(), Kinked())


def test_the_command_line_refuses_with_code_2(tmp_path):
    path = tmp_path / "rules.py"
    path.write_text(
        "from gandyn.rules import Rule\n\n\n"
        "class Folded(Rule):\n"
        "    lr_x: float = 0.1\n    lr_y: float = 0.1\n    linear = False\n\n"
        "    def step(self, game, x, y, memory):\n"
        "        gx, gy = abs(game.gx(x, y)), game.gy(x, y)\n"
        "        return x - self.lr_x * gx, y - self.lr_y * gy, memory\n"
    )
    done = CliRunner().invoke(
        main,
        ["bifurcations", "--rule", f"{path}:Folded", "--game", "DiracGAN", "--json"],
    )
    assert done.exit_code == 2, done.output
    assert "select(t, t, -t) for abs" in done.output


def _cases():
    rng = np.random.default_rng(0)
    games = [
        Bilinear(rng.normal(size=(2, 3))), DiracGAN(), PolynomialGame(),
        LinearGame([[1e10, 0.0], [0.0, -1e-7]], 1), Quadratic(1e8, 1e-8, 1e3, 1e5),
    ]  # fmt: skip
    return [pytest.param(game, id=type(game).__name__) for game in games]


@pytest.mark.parametrize("game", _cases())
def test_the_catalogue_is_what_it_declares(game):
    """At its defaults and at random rates: no false alarm, and nothing to hide."""
    rng = np.random.default_rng(1)
    catalogue = [cls() for cls in rules.CATALOGUE.values()]
    catalogue += [Lookahead(Extragradient(lr=0.3)), Lookahead(HeavyBall(), k=2)]
    for rule in catalogue:
        rates = [p for p in leaves(rule) if p.split(".")[-1] in ("lr_x", "lr_y")]
        moved = {path: float(10 ** rng.uniform(-3, 1)) for path in rates}
        for one in (rule, replace(rule, moved)):
            try_declared(one, game)
            try_derivative(one, game)
