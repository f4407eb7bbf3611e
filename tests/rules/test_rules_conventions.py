"""Orders of play, players, signs, memories and wrappers: where sources differ."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gandyn.dynamics import multipliers
from gandyn.errors import GandynError
from gandyn.games import Bilinear, LinearGame
from gandyn.games.dirac import DiracGAN
from gandyn.rules import (
    CATALOGUE,
    LOLA,
    AlignedSymplecticGradientAdjustment,
    Consensus,
    Extragradient,
    LookAheadPlay,
    OptimisticGradient,
    PastExtragradient,
    ProximalPoint,
    Simultaneous,
    StableOpponentShaping,
    SymplecticGradientAdjustment,
)

ORDERED = [name for name, cls in CATALOGUE.items() if hasattr(cls, "y_first")]
SCALAR = LinearGame([[0.5, 1.5], [-1.5, 0.8]], n=1)


class _Quadratic(LinearGame):
    zero_sum = True


GAME = _Quadratic([[0.5, 1.5], [-1.5, 0.8]], n=1)


class _Swapped:
    """The same game with the players' names exchanged."""

    zero_sum = True

    def __init__(self, game: Any) -> None:
        self.game, self.shape = game, game.shape[::-1]

    def gx(self, x: Any, y: Any) -> Any:
        return self.game.gy(y, x)

    def gy(self, x: Any, y: Any) -> Any:
        return self.game.gx(y, x)

    def jvp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        return self.game.jvp(y, x, w, u)[::-1]

    def vjp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        return self.game.vjp(y, x, w, u)[::-1]

    def jacobian(self, x: Any, y: Any) -> Any:
        return self.game.jacobian(y, x)[::-1]

    def solve(self, x: Any, y: Any, a: Any, b: Any, u: Any, w: Any) -> Any:
        return self.game.solve(y, x, b, a, w, u)[::-1]

    def project(self, x: Any, y: Any) -> Any:
        return self.game.project(y, x)[::-1]


def _orbit(rule: Any, game: Any, x: Any, y: Any, steps: int = 30) -> np.ndarray:
    memory = rule.init(game, x, y)
    states = []
    for _ in range(steps):
        x, y, memory = rule.step(game, x, y, memory)
        states.append(np.concatenate([np.atleast_1d(x), np.atleast_1d(y)]))
    return np.array(states)


@pytest.mark.parametrize("name", list(CATALOGUE))
def test_exchanging_the_players_exchanges_the_orbit(name: str) -> None:
    cls = CATALOGUE[name]
    second = {"y_first": True} if name in ORDERED else {}
    x, y = np.array([0.7]), np.array([-0.4])
    expected = _orbit(cls(), GAME, x, y)
    found = _orbit(cls(**second), _Swapped(GAME), y, x)
    same = np.allclose(found[:, ::-1], expected, rtol=1e-12, atol=0)
    assert same == cls().symmetric


@pytest.mark.parametrize("name", ORDERED)
def test_the_order_changes_orbits(name: str) -> None:
    cls, start = CATALOGUE[name], (np.array([0.7]), np.array([-0.4]))
    apart = _orbit(cls(), GAME, *start) - _orbit(cls(y_first=True), GAME, *start)
    assert np.abs(apart).max() > 1e-6


@pytest.mark.parametrize("name", [n for n in ORDERED if CATALOGUE[n].linear])
def test_the_order_never_changes_the_multipliers(name: str) -> None:
    rates = {"lr_x": 0.3, "lr_y": 0.2}
    found = [
        np.poly(multipliers(CATALOGUE[name](**rates, y_first=first), SCALAR))
        for first in (False, True)
    ]
    np.testing.assert_allclose(*found, rtol=0, atol=1e-7)


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_every_rule_descends_a_strongly_monotone_game(name: str) -> None:
    game = _Quadratic([[1.0, 0.3], [-0.3, 1.0]], n=1)
    orbit = _orbit(CATALOGUE[name](), game, np.array([0.7]), np.array([-0.4]), 300)
    assert np.linalg.norm(orbit[-1]) < 0.9 * np.hypot(0.7, 0.4)


@pytest.mark.parametrize(
    ("rule", "first"),
    [(OptimisticGradient, Simultaneous), (PastExtragradient, Extragradient)],
)
def test_memories_of_gradients_start_at_the_initial_state(
    rule: Any, first: Any
) -> None:
    x, y = np.array([0.7]), np.array([-0.4])
    expected = _orbit(first(lr=0.1), GAME, x, y, 1)
    np.testing.assert_allclose(
        _orbit(rule(lr=0.1), GAME, x, y, 1), expected, rtol=1e-15
    )


def test_optimistic_orbits_are_the_extrapolated_points_of_past_extragradient() -> None:
    fields = {"lr_x": 0.2, "lr_y": 0.1, "ratio_x": 0.8, "ratio_y": 1.3}
    past, x, y = PastExtragradient(**fields), 0.7, -0.4
    game = Bilinear(1.5, b=0.1)
    memory = past.init(game, x, y)
    halves = []
    for _ in range(20):
        halves.append((x - 0.16 * memory[0], y - 0.13 * memory[1]))
        x, y, memory = past.step(game, x, y, memory)
    rule = OptimisticGradient(**fields)
    x, y = halves[0]
    memory = (game.gx(0.7, -0.4), game.gy(0.7, -0.4))
    for half in halves:
        np.testing.assert_allclose((x, y), half, rtol=1e-12)
        x, y, memory = rule.step(game, x, y, memory)


