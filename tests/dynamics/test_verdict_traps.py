"""Orbits that imitate what they are not, against what is known of them."""

from __future__ import annotations

import numpy as np
import pytest

from gandyn import Rule, simulate, sweep
from gandyn._node import Real
from gandyn.dynamics import Verdict, multipliers
from gandyn.games import (
    Bilinear,
    ClippedDiracGAN,
    DiracGAN,
    Forsaken,
    GaussianHills,
    HiddenBilinear,
    LinearGame,
    NoisyDiracGAN,
    RealNoiseDiracGAN,
    ScalarGame,
)
from gandyn.games.dirac import R1, GradientPenalty, L2Both
from gandyn.rules import (
    Adam,
    Alternating,
    AlternatingAMSGrad,
    AlternatingRMSProp,
    Consensus,
    ExponentialAverage,
    ExtraAnchoredGradientC,
    Extragradient,
    FastExtragradient,
    Halpern,
    Lookahead,
    PastExtragradient,
    Simultaneous,
)
from tests.known_maps import Resonant


class Well(ScalarGame):
    """L_x = x²/2 - x⁴/4: simultaneous play flips at lr_x = 2 into a 2-cycle."""

    zero_sum = linear = False

    def loss_x(self, x, y):
        return x * x / 2 - x * x * x * x / 4

    def loss_y(self, x, y):
        return y * y / 2

    def gx(self, x, y):
        return x - x * x * x

    def gy(self, x, y):
        return y

    def jacobian(self, x, y):
        return 1.0 - 3 * x * x, 0.0, 0.0, 1.0

    def equilibria(self):
        return [(0.0, 0.0)]


def long_orbit(rule, game, start, steps):
    """Play in plain Python and return the last states."""
    (x, y), memory, states = start, rule.init(game, *start), []
    for _ in range(steps):
        x, y, memory = rule.step(game, x, y, memory)
        states.append((x, y))
    return np.array(states)


class TwoScales(ScalarGame):
    """At rates of 1, x ends in a cycle of two and y, in a small unit, of three."""

    zero_sum = linear = False

    unit: Real = 1.0

    def loss_x(self, x, y):
        return 1.1 * x * x - 0.55 * x * x * x * x

    def loss_y(self, x, y):
        return y * y / 2 - 3.84 * (y * y / 2 - y * y * y / (3 * self.unit))

    def gx(self, x, y):
        return 2.2 * x - 2.2 * x * x * x

    def gy(self, x, y):
        return y - 3.84 * y * (1.0 - y / self.unit)

    def jacobian(self, x, y):
        slope = 1.0 - 3.84 * (1.0 - 2.0 * y / self.unit)
        return 2.2 - 6.6 * x * x, 0.0, 0.0, slope

    def equilibria(self):
        return [(0.0, 0.0)]


@pytest.mark.parametrize("unit", [1.0, 1e-8, 1e-9, 1e-10])
def test_a_small_cycle_beside_a_large_one_has_its_own_period(unit):
    orbit = simulate(Simultaneous(lr=1.0), TwoScales(unit=unit), (0.3, 0.3 * unit))
    assert orbit.period in (0, 6)
    assert orbit.verdict in ("periodic", "undecided")


@pytest.mark.parametrize("excess", [0.0004, 0.0005, 0.002, 0.02])
def test_a_slowly_attracting_cycle_of_two_does_not_converge(excess):
    rule = Simultaneous(lr_x=2 + excess, lr_y=0.5)
    found = simulate(rule, Well(), (0.1, 0.1), 20000)
    assert (found.verdict, found.period) == ("periodic", 2)
    # x² = excess / lr_x solves -x = x - lr_x (x - x³)
    expected = np.sqrt(excess / (2 + excess))
    assert found.amplitude == pytest.approx(expected, rel=1e-5)


def test_no_cell_beyond_the_flip_converges():
    axes = {"lr_x": np.linspace(1.9, 2.0004, 39), "lr_y": [0.5, 0.6]}
    found = sweep(Simultaneous(), Well(), axes, start=(0.1, 0.1))
    beyond = found.lr_x.values > 2
    assert not np.any(found.verdict.values[beyond] == Verdict.CONVERGES)
    assert np.all(found.verdict.values[found.lr_x.values < 1.99] == Verdict.CONVERGES)


