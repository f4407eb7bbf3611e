"""Rates beside a kink, rotations of lopsided curves, and a narrow band on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gandyn import Rule, simulate
from gandyn._node import Real
from gandyn.dynamics.recognition import neighbourhoods
from gandyn.elementary import cos, exp, select, sin
from gandyn.games import Bilinear, from_losses
from gandyn.rules import HeavyBall, Simultaneous
from tests.dynamics.test_slow_ways import SPIRAL, START, Slow
from tests.dynamics.test_slow_ways import leaves as arrives_and_leaves
from tests.dynamics.test_verdict_traps import TwoScales


class Kink(Rule):
    """A rotation by w that scales by a where x > 0, and by b elsewhere."""

    w: Real = 1.0
    a: Real = 0.9
    b: Real = 1.05

    def step(self, game, x, y, memory):
        size = select(x, self.a, self.b)
        c, s = size * cos(self.w), size * sin(self.w)
        return c * x - s * y, s * x + c * y, memory


class Lopsided(Rule):
    """Turns by w on the unit circle; the players see z + k z² + m z³ of it."""

    w: Real = 0.45
    k: Real = 0.3
    m: Real = 0.0

    def init(self, game, x, y):
        return x + 0.0, y + 0.0

    def step(self, game, x, y, memory):
        u, v = memory
        size = 1.5 - 0.5 * (u * u + v * v)
        c, s = size * cos(2 * np.pi * self.w), size * sin(2 * np.pi * self.w)
        u, v = c * u - s * v, s * u + c * v
        p, q = u * u - v * v, 2 * u * v
        x = u + self.k * p + self.m * (u * p - v * q)
        return x, v + self.k * q + self.m * (v * p + u * q), (u, v)


class Band(Slow):
    """A step size that is too large while the memory passes from 0.44 to 0.36."""

    def rate_at(self, u):
        return 0.2 + exp(-(((u - 0.4) / 0.05) ** 2))


def log_growth(rule, steps):
    """Return the mean log growth of the plain orbit, which is scaled at every step."""
    (x, y), total = (0.4, 0.3), 0.0
    for _ in range(steps):
        x, y, _ = rule.step(None, x, y, ())
        size = np.hypot(x, y)
        total, x, y = total + np.log(size), x / size, y / size
    return total / steps


@pytest.mark.parametrize(
    ("w", "a", "b"), [(1.0, 0.9, 1.05), (1.0, 0.98, 0.9), (np.pi, 0.3, 2.0)]
)
def test_an_orbit_that_crosses_a_kink_converges_at_the_rate_of_both_sides(w, a, b):
    rule = Kink(w, a, b)
    seen = simulate(rule, Bilinear(1.0), (0.4, 0.3), 32768)
    assert seen.verdict == "converges"
    assert seen.rate == pytest.approx(log_growth(rule, 20000), rel=0.01)


@pytest.mark.parametrize("w", [0.1234567, 0.3234567, 0.4534567, 0.4834567])
@pytest.mark.parametrize(("k", "m"), [(0.3, 0.0), (0.45, 0.0), (-0.4, 0.2), (0, -0.6)])
def test_the_rotation_of_a_lopsided_curve_is_that_of_its_circle(w, k, m):
    """Some of its steps turn by more than half a turn, seen from the mean."""
    seen = simulate(Lopsided(w, k, m), Bilinear(1.0), (0.4, 0.3), 32768)
    assert seen.verdict == "quasi_periodic"
    assert seen.rotation == pytest.approx(w, abs=1e-7)


def test_a_cycle_of_two_turns_by_half_a_turn_beside_a_small_one():
    seen = simulate(Simultaneous(lr=1.0), TwoScales(unit=1e-7), (0.3, 0.3e-7), 32768)
    assert (seen.period, seen.rotation) == (6, 0.5)


def test_a_narrow_band_on_the_way_to_a_fixed_point_is_seen():
    assert arrives_and_leaves(Band(), SPIRAL, START, 100_000)
    assert simulate(Band(), SPIRAL, START, 1000).verdict != "converges"


class Sliding(Rule):
    """x jumps to and fro by 0.1 for ever, wherever it began, while y goes to 1."""

    pull: Real = 1e-3

    def step(self, game, x, y, memory):
        return x - 0.1 * select(x, 1.0, -1.0), y + self.pull * (1.0 - y), memory


@pytest.mark.parametrize("pull", [1e-2, 1e-3, 1e-4])
def test_a_cycle_of_a_family_that_attracts_slowly_is_not_periodic(pull):
    """Nothing draws x: its multiplier is 1, and tangents take long to show it."""
    seen = simulate(Sliding(pull), Bilinear(1.0), (0.43, 0.1), 32768)
    assert seen.verdict in ("neutral", "undecided")


def test_a_step_without_derivatives_close_to_the_fixed_point_has_no_kink(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Complex steps may overflow nearer, where they do not farther away."""

    class Still:
        def players(self, cells: Any) -> np.ndarray:
            return np.ones((2, 1))

        numbers = players

        def take(self, cells: Any, which: np.ndarray) -> Any:
            return cells

    def beside(engine: Any, cells: Any, move: np.ndarray, share: float) -> Any:
        slopes = np.array([0.5, 0.9])[:, None, None, None] * np.eye(2)
        return np.zeros((2, 2, 1)), slopes if share == 1 else slopes * np.nan

    monkeypatch.setattr(neighbourhoods, "_beside", beside)
    torn, bent = neighbourhoods.jumps(Still(), None, -np.ones((2, 1)))
    assert (torn.tolist(), bent.tolist()) == ([False], [False])


class OnLine(Rule):
    """x and a memory turn by w; y = 0 stays, and repels; x is chaotic where w < 0."""

    w: Real = 1e-3
    repels: Real = 1.5

    def init(self, game, x, y):
        return (0.0 * x,)

    def step(self, game, x, y, memory):
        (u,) = memory
        size = 1.5 - 0.5 * (x * x + u * u)
        c, s = size * cos(self.w), size * sin(self.w)
        turned = c * x - s * u
        chaotic = 1.0 - 1.9 * x * x
        x, u = select(self.w, turned, chaotic), select(self.w, s * x + c * u, 0.0)
        return x, self.repels * y / (1.0 + y * y), (u,)


@pytest.mark.parametrize("w", [3e-3, 8e-4, 3.43e-3])
def test_a_regular_motion_on_a_line_that_repels_is_not_chaotic(w):
    """The line is mapped into itself, and only what is beside it grows."""
    assert simulate(OnLine(w), Bilinear(1.0), (0.9, 0.0), 32768).verdict != "chaotic"


def test_a_chaotic_motion_on_a_line_that_repels_is_chaotic():
    seen = simulate(OnLine(-1.0), Bilinear(1.0), (0.3, 0.0), 32768)
    assert seen.verdict == "chaotic"


@pytest.mark.parametrize(("lr", "damping"), [(3e-3, 1e-6), (1e-6, 1e-6)])
def test_heavy_balls_that_come_to_rest_on_a_saddle_are_not_chaotic(lr, damping):
    game = from_losses("x**2/2 + x**4/4 + 0.3*x*y**2", "-y**2/2 + y**4/4")
    rule = HeavyBall(lr_x=lr, lr_y=0.1, beta_x=1 - damping, beta_y=0.5)
    assert simulate(rule, game, (0.7, 0.0), 32768).verdict != "chaotic"
