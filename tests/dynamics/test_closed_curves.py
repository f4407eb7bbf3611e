"""Closed curves, and what hardly differs from one."""

from __future__ import annotations

import numpy as np
import pytest

from gandyn import Rule, simulate
from gandyn._node import Real
from gandyn.elementary import cos, exp, sin, sqrt
from gandyn.games import Bilinear, LetcherMarket
from gandyn.rules import OptimisticRMSProp
from tests.known_maps import Resonant, StandardMap

BUDGET = 32768


class NormalForm(Rule):
    """A rotation by w + b r² that scales by 1 + mu + a r², in the memory.

    The players see it sheared, or as a figure of eight.
    """

    mu: Real = 0.0
    a: Real = 0.0
    w: Real = 1.0
    b: Real = 0.0
    eight: Real = 0.0

    def init(self, game, x, y):
        return x + 0.0, y + 0.0

    def step(self, game, x, y, memory):
        u, v = memory
        square = u * u + v * v
        size, angle = 1.0 + self.mu + self.a * square, self.w + self.b * square
        c, s = size * cos(angle), size * sin(angle)
        u, v = c * u - s * v, s * u + c * v
        plain = 1.0 - self.eight
        return u + 0.3 * v * plain, v * plain + self.eight * u * v, (u, v)


class Turning(Rule):
    """A rotation by 0.7 + b r² that scales by a function of r²."""

    a: Real = 0.0
    b: Real = 0.3

    def step(self, game, x, y, memory):
        square = x * x + y * y
        size, angle = self.scaled_by(square), 0.7 + self.b * square
        c, s = size * cos(angle), size * sin(angle)
        return c * x - s * y, s * x + c * y, memory

    def scaled_by(self, square):
        return sqrt(1.0 + self.a / square)


class FlatDamping(Turning):
    def scaled_by(self, square):
        return 1.0 - exp(-1.0 / square)


class CircleMap(Rule):
    """θ → θ + 2π w + k sin θ, and a radius whose excess shrinks by rho."""

    w: Real = 0.1
    k: Real = 0.5
    rho: Real = 0.5

    def init(self, game, x, y):
        return 2 * np.pi * x, y + 0.0

    def step(self, game, x, y, memory):
        angle, radius = memory
        angle = angle + 2 * np.pi * self.w + self.k * sin(angle)
        angle = angle - 2 * np.pi * (angle > 2 * np.pi)
        radius = 1.0 + self.rho * (radius - 1.0)
        return radius * cos(angle), radius * sin(angle), (angle, radius)


class Islands(Rule):
    """Four circles around an attracting cycle of four points, visited in turn.

    The angle on them goes as that of `CircleMap`.
    """

    w: Real = 0.1
    k: Real = 0.5

    def init(self, game, x, y):
        return 0.1 + 0.0 * x, 2 * np.pi * x, 1.0 + y

    def step(self, game, x, y, memory):
        place, angle, radius = memory
        place = place + np.pi / 2 - 0.1 * sin(4 * place)
        place = place - 2 * np.pi * (place > 2 * np.pi)
        angle = angle + 2 * np.pi * self.w + self.k * sin(angle)
        angle = angle - 2 * np.pi * (angle > 2 * np.pi)
        radius = 1.0 + 0.5 * (radius - 1.0)
        u, v = cos(place), sin(place)
        away = 0.2 * radius
        return u + away * cos(angle), v + away * sin(angle), (place, angle, radius)


class Mirror(Rule):
    """x → -x, y → y / 2: every x is on a cycle of two."""

    def step(self, game, x, y, memory):
        return -x, 0.5 * y, memory


def found(rule, start=(0.4, 0.3)):
    return simulate(rule, Bilinear(1.0), start, BUDGET)


@pytest.mark.parametrize("eight", [0.0, 1.0])
def test_a_curve_is_found_where_the_players_do_not_turn_about_its_mean(eight):
    seen = found(NormalForm(mu=0.01, a=-0.1, w=1.0, b=0.05, eight=eight))
    assert seen.verdict == "quasi_periodic"
    turns = (1.0 + 0.05 * 0.1) / (2 * np.pi)  # r² = mu / -a
    assert seen.rotation == pytest.approx(turns, rel=1e-3)


@pytest.mark.parametrize("eight", [0.0, 1.0])
def test_a_family_of_curves_is_neutral(eight):
    assert found(NormalForm(w=0.7, b=0.1, eight=eight)).verdict == "neutral"


def test_a_family_of_cycles_is_neutral():
    assert found(Mirror()).verdict == "neutral"


@pytest.mark.parametrize("eight", [0.0, 1.0])
@pytest.mark.parametrize("growth", [-1e-5, -2e-8, 2e-8, 1e-6, 1e-5])
def test_a_slow_spiral_is_no_curve(eight, growth):
    seen = found(NormalForm(mu=growth, w=2.43, b=0.0164, eight=eight), (0.13, 0.25))
    allowed = ("undecided", "converges" if growth < 0 else "diverges_spiral")
    assert seen.verdict in allowed


@pytest.mark.parametrize("drift", [2e-5, 2e-7, -2e-8])
def test_an_orbit_that_drifts_through_a_flow_without_divergence_is_not_neutral(drift):
    """r² grows or shrinks evenly, and areas stay what they are."""
    orbit = simulate(Turning(a=drift), Bilinear(1.0), (1.0, 0.2), 5000)
    assert orbit.verdict == "undecided"
    assert simulate(Turning(), Bilinear(1.0), (1.0, 0.2), 5000).verdict == "neutral"


