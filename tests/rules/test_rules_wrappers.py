"""Lookahead, averages, clipping and anchors around other rules, orbit by orbit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gandyn.errors import FieldError
from gandyn.games import Bilinear, ClippedDiracGAN, LinearGame
from gandyn.rules import (
    Adam,
    Alternating,
    ClipNorm,
    ClipValue,
    Consensus,
    ExponentialAverage,
    ExtraAnchoredGradientC,
    ExtraAnchoredGradientV,
    Extragradient,
    FastExtragradient,
    Halpern,
    HeavyBall,
    Lookahead,
    OptimisticGradient,
    Projected,
    ProximalPoint,
    Simultaneous,
    UniformAverage,
)

UNIT = Bilinear(1.0)


def _orbit(rule: Any, game: Any, x: Any, y: Any, steps: int) -> np.ndarray:
    memory = rule.init(game, x, y)
    states = [np.concatenate([np.atleast_1d(x), np.atleast_1d(y)])]
    for _ in range(steps):
        x, y, memory = rule.step(game, x, y, memory)
        states.append(np.concatenate([np.atleast_1d(x), np.atleast_1d(y)]))
    return np.array(states)


def test_lookahead_moves_both_players_back_at_once() -> None:
    """Inside, the inner orbit goes on undisturbed by the move back."""
    inner = Alternating(lr_x=0.3, lr_y=0.2)
    for _ in range(3):
        fast = _orbit(inner, UNIT, 0.7, -0.4, 4)
        slow = Lookahead(inner, k=4, alpha=0.3).step(UNIT, 0.7, -0.4, ())[:2]
        np.testing.assert_allclose(slow, fast[0] + 0.3 * (fast[4] - fast[0]))


def test_lookahead_carries_the_inner_memory_over() -> None:
    inner = HeavyBall(lr=0.3)
    rule = Lookahead(inner, k=2, alpha=0.5)
    x, y, memory = rule.step(UNIT, 1.0, 1.0, rule.init(UNIT, 1.0, 1.0))
    state = (1.0, 1.0, (0.0, 0.0))
    for _ in range(2):
        state = inner.step(UNIT, *state)
    assert memory == state[2]
    assert (x, y) == (0.5 + state[0] / 2, 0.5 + state[1] / 2)


def test_lookahead_of_one_full_step_is_the_inner_rule() -> None:
    inner = OptimisticGradient(lr=0.2)
    found = _orbit(Lookahead(inner, k=1, alpha=1.0), UNIT, 0.7, -0.4, 20)
    np.testing.assert_allclose(found, _orbit(inner, UNIT, 0.7, -0.4, 20), atol=1e-14)


def test_a_wrapper_has_the_traits_of_its_inner_rule() -> None:
    assert Lookahead(Simultaneous()).linear
    assert not Lookahead(Adam()).linear
    assert not Lookahead(Adam()).autonomous
    assert Lookahead(Consensus()).second_order
    assert not ExponentialAverage(ClipValue()).orthogonal
    assert not ClipNorm(Simultaneous()).linear
    assert Lookahead(Lookahead(Consensus(lr=0.2), k=2), k=3).inner.inner.lr_x == 0.2


def test_averages_are_averages_of_the_inner_orbit() -> None:
    inner = Alternating(lr_x=0.3, lr_y=0.2)
    plain = _orbit(inner, UNIT, 0.7, -0.4, 40)
    uniform = _orbit(UniformAverage(inner), UNIT, 0.7, -0.4, 40)
    means = np.cumsum(plain, axis=0) / np.arange(1, 42)[:, None]
    np.testing.assert_allclose(uniform, means, rtol=0, atol=1e-14)
    moving = _orbit(ExponentialAverage(inner, beta=0.8), UNIT, 0.7, -0.4, 40)
    weights = 0.2 * 0.8 ** np.arange(40)[::-1]
    expected = 0.8**40 * plain[0] + weights @ plain[1:]
    np.testing.assert_allclose(moving[-1], expected, rtol=0, atol=1e-14)


def test_clipped_players_drift_at_the_speed_of_their_bounds() -> None:
    rule = ClipValue(Simultaneous(lr_x=0.1, lr_y=0.2), bound_x=0.5, bound_y=2.0)
    found = _orbit(rule, UNIT, 100.0, 100.0, 5)
    times = np.arange(6)
    np.testing.assert_allclose(found[:, 0], 100 - 0.05 * times, rtol=1e-14)
    np.testing.assert_allclose(found[:, 1], 100 + 0.4 * times, rtol=1e-14)


@pytest.mark.parametrize("clipping", [ClipValue, ClipNorm])
def test_clipping_comes_before_momentum_and_changes_nothing_small(
    clipping: Any,
) -> None:
    inner = HeavyBall(lr=0.1)
    near = _orbit(clipping(inner), UNIT, 0.1, -0.2, 10)
    np.testing.assert_array_equal(near, _orbit(inner, UNIT, 0.1, -0.2, 10))
    _, _, memory = clipping(inner).step(UNIT, 50.0, 50.0, (-0.3, 0.3))
    np.testing.assert_allclose(memory, (-0.25, 0.25), rtol=1e-14)


def test_clipping_by_norm_keeps_the_direction() -> None:
    game = Bilinear(np.eye(2))
    rule = ClipNorm(Simultaneous(lr=1.0), bound_x=0.5, bound_y=20.0)
    x, y = np.array([[6.0, 0.0], [8.0, 0.0]]), np.array([[3.0, 0.1], [4.0, 0.2]])
    after_x, after_y, _ = rule.step(game, x, y, ())
    np.testing.assert_allclose(x - after_x, [[0.3, 0.1], [0.4, 0.2]], rtol=1e-14)
    np.testing.assert_allclose(after_y - y, x, rtol=1e-14)


def test_clipping_refuses_rules_that_ask_for_second_derivatives() -> None:
    for clipping in (ClipValue, ClipNorm):
        with pytest.raises(FieldError, match="first order"):
            clipping(Lookahead(Consensus()))


def test_halpern_is_a_running_mean_of_powers() -> None:
    inner = ProximalPoint(lr=0.5)
    powers = _orbit(inner, UNIT, 0.7, -0.4, 30)
    means = np.cumsum(powers, axis=0) / np.arange(1, 32)[:, None]
    found = _orbit(Halpern(inner), UNIT, 0.7, -0.4, 30)
    np.testing.assert_allclose(found, means, rtol=0, atol=1e-14)


def test_halpern_residual_bound() -> None:
    inner = ProximalPoint(lr=0.05)
    for t, z in enumerate(_orbit(Halpern(inner), UNIT, 1.0, 0.0, 200)):
        moved = np.array(inner.step(UNIT, *z, ())[:2]) - z
        assert np.linalg.norm(moved) <= 2 / (t + 1)


def _games(lipschitz: float) -> list[LinearGame]:
    sigma = np.array([1.0, 0.5, 0.1, 0.01]) * lipschitz
    cross, zero = np.diag(sigma), np.zeros((4, 4))
    tilted = np.diag(0.3 * sigma)
    return [
        LinearGame(np.block([[zero, cross], [-cross, zero]]), n=4),
        LinearGame(np.block([[tilted, 0.9 * cross], [-0.9 * cross, tilted]]), n=4),
    ]


@pytest.mark.parametrize(
    ("rule", "bound"),
    [
        (ExtraAnchoredGradientC(lr=0.125 / 2), lambda t: 260 / (t + 1) ** 2),
        (
            ExtraAnchoredGradientV(lr=0.618 / 2, lipschitz=2.0),
            lambda t: 27 / ((t + 1) * (t + 2)),
        ),
        (FastExtragradient(lr=0.5), lambda t: 4 / t**2 if t else 1.0),
    ],
    ids=["EAG-C", "EAG-V", "FEG"],
)
def test_anchored_rates_on_monotone_games(rule: Any, bound: Any) -> None:
    rng = np.random.default_rng(2)
    for game in _games(2.0):
        z = rng.normal(size=8)
        for t, state in enumerate(_orbit(rule, game, z[:4], z[4:], 300)):
            field = game.J @ state
            assert field @ field <= bound(t) * 4.0 * (z @ z)


def test_anchors_beat_extragradient_on_slow_directions() -> None:
    """1/t² against the 1/t of the last iterate, with singular values down to 0.01."""
    game, z = _games(1.0)[0], np.full(4, 0.5)
    ends = {}
    for rule in (FastExtragradient(lr=1.0), Extragradient(lr=0.5)):
        state = _orbit(rule, game, z, z, 1000)[-1]
        ends[type(rule)] = np.linalg.norm(game.J @ state)
    assert ends[FastExtragradient] < 0.3 * ends[Extragradient]


def test_steps_of_the_varying_anchor_have_their_limit() -> None:
    for first, limit in ((0.618, 0.4365407060728529), (0.5, 0.4047820335186836)):
        rule = ExtraAnchoredGradientV(lr_x=first / 3, lr_y=0.1 / 3, lipschitz=3.0)
        x, y, memory = 0.0, 0.0, rule.init(UNIT, 0.0, 0.0)
        for _ in range(20_000):
            x, y, memory = rule.step(UNIT, x, y, memory)
        # what is left of the sum of 1/t² is about α³/(1 - α²)/t
        assert memory[3] * first == pytest.approx(limit, abs=1e-5)


def test_the_first_anchored_steps() -> None:
    z = np.array([0.7, -0.4])
    first = _orbit(FastExtragradient(lr=0.2), UNIT, *z, 1)[1]
    np.testing.assert_array_equal(first, _orbit(Simultaneous(lr=0.2), UNIT, *z, 1)[1])
    for rule in (ExtraAnchoredGradientC(lr=0.2), ExtraAnchoredGradientV(lr=0.2)):
        first = _orbit(rule, UNIT, *z, 1)[1]
        expected = _orbit(Extragradient(lr=0.2), UNIT, *z, 1)[1]
        np.testing.assert_allclose(first, expected, rtol=1e-14)


def test_projected_play_slides_along_the_bound() -> None:
    """On y = c the Wasserstein generator moves by -lr_x c, while x > 0."""
    game = ClippedDiracGAN(bound=0.3)
    found = _orbit(Projected(Simultaneous(lr_x=0.1, lr_y=0.2)), game, 5.0, 0.3, 160)
    np.testing.assert_allclose(found[:, 0], 5 - 0.03 * np.arange(161), atol=1e-13)
    np.testing.assert_array_equal(found[:, 1], 0.3)


@pytest.mark.parametrize("bound", [0.3, 1.0])
def test_projected_alternation_ends_on_the_circle_of_the_bound(bound: float) -> None:
    """Up to O(lr): x² + y² - lr x y is conserved between two clips."""
    game, lr = ClippedDiracGAN(bound=bound), 2e-3
    found = _orbit(Projected(Alternating(lr=lr)), game, 2.5 * bound, 0.1, 12_000)
    radii = np.hypot(*found[-4000:].T)
    np.testing.assert_allclose(radii, bound, rtol=0.3 * lr, atol=0)
    assert np.ptp(radii) > 0.4 * lr * bound  # an ellipse: not yet the flow's circle


def test_projection_leaves_memory_and_games_without_bounds_alone() -> None:
    inner = OptimisticGradient(lr=0.2)
    found = _orbit(Projected(inner), UNIT, 0.7, -0.4, 20)
    np.testing.assert_array_equal(found, _orbit(inner, UNIT, 0.7, -0.4, 20))
    game = ClippedDiracGAN(bound=0.5)
    state = Projected(inner).step(game, 2.0, 0.4, inner.init(game, 2.0, 0.4))
    assert state[1:] == (0.5, inner.step(game, 2.0, 0.4, (0.4, -2.0))[2])


def test_projection_goes_around_clipping_and_inside_it() -> None:
    game = ClippedDiracGAN(bound=0.5)
    for rule in (Projected(ClipValue()), ClipValue(Projected()), ClipNorm(Projected())):
        assert _orbit(rule, game, 3.0, 0.4, 20)[-1, 1] == 0.5
