"""Strategies draw what they say, and shrink to what can be read."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

from gandyn.dynamics import multipliers
from gandyn.dynamics.exact.linear import dense_jacobian
from gandyn.errors import GandynError
from gandyn.games import Bilinear, DiracGAN, Game, Quadratic
from gandyn.rules import CATALOGUE, Extragradient, HeavyBall, Rule
from gandyn.testing import TinyMLP, strategies

QUIET = settings(
    max_examples=30,
    database=None,
    suppress_health_check=list(HealthCheck),
)
KINDS = (
    "scalar", "linear", "bounded", "vector", "bilinear", "quadratic", "dirac",
    "polynomial", "potential", "hamiltonian", "mlp",
)  # fmt: skip
TINY = 1e-30


@pytest.mark.parametrize("kind", KINDS)
def test_games_have_equilibria_and_the_jacobian_of_their_field(kind: str) -> None:
    @QUIET
    @given(st.data())
    def check(data: Any) -> None:
        game = data.draw(strategies.games(kind))
        x, y = data.draw(strategies.fixed_points(game))
        np.testing.assert_allclose(game.gx(x, y), 0, atol=1e-12)
        np.testing.assert_allclose(game.gy(x, y), 0, atol=1e-12)
        x, y = data.draw(strategies.initial_states(game))
        J = dense_jacobian(game, x, y)
        for column in range(np.size(x) + np.size(y)):
            np.testing.assert_allclose(
                _slope(game, x, y, column), J[:, column], rtol=1e-12, atol=1e-12
            )

    check()


def _slope(game: Any, x: Any, y: Any, column: int) -> np.ndarray:
    z = np.concatenate([np.ravel(x), np.ravel(y)]).astype(complex)
    z[column] += 1j * TINY
    n = np.size(x)
    p, q = z[:n].reshape(np.shape(x))[()], z[n:].reshape(np.shape(y))[()]
    parts = np.ravel(game.gx(p, q)), np.ravel(game.gy(p, q))
    return np.imag(np.concatenate(parts)) / TINY


def test_kinds_are_what_they_are_called() -> None:
    potential = find(strategies.potential_games(), lambda game: game.B != 0)
    J = dense_jacobian(potential, 0.3, 0.4)
    np.testing.assert_array_equal(J, J.T)
    turning = find(strategies.hamiltonian_games(), lambda game: True)
    J = dense_jacobian(turning, 0.3, 0.4)
    np.testing.assert_array_equal(J, -J.T)
    for game in (find(strategies.monotone_games(0.6, 2.0), lambda game: True),):
        J = dense_jacobian(game, 0.0, 0.0)
        assert np.linalg.eigvalsh((J + J.T) / 2).min() == pytest.approx(0.6)
        assert np.linalg.norm(J, 2) == pytest.approx(2.0)
    with pytest.raises(GandynError, match="kind must be one of"):
        strategies.games("chess")


def test_counterexamples_shrink_to_games_that_can_be_read() -> None:
    plain = settings(database=None)
    for seed in range(2):
        options = {"settings": plain, "random": Random(seed)}
        game = find(strategies.games(), lambda game: game.gx(1.0, 1.0) > 0, **options)
        assert game == Bilinear(1.0)
        assert find(strategies.numbers(), lambda v: v > 1.3, **options) == 2.0


def test_a_small_network_is_zero_sum() -> None:
    game, rng = TinyMLP(), np.random.default_rng(0)
    x, y, h = rng.normal(size=2), rng.normal(size=3), 1e-30
    for i in range(2):
        moved = x + 1j * h * np.eye(2)[i]
        assert game.loss_x(moved, y).imag / h == pytest.approx(game.gx(x, y)[i])
    for i in range(3):
        moved = y + 1j * h * np.eye(3)[i]
        assert game.loss_y(x, moved).imag / h == pytest.approx(game.gy(x, y)[i])


def test_learning_rates_inside_and_outside_the_exact_range() -> None:
    rule, game = Extragradient(), Bilinear(2.0)

    @QUIET
    @given(
        strategies.learning_rates(rule, game),
        strategies.learning_rates(rule, game, inside=False),
    )
    def check(stable: float, unstable: float) -> None:
        assert stable < 0.5 < unstable
        assert abs(multipliers(Extragradient(lr=stable), game)[0]) < 1
        assert abs(multipliers(Extragradient(lr=unstable), game)[0]) > 1

    check()
    with pytest.raises(GandynError, match="no learning rate"):
        strategies.learning_rates(HeavyBall(), game, inside=True)


@pytest.mark.parametrize("name", ["Adam", "Lookahead", "AlexGDA", "ClipNorm"])
def test_rules_are_drawn_with_their_fields(name: str) -> None:
    @QUIET
    @given(strategies.rules(name))
    def check(rule: Rule) -> None:
        assert type(rule) is CATALOGUE[name]
        assert np.isfinite(
            rule.step(Bilinear(), 1.0, 0.5, rule.init(Bilinear(), 1.0, 0.5))[0]
        )

    check()


@QUIET
@given(strategies.memories(HeavyBall(), Quadratic()))
def test_memories_have_the_rule_s_structure(memory: Any) -> None:
    assert len(memory) == 2


@QUIET
@given(strategies.orthogonal_matrices(3), strategies.signed_permutations(3))
def test_symmetries_are_orthogonal(turn: np.ndarray, order: np.ndarray) -> None:
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-15)
    np.testing.assert_array_equal(order @ order.T, np.eye(3))
    assert set(np.abs(order).ravel()) == {0.0, 1.0}


@QUIET
@given(st.from_type(Game), st.from_type(Rule), st.from_type(DiracGAN))
def test_types_are_registered(game: Game, rule: Rule, dirac: DiracGAN) -> None:
    assert isinstance(game, Game)
    assert isinstance(rule, Rule)
    assert isinstance(dirac, DiracGAN)


@QUIET
@given(strategies.noisy_oracles())
def test_noise_is_a_sequence_by_call(oracle: Any) -> None:
    here = oracle.gx(0.5, 0.25) - oracle.game.gx(0.5, 0.25)
    assert here == pytest.approx(oracle.noise[1 % len(oracle.noise)])
