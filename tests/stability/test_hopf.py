"""Hopf points of textbook flows."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from gandyn.errors import GandynError
from gandyn.stability import Flow, hopf_points


def turning(z: Any, p: Any) -> Any:
    r = p - z[0] * z[0] - z[1] * z[1]
    return r * z[0] - 3 * z[1], 3 * z[0] + r * z[1]


def test_normal_form_itself() -> None:
    # r' = p r - r³, and r² = 2|w|² with |q| = 1: a = -2
    (found,) = hopf_points(Flow(turning), [0.0, 0.0], -1.0, 1.5)
    assert found.value == pytest.approx(0, abs=1e-13)
    assert found.frequency == pytest.approx(3, rel=1e-14)
    assert found.coefficient == pytest.approx(-2, rel=1e-13)
    assert found.speed == pytest.approx(1, rel=1e-13)
    assert found.amplitude(0.25) == pytest.approx(0.5, rel=1e-12)
    assert math.isnan(found.amplitude(-0.25))


def test_lorenz_loses_its_equilibria_subcritically() -> None:
    s, b = 10.0, 8 / 3

    def lorenz(z: Any, r: Any) -> Any:
        return s * (z[1] - z[0]), z[0] * (r - z[2]) - z[1], z[0] * z[1] - b * z[2]

    level = math.sqrt(b * 19)
    (found,) = hopf_points(Flow(lorenz, "r"), [level, level, 19.0], 20.0, 30.0)
    assert found.value == pytest.approx(s * (s + b + 3) / (s - b - 1), rel=1e-13)
    assert found.frequency == pytest.approx(math.sqrt(b * (found.value + s)), rel=1e-12)
    assert found.criticality == "subcritical"


@pytest.mark.parametrize("a", [0.5, 1.0, 2.0])
def test_brusselator(a: float) -> None:
    def brusselator(z: Any, b: Any) -> Any:
        fast = z[0] * z[0] * z[1]
        return a - (b + 1) * z[0] + fast, b * z[0] - fast

    edge = 1 + a * a
    flow = Flow(brusselator, "b")
    (found,) = hopf_points(flow, [a, 0.8 * edge / a], 0.8 * edge, 1.3 * edge)
    assert found.value == pytest.approx(edge, rel=1e-13)
    assert found.frequency == pytest.approx(a, rel=1e-12)
    assert found.speed == pytest.approx(0.5, rel=1e-12)
    assert found.criticality == "supercritical"
    b = edge * 1.002
    turn = 2 * math.pi / a
    times = np.linspace(0, 10 * turn, 2001)[:-1]
    rest = np.array([a, b / a])
    size = found.amplitude(b)
    settled = solve_ivp(
        lambda t, z: brusselator(z, b), (0, 12 / (edge * 1e-3)),
        np.add(rest, [size, 0.0]), rtol=1e-9, atol=1e-11,
    ).y[:, -1]  # fmt: skip
    orbit = solve_ivp(
        lambda t, z: brusselator(z, b), (0, times[-1]), settled,
        t_eval=times, rtol=1e-9, atol=1e-11,
    ).y  # fmt: skip
    seen = np.sqrt(np.mean(np.sum((orbit - rest[:, None]) ** 2, axis=0)))
    assert seen == pytest.approx(size, rel=0.03)


def test_a_linear_flow_is_degenerate() -> None:
    flow = Flow(lambda z, p: (p * z[0] - z[1], z[0] + p * z[1]))
    (found,) = hopf_points(flow, [0.0, 0.0], -1.0, 1.5)
    assert (found.status, found.criticality) == ("degenerate", "")


def test_hopf_refusals() -> None:
    with pytest.raises(GandynError, match=r"from 1\.0 to -1\.0 is empty"):
        hopf_points(Flow(turning), [0.0, 0.0], 1.0, -1.0)
    never = Flow(lambda z, p: (1 + z[0] * z[0] + p, z[1]), "p")
    with pytest.raises(GandynError, match=r"no equilibrium .* speed 1.5: .*residual"):
        hopf_points(never, [0.0, 0.0], 0.5, 1.0)
    edge = Flow(lambda z, p: (p / z[0], z[1]), "p")
    with pytest.raises(GandynError, match="not finite at the given state"):
        hopf_points(edge, [0.0, 0.0], 0.5, 1.0)


def turned(m: Any, omega: float, u: Any, v: Any) -> tuple[Any, Any]:
    r = m - u * u - v * v
    return r * u - omega * v, omega * u + r * v


@pytest.mark.parametrize("unit", [1e-6, 1e6])
@pytest.mark.parametrize("slow", [1.0, 1e-4, 1e-8])
@pytest.mark.parametrize("bend", [0.0, 0.5])
def test_a_value_is_as_uncertain_as_its_equilibrium_is_slow(
    unit: float, slow: float, bend: float
) -> None:
    # x' = slow(1 + 0.3 p + bend p² - x) drives a pair of real part x - crosses
    crosses = 1.2345678

    def flow(z: Any, p: Any) -> Any:
        x, u, v = z
        where = 1 + 0.3 * p + bend * p * p
        pair = turned(x - crosses, 1.0, u, v)
        return [unit * part for part in (slow * (where - x), *pair)]

    (found,) = hopf_points(Flow(flow), [1.0, 0.0, 0.0], 0.0, 1.0)
    p = Fraction(found.value)
    missed = 1 + Fraction(0.3) * p + Fraction(bend) * p * p - Fraction(crosses)
    off = abs(missed / (Fraction(0.3) + 2 * Fraction(bend) * p))
    assert off <= Fraction(found.uncertainty)
    assert found.uncertainty <= 1e-13 + 1e-14 / slow


def test_an_uncertainty_is_in_the_plain_form() -> None:
    (found,) = hopf_points(Flow(turning), [0.0, 0.0], -1.0, 1.5)
    assert 0 < found.uncertainty < 1e-12
    assert found.as_dict()["uncertainty"] == found.uncertainty


def test_a_slow_pair_beside_a_fast_direction() -> None:
    def flow(z: Any, p: Any) -> Any:
        pair = turned(1e-10 * (p - 0.5), 3e-10, z[0], z[1])
        return *pair, z[0] * z[1] - z[2]

    (found,) = hopf_points(Flow(flow), [0.0, 0.0, 0.0], 0.0, 1.1)
    assert abs(found.value - 0.5) <= found.uncertainty <= 1e-3
    assert found.frequency == pytest.approx(3e-10, rel=1e-5)


@pytest.mark.parametrize("unit", [1e-10, 1.0])
def test_each_pair_has_its_own_frequency(unit: float) -> None:
    def flow(z: Any, p: Any) -> Any:
        pairs = *turned(p - 0.5, 1.0, z[0], z[1]), *turned(p - 0.7, 2.5, z[2], z[3])
        return [unit * part for part in pairs]

    found = hopf_points(Flow(flow), [0.0] * 4, 0.0, 1.1)
    assert [one.value for one in found] == pytest.approx([0.5, 0.7], abs=1e-12)
    both = [one.frequency / unit for one in found]
    assert both == pytest.approx([1.0, 2.5], rel=1e-12)


def test_pairs_that_cross_at_once_are_two() -> None:
    def flow(z: Any, p: Any) -> Any:
        return *turned(p - 0.5, 1.0, z[0], z[1]), *turned(p - 0.5, 2.0, z[2], z[3])

    found = hopf_points(Flow(flow), [0.0] * 4, 0.0, 1.1)
    both = sorted(one.frequency for one in found)
    assert both == pytest.approx([1.0, 2.0], rel=1e-12)


def test_a_conserved_quantity_hides_no_point() -> None:
    def flow(z: Any, p: Any) -> Any:  # the sum of all stays, whatever p
        pair = turned(p - 0.5, 1.0, z[0], z[1])
        return *pair, -pair[0] - pair[1]

    (found,) = hopf_points(Flow(flow), [0.0, 0.0, 0.0], 0.0, 1.1)
    assert abs(found.value - 0.5) <= found.uncertainty <= 1e-12
    assert found.speed == pytest.approx(1.0, rel=1e-12)
    assert (found.status, found.criticality) == ("degenerate", "")
    assert math.isnan(found.amplitude(0.6))