@pytest.mark.parametrize(
    ("lr_x", "lr_y", "period"),
    [
        (0.2288039053703155, 0.12791176197538018, 140),
        (0.21069920842935677, 0.16773615398787284, 1210),
    ],
)
def test_periods_are_counted_in_steps_and_verified_by_a_return(lr_x, lr_y, period):
    start = (0.3204644962479166, 0.3259828965338454)
    rule = Simultaneous(lr_x=lr_x, lr_y=lr_y)
    found = simulate(rule, Forsaken(), start, 20000)
    assert (found.verdict, found.period) == ("periodic", period)
    states = long_orbit(rule, Forsaken(), start, 30000)
    back = np.abs(states[-1] - states[-1 - np.arange(period + 1)]).max(axis=1)
    assert np.argmax(back[1:] < 1e-9) + 1 == period


def test_a_long_locked_cycle_is_not_quasi_periodic():
    """Period 585, multiplier 0.525: it is hardly reached when the budget is used up."""
    rule = Simultaneous(lr_x=0.20776559590573893, lr_y=0.10595495457592875)
    start = (-0.39930379731760035, 0.49912252610775476)
    found = simulate(rule, Forsaken(offset=0.45), start, 5000)
    assert (found.verdict, found.period) == ("periodic", 585)


@pytest.mark.parametrize("fourth", [False, True])
@pytest.mark.parametrize("w", [0.0, 0.05, -0.0999])
def test_strong_resonances_lock_with_their_period(w, fourth):
    found = simulate(Resonant(w, 0.1, fourth), Bilinear(1.0), (1.0, 0.1), 8000)
    assert (found.verdict, found.period) == ("periodic", 4 if fourth else 3)
    assert found.rotation == pytest.approx(1 / found.period, abs=1e-9)


@pytest.mark.parametrize("fourth", [False, True])
@pytest.mark.parametrize("w", [0.101, 0.3])
def test_outside_the_tongue_the_orbit_is_quasi_periodic(w, fourth):
    found = simulate(Resonant(w, 0.1, fourth), Bilinear(1.0), (1.0, 0.1), 8000)
    assert found.verdict == "quasi_periodic"
    # q times the angle drifts like an overdamped pendulum
    drift = np.sqrt(w * w - 0.1 * 0.1)
    order = 4 if fourth else 3
    assert found.rotation == pytest.approx(1 / order + drift / (2 * np.pi), rel=0.05)


@pytest.mark.parametrize("shear", [1e3, 1e9, 1e11, 1e14])
def test_transient_growth_of_a_stable_map_is_not_divergence(shear):
    game = LinearGame([[1, shear], [0, 1]], n=1)
    found = simulate(Simultaneous(lr=0.1), game, (np.ones(1), np.ones(1)), 3000)
    assert found.verdict == "converges"
    assert abs(found.x[-1, 0]) < 1e-100
    axes = {"lr_x": [0.1, 0.2], "lr_y": [0.1, 0.2]}
    start = (np.ones(1), np.ones(1))
    seen = sweep(Simultaneous(), game, axes, start=start, method="simulate")
    assert np.all(seen.verdict.values == Verdict.CONVERGES)


def test_rounding_noise_at_an_equilibrium_is_no_cycle():
    rule = Extragradient(lr_x=2.079904827371464, lr_y=0.4382722398427386)
    start = (0.14130152012902208, 4.57689748556969)
    radius = abs(multipliers(rule, HiddenBilinear())).max()
    assert radius == pytest.approx(0.998224, abs=1e-6)
    for steps in (5000, 20000, 32768, 60000):
        found = simulate(rule, HiddenBilinear(), start, steps)
        assert found.verdict in ("converges", "undecided")
    assert found.verdict == "converges"
    assert found.lyapunov == pytest.approx(np.log(radius), rel=1e-6)


def test_an_orbit_and_its_verdict_come_from_one_program():
    """A chaotic transient whose end rounding decides: both must end alike."""
    inner = Alternating(lr_x=0.3186195704397903, lr_y=0.5100419534177836)
    start = (-0.8621089033815486, -1.759738044670537)
    found = simulate(Lookahead(inner, k=3, alpha=0.5), Forsaken(), start, 3000)
    left = not np.isfinite(found.x).all() or np.abs(found.x).max() > 1e8
    assert found.verdict.startswith("diverges") == left


