"""What the rounding of a fixed point leaves of the thresholds beside it."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, localcontext
from typing import Any

import pytest

from gandyn.games import from_losses
from gandyn.rules import Alternating, Extragradient, Rule, Simultaneous
from gandyn.stability import stability_limit
from gandyn.stability.crossings.thresholds import bifurcations
from gandyn.stability.flows.hopf import hopf_points
from gandyn.stability.maps.maps import Flow, Map

COS, SIN = 0.8, 0.6
"""A turn that is one in floats but for 1e-17: radius 1 to rounding."""


def beside_a_pair(
    slow: Callable[[Any, Any], Any], crosses: float, rate: float = 1.5
) -> Map:
    """Return x' = slow(x, p) beside a pair of radius 1 + rate (x - crosses)."""

    def step(z: Any, p: Any) -> Any:
        r = 1 + rate * (z[0] - crosses)
        turned = COS * z[1] - SIN * z[2], SIN * z[1] + COS * z[2]
        return slow(z[0], p), r * turned[0], r * turned[1]

    return Map(step, "p")


@pytest.mark.parametrize("slowness", [1e-2, 1e-4, 1e-6, 1e-8, 1e-9])
@pytest.mark.parametrize("cubic", [False, True])
def test_a_slow_fixed_point_makes_a_threshold_as_uncertain(
    slowness: float, cubic: bool
) -> None:
    # x* = 1 + 0.3 p + 0.5 p², whose rounding is 1/slowness times that of a step
    def slow(x: Any, p: Any) -> Any:
        where = 1 + 0.3 * p + 0.5 * p * p
        gap = where**3 - x * x * x if cubic else where - x
        return x + slowness * gap

    at = 0.6180339887
    step = beside_a_pair(slow, 1 + 0.3 * at + 0.5 * at * at)
    found = bifurcations(step, [1.0, 0.0, 0.0], 0.0, 1.0)
    assert found.complete
    (one,) = found
    assert one.kind == "neimark-sacker"
    assert abs(one.value - at) <= one.uncertainty <= 1e-13 + 1e-14 / slowness


@pytest.mark.parametrize("slowness", [1.0, 1e-3, 1e-5])
def test_a_fold_is_as_uncertain_as_what_pushes_is_small(slowness: float) -> None:
    def slow(x: Any, p: Any) -> Any:
        return x + slowness * ((0.53 - p) - (x - 1.1) ** 2)

    start = 1.1 + math.sqrt(0.53)
    (one,) = bifurcations(Map(lambda z, p: (slow(z[0], p),), "p"), [start], 0.0, 1.0)
    assert one.kind == "fold"
    assert abs(one.value - 0.53) <= one.uncertainty <= 1e-14 / slowness


@pytest.mark.parametrize("power", [2, 3])
@pytest.mark.parametrize("slowness", [1.0, 1e-3])
def test_branches_cross_where_their_own_equations_say(
    power: int, slowness: float
) -> None:
    # the fixed point is known to the root of rounding there, the crossing is not
    def slow(x: Any, p: Any) -> Any:
        w = x - (0.7 + 0.6 * p)
        return x + slowness * ((p - 0.5123) * w - w**power)

    step = beside_a_pair(slow, 0.7 + 0.6 * 0.8)
    found = bifurcations(step, [0.7, 0.0, 0.0], 0.0, 1.0)
    assert [one.kind for one in found[1:]] == ["neimark-sacker"]
    assert found[0].kind in ("transcritical", "pitchfork")
    for one, at in zip(found, (0.5123, 0.8), strict=True):
        assert abs(one.value - at) <= one.uncertainty <= 1e-13 / slowness


def test_what_crosses_beside_a_fold_is_not_passed_over() -> None:
    def slow(x: Any, p: Any) -> Any:
        return x + (0.53 - p) - (x - 1.1) ** 2

    near = beside_a_pair(slow, 1.1 + 1e-4)  # a share of 1e-8 before the fold
    start = [1.1 + math.sqrt(0.53), 0.0, 0.0]
    with pytest.warns(RuntimeWarning, match="beside the fold"):
        found = bifurcations(near, start, 0.0, 1.0)
    assert not found.complete
    assert found.known_to < 0.53
    far = beside_a_pair(slow, 1.1 + 1e-2)
    assert bifurcations(far, start, 0.0, 1.0).complete


@pytest.mark.parametrize("shares", [(1e-6, 1e-9), (8e-6, 5e-8), (5e-8, 4e-8)])
@pytest.mark.parametrize("bend", [0.1, 100.0])
def test_what_crosses_twice_beside_a_fold_is_not_passed_over(
    shares: tuple[float, float], bend: float
) -> None:
    # a pair of radius 1 + bend (x - out)(x - back) is inside between two places
    out, back = (1.1 + math.sqrt(0.53 * share) for share in shares)

    def step(z: Any, p: Any) -> Any:
        x, r = z[0], 1 + bend * (z[0] - out) * (z[0] - back)
        turned = COS * z[1] - SIN * z[2], SIN * z[1] + COS * z[2]
        return x + (0.53 - p) / 2 - (x - 1.1) ** 2 / 2, r * turned[0], r * turned[1]

    start = [1.1 + math.sqrt(0.53), 0.0, 0.0]
    with pytest.warns(RuntimeWarning, match="beside the fold"):
        found = bifurcations(Map(step, "p"), start, 0.0, 1.0)
    assert not found.complete
    assert found.known_to < 0.53 * (1 - shares[0])


