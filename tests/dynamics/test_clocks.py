"""Verdicts of rules that count their steps, beside plain orbits and closed forms."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest

from gandyn._node import Positive, Real
from gandyn.dynamics.engines.choice import make_engine
from gandyn.dynamics.orbits import simulate
from gandyn.dynamics.recognition.clocks import follow
from gandyn.elementary import log, sigmoid, sin, sqrt
from gandyn.games import (
    Bilinear,
    DiracGAN,
    FeatureDiracGAN,
    Forsaken,
    from_losses,
)
from gandyn.rules import (
    Alternating,
    ExtraAnchoredGradientV,
    Halpern,
    Rule,
    Simultaneous,
    UniformAverage,
)

STEPS = 4096


class Clocked(Rule):
    """Steps of lr/t."""

    autonomous: ClassVar[bool] = False
    linear: ClassVar[bool] = False

    lr: Positive = 0.5

    def init(self, game, x, y):
        return (1.0,)

    def step(self, game, x, y, memory):
        (t,) = memory
        rate = self.rate(t)
        return x - rate * game.gx(x, y), y - rate * game.gy(x, y), (t + 1.0,)

    def rate(self, t):
        return self.lr / t


class Summable(Clocked):
    """Steps of lr/t², which add up to little."""

    def rate(self, t):
        return self.lr / (t * t)


class Root(Clocked):
    """Steps of lr/√t."""

    def rate(self, t):
        return self.lr / sqrt(t)


class Pulled(Rule):
    """x is drawn to a point that moves with the clock."""

    autonomous: ClassVar[bool] = False
    linear: ClassVar[bool] = False

    size: Real = 1e-3

    def init(self, game, x, y):
        return (1.0,)

    def step(self, game, x, y, memory):
        (t,) = memory
        return 0.5 * x + self.size * self.where(t), 0.5 * y, (t + 1.0,)

    def where(self, t):
        return log(t)


class PulledHome(Pulled):
    def where(self, t):
        return 1.0 / sqrt(t)


class LateExpanding(Pulled):
    """Contracts until the clock is a million."""

    def step(self, game, x, y, memory):
        (t,) = memory
        return x * (0.9 + 0.3 * t / (t + 1e6)) + 1.0 / t, 0.5 * y, (t + 1.0,)


BOWL = from_losses("x**2/2", "y**2/2")


def test_an_anchor_is_followed_along_a_line_of_equilibria():
    """The frozen step's multiplier along the line is 1 - 1/t, and no less."""
    game = FeatureDiracGAN(weights=np.array([2.0, -1.0]))
    start = (np.array([0.8]), np.array([0.3, 0.4]))
    orbit = simulate(ExtraAnchoredGradientV(lr=0.2), game, start, 1024)
    assert (orbit.verdict, orbit.rate) == ("converges", 0.0)
    assert np.abs(orbit.x[-1]).max() > 1e-6  # it is not there yet


@pytest.mark.parametrize(
    ("rule", "verdict"),
    [
        (Clocked(), "converges"),  # as t^(-1/2)
        (Root(), "converges"),
        (Summable(), "undecided"),  # x stops at a share of the start
    ],
)
def test_steps_that_vanish_arrive_if_they_add_up(rule, verdict):
    orbit = simulate(rule, BOWL, (1.0, 0.5), STEPS)
    assert orbit.verdict == verdict
    assert (orbit.x[-1] < 0.1) == (verdict == "converges")


@pytest.mark.parametrize(
    ("rule", "verdict"),
    [
        (Pulled(), "undecided"),
        (Pulled(size=1e-9), "undecided"),
        (PulledHome(), "converges"),
        (LateExpanding(), "undecided"),
    ],
)
def test_the_point_that_is_followed_must_have_a_limit(rule, verdict):
    assert simulate(rule, Bilinear(1.0), (0.5, 0.4), STEPS).verdict == verdict