@pytest.mark.parametrize("steps", [3000, 5000, 20000])
def test_what_the_memory_keeps_for_ever_hides_no_convergence(steps):
    """Largest second moments have multipliers 1, and 1e-16 is rounding, no cycle."""
    rule = AlternatingAMSGrad(
        lr_x=0.0852, lr_y=0.0413, beta1=0.836, beta2=0.792, eps=0.00337, y_first=False
    )
    game = NoisyDiracGAN(
        loss="non-saturating", regulariser=L2Both(0.2744), noise_std=0.661
    )
    start = (0.637, 0.14)
    assert np.abs(long_orbit(rule, game, start, 12000)[-1]).max() < 1e-14
    found = simulate(rule, game, start, steps)
    assert found.verdict == "converges"


@pytest.mark.parametrize(
    ("lr_x", "lr_y", "start", "period"),
    [
        (
            0.22232313033273116, 0.1573555505119485,
            (-0.8184442177655193, -0.15799348503485922), 42,
        ),
        (
            0.23993119093406703, 0.17777964360695933,
            (0.5056750100924623, -0.030962686894233205), 231,
        ),
    ],
)  # fmt: skip
def test_cycles_whose_multiplier_is_negative_are_not_counted_twice(
    lr_x, lr_y, start, period
):
    """Near -1 an orbit returns after two periods more nearly than after one."""
    rule = Simultaneous(lr_x=lr_x, lr_y=lr_y)
    states = long_orbit(rule, Forsaken(), start, 60000)
    back = np.abs(states[-1] - states[-1 - np.arange(period + 1)]).max(axis=1)
    assert np.argmax(back[1:] < 1e-9) + 1 == period
    for steps in (2000, 5000, 8000):
        found = simulate(rule, Forsaken(), start, steps)
        assert (found.verdict, found.period) == ("periodic", period)


def test_chaos_that_hardly_outlasts_the_budget_is_a_transient():
    """Rounding decides when an orbit falls to the equilibrium, so it is asked first."""
    game, start, lasted = DiracGAN(regulariser="R1"), (0.5, 0.4), 0
    for lr_x in (19.818181818181817, 21.272727272727273, 22.0):
        rule = Alternating(lr_x=lr_x, lr_y=0.46)
        whole = simulate(rule, game, start, 40000)
        last = int(np.flatnonzero(np.hypot(whole.x, whole.y) > 1.0)[-1])
        if 6000 < last < 39000:
            found = simulate(rule, game, start, last - 1000)
            assert found.verdict == "converges"
            lasted += 1
    assert lasted


def test_an_orbit_that_stays_beyond_the_box_is_judged_as_any_other():
    class Far(Rule):
        def step(self, game, x, y, memory):
            return 0.5 * x + 1e10, -0.5 * y, memory

    found = simulate(Far(), Bilinear(1.0), (1.0, 1.0), 4000)
    assert found.verdict == "converges"


@pytest.mark.parametrize("rule", [ExtraAnchoredGradientC, FastExtragradient])
def test_orbits_that_an_anchor_holds_back_converge_as_one_over_t(rule):
    game, start = ClippedDiracGAN(regulariser=L2Both(0.4), bound=1.2), (-1.1, 0.4)
    states = np.abs(long_orbit(rule(lr=0.3), game, start, 40000)).max(axis=1)
    assert states[-1] == pytest.approx(states[19999] / 2, rel=1e-3)
    found = simulate(rule(lr=0.3), game, start, 4000)
    assert (found.verdict, found.rate) == ("converges", 0.0)


def test_an_anchored_cycle_of_two_does_not_converge():
    """The anchor lets go, and the rule in it has left the equilibrium for a cycle."""
    rule = Halpern(Simultaneous(lr_x=2.2, lr_y=0.5))
    states = long_orbit(rule, Well(), (0.1, 0.1), 20000)
    assert np.abs(states[-1] - states[-2]).max() > 0.1
    assert simulate(rule, Well(), (0.1, 0.1), 4000).verdict != "converges"


def test_a_spiral_on_a_long_ellipse_is_no_flip():
    """Multipliers -130 ± 12i: fifty steps to overflow, and hardly a turn in them."""
    rule = Extragradient(lr_x=1.32, lr_y=1.5, ratio_x=1.298, ratio_y=1.452)
    game = Bilinear(8.1886, b=-0.08, c=0.64)
    leading = multipliers(rule, game)[0]
    assert leading.real < -10 * abs(leading.imag) < 0
    axes = {"lr_x": [1.32, 1.4], "lr_y": [1.5, 1.6]}
    found = sweep(rule, game, axes, start=(154.4, 2837.5), method="simulate")
    assert np.all(found.verdict.values == Verdict.DIVERGES_SPIRAL)