@pytest.mark.parametrize("fast", [1e-10, 1e-4, 1e8])
@pytest.mark.parametrize("slow", [1.0, 1e-6])
def test_hopf_points_do_not_depend_on_the_unit_of_time(
    fast: float, slow: float
) -> None:
    def flow(z: Any, p: Any) -> Any:
        x, u, v = z
        m = x - (1 + 0.3 * 0.6180339887)
        return (
            fast * slow * (1 + 0.3 * p - x),
            fast * (m * u - v - u * (u * u + v * v)),
            fast * (u + m * v - v * (u * u + v * v)),
        )

    (found,) = hopf_points(Flow(flow, "p"), [1.0, 0.0, 0.0], 0.0, 1.0)
    assert found.value == pytest.approx(0.6180339887, rel=1e-14 / slow)
    assert found.frequency == pytest.approx(fast, rel=1e-12)
    assert found.criticality == "supercritical"


def test_hopf_points_say_what_they_may_miss() -> None:
    def flow(z: Any, p: Any) -> Any:  # real parts that are rounding, all along
        u, v = z
        return 1e-18 * (p - 0.5) * u - v, u + 1e-18 * (p - 0.5) * v

    with pytest.warns(RuntimeWarning, match="may be incomplete"):
        assert hopf_points(Flow(flow, "p"), [0.0, 0.0], 0.0, 1.0) == []


def test_the_radius_moves_with_a_slow_fixed_point() -> None:
    # x* = 1 + 0.3 p is followed though a step moves it by a part of 1e-9 only
    step = beside_a_pair(lambda x, p: x + 1e-9 * (1 + 0.3 * p - x), 1.15)
    (one,) = bifurcations(step, [1.0, 0.0, 0.0], 0.0, 1.0)
    assert one.speed == pytest.approx(1.5 * 0.3, rel=1e-6)


@pytest.mark.parametrize("rule", [Simultaneous(), Alternating(), Extragradient()])
def test_an_equilibrium_where_j_is_nearly_singular(rule: Rule) -> None:
    # v = (x² + p x + q + b y, -(b x - c y + d)) near a double zero; truth in 50 digits
    fields = _nearly_double(1e-3, 2e-4, 3e-3)
    with localcontext(prec=50):
        a, b, c, start = _at_equilibrium(fields)
        trace, determinant = a + c, a * c + b * b
        assert trace * trace > 4 * determinant
        fastest = (trace + (trace * trace - 4 * determinant).sqrt()) / 2
        truth = {"Simultaneous": 2 / fastest, "Extragradient": 1 / fastest}
        turned = a * c - b * b  # of alternating play 4 - 2 lr trace + lr² turned is 0
        root = (trace * trace - 4 * turned).sqrt()
        truth["Alternating"] = 4 / (trace + root)
    game = from_losses(
        "x**3/3 + p*x**2/2 + q*x + b*x*y - c*y**2/2 + d*y", equilibria=[start], **fields
    )
    found = stability_limit(rule, game, "lr", 1.0, 1e4)
    assert found.bifurcation is not None
    off = abs(Decimal(found.value) - truth[type(rule).__name__])
    assert off <= Decimal(found.bifurcation.uncertainty)
    assert found.bifurcation.uncertainty < 1e-5 * found.value


def _nearly_double(gap: float, b: float, c: float) -> dict[str, float]:
    x, y = 1.2345678, 1.7654321
    q = x * x - gap * x - b * y
    return {"p": gap - 2 * x, "q": q, "b": b, "c": c, "d": c * y - b * x}


def _at_equilibrium(
    fields: dict[str, float],
) -> tuple[Decimal, Decimal, Decimal, tuple[float, float]]:
    """Return ∂v_x/∂x, b and c of the game in 50 digits, and the point in floats."""
    p, q, b, c, d = (Decimal(fields[name]) for name in "pqbcd")
    # y = (b x + d)/c, and so x² + (p + b²/c) x + q + b d/c = 0
    half, rest = (p + b * b / c) / 2, q + b * d / c
    x = -half + (half * half - rest).sqrt()
    return 2 * x + p, b, c, (float(x), float((b * x + d) / c))


@pytest.mark.parametrize("slowness", [1.0, 1e-6])
@pytest.mark.parametrize("units", [(0, 30, -20), (20, -20, 0), (-30, 10, 10)])
def test_a_threshold_does_not_depend_on_the_units_of_a_state(
    slowness: float, units: tuple[int, int, int]
) -> None:
    # beside numbers of 10⁹ one that moves by a part of 1e-6 was taken to stay
    u = [2.0**power for power in units]

    def slow(x: Any, p: Any) -> Any:
        return x + slowness * (1 + 0.3 * p + 0.5 * p * p - x)

    at = 0.6180339887
    plain = beside_a_pair(slow, 1 + 0.3 * at + 0.5 * at * at)

    def step(z: Any, p: Any) -> Any:
        own = z[0] / u[0], z[1] / u[1], z[2] / u[2]
        mixed = own[0], own[1] + 0.5 * own[0], own[2] - 0.25 * own[0]
        x, y, w = plain.function(mixed, p)
        return x * u[0], (y - 0.5 * x) * u[1], (w + 0.25 * x) * u[2]

    start = [u[0], -0.5 * u[1], 0.25 * u[2]]
    found = bifurcations(Map(step, "p"), start, 0.0, 1.0)
    assert found.complete
    (one,) = found
    assert abs(one.value - at) <= one.uncertainty <= 1e-12 + 1e-13 / slowness
