"""Verdicts of maps whose behaviour is known."""

from __future__ import annotations

import numpy as np
import pytest

from gandyn import Rule, Verdict, simulate, sweep
from gandyn._node import Real
from gandyn.dynamics.birkhoff import birkhoff_average, birkhoff_weights
from gandyn.dynamics.engines.choice import make_engine
from gandyn.dynamics.recognition.escapes import divergence
from gandyn.dynamics.recognition.indicators import Measures
from gandyn.elementary import cos, sin
from gandyn.games import Bilinear, DiracGAN, Quadratic
from gandyn.games.dirac import R1
from gandyn.rules import Alternating, Simultaneous
from tests.known_maps import DelayedLogistic, Henon, Logistic, StandardMap

GAME = Bilinear(1.0)


class Linear(Rule):
    """A rotation by `angle` scaled by `radius`, in sheared coordinates."""

    radius: Real = 1.0
    angle: Real = 1.0

    def step(self, game, x, y, memory):
        c, s = self.radius * cos(self.angle), self.radius * sin(self.angle)
        u = x - 0.5 * y
        u, y = c * u - s * y, s * u + c * y
        return u + 0.5 * y, y, memory


class Diagonal(Rule):
    """x → a x, y → b y."""

    a: Real = 0.5
    b: Real = 0.5

    def step(self, game, x, y, memory):
        return self.a * x, self.b * y, memory


class Ratchet(Rule):
    """x → x + e^-50 x: a gradient that has vanished."""

    def step(self, game, x, y, memory):
        return x + 1e-22 * x, y, memory


def verdict(rule, start=(0.4, 0.3), steps=32768):
    return simulate(rule, GAME, start, steps)


@pytest.mark.parametrize(
    ("r", "period"), [(3.2, 2), (3.5, 4), (3.55, 8), (3.83, 3), (3.567, 16)]
)
def test_periods_of_the_logistic_map(r, period):
    found = verdict(Logistic(r))
    assert (found.verdict, found.period) == ("periodic", period)
    assert found.lyapunov < 0


@pytest.mark.parametrize("r", [3.7, 3.9, 4.0])
def test_chaos_of_the_logistic_map(r):
    found = verdict(Logistic(r))
    assert found.verdict == "chaotic"
    if r == 4.0:
        assert found.lyapunov == pytest.approx(np.log(2), rel=0.02)


def test_logistic_map_at_a_period_doubling_is_not_called_periodic():
    """At r = 3 exactly convergence is algebraic, like 1/sqrt(t)."""
    assert verdict(Logistic(3.0)).verdict == "undecided"


def test_henon_is_chaotic_with_its_known_exponent():
    found = verdict(Henon(), (0.1, 0.1))
    assert found.verdict == "chaotic"
    assert found.lyapunov == pytest.approx(0.419, abs=0.01)


def test_delayed_logistic_map_has_an_attracting_circle():
    found = verdict(DelayedLogistic(2.02), (0.5, 0.4))
    assert found.verdict == "quasi_periodic"
    # at r = 2 the multipliers are e^{±iπ/3}
    assert found.rotation == pytest.approx(1 / 6, abs=0.01)
    assert abs(found.lyapunov) < 1e-5


@pytest.mark.parametrize("angle", [0.01, 1.0, 2 * np.pi / 4, 3.0])
def test_rotations_are_neutral_with_their_angle(angle):
    found = verdict(Linear(1.0, angle))
    assert found.verdict == "neutral"
    if angle > 0.05:
        assert found.rotation == pytest.approx(angle / (2 * np.pi), abs=2e-6)


@pytest.mark.parametrize("distance", [1e-8, 1e-6, 1e-4, 3e-4])
@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("angle", [0.3, 2 * np.pi / 4, np.pi])
def test_slow_spirals_are_not_mistaken_for_cycles(distance, sign, angle):
    found = verdict(Linear(1 + sign * distance, angle)).verdict
    right = "converges" if sign < 0 else "diverges"
    assert found == "undecided" or found.startswith(right)


@pytest.mark.parametrize("radius", [0.3, 0.9, 0.999])
def test_spirals_inwards_converge_at_their_rate(radius):
    found = verdict(Linear(radius, 1.0))
    assert found.verdict == "converges"
    assert found.rate == pytest.approx(np.log(radius), rel=0.05)