def test_an_average_goes_where_its_orbit_goes():
    game, rule = DiracGAN(regulariser="R1"), Simultaneous(lr=0.3)
    orbit = simulate(UniformAverage(rule), game, (0.5, 0.4), STEPS)
    assert (orbit.verdict, orbit.rate) == ("converges", 0.0)
    t = len(orbit.x) - 1
    inner = simulate(rule, game, (0.5, 0.4), STEPS)
    assert inner.verdict == "converges"
    assert orbit.x[-1] == pytest.approx(inner.x[: t + 1].mean(), abs=1e-12)


def test_the_average_of_a_circle_converges_to_an_equilibrium_or_is_left_open():
    """By symmetry the mean is 0, an equilibrium; that of a lopsided orbit is none."""
    rule = UniformAverage(Alternating(lr=0.3))
    assert simulate(rule, Bilinear(1.0), (0.5, 0.4), STEPS).verdict == "converges"
    lopsided = UniformAverage(Simultaneous(lr_x=2.3, lr_y=0.5))
    cycle = from_losses("x**2/2 + x**3/6 - x**4/4", "y**2/2")
    inner = simulate(lopsided.inner, cycle, (0.1, 0.1), STEPS)
    assert inner.verdict == "periodic"
    assert abs(inner.x[-2:].mean()) > 1e-2
    assert simulate(lopsided, cycle, (0.1, 0.1), STEPS).verdict == "undecided"


def test_the_average_of_an_orbit_that_circles_is_not_chaotic_nor_periodic():
    rule = UniformAverage(Simultaneous(lr=0.3))
    found = simulate(rule, Forsaken(), (0.5, 0.4), STEPS).verdict
    assert found in ("undecided", "converges")


@pytest.mark.parametrize("start", [(30.0, 30.0), (60.0, -40.0), (800.0, 900.0)])
def test_an_anchor_in_a_vanished_gradient_does_not_converge(start):
    """The anchor holds the orbit until the clock is e^30 or more, no longer."""
    for rule in (Halpern(Simultaneous(lr=0.3)), UniformAverage(Simultaneous(lr=0.3))):
        game = DiracGAN()
        found = simulate(rule, game, start, STEPS)
        assert found.verdict != "converges"


def test_a_cycle_that_attracts_is_not_neutral_under_a_clock():
    """A moved clock stays moved: that direction says nothing of the orbit."""
    rule = Halpern(Simultaneous(lr_x=2.2, lr_y=0.5))
    well = from_losses("x**2/2 - x**4/4", "y**2/2")
    orbit = simulate(rule, well, (0.1, 0.1), STEPS)
    x = orbit.x[-3:]
    assert abs(x[0] - x[2]) < 1e-6 < 0.1 < abs(x[1] - x[0])
    assert (orbit.verdict, orbit.period) == ("periodic", 2)


def test_a_cell_does_not_depend_on_those_beside_it():
    """EAG-V's second player passes 1/R, where its step size settles more slowly."""
    rule, game = ExtraAnchoredGradientV(), Bilinear(1.0)
    rates = np.array([0.3, 0.9999, 0.2, 0.5])
    x, y = np.array([0.5, 0.4, 0.3, 0.2]), np.array([0.1, 0.2, 0.3, 0.4])

    def found(which):
        swept = {("rule", "lr_x"): rates[which], ("rule", "lr_y"): rates[which]}
        engine = make_engine(rule, game, list(swept))
        cells = engine.start(swept, x[which], y[which])
        engine.advance(cells, 4000)
        before = engine.take(cells, np.arange(which.size))
        engine.advance(cells, 4000)
        return follow(engine, before, cells)

    together = found(np.arange(4))
    assert together[[0, 2, 3]].all()
    for i in range(4):
        assert found(np.array([i]))[0] == together[i]


class Ticking(Summable):
    """Its clock counts by another number than 1."""

    by: Real = 2.0

    def step(self, game, x, y, memory):
        (t,) = memory
        rate = self.rate(t)
        return x - rate * game.gx(x, y), y - rate * game.gy(x, y), (t + self.by,)


class TickingRoot(Ticking):
    def rate(self, t):
        return self.lr / sqrt(t)


class TickingUnmarked(Ticking):
    """Its author forgot that it counts."""

    autonomous: ClassVar[bool] = True


class RunningDown(Ticking):
    """Its steps get smaller as the clock goes down, and then larger."""

    def init(self, game, x, y):
        return (6000.0,)

    def rate(self, t):
        return self.lr * (t / 6000.0) ** 2


