"""Orbits that something slow will yet carry off, or has carried, beside plain ones."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
import pytest

from gandyn import Rule, simulate
from gandyn._node import Real
from gandyn.dynamics import multipliers
from gandyn.dynamics.recognition.indicators import Indicators
from gandyn.dynamics.recognition.readings import has_moved
from gandyn.elementary import cos, exp, sin
from gandyn.games import DiracGAN, Forsaken, ScalarGame, from_losses
from gandyn.rules import (
    Alternating,
    ExponentialAverage,
    Simultaneous,
    UniformAverage,
)

SPIRAL = from_losses(
    "(x - 0.3)**2/8 + (x - 0.3)*(y - 0.7) - 0.1*(x - 0.3)**4/4",
    "(y - 0.7)**2/8 - (x - 0.3)*(y - 0.7) - 0.1*(y - 0.7)**4/4",
)
"""Its equilibrium attracts at rates below 0.47; far from it nothing does."""
START = (0.4, 0.7)
WELL = from_losses("(x - 1)**2/2 - (x - 1)**4/4", "y**2/2")


class Slow(Rule):
    """A step size that a memory sets, which decays."""

    linear: ClassVar[bool] = False

    leak: Real = 1e-5

    def init(self, game, x, y):
        return (0.0 * x + 1.0,)

    def step(self, game, x, y, memory):
        (u,) = memory
        rate = self.rate_at(u)
        x, y = x - rate * game.gx(x, y), y - rate * game.gy(x, y)
        return x, y, (u * (1.0 - self.leak),)

    def rate_at(self, u):
        return 0.2 + 4.0 * u * (1.0 - u)


class SlowFallen(Slow):
    def rate_at(self, u):
        return 0.2 + 0.1 * u


class WarmingUp(Slow):
    def step(self, game, x, y, memory):
        (u,) = memory
        x = x - 2.3 * (1.0 - u) * game.gx(x, y)
        return x, 0.5 * y, (u * (1.0 - self.leak),)


class Turning(Slow):
    """A step size that comes and goes, by a memory that turns."""

    turning: Real = 1e-4

    def init(self, game, x, y):
        return 0.0 * x - 1.0, 0.0 * x

    def step(self, game, x, y, memory):
        u, v = memory
        rate = 0.2 * exp(2.5 * u)
        x, y = x - rate * game.gx(x, y), y - rate * game.gy(x, y)
        c, s = cos(self.turning), sin(self.turning)
        return x, y, (c * u - s * v, s * u + c * v)


class SlowPlayer(ScalarGame):
    """y is drawn to √½, the more the nearer x is to ½."""

    zero_sum: ClassVar[bool] = False

    def curvature_of_y(self, x):
        return 0.5 + 16.0 * x * (1.0 - x)

    def loss_x(self, x, y):
        return x * x / 2

    def loss_y(self, x, y):
        return self.curvature_of_y(x) * (y * y * y / 3 - y / 2)

    def gx(self, x, y):
        return x

    def gy(self, x, y):
        return self.curvature_of_y(x) * (y * y - 0.5)

    def jacobian(self, x, y):
        slope = 16.0 * (1.0 - 2.0 * x) * (y * y - 0.5)
        return 1.0, 0.0, slope, 2.0 * self.curvature_of_y(x) * y

    def equilibria(self):
        return [(0.0, float(np.sqrt(0.5)))]


def leaves(rule, game, start, steps):
    """Tell whether the plain orbit leaves after it has come near to a fixed point."""
    (x, y), memory, moved = start, rule.init(game, *start), np.inf
    for _ in range(steps):
        a, b, memory = rule.step(game, x, y, memory)
        moved, x, y = min(moved, abs(b - y)), a, b
        if abs(y) > 1e3:
            return moved < 1e-12
    return False


@pytest.mark.parametrize("rule", [Slow(), Turning()])
def test_a_step_size_that_the_memory_drives_may_be_too_large_on_the_way(rule):
    assert leaves(rule, SPIRAL, START, 30000)
    assert simulate(rule, SPIRAL, START, 1000).verdict != "converges"


def test_a_step_size_that_stays_small_enough_on_the_way_converges():
    assert simulate(SlowFallen(), SPIRAL, START, 1000).verdict == "converges"


def test_a_slow_player_may_lead_the_other_through_what_repels():
    game, rule, start = SlowPlayer(), Simultaneous(lr_x=1e-5, lr_y=0.7), (1.0, 0.6)
    assert leaves(rule, game, start, 30000)
    assert simulate(rule, game, start, 1000).verdict != "converges"


def test_a_memory_that_decays_too_slowly_to_be_seen_is_no_parameter():
    """The step size grows up to 2.3, after a hundred million steps and more."""
    orbit = simulate(WarmingUp(leak=2e-8), WELL, (0.5, 0.5), 50000)
    assert orbit.verdict != "converges"


@pytest.mark.parametrize(
    ("start", "lr"), [((1.0, 1e-10), 0.01), ((1e5, 1e-10), 0.01), ((1e5, 1e-6), 0.005)]
)
def test_growth_after_a_saddle_is_that_of_the_way_out(start, lr):
    saddle = from_losses("x**2/2", "-(y**2)/2")
    orbit = simulate(Simultaneous(lr_x=0.5, lr_y=lr), saddle, start, 20000)
    assert orbit.verdict == "diverges_monotone"
    assert orbit.rate == pytest.approx(np.log1p(lr), rel=0.03)


class Cooled(Slow):
    def rate_at(self, u):
        return 2.9 * u


def test_chaos_that_a_decaying_memory_cools_is_left_open():
    """It ends at 370,000 steps, where the step size is 2."""
    logistic = from_losses("x**3/3 - x**2/2", "y**2/8")
    assert simulate(Cooled(leak=1e-6), logistic, (0.4, 0.3)).verdict == "undecided"
    assert simulate(Cooled(leak=0.0), logistic, (0.4, 0.3)).verdict == "chaotic"


def test_the_average_of_chaos_is_not_chaotic_wherever_it_is_taken():
    rule = UniformAverage(Alternating(lr=0.3))
    assert simulate(rule.inner, Forsaken(), (0.5, 0.4), 4096).verdict == "chaotic"
    smoothed = ExponentialAverage(rule, beta=0.999)
    orbit = simulate(smoothed, Forsaken(), (0.5, 0.4), 4096)
    assert orbit.verdict == "undecided"


def test_slow_convergence_is_seen_from_its_rate():
    """At a radius of 0.9998 the budget is too short to contract to rounding."""
    game = DiracGAN(regulariser="R1")
    rule = Simultaneous(lr_x=0.38472176197637403, lr_y=0.10459354715163023)
    found = simulate(rule, game, (0.5, 0.4), 32768)
    assert found.verdict == "converges"
    assert np.exp(found.lyapunov) == pytest.approx(
        abs(multipliers(rule, game)).max(), rel=1e-7
    )


def test_slow_convergence_is_seen_beside_a_player_that_has_underflowed():
    """Near a fold x decays at a rate of 5e-5, while y rests at the last number."""
    game = from_losses("-m*x**2/2 + x**3/3", "y**2/2", m=-1.1687e-4)
    found = simulate(Alternating(lr=0.42883562), game, (0.43832645, -2.1121547), 32768)
    assert found.verdict == "converges"
    assert np.exp(found.lyapunov) == pytest.approx(1 - 0.42883562 * 1.1687e-4, rel=1e-9)


def test_an_amplitude_that_grows_as_a_root_of_time_has_moved():
    """As ExtraAdam's on a mixture: to 113, 168, 243 and 343 in twice the time each."""
    still = {name: np.zeros(2) for name in Indicators._fields}
    still |= {"centre": np.zeros((2, 2)), "steps": 4096, "amplitude": np.ones(2)}
    before = Indicators(**still)
    seen = before._replace(amplitude=np.array([2.0, 1.2]))
    assert has_moved(seen, before, 4.0).tolist() == [True, False]


@pytest.mark.parametrize(
    ("a", "x", "y"),
    [
        (2.8284218326474786, 0.3408296330696602, 0.8158958030111756),
        (2.8284033665262114, 0.6808275289433037, -0.3720685050986829),
    ],
)
def test_chaos_that_keeps_to_the_ghost_of_a_cycle_is_watched_for_longer(a, x, y):
    """Beside the birth of a 3-cycle 4,096 steps leave a third of the exponent open."""
    game = from_losses("-a*x**2/2 + x**3/3", "y**2/2", a=a)
    found = simulate(Simultaneous(lr_x=1.0, lr_y=0.5), game, (x, y), 32768)
    state, total, steps = x, 0.0, 1_000_000
    for _ in range(steps):
        total += math.log(abs(1 + a - 2 * state))
        state += a * state - state * state
    assert found.verdict == "chaotic"
    assert found.lyapunov == pytest.approx(total / steps, rel=0.25)
