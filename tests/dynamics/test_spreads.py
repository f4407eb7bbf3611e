"""Amplitudes of vectors: of the whole state, whatever a window projects it on."""

from __future__ import annotations

import numpy as np
import pytest

from gandyn import Real, Rule, simulate
from gandyn.dynamics.birkhoff import birkhoff_weights
from gandyn.dynamics.engines.choice import make_engine
from gandyn.dynamics.engines.spreads import Spread, spread_over
from gandyn.games import Bilinear

BOARD = Bilinear(np.eye(3))
"""A game that the maps below do not look at."""


class Logistics(Rule):
    """Logistic maps in every coordinate of x, and a contraction of y."""

    r: Real = 3.5

    def step(self, game, x, y, memory):
        return self.r * x * (1 - x), 0.5 * y, memory


class Turning(Rule):
    """A turn of two coordinates of x about a point, by an irrational angle."""

    def step(self, game, x, y, memory):
        u, w = x[0] - 1, x[1] + 2
        cos, sin = np.cos(1.0), np.sin(1.0)
        turned = [1 + cos * u - sin * w, -2 + sin * u + cos * w, 0.5 * x[2]]
        return np.stack(turned), 0.5 * y, memory


def around_mean(states):
    return np.sqrt(np.sum((states - states.mean(axis=0)) ** 2, axis=-1).mean())


@pytest.mark.parametrize(("r", "period"), [(3.2, 2), (3.5, 4), (3.83, 3)])
def test_a_cycles_amplitude_counts_every_coordinate(r, period):
    start = np.array([0.3, 0.31, 0.77]), np.array([0.1, 0.2, 0.3])
    orbit = simulate(Logistics(r=r), BOARD, start, 8192)
    assert (orbit.verdict, orbit.period) == ("periodic", period)
    cycle = np.concatenate([orbit.x, orbit.y], axis=1)[-period:]
    assert orbit.amplitude == pytest.approx(around_mean(cycle), rel=1e-9)
    one = simulate(Logistics(r=r), Bilinear(1.0), (0.3, 0.1), 8192)
    assert orbit.amplitude == pytest.approx(np.sqrt(3) * one.amplitude, rel=1e-6)


def test_an_orbit_on_a_circle_has_its_radius():
    start = np.array([1.0, 1.0, 0.5]), np.zeros(3)
    orbit = simulate(Turning(), BOARD, start, 6000)
    assert orbit.verdict == "neutral"
    assert orbit.amplitude == pytest.approx(3.0, rel=1e-9)


def test_sums_are_those_of_numpy():
    rng = np.random.default_rng(0)
    states = 1e6 + rng.normal(size=(200, 5, 64))
    weights = birkhoff_weights(200)
    spread = Spread(states[0])
    for weight, state in zip(weights, states, strict=True):
        spread.add(weight, state)
    mean = np.tensordot(weights, states, 1)
    square = np.tensordot(weights, np.sum((states - mean) ** 2, axis=1), 1)
    assert np.allclose(spread.value, np.sqrt(square), rtol=1e-9)


def test_each_cell_is_seen_for_its_own_period():
    engine = make_engine(Logistics(), BOARD, [("rule", "r")])
    rates = np.array([3.2, 3.83, 3.5])
    x, y = np.full((3, 3), 0.3), np.zeros((3, 3))
    cells = engine.start({("rule", "r"): rates}, x, y)
    engine.advance(cells, 4000)
    again = engine.take(cells, np.arange(3))
    states = np.moveaxis(engine.record(again, 4)[0], 2, 0)
    found = spread_over(engine, cells, np.array([2, 3, 4]))
    wanted = [around_mean(s[:p]) for s, p in zip(states, (2, 3, 4), strict=True)]
    assert found == pytest.approx(wanted, rel=1e-9)
