"""Growth rates, frequencies and crossings of signals that are known exactly."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

from gandyn.crosscheck import dominant_angle, growth_rate
from gandyn.crosscheck.crossing_fits import _NOWHERE, bracket, crossing, rising
from gandyn.crosscheck.grids import boundary_distances
from gandyn.stability import BoundaryCurve

T = np.arange(400)


@pytest.mark.parametrize("rate", [-0.02, -0.001, 0.0, 0.003, 0.05])
@pytest.mark.parametrize("angle", [0.1, 0.7, 2.0, 3.0])
def test_rate_and_angle_of_a_turning_pair(rate, angle):
    wave = np.exp(rate * T)
    sizes = wave * np.hypot(2 * np.cos(angle * T), np.sin(angle * T + 0.3))
    found = growth_rate(T, sizes, angle)
    assert abs(found.value - rate) < 3e-4
    assert abs(found.value - rate) < 10 * found.error + 1e-9
    turn = dominant_angle(3 + wave * np.cos(angle * T + 1.0), rate)
    assert turn.value == pytest.approx(angle, rel=2e-3)
    assert abs(turn.value - angle) < 10 * turn.error + 1e-6


@pytest.mark.parametrize("correlation", [0.0, 0.9])
def test_error_bar_covers_correlated_noise(correlation):
    rng = np.random.default_rng(5)
    inside = 0
    for _ in range(200):
        noise = np.zeros(len(T))
        for k in range(1, len(T)):
            noise[k] = correlation * noise[k - 1] + 0.01 * rng.normal()
        found = growth_rate(T, np.exp(0.002 * T + noise))
        inside += abs(found.value - 0.002) < 2 * found.error
    assert inside >= 170  # 85 %; two normal standard errors hold 95 %


def test_what_does_not_turn_once_has_no_angle():
    slow = dominant_angle(np.cos(0.005 * T))
    assert slow.value == 0
    assert slow.error == pytest.approx(2 * np.pi / 399)
    assert np.isnan(dominant_angle(T[:10].astype(float)).value)
    assert np.isnan(dominant_angle(np.full(100, np.nan)).value)
    assert np.isnan(growth_rate(T[:3], np.ones(3)).value)


def test_crossing_propagates_the_errors_of_its_members():
    values, rng = np.linspace(0.8, 1.2, 9), np.random.default_rng(1)
    truth, error = 0.3 * (values - 1) + 0.1 * (values - 1) ** 2, 1e-3
    off, told = [], []
    for _ in range(300):
        noisy = truth + error * rng.normal(size=9)
        found = crossing(values, noisy, np.full(9, error), 0 * values + 0.5)
        off.append(found.value.value - 1)
        told.append(found.value.error)
    assert abs(np.mean(off)) < 4 * np.std(off) / np.sqrt(300)
    assert np.std(off) / 2 < np.median(told) < 2 * np.std(off)


def test_members_that_measure_a_slower_mode_are_left_out():
    """Well below its threshold a flip dies out at once, and leaves what is slow."""
    values = np.geomspace(0.8, 0.88, 9)
    flip = 12 * (values - values[6])
    rates = np.where(flip > -0.2, flip, -0.0025)
    some = rising(rates, np.full(9, 1e-4))
    assert (some.start, some.stop) == (5, 9)
    found = crossing(values[some], rates[some], np.full(4, 1e-4), np.full(4, np.pi))
    assert found.value.value == pytest.approx(values[6], rel=1e-9)
    assert found.slope.value == pytest.approx(12, rel=1e-6)
    noisy = flip + 0.01 * np.array([1, -1, 1, -1, 0, 0, 1, -1, 1])
    assert rising(noisy, np.full(9, 0.05)) == slice(0, 9)
    assert rising(-flip, np.full(9, 1e-4)) == slice(0, 9)


def test_no_crossing_where_the_rate_only_falls():
    values = np.linspace(1, 2, 5)
    assert bracket(values, 1.5 - values) is None
    found = crossing(values, 1.5 - values, np.ones(5), values)
    assert found is _NOWHERE
    assert np.isnan(found.value.value)


def test_distance_is_the_factor_to_the_nearest_point():
    curve = BoundaryCurve(
        "flip", ("lr_x", "lr_y"), np.array([[0.1, 10.0], [10.0, 0.1]]),
        np.array([-1, -1]), np.zeros(2), ("box", "box"),
    )  # fmt: skip
    cells = np.array([0.5, 1.0, 2.0])
    found = boundary_distances(cells, cells, [curve])  # lr_x lr_y = 1
    exact = np.abs(np.log(cells[:, None] * cells)) / 2
    assert np.allclose(found, exact, atol=0.3)
    assert found[1, 1] == pytest.approx(0, abs=1e-12)
    assert np.isinf(boundary_distances(cells, cells, [])).all()
