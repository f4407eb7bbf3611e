"""All fixed points over a box: proved complete, or said not to be."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from gandyn import elementary, games
from gandyn.errors import FieldError, GandynError
from gandyn.games import (
    AdolphsSaddle,
    DiracGAN,
    GrimmerQuartic,
    MeanGAN,
    TorusGame,
    from_losses,
)
from gandyn.games.dirac import R1, GradientPenalty
from gandyn.rules import (
    Consensus,
    Extragradient,
    HeavyBall,
    OptimisticGradient,
    Simultaneous,
)
from gandyn.stability.arithmetic.balls import Ball, box_balls, entries
from gandyn.stability.equilibria.fixed_points import fixed_points
from gandyn.stability.maps.maps import Map, RuleMap

SQUARE = [(-3.0, 3.2), (-3.1, 3.0)]
SCALAR = [cls for cls in games.CATALOGUE.values() if cls().shape == ((), ())]


def inside(point: tuple[float, float]) -> bool:
    return all(low < z < high for z, (low, high) in zip(point, SQUARE, strict=True))


@pytest.mark.parametrize("cls", SCALAR, ids=lambda cls: cls.__name__)
def test_catalogued_games_are_complete_and_have_their_equilibria(cls) -> None:
    game = cls()
    found = fixed_points(game, SQUARE)
    assert found.complete
    assert found.unresolved == ()
    states = np.array([point.state for point in found.points]).reshape(-1, 2)
    for known in filter(inside, game.equilibria()):
        assert np.min(np.linalg.norm(states - known, axis=1)) < 1e-9
    for point in found.points:
        assert point.enclosed
        assert np.hypot(game.gx(*point.state), game.gy(*point.state)) < 1e-12
        low, high = point.enclosure
        assert np.all(low <= point.state)
        assert np.all(point.state <= high)
        assert np.max(high - low) < 1e-14


@given(a=st.floats(-6.0, 6.0), b=st.floats(-6.0, 6.0))
def test_cubics_have_as_many_as_their_polynomial_has_roots(a, b) -> None:
    """x³ + ax + b = 0 beside y = x: the discriminant -4a³ - 27b² counts the roots."""
    discriminant = -4 * a**3 - 27 * b**2
    if abs(discriminant) < 1e-3:
        return
    step = Map(lambda z, _: (z[1], z[1] + z[1] ** 3 + a * z[0] + b))
    found = fixed_points(step, [(-4.0, 4.0)] * 2, 0.0)
    assert found.complete
    assert len(found.points) == (3 if discriminant > 0 else 1)


@pytest.mark.parametrize(("A", "count"), [(7.0, 9), (7.07, 9), (7.072, 1), (20.0, 1)])
def test_grimmers_game_loses_eight_points(A, count) -> None:
    found = fixed_points(GrimmerQuartic(A=A), SQUARE)
    assert found.complete
    assert len(found.points) == count


def test_double_points_are_unresolved_and_not_dropped() -> None:
    """At A = 5√2 eight critical points meet in pairs."""
    found = fixed_points(GrimmerQuartic(A=5 * math.sqrt(2)), SQUARE)
    assert not found.complete
    assert len(found.unresolved) == 4
    assert all(np.max(part.extent) < 1e-3 for part in found.unresolved)
    assert [point.enclosed for point in found.points].count(True) == 1
    game = from_losses("x**4/4 + x*y**2", "y**3/3 - x*y")  # x = y², y⁶ = -y²
    (point,) = fixed_points(game, SQUARE).points
    assert point.degenerate
    assert not point.enclosed
    assert point.state == pytest.approx([0.0, 0.0], abs=1e-5)


def test_manifold_of_equilibria_is_an_unresolved_part() -> None:
    found = fixed_points(from_losses("(x*y - 1)**2"), SQUARE, budget=1000)
    assert not found.complete
    hyperbolas = [part for part in found.unresolved if np.max(part.extent) > 2]
    assert len(hyperbolas) == 2
    for part in hyperbolas:
        products = part.pieces.prod(axis=2)
        assert np.all(np.abs(products - 1) < 1.0)
        assert part.point.prod() == pytest.approx(1.0, abs=1e-9)
    (origin,) = [point for point in found.points if point.enclosed]
    assert origin.state == pytest.approx([0.0, 0.0])


def test_jump_of_the_field_is_unresolved() -> None:
    """The gradient penalty's force jumps at y = 0, through 0 for |x| < γ g₀."""
    penalty = GradientPenalty(gamma=0.5, target=1.0)
    game = DiracGAN(loss="wasserstein", regulariser=penalty)
    found = fixed_points(game, SQUARE, budget=1000)
    assert not found.complete
    corners = np.concatenate([part.pieces for part in found.unresolved])
    assert np.abs(corners[..., 0]).max() == pytest.approx(0.5, abs=0.02)
    assert np.abs(corners[..., 1]).max() < 0.02


def test_stability_is_the_rules() -> None:
    found = fixed_points(AdolphsSaddle(), [(-5, 5)] * 2, rule=Simultaneous(lr=0.1))
    assert [point.stable for point in found.points] == [True, False, True]
    origin = found.points[-1]
    assert np.sort_complex(origin.multipliers) == pytest.approx(
        0.9 + 0.1j * math.sqrt(7) * np.array([-1, 1])
    )
    unruled = fixed_points(AdolphsSaddle(), [(-5, 5)] * 2).points[-1]
    assert np.sort_complex(unruled.multipliers) == pytest.approx(
        1 + 1j * math.sqrt(7) * np.array([-1, 1])
    )