def test_consensus_descends_half_the_squared_norm_of_the_field() -> None:
    game, h = DiracGAN(regulariser="L2"), 1e-30

    def merit(x: Any, y: Any) -> Any:
        return (game.gx(x, y) ** 2 + game.gy(x, y) ** 2) / 2

    x, y, _ = Consensus(lr=1.0, gamma=3.0).step(game, 0.7, -0.4, ())
    slope_x = merit(0.7 + 1j * h, -0.4).imag / h
    slope_y = merit(0.7, -0.4 + 1j * h).imag / h
    assert x == pytest.approx(0.7 - game.gx(0.7, -0.4) - 3 * slope_x, rel=1e-12)
    assert y == pytest.approx(-0.4 - game.gy(0.7, -0.4) - 3 * slope_y, rel=1e-12)


def test_the_sign_of_the_symplectic_adjustment() -> None:
    x, y = np.array([0.7]), np.array([-0.4])
    for own, sign in ((0.5, 1.0), (-3.0, -1.0)):
        game = LinearGame([[own, 1.5], [-1.5, own]], n=1)
        aligned = AlignedSymplecticGradientAdjustment(lam=0.4, epsilon=1e-3)
        plain = SymplecticGradientAdjustment(lam=sign * 0.4)
        expected = plain.step(game, x, y, ())[:2]
        np.testing.assert_array_equal(aligned.step(game, x, y, ())[:2], expected)


def test_stable_opponent_shaping_is_lola_far_away_and_lookahead_at_rest() -> None:
    far, near = (np.array([7.0]), np.array([-4.0])), (np.array([0.0]), np.array([0.0]))
    rates = {"lr_x": 0.2, "lr_y": 0.1}
    sos = StableOpponentShaping(**rates)
    np.testing.assert_array_equal(
        sos.step(GAME, *far, ())[:2], LOLA(**rates).step(GAME, *far, ())[:2]
    )
    found = multipliers(sos, GAME, near)
    expected = multipliers(LookAheadPlay(**rates), GAME, near)
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_stable_opponent_shaping_bounds_what_works_against_lookahead() -> None:
    game = _Pulling(2.0)
    sos, a = StableOpponentShaping(lr=0.5, a=0.25), 0.25
    ahead = LookAheadPlay(lr=0.5).step(game, 1.0, 1.0, ())
    u = np.array([(1.0 - v) / 0.5 for v in ahead[:2]])
    found = np.array([(1.0 - v) / 0.5 for v in sos.step(game, 1.0, 1.0, ())[:2]])
    assert (found - u) @ u == pytest.approx(-a * u @ u, rel=1e-12)


class _Pulling(Bilinear):
    """L_x = A x y and L_y = A x y, with the opponents' gradients given."""

    zero_sum = False

    def gy(self, x: Any, y: Any) -> Any:
        return self.A * x

    def jacobian(self, x: Any, y: Any) -> Any:
        return 0, self.A, self.A, 0

    def jvp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        return self.A * w, self.A * u

    def vjp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        return self.A * w, self.A * u

    def cross(self, x: Any, y: Any) -> Any:
        return self.A * x, self.A * y


def test_lola_descends_the_expanded_loss() -> None:
    """d/dx of L_x(x, y) - e g_y(x, y) ∂L_x/∂y(x, y) for L_x = L_y = A x y."""
    x, _, _ = LOLA(lr=0.1).step(_Pulling(2.0), 1.0, 3.0, ())
    assert x == pytest.approx(1.0 - 0.1 * (2.0 * 3.0 - 0.1 * 2 * 2.0**2 * 1.0))


def test_opponent_shaping_refuses_a_game_without_the_gradients_it_needs() -> None:
    with pytest.raises(GandynError, match=r"cross\(x, y\)"):
        LOLA().step(SCALAR, np.array([1.0]), np.array([1.0]), ())


def test_an_unsolved_proximal_step_is_nan() -> None:
    game = _Cubic(1.0)
    x, y, _ = ProximalPoint(lr=50.0, iterations=1).step(game, 1.0, 0.5, ())
    assert np.isnan(x)
    assert np.isnan(y)
    x, y, _ = ProximalPoint(lr=50.0, iterations=30).step(game, 1.0, 0.5, ())
    assert x + 50 * game.gx(x, y) == pytest.approx(1.0, abs=1e-9)
    assert y + 50 * game.gy(x, y) == pytest.approx(0.5, abs=1e-9)


class _Cubic(Bilinear):
    def gx(self, x: Any, y: Any) -> Any:
        return self.A * y + x**3

    def solve(self, x: Any, y: Any, a: Any, b: Any, u: Any, w: Any) -> Any:
        matrix = [[1 + a * 3 * x * x, a * self.A], [-b * self.A, 1.0]]
        return tuple(np.linalg.solve(matrix, [u, w]).tolist())
