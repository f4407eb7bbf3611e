"""Limit cycles: turned through once, smooth, and right where they are stiff."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from gandyn import elementary
from gandyn.errors import GandynError
from gandyn.games.dirac import DiracGAN, GradientPenalty
from gandyn.stability import Flow, GameFlow, NonSmooth, limit_cycle
from gandyn.stability.flows.cycle_checks import check_continuous


def van_der_pol(z: Any, mu: Any) -> Any:
    return z[1], mu * (1 - z[0] * z[0]) * z[1] - z[0]


def shaken(z: Any, p: Any) -> Any:
    """A cycle with r² = 1 + p cos φ / 2, without symmetry, and its angle."""
    r = 1 - z[0] * z[0] - z[1] * z[1] + p * z[0] / 2
    return r * z[0] - z[1], z[0] + r * z[1]


FLOWS = {"van der Pol": (van_der_pol, [2.0, 0.0]), "shaken": (shaken, [1.0, 0.0])}


@given(
    st.sampled_from(sorted(FLOWS)),
    st.floats(0.3, 1.5),
    st.sampled_from([2, 3, 4, 5, 6]),
)
@settings(max_examples=12)
def test_several_turns_hold_one_cycle(name, parameter, turns):
    function, start = FLOWS[name]
    flow = Flow(function)
    one = limit_cycle(flow, start, parameter)
    times = turns * one.period * np.arange(60 * turns) / (60 * turns)
    again = limit_cycle(flow, one.at(times), parameter, period=turns * one.period)
    assert again.period == pytest.approx(one.period, rel=1e-9)
    assert again.multipliers == pytest.approx(one.multipliers, rel=1e-6, abs=1e-12)
    places = again.period * np.arange(40) / 40
    for count in (2, 3, 5):
        apart = again.at(places + again.period / count) - again.at(places)
        assert np.abs(apart).max() > 0.1


def test_the_half_of_a_symmetric_cycle_is_no_turn():
    """u(t + T/2) = -u(t) on van der Pol's cycle, and on a circle."""
    flow = Flow(van_der_pol, "mu")
    cycle = limit_cycle(flow, [2.0, 0.0], 1.0)
    times = cycle.period * np.arange(50) / 50
    half = cycle.at(times + cycle.period / 2)
    assert half == pytest.approx(-cycle.at(times), abs=1e-9)
    assert cycle.period == pytest.approx(6.66328686, abs=1e-8)


def test_a_cycle_that_has_doubled_its_period_stays_double():
    """Rössler's system with a = b = 0.2 has doubled its cycle at c = 3.5."""

    def roessler(z: Any, c: Any) -> Any:
        return -z[1] - z[2], z[0] + 0.2 * z[1], 0.2 + z[2] * (z[0] - c)

    flow = Flow(roessler, "c")
    single = limit_cycle(flow, [2.0, 2.0, 0.1], 2.5)
    double = limit_cycle(flow, [2.0, 2.0, 0.1], 3.5)
    assert double.period == pytest.approx(2 * single.period, rel=0.05)
    assert double.stable
    times = double.period * np.arange(50) / 50
    apart = double.at(times + double.period / 2) - double.at(times)
    assert np.abs(apart).max() > 0.5
    twice = double.at(2 * double.period * np.arange(200) / 200)
    again = limit_cycle(flow, twice, 3.5, period=2 * double.period)
    assert again.period == pytest.approx(double.period, rel=1e-9)


@pytest.mark.parametrize("mu", [20.0, 60.0, 100.0])
def test_relaxation_oscillations(mu):
    flow = Flow(van_der_pol, "mu")
    cycle = limit_cycle(flow, [2.0, 0.0], mu)

    def jacobian(_: float, z: np.ndarray) -> np.ndarray:
        return flow.jacobian(z, mu)

    def rises(_: float, z: np.ndarray) -> float:
        return float(z[0])

    rises.direction = 1.0  # type: ignore[attr-defined]
    # the half of a turn, by symmetry, from one crossing to the other
    run = solve_ivp(
        lambda _, z: flow.value(z, mu), (0, 1.2 * cycle.period), [2.0, 0.0],
        method="LSODA", jac=jacobian, rtol=1e-11, atol=1e-13, events=rises,
    )  # fmt: skip
    downwards = solve_ivp(
        lambda _, z: flow.value(z, mu), (0, 1.2 * cycle.period), run.y_events[0][0],
        method="LSODA", jac=jacobian, rtol=1e-11, atol=1e-13, events=rises,
    )  # fmt: skip
    gap = next(time for time in downwards.t_events[0] if time > 0.1 * cycle.period)
    assert cycle.period == pytest.approx(gap, rel=1e-7)
    assert cycle.stable
    assert cycle.defect < 1e-7


