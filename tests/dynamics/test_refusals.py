"""Games that a rule cannot play, steps without a solution: what is said of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from gandyn import sweep
from gandyn._node import Positive, Real
from gandyn.cli import main
from gandyn.dynamics import ENDINGS, VERDICTS, simulate
from gandyn.dynamics.engines.first_step import RuleError
from gandyn.elementary import exp, solve_dense, solve_matrix
from gandyn.errors import GandynError
from gandyn.games import Bilinear, CovarianceGAN, DiracGAN, GeneralQuadratic
from gandyn.games._base import Game, ScalarGame
from gandyn.rules import (
    LOLA,
    CompetitiveGradientDescent,
    Consensus,
    Extragradient,
    FollowTheRidge,
    ProximalPoint,
    Rule,
    Simultaneous,
)


class _FieldOnly(ScalarGame):
    """A user's game that has a field and no Jacobian."""

    def gx(self, x: Any, y: Any) -> Any:
        return y

    def gy(self, x: Any, y: Any) -> Any:
        return -x

    def equilibria(self) -> list[tuple[Any, Any]]:
        return [(0.0, 0.0)]


class _GeneralSum(_FieldOnly):
    zero_sum = False

    def jacobian(self, x: Any, y: Any) -> Any:
        return 0.0, 1.0, -1.0, 0.0


class _Empty(Game):
    """A user's game that has nothing yet."""

    def equilibria(self) -> list[tuple[Any, Any]]:
        return [(0.0, 0.0)]


class _OfNumbers(Rule):
    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        return float(x) / 2, float(y) / 2, memory


class _OfVectors(Rule):
    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        return x - x.mean(0), y - y.mean(0), memory


class _NoFixedPoint(ScalarGame):
    """v = (-a eˣ, y): for a lr > 1/e an implicit step from 0 has no solution."""

    a: Positive = 1.0
    b: Real = 0.0

    def gx(self, x: Any, y: Any) -> Any:
        return -self.a * exp(x) + 0 * y

    def gy(self, x: Any, y: Any) -> Any:
        return y + 0 * x

    def jacobian(self, x: Any, y: Any) -> Any:
        return -self.a * exp(x), 0 * x, 0 * x, 1 + 0 * x

    def equilibria(self) -> list[tuple[Any, Any]]:
        return []


@pytest.mark.parametrize(
    ("rule", "game", "words"),
    [
        (Consensus(), _FieldOnly(), ["vjp(x, y, u, w)", "Simultaneous, "]),
        (ProximalPoint(), _FieldOnly(), ["solve(x, y, a, b, u, w)", "Extragradient"]),
        (LOLA(), _GeneralSum(), ["no cross(x, y)", "rules that can play it: "]),
        (CompetitiveGradientDescent(), CovarianceGAN(), ["blocks jacobian", "Adam"]),
        (Simultaneous(), _Empty(), ["the gradient gx(x, y)", "no rule can"]),
        (_OfNumbers(), CovarianceGAN(), ["two numbers only", "((4,), (4,))"]),
        (_OfVectors(), Bilinear(1.0), ["two vectors only", "((), ())"]),
        (FollowTheRidge(), Bilinear(1.0), ["J_yy, which is singular", "rules that"]),
        (FollowTheRidge(), Bilinear([[1.0, 2.0]]), ["J_yy, which is singular"]),
        (
            CompetitiveGradientDescent(lr=1.0),
            GeneralQuadratic(0.0, 1.0, 1.0, 0.0),
            ["I + lr J_off, which is singular", "x = 0.5"],
        ),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, list) else "",
)
def test_what_is_missing_is_named_and_who_needs_it_not(
    rule: Rule, game: Game, words: list[str]
) -> None:
    with pytest.raises(RuleError) as caught:
        simulate(rule, game)
    message = str(caught.value)
    assert [word for word in words if word not in message] == []
    assert type(rule).__name__ in message
    if rule.inverts:
        with pytest.raises(RuleError) as swept:
            sweep(rule, game, {"lr_x": [0.1, 0.2], "lr_y": [0.1, 0.2]})
        assert str(swept.value) == message


def test_rules_named_in_a_refusal_can_play() -> None:
    with pytest.raises(RuleError) as caught:
        simulate(Consensus(), _FieldOnly())
    named = str(caught.value).partition("rules that can play it: ")[2]
    assert "Extragradient" in named
    assert not {"LOLA", "Consensus", "SymplecticGradientAdjustment"} & set(
        named.replace(",", "").split()
    )
    assert simulate(Extragradient(), _FieldOnly(), steps=5).steps == 5


