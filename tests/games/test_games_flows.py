"""Cycles, periods and invariants of the games' flows, published or derived."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.special import i0

from gandyn.games import (
    LQGAN,
    AlmostBilinear,
    ClippedDiracGAN,
    DiracGAN,
    Forsaken,
    GrimmerQuartic,
    HiddenBilinear,
    LetcherMarket,
)

FLOW = {"method": "DOP853", "rtol": 1e-12, "atol": 1e-13}


def flow(game, start, time, **options):
    def motion(t, z):
        return [-game.gx(z[0], z[1]), -game.gy(z[0], z[1])]

    return solve_ivp(motion, (0, time), start, **FLOW, **options)


def section(y):
    """Return the event of crossing that y upwards."""

    def crossing(t, z):
        return z[1] - y

    crossing.direction = 1
    return crossing


def cycle(game, start, settle, y=0.0):
    """Return (point, period) of the stable cycle that a start settles on."""
    end = flow(game, start, settle).y[:, -1]
    event = section(y)
    crossed = flow(game, end, settle, events=event)
    times, points = crossed.t_events[0], crossed.y_events[0]
    return points[-1], times[-1] - times[-2]


def extremes(game, point, period):
    """Return [max x, min x, max y, min y], where the motion turns."""

    def turn_x(t, z):
        return game.gx(z[0], z[1])

    def turn_y(t, z):
        return game.gy(z[0], z[1])

    turned = flow(game, point, 1.05 * period, events=[turn_x, turn_y])
    x, y = turned.y_events[0][:, 0], turned.y_events[1][:, 1]
    return [x.max(), x.min(), y.max(), y.min()]


def log_multiplier(game, point, period):
    """Return the log of the non-trivial Floquet multiplier, ∫ div dt."""

    def motion(t, z):
        xx, _, _, yy = game.jacobian(z[0], z[1])
        return [-game.gx(z[0], z[1]), -game.gy(z[0], z[1]), -xx - yy]

    return solve_ivp(motion, (0, period), [*point, 0.0], **FLOW).y[2, -1]


@pytest.mark.parametrize("radius", [0.5, 1.0])
def test_the_dirac_flow_circles_with_the_known_period(radius):
    game = DiracGAN()
    expected = 2 * math.pi * (1 + i0(radius**2 / 2))
    event = section(0.0)
    crossed = flow(game, [radius, 0.0], 2.5 * expected, events=event)
    times = crossed.t_events[0]
    np.testing.assert_allclose(np.diff(times[-2:]), expected, rtol=1e-9)
    np.testing.assert_allclose(np.hypot(*crossed.y), radius, rtol=1e-10)


@pytest.mark.parametrize("clip", [0.3, 1.0])
def test_the_clipped_wasserstein_flow_ends_on_the_circle_of_the_bound(clip):
    game, half = ClippedDiracGAN(bound=clip), 5e-4
    x, y = 0.0, 1.7 * clip
    radii = []
    for _ in range(16_000):  # implicit midpoint steps: exact circles between clips
        dx, dy = game.jvp(x, y, x, y)
        x, y = game.solve(x, y, half, half, x - half * dx, y - half * dy)
        x, y = game.project(x, y)
        assert abs(y) <= clip
        radii.append(math.hypot(x, y))
    np.testing.assert_allclose(radii[-6000:], clip, atol=1e-6)


@pytest.mark.parametrize(
    ("y0", "x0", "value"), [(0.5, 1.0, 0.75), (0.2, 0.5, 0.8581471805599453)]
)
def test_the_lqgan_flow_conserves_its_hamiltonian(y0, x0, value):
    x, y = flow(LQGAN(), [x0, y0], 30.0).y
    np.testing.assert_allclose(y**2 + x**2 / 2 - np.log(x), value, atol=1e-10)


@pytest.mark.parametrize(
    ("p", "q", "start", "value"),
    [
        (0.5, 0.5, (1.0, 0.0), 2.5430806348152437),
        (0.3, 0.6, (0.5, -1.0), 3.5141849609478837),
    ],
)
def test_the_hidden_bilinear_flow_conserves(p, q, start, value):
    def h(r, t):
        return (1 - 2 * r) * t + (1 - r) * np.exp(t) + r * np.exp(-t)

    x, y = flow(HiddenBilinear(p=p, q=q), start, 200.0).y
    np.testing.assert_allclose(h(p, x) + h(q, y), value, rtol=1e-9)


CYCLES = [
    (Forsaken(), (1.349708552002668, 0.4), 7.548003761774159),
    (Forsaken(), (0.2223127441936145, 0.4), 7.169877696077305),
    (GrimmerQuartic(A=20.0), (2.458526031151412, 0.0), 0.34256730271935876),
    (GrimmerQuartic(A=100.0), (2.5756060000913337, 0.0), 0.06304193504060593),
]


@pytest.mark.parametrize(("game", "point", "period"), CYCLES)
def test_the_flow_closes_the_known_cycles(game, point, period):
    end = flow(game, point, period).y[:, -1]
    np.testing.assert_allclose(end, point, atol=2e-9)


@pytest.mark.parametrize(
    ("index", "expected", "rtol"),
    [
        (0, math.log(1.1432231445480875e-15), 1e-7),
        (1, math.log(1.9197807679737102), 1e-7),
        (2, math.log(7.776442591973331e-07), 1e-7),
        (3, math.log(0.08010038769060472), 1e-7),
    ],
)
def test_the_floquet_multipliers_of_the_known_cycles(index, expected, rtol):
    assert log_multiplier(*CYCLES[index]) == pytest.approx(expected, rel=rtol)


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (
            1,
            [
                0.22822852870943358,
                -0.1756548739094723,
                0.6293390776204305,
                0.23294715557086484,
            ],
        ),
        (2, [2.5647004406708773, -2.5647004406705194] * 2),
        (3, [2.581272580938391, -2.5812725809383705] * 2),
    ],
)
def test_the_extent_of_the_known_cycles(index, expected):
    np.testing.assert_allclose(extremes(*CYCLES[index]), expected, atol=1e-7)


@pytest.mark.parametrize(
    ("eps", "x_max", "y_max"),
    [
        (0.1, 1.1557227637603742, 1.1547605711868134),
        (1.0, 1.2544168353076108, 1.1596772173757994),
    ],
)
def test_the_almost_bilinear_flow_ends_on_the_spurious_cycle(eps, x_max, y_max):
    game = AlmostBilinear(eps=eps)
    for start in ([0.1, 0.0], [2.0, 0.0]):
        point, period = cycle(game, start, 40 / eps + 20)
        expected = [x_max, -x_max, y_max, -y_max]
        np.testing.assert_allclose(extremes(game, point, period), expected, atol=1e-7)
    if eps == 1.0:
        multiplier = math.exp(log_multiplier(game, point, period))
        assert multiplier == pytest.approx(0.0008596950636038336, abs=1e-9)


def test_letcher_markets_end_on_a_cycle():
    game = LetcherMarket()
    point, period = cycle(game, [0.3, 0.1], 60.0)
    expected = math.log(7.43087746471856e-40)
    assert log_multiplier(game, point, period) == pytest.approx(expected, rel=1e-7)