@pytest.mark.parametrize(("gamma", "target"), [(1.0, 0.3), (0.5, 1.0), (1.5, 0.1)])
@pytest.mark.parametrize("start", [[1.0, 0.5], [0.1, 0.2], [3.0, -1.0]])
def test_a_field_that_jumps_has_no_smooth_cycle(gamma, target, start):
    """Its cycle has the period 2π/√(1 - γ²/4): by events only."""
    flow = GameFlow(DiracGAN("wasserstein", GradientPenalty(gamma, target)))
    with pytest.raises(NonSmooth, match="the field jumps at"):
        limit_cycle(flow, start)
    period = 2 * math.pi / math.sqrt(1 - gamma**2 / 4)
    times = np.arange(64) / 64 * 2 * np.pi
    around = target * np.array([np.sin(times), np.cos(times)])
    with pytest.raises(NonSmooth, match="the field jumps at"):
        limit_cycle(flow, around, period=period)


@pytest.mark.parametrize(
    "force",
    [
        lambda z, p: -z[0] - p * z[1] + elementary.sign(z[1]),
        lambda z, p: -z[0] - p * elementary.sign(z[1]),
        lambda z, p: -z[0] - p * z[1] + np.sign(np.real(z[1])),
        lambda z, p: (
            -z[0] + p * z[1] * elementary.heaviside(1 - z[0] * z[0]) - z[1] / 9
        ),
    ],
)
def test_relays_are_refused(force):
    flow = Flow(lambda z, p: (z[1], force(z, p)))
    with pytest.raises(NonSmooth):
        limit_cycle(flow, [2.5, 0.0], 0.5)


def test_a_kink_is_resolved():
    """A continuous field with a corner has a cycle like any other: against scipy."""

    def field(z: Any, p: Any) -> Any:
        up = elementary.heaviside(z[1]) * z[1]
        return z[1], -z[0] + p * z[1] - up * up

    flow = Flow(field)
    cycle = limit_cycle(flow, [0.5, 0.0], 0.5)
    place = cycle.at([0.0])[:, 0]
    run = solve_ivp(
        lambda _, z: flow.value(z, 0.5), (0, cycle.period), place,
        method="DOP853", rtol=1e-12, atol=1e-13, max_step=0.01,
    )  # fmt: skip
    assert run.y[:, -1] == pytest.approx(place, abs=1e-8)
    assert cycle.defect < 1e-6


def test_derivatives_that_are_not_the_fields_are_refused():
    """np.abs forgets the imaginary step: the values are smooth, the slopes are not."""

    def field(z: Any, p: Any) -> Any:
        s = z[0] * z[0] + z[1] * z[1]
        return (1 - np.abs(s)) * z[0] - z[1], z[0] + (1 - np.abs(s)) * z[1]

    times = np.arange(40) / 40 * 2 * np.pi
    around = np.array([np.cos(times), np.sin(times)])
    with pytest.raises(GandynError):
        limit_cycle(Flow(field), around, 1.0, period=2 * np.pi)


def test_steep_is_not_broken():
    flow = Flow(lambda z, p: (elementary.tanh(z[1] / p), -z[0]))
    angles = np.linspace(0, 2 * np.pi, 60)
    states = np.array([np.cos(angles), np.sin(angles)])
    check_continuous(flow, states, 1e-5)
    with pytest.raises(NonSmooth):
        check_continuous(
            Flow(lambda z, p: (z[1], -z[0] + p * elementary.sign(z[1]))), states, 1e-3
        )


def test_slopes_that_are_slightly_wrong_are_refused():
    """Newton's method still converges; the multipliers would be off by a percent."""

    def field(z: Any, p: Any) -> Any:
        z = z + 0.01j * np.imag(z) if np.iscomplexobj(z) else z
        s = z[0] * z[0] + z[1] * z[1]
        return (1 - s) * z[0] - z[1], z[0] + (1 - s) * z[1]

    times = np.arange(40) / 40 * 2 * np.pi
    around = np.array([np.cos(times), np.sin(times)])
    with pytest.raises(NonSmooth, match="do not carry its own velocity"):
        limit_cycle(Flow(field), around, 1.0, period=2 * np.pi)
