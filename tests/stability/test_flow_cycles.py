"""Limit cycles of flows: closed forms, literature, Liouville, and their folds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp

from gandyn.errors import GandynError
from gandyn.games import AlmostBilinear, Bilinear, Forsaken
from gandyn.games.dirac import R1, DiracGAN
from gandyn.stability.flows.continuation import continue_limit_cycle
from gandyn.stability.flows.flow_cycles import LimitCycle, limit_cycle
from gandyn.stability.flows.flows import GameFlow
from gandyn.stability.flows.hopf import hopf_points
from gandyn.stability.maps.maps import Flow


def turning(z: Any, p: Any) -> Any:
    r = p - z[0] * z[0] - z[1] * z[1]
    return r * z[0] - 3 * z[1], 3 * z[0] + r * z[1]


def bautin(z: Any, p: Any) -> Any:
    s = z[0] * z[0] + z[1] * z[1]
    g = p + s - s * s
    return g * z[0] - z[1], z[0] + g * z[1]


def van_der_pol(z: Any, mu: Any) -> Any:
    return z[1], mu * (1 - z[0] * z[0]) * z[1] - z[0]


def brusselator(z: Any, b: Any) -> Any:
    fast = z[0] * z[0] * z[1]
    return 1 - (b + 1) * z[0] + fast, b * z[0] - fast


def test_circle() -> None:
    cycle = limit_cycle(Flow(turning), [0.2, 0.1], 0.81)
    assert cycle.period == pytest.approx(2 * math.pi / 3, rel=1e-13)
    assert cycle.amplitude == pytest.approx(0.9, rel=1e-12)
    assert cycle.highest == pytest.approx([0.9, 0.9], rel=1e-12)
    assert cycle.lowest == pytest.approx([-0.9, -0.9], rel=1e-12)
    expected = math.exp(-2 * 0.81 * cycle.period)
    assert cycle.multipliers[0].real == pytest.approx(expected, rel=1e-10)
    assert cycle.stable
    assert max(cycle.defect, cycle.residual) < 1e-10


@pytest.mark.parametrize("mu", [1.0, 5.0])
def test_van_der_pol_against_an_integrator(mu: float) -> None:
    flow = Flow(van_der_pol, "mu")
    cycle = limit_cycle(flow, [1.0, 0.0], mu)

    def top(_: float, z: np.ndarray) -> float:
        return float(z[1])

    top.direction = -1.0  # type: ignore[attr-defined]
    run = solve_ivp(
        lambda _, z: flow.value(z, mu), (0, 60), [2.0, 0.0], events=top,
        method="DOP853", rtol=1e-13, atol=1e-14,
    )  # fmt: skip
    gap = run.t_events[0][-1] - run.t_events[0][-2]
    assert cycle.period == pytest.approx(gap, rel=1e-10)
    assert cycle.highest[0] == pytest.approx(run.y_events[0][-1][0], rel=1e-10)


def test_the_multiplier_is_liouvilles() -> None:
    game = Forsaken()
    cycle = limit_cycle(GameFlow(game), [0.2, 0.4], backward=True)

    def divergence(time: float) -> float:
        xx, _, _, yy = game.jacobian(*cycle.at(time)[:, 0])
        return -float(xx + yy)

    total = quad(divergence, 0, cycle.period, epsabs=1e-11, limit=200)[0]
    assert cycle.multipliers[0].real == pytest.approx(math.exp(total), rel=1e-9)
    assert not cycle.stable


def test_an_orbit_integrated_from_the_cycle_returns() -> None:
    flow = GameFlow(AlmostBilinear(eps=0.3))
    cycle = limit_cycle(flow, [1.0, 0.0])
    run = solve_ivp(
        lambda _, z: flow.value(z, 1.0), (0, cycle.period), cycle.at(0.0)[:, 0],
        method="DOP853", rtol=1e-13, atol=1e-14,
    )  # fmt: skip
    assert np.linalg.norm(run.y[:, -1] - cycle.at(0.0)[:, 0]) < 1e-11


def test_three_coordinates() -> None:
    # the circle, with a third coordinate that is slaved: its multiplier is e^(-2T)
    def slaved(z: Any, p: Any) -> Any:
        return *turning(z, p), z[0] - 2 * z[2]

    cycle = limit_cycle(Flow(slaved), [1.0, 0.0, 0.0], 0.25)
    turn = 2 * math.pi / 3
    assert sorted(cycle.multipliers.real) == pytest.approx(
        sorted([math.exp(-2 * turn), math.exp(-0.5 * turn)]), rel=1e-10
    )
    assert cycle.highest[2] == pytest.approx(0.5 / math.hypot(2, 3), rel=1e-11)


def test_starts_agree() -> None:
    flow = Flow(brusselator, "b")
    (hopf,) = hopf_points(flow, [1.0, 1.5], 1.5, 3.0)
    born = limit_cycle(flow, hopf, 2.05)
    found = limit_cycle(flow, [1.0, 1.0], 2.05)
    assert born.period == pytest.approx(found.period, rel=1e-11)
    turns = found.at(found.period * np.arange(20) / 20)
    again = limit_cycle(flow, turns, 2.05, period=6.2)
    assert again.amplitude == pytest.approx(found.amplitude, rel=1e-11)
    moved = limit_cycle(flow, found, 2.1)
    assert moved.period == pytest.approx(
        limit_cycle(flow, [1.0, 1.0], 2.1).period, rel=1e-11
    )
    # the predicted amplitude is of first order in the distance
    small = limit_cycle(flow, hopf, 2.001)
    assert small.amplitude == pytest.approx(hopf.amplitude(2.001), rel=3e-3)


def test_a_fold_of_cycles() -> None:
    flow = Flow(bautin)
    start = limit_cycle(flow, [1.0, 0.0], 0.1)
    branch = continue_limit_cycle(flow, start, -1.0, 0.2, downwards=True, steps=25)
    (fold,) = branch.bifurcations
    assert fold.value == pytest.approx(-0.25, abs=1e-12)
    assert fold.point.amplitude == pytest.approx(math.sqrt(0.5), rel=1e-9)
    assert fold.point.multipliers[0] == pytest.approx(1, abs=1e-8)
    assert {cycle.stable for cycle in branch.points} == {True, False}
    for cycle in branch.points:
        s = cycle.amplitude**2
        assert s - s * s == pytest.approx(-cycle.value, abs=1e-11)
        expected = math.exp((2 * s - 4 * s * s) * 2 * math.pi)
        assert cycle.multipliers[0].real == pytest.approx(expected, rel=1e-8)


def test_a_branch_ends_at_an_end_of_the_interval() -> None:
    flow = GameFlow(AlmostBilinear(eps=1.0), "eps")
    branch = continue_limit_cycle(flow, limit_cycle(flow, [1.0, 0.0]), 0.5, 2.0)
    assert (branch.ends[1], branch.values[-1]) == ("interval", 2.0)
    direct = limit_cycle(flow, [1.0, 0.0], 2.0)
    assert branch.points[-1].period == pytest.approx(direct.period, rel=1e-11)


def test_refusals() -> None:
    with pytest.raises(GandynError, match="one of a family"):
        limit_cycle(GameFlow(Bilinear(1.0)), [1.0, 0.0])
    with pytest.raises(GandynError, match="comes to rest"):
        limit_cycle(GameFlow(DiracGAN(regulariser=R1(0.5))), [1.0, 0.0])
    with pytest.raises(GandynError, match="leaves towards infinity"):
        limit_cycle(Flow(turning), [2.0, 0.0], 1.0, backward=True)
    flow = Flow(brusselator, "b")
    with pytest.raises(GandynError, match="give a finite value of b"):
        limit_cycle(flow, [1.0, 1.0])
    (hopf,) = hopf_points(flow, [1.0, 1.5], 1.5, 3.0)
    with pytest.raises(GandynError, match="the cycle is above it"):
        limit_cycle(flow, hopf, 1.9)
    with pytest.raises(GandynError, match="period"):
        limit_cycle(flow, np.ones((2, 8)), 2.5)


def test_record() -> None:
    record = limit_cycle(Flow(turning), [0.2, 0.1], 1.0).as_dict()
    assert record["stable"] is True
    assert set(record) < set(LimitCycle.__dataclass_fields__)