@pytest.mark.parametrize(("start", "b"), [(0.22, 0.3), (0.25, 0.3), (0.26, 0.0)])
def test_a_damping_that_is_flat_at_the_centre_leaves_no_curve(start, b):
    """The radius falls as 1/√(log t)."""
    orbit = simulate(FlatDamping(b=b), Bilinear(1.0), (start, 0.0), 5000)
    assert orbit.verdict == "undecided"


def test_a_slow_spiral_whose_shear_grows_with_it_is_no_chaos():
    rule = NormalForm(mu=1.701209e-4, w=0.05413978, b=0.03384808)
    assert found(rule, (0.08154465, -0.23095921)).verdict in (
        "undecided", "diverges_spiral",
    )  # fmt: skip


@pytest.mark.parametrize("excess", [1e-9, 3e-9, 1e-8])
def test_a_rotation_near_a_rational_is_told_from_a_locked_one(excess):
    start = (0.6, 0.8)
    assert found(Resonant(w=excess, pull=0.0), start).verdict == "quasi_periodic"
    for locked in (Resonant(0.5 * excess, excess), Resonant(0.0, 100 * excess)):
        assert found(locked, start).verdict in ("undecided", "periodic")


def test_a_locked_cycle_of_a_critical_circle_map_is_no_curve():
    """The exponent is -1e-4: over 1e7 steps it stays there."""
    rule = CircleMap(w=0.37894739737989414, k=1.0, rho=0.99)
    assert found(rule, (0.09910338837984622, 1.134)).verdict == "undecided"


def test_an_orbit_that_is_drawn_into_a_long_cycle_is_not_on_a_curve_yet():
    """Each turn of 6,462 steps takes half of what is left: -1e-4 a step."""
    game = LetcherMarket()
    rule = OptimisticRMSProp(
        lr_x=0.037296314493633756, lr_y=0.004111970224873347,
        beta2=0.6018354826984631, eps=0.00036377041311950374,
    )  # fmt: skip
    x, y = start = 0.7108169232795162, 0.4961326431271266
    memory, seen = rule.init(game, x, y), []
    for _ in range(150_000):
        x, y, memory = rule.step(game, x, y, memory)
        seen.append((x, y))
    states = np.array(seen)
    back = np.abs(states[6462:] - states[:-6462]).max(axis=1)
    assert back[140_000:].max() < 1e-2 * back[80_000:90_000].max()
    found = simulate(rule, game, start, BUDGET)
    assert found.verdict in ("periodic", "undecided")


@pytest.mark.parametrize("k", [0.05, 0.3, 0.7])
def test_curves_that_are_visited_in_turn_have_a_turning_each(k):
    """That about their common mean is exactly 1/4."""
    seen = found(Islands(w=0.1380339887, k=k), (0.1, 0.3))
    assert seen.verdict == "quasi_periodic"
    assert seen.rotation == pytest.approx(0.25, abs=1e-9)


@pytest.mark.parametrize(
    "rule",
    [
        Islands(w=0.2997767857142857, k=0.7),
        Islands(w=0.3907311072716347, k=0.7),
        Islands(w=0.3222189198369566, k=0.9),
        Islands(w=0.3956416960685484, k=0.9),
        Islands(w=0.37894739737989414, k=1.0),
        Islands(w=0.0, k=1e-5),
    ],
)
def test_curves_that_are_visited_in_turn_may_be_locked(rule):
    """To turning by 2/7, 5/13, 7/23, 12/31 and longer cycles, some very narrowly."""
    assert found(rule, (0.1, 0.3)).verdict in ("undecided", "periodic", "neutral")


@pytest.mark.parametrize(
    ("k", "start"),
    [
        (1.0693983517502221, (5.119868024272808, -0.2524893784291774)),
        (1.0317359649319218, (0.9214830945588321, 0.07536149347541662)),
        (1.0233213209118237, (5.73102074277806, -0.10149778055741729)),
    ],
)
def test_a_chaotic_layer_is_not_neutral(k, start):
    """Its exponent is 0.1 in the long run, and hidden for the first 5,000 steps."""
    assert found(StandardMap(k), start).verdict in ("chaotic", "undecided")


class Torus(Rule):
    """Two rotations, of the players and of the memory, on circles that attract.

    Those of either are scaled by what the other is at, times ``mix``.
    """

    w: Real = 0.4
    pull: Real = 0.1
    mix: Real = 0.0

    def init(self, game, x, y):
        return 0.5 + 0.0 * x, 0.1 + 0.0 * x

    def step(self, game, x, y, memory):
        u, v = memory
        p = 1.0 + self.pull * (1.0 - x * x - y * y) + self.mix * u
        q = 1.0 + self.pull * (1.0 - u * u - v * v) + self.mix * x
        c, s, d, t = cos(self.w), sin(self.w), cos(2.0), sin(2.0)
        after = (q * (d * u - t * v), q * (t * u + d * v))
        return p * (c * x - s * y), p * (s * x + c * y), after


@pytest.mark.parametrize("mix", [0.0, 0.01])
@pytest.mark.parametrize("pull", [0.4, 0.1, 0.003])
def test_a_torus_that_attracts_is_not_neutral(pull, mix):
    assert found(Torus(0.4, pull, mix), (0.4, 0.2)).verdict in (
        "undecided", "quasi_periodic",
    )  # fmt: skip


def test_a_torus_that_nothing_draws_to_is_neutral():
    assert found(Torus(pull=0.0), (0.4, 0.2)).verdict == "neutral"