@pytest.mark.parametrize("by", [0.5, 0.7, 2.0])
@pytest.mark.parametrize("rule", [Ticking, TickingUnmarked])
def test_a_clock_may_count_by_any_number(rule, by):
    """Steps of 1/t² leave x at a share of the start, in any unit of time."""
    orbit = simulate(rule(by=by), BOWL, (1.0, 0.5), 1024)
    assert orbit.x[-1] > 0.1
    assert orbit.verdict == "undecided"
    assert simulate(TickingRoot(by=by), BOWL, (1.0, 0.5), 1024).verdict == "converges"


def test_a_clock_that_runs_down_is_not_followed():
    assert simulate(RunningDown(by=-1.0), BOWL, (1.0, 0.5), 1024).verdict == "undecided"


class Cyclic(Ticking):
    """Steps too large in the second half of every 2000."""

    by: Real = 1.0

    def rate(self, t):
        return 0.3 + 2.5 * sigmoid(-20.0 * sin(t * 2 * np.pi / 2000))


def test_a_step_size_that_comes_and_goes_is_asked_in_all_of_its_period():
    """It contracts by 10⁻¹⁵⁵ and then grows by 10²⁵⁵."""
    orbit = simulate(Cyclic(), BOWL, (1.0, 0.5), 4096)
    assert orbit.verdict != "converges"
    assert np.abs(orbit.x).max() > 1e30


def test_an_anchor_holds_what_expands_slowly_for_long_and_not_for_ever():
    """At (1 + η²)^(t/2) / (ηt) it is least at t = 2/η², here 2·10⁹, and then grows."""
    rule = Halpern(Simultaneous(lr=3e-5))
    orbit = simulate(rule, Bilinear(1.0), (1.0, 0.5), 1024)
    assert orbit.verdict != "converges"


class LateAnchor(Rule):
    autonomous: ClassVar[bool] = False
    linear: ClassVar[bool] = False

    lr_x: Positive = 1.0
    lr_y: Positive = 1.0

    def init(self, game, x, y):
        return x, y, 100.0

    def step(self, game, x, y, memory):
        a, b, t = memory
        p, q = x - self.lr_x * game.gx(x, y), y - self.lr_y * game.gy(x, y)
        return p + (a - p) / t, q + (b - q) / t, (a, b, t + 1.0)


FLIPPING = from_losses("x**2/4", "1.9*y**2/2 + 0.4*y**4/4 - 0.35*y**6/6")
"""y goes to -(0.9 y + 0.4 y³ - 0.35 y⁵): 0 attracts, and so do ±0.879."""


@pytest.mark.parametrize(
    ("rule", "verdicts"),
    [
        (Simultaneous(lr=1.0), ("periodic",)),
        (LateAnchor(), ("periodic", "undecided")),
    ],
)
def test_a_player_in_a_large_unit_does_not_hide_the_cycle_of_the_other(rule, verdicts):
    orbit = simulate(rule, FLIPPING, (1e10, 0.9), 1024)
    assert np.abs(orbit.y[-100:]).min() > 0.8
    assert orbit.verdict in verdicts
    assert simulate(rule, FLIPPING, (1e10, 0.01), 1024).verdict == "converges"


class Cooling(Rule):
    """Steps of lr/√t on a clock that starts late."""

    autonomous: ClassVar[bool] = False
    linear: ClassVar[bool] = False

    lr: Positive = 2.9
    power: Real = 0.5

    def init(self, game, x, y):
        return (1e6,)

    def step(self, game, x, y, memory):
        (t,) = memory
        rate = self.lr * (1e6 / t) ** self.power
        return x - rate * game.gx(x, y), 0.5 * y, (t + 1.0,)


def test_chaos_that_a_clock_cools_is_left_open():
    """It ends at half a million steps, and x converges."""
    game = from_losses("x**3/3 - x**2/2", "y**2/2")
    assert simulate(Cooling(), game, (0.3, 0.2), 1024).verdict == "undecided"
    assert simulate(Cooling(power=0.0), game, (0.3, 0.2), 1024).verdict == "chaotic"