def test_an_implicit_step_without_a_solution_is_a_verdict_with_its_residual() -> None:
    orbit = simulate(ProximalPoint(lr=1.0), _NoFixedPoint(), start=(0.0, 0.5), steps=50)
    assert (orbit.verdict, orbit.ended) == ("undecided", "unsolved")
    assert np.isnan(orbit.x[1])
    # |p - eᵖ| >= 1 for all p, and y's step is solved
    assert orbit.residual * np.hypot(1.0, 0.5) >= 1.0
    calm = simulate(ProximalPoint(lr=0.1), Bilinear(1.0), steps=50)
    assert np.isnan(calm.residual)


def test_only_the_cells_without_a_solution_are_unsolved() -> None:
    found = sweep(
        ProximalPoint(), _NoFixedPoint(),
        {"lr_x": [1e-6, 0.5, 1.0], "lr_y": [0.1, 1.0]}, start=(0.0, 0.5), steps=20,
    )  # fmt: skip
    # the first row would need a million steps to where none has a solution
    unsolved = found.ended.values == ENDINGS.index("unsolved")
    assert unsolved[1:].all()
    assert not unsolved[0].any()
    assert (found.verdict.values[unsolved] == VERDICTS.index("undecided")).all()
    assert np.isnan(found.rate.values[unsolved]).all()


@pytest.mark.parametrize("size", [0, 2])
@pytest.mark.parametrize("method", ["exact", "simulate"])
def test_a_singular_matrix_is_a_verdict_of_its_cell(method: str, size: int) -> None:
    """Of a cooperative game, I + lr J_off is singular where lr_x lr_y = 1."""
    one = np.eye(size) if size else 1.0
    game = GeneralQuadratic(A=2.5, B=one, C=one, D=2.5)
    axes = {"lr_x": [0.25, 0.5, 1.0], "lr_y": [0.5, 1.0, 2.0]}
    found = sweep(CompetitiveGradientDescent(), game, axes, method=method, steps=256)
    unsolved = found.ended.values == ENDINGS.index("unsolved")
    product = np.outer(axes["lr_x"], axes["lr_y"])
    np.testing.assert_array_equal(unsolved, product == 1)
    assert (found.verdict.values[unsolved] == VERDICTS.index("undecided")).all()


def test_a_singular_system_does_not_stop_the_others() -> None:
    torch = pytest.importorskip("torch")
    jacobian = np.array([[[1.0, 0.0], [0.0, 1.0]], [[-1.0, 0.0], [0.0, 1.0]]])
    u, w = np.array([[2.0, 2.0]]), np.array([[4.0, 4.0]])
    for kind in (np.asarray, torch.from_numpy):
        p, q = solve_dense(kind(jacobian), 1.0, 1.0, kind(u), kind(w))
        np.testing.assert_array_equal(p, [[1.0, np.nan]])
        np.testing.assert_array_equal(q, [[2.0, np.nan]])
        none = solve_matrix(np.zeros((1, 1)), kind(u))
        assert np.isnan(np.asarray(none)).all()


def test_the_command_line_prints_the_residual(tmp_path: Any) -> None:
    path = tmp_path / "game.py"
    path.write_text(
        "from gandyn.elementary import exp\n"
        "from gandyn.games import ScalarGame\n\n\n"
        "class Exponential(ScalarGame):\n"
        "    def gx(self, x, y):\n        return -exp(x) + 0 * y\n\n"
        "    def gy(self, x, y):\n        return y + 0 * x\n\n"
        "    def jacobian(self, x, y):\n"
        "        return -exp(x), 0 * x, 0 * x, 1 + 0 * x\n\n"
        "    def equilibria(self):\n        return []\n",
        "utf-8",
    )
    args = ["orbit", "--rule", "PPM(lr=0.5)", "--game", f"{path}:Exponential"]
    result = CliRunner().invoke(main, [*args, "--start", "0,0.5", "--steps", "20"])
    assert result.exit_code == 0, result.output
    assert "undecided (unsolved)" in result.output
    assert "of the step's equation, relative" in result.output


def test_a_step_that_kernels_cannot_compile_says_what_to_write():
    class Clipped(Rule):
        linear = False

        def step(self, game, x, y, memory):
            return x - 0.1 * np.clip(game.gx(x, y), -1, 1), y, memory

    with pytest.raises(GandynError, match=r"cannot be compiled.*clip\(t, bound\)"):
        simulate(Clipped(), DiracGAN())
