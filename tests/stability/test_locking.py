"""Mode locking and rotation numbers: a symmetric map in closed form, and others."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from gandyn.elementary import cos, sin
from gandyn.errors import GandynError
from gandyn.games.dirac import R1, DiracGAN
from gandyn.rules import Alternating, Simultaneous
from gandyn.stability import Map, RuleMap
from gandyn.stability.cycles.attracting import likely_periods
from gandyn.stability.cycles.cycles import continue_periodic_orbit
from gandyn.stability.cycles.locking import locking_interval, mode_locking
from gandyn.stability.cycles.periodic import iterated, periodic_orbit
from gandyn.stability.cycles.staircase import rotation_staircase
from gandyn.stability.cycles.turning import Turning

GROWTH, PULL = 0.1, 0.3
START = [0.2, 0.1]
DELAYED = Map(lambda z, r: (r * z[0] * (1 - z[1]), z[0]), "r")


def resonant(pull: float = PULL) -> Map:
    """Return w ↦ e^{iα} w (1 + μ - |w|²) + ε w̄⁴, with the symmetry of a pentagon."""

    def step(z: Any, angle: Any) -> Any:
        x, y = z[0], z[1]
        gain = 1 + GROWTH - (x * x + y * y)
        c, s = cos(angle) * gain, sin(angle) * gain
        fourth = x**4 - 6 * x * x * y * y + y**4, 4 * x * y * (x * x - y * y)
        return (
            c * x - s * y + pull * fourth[0],
            s * x + c * y - pull * fourth[1],
        )

    return Map(step, "angle")


def opening(r: float) -> float:
    """Return cos β of the orbit of radius r: w turns by 2πp/5 at α = 2πp/5 - β.

    |e^{iβ} - g| = ε r³ with g = 1 + μ - r².
    """
    gain = 1 + GROWTH - r * r
    return (1 + gain * gain - PULL**2 * r**6) / (2 * gain)


def half_width() -> float:
    """Return the largest β: half the width of the tongue."""
    least = minimize_scalar(
        opening, bounds=(0.2, 0.45), method="bounded", options={"xatol": 1e-12}
    )
    return math.acos(least.fun)


@pytest.mark.parametrize("winding", [1, 2])
def test_tongue_in_closed_form(winding: int) -> None:
    step, middle, half = resonant(), 2 * math.pi * winding / 5, half_width()
    found = mode_locking(step, START, middle + 0.4 * half)
    assert found is not None
    assert (found.winding, found.period) == (winding, 5)
    assert found.rotation == winding / 5
    for orbit in (found.orbit, found.saddle):
        assert orbit is not None
        radii = np.linalg.norm(orbit.states, axis=1)
        assert np.ptp(radii) < 1e-13
        assert opening(radii[0]) == pytest.approx(math.cos(0.4 * half), abs=1e-14)
    assert (found.orbit.stable, found.saddle.instability) == (True, ("monotone",))
    edges = locking_interval(step, found, middle - 3 * half, middle + 3 * half)
    assert [edge and edge.kind for edge in edges] == ["fold", "fold"]
    values = [edge.value for edge in edges if edge]
    assert values == pytest.approx([middle - half, middle + half], abs=1e-12)
    inside = locking_interval(step, found, middle, middle + 0.9 * half)
    assert inside == (None, None)


def test_nothing_locks_beside_the_tongue() -> None:
    step, middle, half = resonant(), 2 * math.pi / 5, half_width()
    for side in (-1, 1):
        assert mode_locking(step, START, middle + side * 1.1 * half) is None
        edge = mode_locking(step, START, middle + side * 0.99 * half)
        assert edge is not None
        assert edge.rotation == 0.2


def test_a_rational_rotation_number_is_no_evidence() -> None:
    # without the pull every orbit on the circle has period 5 at this angle
    step, angle = resonant(pull=0.0), 2 * math.pi / 5
    assert mode_locking(step, START, angle) is None
    stairs = rotation_staircase(step, [angle], START)
    assert stairs.status.tolist() == ["undecided"]
    assert stairs.rotation[0] == pytest.approx(0.2, abs=1e-12)


def test_rotation_of_a_rigid_circle() -> None:
    angles = np.array([0.3, 1.0, 2.0, 3.0])
    stairs = rotation_staircase(resonant(pull=0.0), angles, START)
    assert stairs.rotation == pytest.approx(angles / (2 * math.pi), abs=1e-13)
    assert set(stairs.status) == {"quasi_periodic"}
    assert stairs.plateaus == []


def test_staircase_has_its_plateau_where_the_tongue_is() -> None:
    step, middle, half = resonant(), 2 * math.pi / 5, half_width()
    values = middle + half * np.array([-3, -2, -1.2, -0.95, -0.3, 0, 0.6, 0.95, 1.2, 2])
    stairs = rotation_staircase(step, values, START)
    locked = np.abs(values - middle) < half
    assert (stairs.status == "locked").tolist() == locked.tolist()
    assert stairs.plateaus == [(1, 5, values[3], values[7])]
    assert (np.diff(stairs.rotation) >= 0).all()
    assert (stairs.error < 1e-6).all()
    # beside the edges the turn is by the plain mean of another, longer orbit
    seen = iterated(step, np.array(START), values[0], 20_001)[5_000:]
    angle = np.unwrap(np.arctan2(seen[:, 1], seen[:, 0]))
    plain = (angle[-1] - angle[0]) / (2 * math.pi * (len(angle) - 1))
    assert stairs.rotation[0] == pytest.approx(plain, abs=1e-4)


def test_staircase_says_what_each_attractor_is() -> None:
    values = [1.9, 2.0, 2.05, 2.18, 2.225, 2.235, 2.24, 2.26, 2.3]
    stairs = rotation_staircase(DELAYED, values, [0.5, 0.6])
    assert stairs.status.tolist() == [
        "rest",
        "undecided",  # the bifurcation itself: the approach never ends
        "quasi_periodic",
        "locked",
        "undecided",  # 4/30 of a doubled orbit, longer than is tried
        "locked",
        "periodic",  # 1/8, doubled
        "undecided",
        "escapes",
    ]
    assert (stairs.winding[6], stairs.period[6]) == (2, 16)
    assert stairs.plateaus == [(1, 7, 2.18, 2.18), (1, 8, 2.235, 2.235)]
    row = stairs.as_dict()
    assert row["rotation"][0] is None
    assert row["rotation"][3] == 1 / 7


def test_edges_are_where_orbits_stop_locking() -> None:
    found = mode_locking(DELAYED, [0.5, 0.6], 2.19)
    assert found is not None
    left, right = locking_interval(DELAYED, found, 2.0, 2.3)
    assert left is not None
    assert right is not None
    for edge, side in ((left, -1), (right, 1)):
        assert edge.multiplier == pytest.approx(1, abs=1e-6)
        assert edge.others < 1
        beyond = rotation_staircase(
            DELAYED, [edge.value - side * 2e-4, edge.value + side * 2e-4], [0.5, 0.6]
        )
        assert beyond.status[0] == "locked"
        assert beyond.status[1] != "locked"
        # past the edge a passage takes π/√(distance) steps: the turn changes a lot
        assert abs(beyond.rotation[1] - 1 / 7) > 1e-5


def test_doubled_orbit_is_not_locked() -> None:
    assert mode_locking(DELAYED, [0.5, 0.6], 2.24) is None


def test_dirac_gan_locks() -> None:
    step = RuleMap(Simultaneous(), DiracGAN(regulariser=R1(0.3)))
    found = mode_locking(step, START, 2.3)
    assert found is not None
    assert (found.winding, found.period) == (1, 8)
    states = found.orbit.states
    # the game is odd, and so is an orbit of even period that is alone
    assert np.abs(np.roll(states, 4, axis=0) + states).max() < 1e-12
    assert found.as_dict()["saddle"]["stable"] is False
    stairs = rotation_staircase(step, [1.1, 1.3, 2.3], START)
    assert stairs.status.tolist() == ["rest", "quasi_periodic", "locked"]


def test_locked_orbit_of_the_dirac_gan_becomes_a_torus_section() -> None:
    step = RuleMap(Simultaneous(), DiracGAN(regulariser=R1(0.3)))
    found = mode_locking(step, START, 2.3)
    assert found is not None
    branch = continue_periodic_orbit(step, found.orbit, 2.0, 2.6)
    (edge,) = [one for one in branch.bifurcations if one.kind == "neimark-sacker"]
    assert edge.status == "converged"
    assert edge.others == 0
    assert branch.stable.tolist() == (branch.values < edge.value).tolist()
    assert edge.criticality == "supercritical"
    # small circles about the eight states, of the predicted size
    value = edge.value + 2e-4
    orbit = periodic_orbit(step, edge.state, 8, value)
    k = np.argmin(np.linalg.norm(orbit.states - edge.state, axis=1))
    size = edge.amplitude(value)
    seen = iterated(step, orbit.states[k] + [0.7 * size, 0], value, 16_001)[8000::8]
    spread = np.sqrt(np.mean(np.sum((seen - orbit.states[k]) ** 2, axis=1)))
    assert spread == pytest.approx(size, rel=0.03)


def test_angle_of_the_centre() -> None:
    step = RuleMap(Alternating(), DiracGAN())
    turning = Turning(step, [0.0, 0.0], 0.5)
    # trace 2 - lr²/4 and determinant 1
    assert turning.angle == pytest.approx(math.acos(1 - 0.5**2 / 8), rel=1e-12)
    assert turning.centre == pytest.approx(0, abs=1e-14)
    ring = np.exp(2j * np.pi * np.arange(7) * 3 / 7)
    flat = Map(
        lambda z, p: (cos(p) * z[0] - sin(p) * z[1], sin(p) * z[0] + cos(p) * z[1])
    )
    states = np.column_stack([ring.real, ring.imag])
    assert Turning(flat, [0.0, 0.0], 2.5).winding(states) == 3
    assert Turning(flat, [0.0, 0.0], 2.5).winding(0 * states) == 0


def test_likely_periods() -> None:
    k = np.arange(400)
    rational = np.exp(2j * np.pi * k * 3 / 8) * (1 + 0.5 ** (k / 8))
    tail = np.column_stack([rational.real, rational.imag])
    assert likely_periods(tail, 32) == [8]
    golden = np.exp(2j * np.pi * k * (math.sqrt(5) - 1) / 2)
    assert likely_periods(np.column_stack([golden.real, golden.imag]), 32) == []
    assert likely_periods(np.ones((400, 2)), 32) == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mode_locking(DELAYED, [0.5, 0.6], 2.6), "not finite at r = 2.6"),
        (lambda: mode_locking(DELAYED, [0.5], 2.1), "1 coordinates does not fit"),
        (lambda: mode_locking(DELAYED, START, 2.1, longest=0), "longest is 0"),
        (lambda: mode_locking(DELAYED, START, 1.1), "multipliers are real"),
        (lambda: mode_locking(DELAYED, START, math.nan), "not finite at r = nan"),
        (lambda: rotation_staircase(DELAYED, [], START), "values must be"),
        (lambda: rotation_staircase(DELAYED, [2.0, math.inf], START), "values must be"),
        (lambda: rotation_staircase(DELAYED, [2.0], START, steps=0), "steps is 0"),
        (lambda: rotation_staircase(DELAYED, [2.0], [0.1, 0.2, 0.3]), "does not fit"),
    ],
)
def test_refusals(call: Any, message: str) -> None:
    with pytest.raises(GandynError, match=message):
        call()


def test_interval_must_contain_the_locking() -> None:
    found = mode_locking(DELAYED, [0.5, 0.6], 2.19)
    assert found is not None
    with pytest.raises(GandynError, match=r"2\.19 is not between 2\.2 and 2\.3"):
        locking_interval(DELAYED, found, 2.2, 2.3)