def test_a_field_that_is_small_beside_the_state_moves_it_on():
    """y settles where the penalty balances x's pull, and x is drawn in by y."""
    rule, game = Simultaneous(lr_x=0.135, lr_y=0.084), DiracGAN(regulariser=R1(0.855))
    start = (14070.677135114704, 42237.17207516653)
    states = long_orbit(rule, game, start, 20000)
    drift = np.diff(states[[300, 10000, 19999], 0])
    assert np.all(drift < 0)
    assert np.all(np.abs(states[300:, 1]) > 1e-4)
    assert simulate(rule, game, start, 5000).verdict == "undecided"


class Wandering(Rule):
    """Chaos in x beside a y that moves on at a constant speed."""

    speed: Real = 0.0

    def step(self, game, x, y, memory):
        return 3.9 * x * (1 - x), y + self.speed, memory


@pytest.mark.parametrize(("speed", "verdict"), [(0.0, "chaotic"), (3e-4, "undecided")])
def test_chaos_that_drifts_is_not_bounded(speed, verdict):
    orbit = simulate(Wandering(speed=speed), Bilinear(1.0), (0.3, 0.0), 8192)
    assert orbit.verdict == verdict


def test_rounding_far_from_zero_is_no_cycle():
    """Its players rest at 10.6 and -9.0, but for three states of their last digits."""
    inner = AlternatingRMSProp(
        lr_x=0.015975731693499036, lr_y=0.01072224216969603,
        beta2=0.6000251069135971, eps=0.08380987622486398,
    )  # fmt: skip
    rule = ExponentialAverage(inner, beta=0.3450946313272503)
    start = (-0.028839993542768182, 0.7869507221527119)
    seen = simulate(rule, GaussianHills(), start, 32768)
    assert seen.verdict in ("undecided", "converges")
    assert np.ptp(seen.x[-99:]) < 1e-13


def test_an_orbit_that_is_steered_by_rounding_is_not_called_chaotic():
    """In 120 digits tangents grow and shrink by 700 and no more in 2,400 steps.

    Beside them rounding grows by 10^13 at every turn, and steers the orbit.
    """
    rule = Consensus(
        lr_x=0.11610440669326418, lr_y=0.8510747683946198, gamma=1.182931953012872
    )
    penalty = GradientPenalty(gamma=0.5584546241078773, target=1.3001106928260473)
    game = RealNoiseDiracGAN(regulariser=penalty, noise_std=1.2736455641634346)
    seen = simulate(rule, game, (0.5874649982279481, 0.6922165166009016), 32768)
    assert seen.verdict == "undecided"


def test_an_orbit_that_ends_at_a_jump_of_the_force_does_not_converge():
    """The force of WGAN-GP's penalty jumps at y = 0, where rounding takes it across."""
    penalty = GradientPenalty(0.8849048056950649, target=1.0002651133840212)
    game = DiracGAN(loss="NS", regulariser=penalty)
    rule = PastExtragradient(
        lr_x=0.45837485039455517, lr_y=0.33603571519143566,
        ratio_x=1.941167891536972, ratio_y=1.5274484651759683,
    )  # fmt: skip
    x, y = start = -0.18398920045699182, 1.1224698784530829
    memory, seen = rule.init(game, x, y), []
    for _ in range(2000):
        x, y, memory = rule.step(game, x, y, memory)
        seen.append(abs(y))
    assert min(seen[300:400]) < 1e-11 < 0.1 < max(seen[400:])
    assert simulate(rule, game, start, 32768).verdict in ("undecided", "periodic")


def test_second_moments_that_decay_brake_an_orbit_only_for_a_while():
    """The orbit falls to 1e-80 while they do, and then leaves for a cycle of two."""
    game = ClippedDiracGAN(loss="hinge", regulariser=L2Both(1.4065), bound=2.36)
    rule = Adam(lr_x=0.013417, lr_y=0.0027715, beta1=0.21533, beta2=0.98649, eps=0.003)
    states = long_orbit(rule, game, (0.35, -0.018), 8000)
    assert np.abs(states).max(axis=1).min() < 1e-40
    assert states[-1] == pytest.approx(-states[-2], rel=1e-6)
    found = simulate(rule, game, (0.35, -0.018), 5000)
    assert (found.verdict, found.period) == ("periodic", 2)
    assert found.amplitude == pytest.approx(np.linalg.norm(states[-1]), rel=1e-6)