def test_torus_game_is_symmetric() -> None:
    game = TorusGame()
    found = fixed_points(game, [(-0.1, 2 * math.pi - 0.1)] * 2)
    assert found.complete
    corners = itertools.product((0.0, math.pi), repeat=2)
    for corner in corners:
        assert any(np.allclose(point.state, corner) for point in found.points)
    for point in found.points:  # mirror images
        image = np.mod(0.1 - point.state, 2 * math.pi) - 0.1
        assert any(
            np.allclose(np.mod(image + 0.1, 2 * math.pi) - 0.1, other.state)
            for other in found.points
        )


def test_rule_adds_spurious_points() -> None:
    """Strong consensus rests also where its own force balances the field."""
    game = GrimmerQuartic(A=20.0)
    assert len(fixed_points(game, SQUARE).points) == 1
    step = RuleMap(Consensus(gamma=0.3), game)
    found = fixed_points(step, SQUARE, 0.01)
    assert found.complete
    assert len(found.points) > 1
    for point in found.points:
        assert step.value(point.state, 0.01) == pytest.approx(point.state, abs=1e-12)


@pytest.mark.parametrize("rule", [Simultaneous(lr=0.1), Extragradient(lr=0.1)])
def test_rule_rests_at_the_games_equilibria(rule) -> None:
    found = fixed_points(RuleMap(rule, AdolphsSaddle()), [(-1.0, 1.0)] * 2)
    assert found.complete
    expected = [[math.sqrt(2) - 2, 2 - math.sqrt(2)], [0.0, 0.0]]
    assert np.array([p.state for p in found.points]) == pytest.approx(
        np.array(expected), abs=1e-14
    )


@pytest.mark.parametrize("rule", [OptimisticGradient(), HeavyBall()])
def test_memory_is_searched_or_lifted(rule) -> None:
    step = RuleMap(rule, DiracGAN(regulariser=R1(0.3)))
    whole = fixed_points(step, [(-1.0, 1.0)] * 4, 0.2, budget=300)
    lifted = fixed_points(step, [(-1.0, 1.0)] * 2, 0.2)
    assert lifted.complete
    (point,) = lifted.points
    assert point.state.shape == (4,)
    assert any(np.allclose(p.state, point.state, atol=1e-9) for p in whole.points)
    moduli = np.abs(np.linalg.eigvals(step.jacobian(point.state, 0.2)))
    assert np.sort(np.abs(point.multipliers)) == pytest.approx(np.sort(moduli))


def test_map_that_balls_cannot_run_is_searched_and_not_called_complete() -> None:
    def step(z, r):
        return (r * z[0] * (1 - z[0]) + 0 * np.asarray(z[0]).astype(complex).real,)

    found = fixed_points(Map(step, "r"), [(-0.5, 1.5)], 3.2)
    assert found.method == "newton"
    assert not found.complete
    states = [point.state[0] for point in found.points]
    assert states == pytest.approx([0.0, 1 - 1 / 3.2], abs=1e-12)
    assert not any(point.enclosed for point in found.points)


@pytest.mark.parametrize(
    ("box", "message"),
    [
        ([(1.0, 0.0), (0.0, 1.0)], "rise from low to high"),
        ([(0.0, math.inf), (0.0, 1.0)], "finite"),
        ([(0.0, 1.0)], "intervals for x and y"),
        ([0.0, 1.0], "pair"),
    ],
)
def test_bad_boxes(box, message) -> None:
    with pytest.raises(FieldError, match=message):
        fixed_points(AdolphsSaddle(), box)


def test_limits_are_named() -> None:
    with pytest.raises(GandynError, match="only games of two numbers"):
        fixed_points(MeanGAN(), [(0, 1)] * 2)
    with pytest.raises(GandynError, match="the limit is 4"):
        fixed_points(Map(lambda z, _: z), [(0, 1)] * 5, 0.0)
    with pytest.raises(FieldError, match="needs a value of a"):
        fixed_points(Map(lambda z, _: z, "a"), [(0, 1)])
    with pytest.raises(FieldError, match="4 intervals"):
        fixed_points(RuleMap(HeavyBall(), AdolphsSaddle()), [(0, 1)] * 3)


FUNCTIONS = {
    "exp": elementary.exp,
    "tanh": elementary.tanh,
    "sin": elementary.sin,
    "cos": elementary.cos,
    "sigmoid": elementary.sigmoid,
    "softplus": elementary.softplus,
    "clip": lambda t: elementary.clip(t, 0.7),
    "sign": elementary.sign,
    "quotient": lambda t: t / (t * t + 1),
    "power": lambda t: t**3 - 2 ** (-1) * t,
}


@pytest.mark.parametrize("name", FUNCTIONS)
@given(low=st.floats(-3.0, 3.0), width=st.floats(1e-6, 2.0), share=st.floats(0.0, 1.0))
def test_balls_enclose_values_and_derivatives(name, low, width, share) -> None:
    function, t = FUNCTIONS[name], min(low + share * width, low + width)
    ball = box_balls(np.array([low]), np.array([low + width]))[0]
    (value,), ((slope,),) = entries([function(ball)], 1)
    room = arb(0, 1e-12)  # rounding of the float
    assert (value + room).overlaps(arb(float(function(np.float64(t)))))
    if slope.is_finite():
        measured = np.imag(function(np.array([t + 1e-30j]))[0]) / 1e-30
        assert (slope + room).overlaps(arb(float(measured)))


def test_undecided_comparison_has_no_finite_derivative() -> None:
    ball = Ball(arb(0, 1), [arb(1)])
    hull = elementary.select(np.array([ball], dtype=object), 2.0, -1.0)[0]
    assert hull.value.contains(2)
    assert hull.value.contains(-1)
    assert not hull.slopes[0].is_finite()