def test_a_look_on_the_way_does_not_put_off_what_is_seen_of_convergence():
    """The steps up to the look at 4096 are too few to halve a displacement."""
    rates = {"lr_x": [0.0069, 0.0083], "lr_y": [0.0069, 0.0083]}
    found = sweep(Simultaneous(), Quadratic(), rates, method="simulate")
    assert (found.verdict == Verdict.CONVERGES).all()
    assert ((found.steps > 4096) & (found.steps < 8000)).all()


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        (Linear(1.01, 0.5), "diverges_spiral"),
        (Linear(1.5, 0.05), "diverges_spiral"),
        (Linear(1.01, 3.1), "diverges_spiral"),
        (Diagonal(-1.1, 0.5), "diverges_flip"),
        (Diagonal(1.1, 0.5), "diverges_monotone"),
        (Diagonal(1.1, -1.05), "diverges_monotone"),
    ],
)
def test_kinds_of_divergence(rule, kind):
    found = verdict(rule)
    assert (found.verdict, found.ended) == (kind, "left_box")
    fastest = max(abs(v) for v in (getattr(rule, "radius", 0), getattr(rule, "a", 0)))
    assert found.rate == pytest.approx(np.log(fastest), rel=0.05)


def test_a_vanished_gradient_is_not_convergence():
    found = verdict(Ratchet())
    assert (found.verdict, found.ended) == ("undecided", "stalled")


def test_a_kam_curve_is_neutral_and_the_stochastic_sea_chaotic():
    assert verdict(StandardMap(0.1), (np.pi + 0.3, 0.0)).verdict == "neutral"
    assert verdict(StandardMap(5.0), (0.1, 0.2)).verdict in ("chaotic", "undecided")


def test_neutral_directions_do_not_hide_convergence():
    """Every (x, 0) is an equilibrium: y contracts, and the field vanishes with it."""
    found = simulate(Simultaneous(lr=0.1), Quadratic(0.0, 0.0, -1.0), (0.4, 0.3))
    assert found.verdict == "converges"
    assert found.rate == pytest.approx(np.log(0.9), rel=1e-6)


def test_a_point_where_the_field_does_not_vanish_is_no_neutral_equilibrium():
    """The rule stands still at (0.4, 0), where the field is (0, -0.4)."""
    assert verdict(Diagonal(1.0, 0.9)).verdict == "undecided"


def test_the_dirac_gan_cycles_beyond_its_neimark_sacker_point():
    game = DiracGAN(regulariser=R1(0.1))
    found = simulate(Simultaneous(lr=0.404), game, (0.05, 0.02), 60000)
    assert found.verdict == "quasi_periodic"
    # reference case CYCLE-SIM-gan-g0.1-d0.01: rms of both players, and rotation
    rms = np.hypot(0.25008114669062953, 0.2500781751440825)
    assert found.amplitude == pytest.approx(rms, rel=1e-6)
    turns = 0.20128734911736954 / (2 * np.pi)
    assert found.rotation == pytest.approx(turns, rel=1e-6)


def test_alternating_play_on_the_dirac_gan_is_neutral_at_a_small_rate():
    found = simulate(Alternating(lr=0.05), DiracGAN(), (0.1, 0.1), 4096)
    assert found.verdict == "neutral"
    # MES18: angle arccos(1 - a²/2), a = lr/2, up to the amplitude's own shift
    angle = np.arccos(1 - 0.025**2 / 2) / (2 * np.pi)
    assert found.rotation == pytest.approx(angle, rel=0.01)


def test_birkhoff_average_converges_faster_than_any_power():
    t = np.arange(4096)[:, None]
    wave = 1.0 + np.cos(np.sqrt(2) * t)
    assert abs(birkhoff_average(wave)[0] - 1) < 1e-14
    assert abs(wave.mean() - 1) > 1e-6
    assert birkhoff_weights(10).sum() == pytest.approx(1)


def test_divergence_of_a_window_that_overflows_at_once():
    from gandyn.dynamics.engines.cells import Window

    xs = np.full((48, 64), np.inf)
    kind, rate = divergence(Window(xs, xs, np.zeros((2, 6, 64)), np.zeros((2, 2, 64))))
    assert set(kind) == {4}
    assert np.isnan(rate).all()


def test_a_flip_that_wobbles_is_no_spiral():
    """Multipliers -4.9 and 0.9: y changes sign at every step, and drags x along."""
    game = DiracGAN(regulariser=R1(0.3))
    found = simulate(Simultaneous(lr_x=0.1, lr_y=20.0), game)
    assert found.verdict == "diverges_flip"


@pytest.mark.parametrize(
    ("lr", "growth"), [(0.1, 1.6e-9), (0.3, 1.1e-7), (1.0, 1.1e-5)]
)
def test_alternating_play_on_the_dirac_gan_is_neutral_to_first_order_only(lr, growth):
    """The figures of the theory page: areas grow, more slowly than any box shows."""
    engine = make_engine(Alternating(lr=lr), DiracGAN(), [])
    cells = engine.start({}, np.array([0.5]), np.array([0.4]))
    engine.advance(cells, 32768)
    measures = Measures(1, 4096)
    measures.add(engine.observe(cells, 4096), 0)
    seen = measures.indicators()
    assert seen.total[0] == pytest.approx(growth, rel=0.05)
    assert seen.total_error[0] < 0.05 * growth
