"""Cycles and curves that an orbit only passes, or that something slow will yet undo."""

from __future__ import annotations

import numpy as np
import pytest

from gandyn import Rule, simulate
from gandyn._node import Real
from gandyn.elementary import cos, sin
from gandyn.games import Bilinear
from gandyn.rules import Simultaneous
from tests.dynamics.test_verdict_traps import TwoScales

FOLD = 1 + np.sqrt(8.0)
"""Where the logistic map's cycle of three is born."""


class Logistic(Rule):
    """Memory u decays to 0 and moves the parameter of x by c u."""

    r: Real = 3.5
    c: Real = 0.0
    leak: Real = 1e-5

    def init(self, game, x, y):
        return (1.0 + 0.0 * x,)

    def step(self, game, x, y, memory):
        (u,) = memory
        x = (self.r + self.c * u) * x * (1.0 - x)
        return x, 0.5 * y, (u * (1.0 - self.leak),)


class CurveGhost(Rule):
    """The radius falls ever more slowly as it nears 1, and passes it at a speed eps."""

    eps: Real = 1e-12

    def step(self, game, x, y, memory):
        away = x * x + y * y - 1.0
        size = 1.0 - 0.5 * (self.eps + away * away / (1.0 + away * away))
        c, s = size * cos(1.0), size * sin(1.0)
        return c * x - s * y, s * x + c * y, memory


def found(rule, start=(0.3, 0.1)):
    return simulate(rule, Bilinear(1.0), start, 32768)


def passes(r, x, steps):
    """Tell whether an orbit returns after three steps, and later does not."""
    near = False
    for _ in range(steps):
        after = x
        for _ in range(3):
            after = r * after * (1.0 - after)
        near |= abs(after - x) < 1e-8
        if near and abs(after - x) > 0.01:
            return True
        x = after
    return False


@pytest.mark.parametrize("before", [1e-8, 1e-9, 1e-10])
def test_the_ghost_of_a_cycle_is_not_periodic(before):
    assert passes(FOLD - before, 0.3, 1_000_000)
    assert found(Logistic(FOLD - before, leak=0.5)).verdict in ("undecided", "chaotic")


@pytest.mark.parametrize("beyond", [1e-9, 1e-8, 1e-6])
def test_a_cycle_that_was_just_born_is_periodic(beyond):
    seen = found(Logistic(FOLD + beyond, leak=0.5))
    assert (seen.verdict, seen.period) == ("periodic", 3)


@pytest.mark.parametrize("leak", [1e-5, 1e-6])
def test_a_cycle_of_two_that_a_memory_will_double_is_left_open(leak):
    """At u = 0 the parameter is beyond 1 + sqrt(6), where the period becomes 4."""
    assert found(Logistic(3.452)).period == 4
    assert found(Logistic(3.452, -0.005, leak)).period in (0, 4)


def test_a_cycle_that_a_memory_hardly_moves_is_periodic():
    seen = found(Logistic(3.4, 0.005))
    assert (seen.verdict, seen.period) == ("periodic", 2)


@pytest.mark.parametrize("start", [(2.0, 0.0), (1.2, 0.3)])
@pytest.mark.parametrize("eps", [1e-12, 1e-13])
def test_the_ghost_of_a_curve_is_no_curve(eps, start):
    """It is left after pi / sqrt(eps / 2) steps or more, and x, y go to 0."""
    assert found(CurveGhost(eps), start).verdict == "undecided"
    assert found(CurveGhost(1e-8), start).verdict == "converges"


@pytest.mark.parametrize("unit", [1e-9, 1e-10])
def test_a_small_cycle_beside_one_that_attracts_slowly_is_seen(unit):
    """The large one of two has a multiplier of 0.98, the small one three points."""
    rate = Simultaneous(lr_x=1.4985 / 1.1, lr_y=1.0)
    orbit = simulate(rate, TwoScales(unit=unit), (0.577, 0.3 * unit), 32768)
    assert orbit.period in (0, 6)


class SlowPlayer(Rule):
    """y decays to 0, or as 1/t, and moves the parameter of x by c y."""

    r: Real = 3.2
    c: Real = 0.6
    leak: Real = 1e-7
    power: Real = 0.0

    def step(self, game, x, y, memory):
        slower = 1.0 + self.power * y
        return (self.r + self.c * y) * x * (1.0 - x), y / slower - self.leak * y, memory


@pytest.mark.parametrize(("leak", "power"), [(1e-6, 0.0), (1e-8, 0.0), (0.0, 1e-6)])
def test_chaos_that_a_slow_player_will_end_is_left_open(leak, power):
    """At y = 0 the orbit is a cycle of two."""
    assert found(Logistic(3.2)).period == 2
    seen = found(SlowPlayer(leak=leak, power=power), (0.3, 1.0))
    assert seen.verdict in ("undecided", "periodic")


@pytest.mark.parametrize("leak", [1e-3, 1e-4])
def test_chaos_beside_a_player_that_has_arrived_is_chaotic(leak):
    assert found(SlowPlayer(3.9, -0.6, leak), (0.3, 1.0)).verdict == "chaotic"
