"""What the memory keeps is a parameter of an orbit, and no direction of it."""

from __future__ import annotations

import numpy as np
import pytest

from gandyn import Rule, simulate
from gandyn._node import Real
from gandyn.dynamics.engines.choice import ArrayEngine, KernelEngine, make_engine
from gandyn.dynamics.recognition.classify import classify
from gandyn.dynamics.recognition.kept import tangents_beside_kept
from gandyn.elementary import cos, select, sin, sqrt
from gandyn.games import Bilinear, ClippedDiracGAN, DiracGAN, Forsaken
from gandyn.games.dirac import R1
from gandyn.rules import (
    AMSGrad,
    ExponentialAverage,
    Halpern,
    Lookahead,
    Projected,
    Simultaneous,
)

BUDGET = 8192
GAME = DiracGAN(regulariser=R1(0.2))
TOPS = (4, 9)
"""Where AMSGrad's largest moments lie behind x, y and each player's m and v."""


class Braked(Rule):
    """A rotation by w that scales by 1 + mu + a r² - b top, top the largest r² so far.

    It begins ``above`` times as large as the first one, and grows by tau each step.
    """

    mu: Real = 0.0
    a: Real = 0.0
    b: Real = 0.0
    w: Real = 1.0
    above: Real = 1.001
    tau: Real = 0.0

    def init(self, game, x, y):
        return (self.above * (x * x + y * y),)

    def step(self, game, x, y, memory):
        (top,) = memory
        square = x * x + y * y
        top = select(top - square, top, square)
        size = 1.0 + self.mu + self.a * square - self.b * top
        c, s = size * cos(self.w), size * sin(self.w)
        return c * x - s * y, s * x + c * y, (top + self.tau,)


def braked(start=(0.9, 0.0), **fields):
    return simulate(Braked(**fields), Bilinear(1.0), start, BUDGET)


def test_a_curve_beside_a_largest_number_that_is_kept_is_a_curve():
    seen = braked(mu=0.02, a=-0.1, b=0.005)
    assert seen.verdict == "quasi_periodic"
    square = (0.02 - 0.005 * 1.001 * 0.9**2) / 0.1
    assert seen.amplitude == pytest.approx(np.sqrt(square), rel=1e-6)
    assert abs(seen.lyapunov) < 1e-6


def test_a_family_of_curves_is_neutral_whatever_is_kept_beside_it():
    assert braked().verdict == "neutral"


@pytest.mark.parametrize("above", [1.001, 1.3])
@pytest.mark.parametrize("growth", [2e-8, 1e-6, 1e-5])
def test_a_slow_spiral_that_raises_its_largest_number_is_no_curve(growth, above):
    """Where it begins above, the largest number is kept for long and then is not."""
    seen = braked(start=(0.13, 0.25), mu=growth, b=0.1 * growth, above=above)
    assert seen.verdict in ("undecided", "diverges_spiral")


@pytest.mark.parametrize("slow", [1.0, 1e-2, 1e-4])
def test_curves_of_which_each_is_left_for_the_next_larger_are_none(slow):
    """Beside what is kept they attract; they lie above it, and so it is not kept."""
    seen = braked(start=(0.5, 0.0), a=-1e-3, b=-1e-3 * (1 + slow), above=1.05)
    assert seen.verdict in ("undecided", "diverges_spiral")


@pytest.mark.parametrize("tau", [1e-4, 1e-6])
def test_a_curve_that_a_parameter_carries_off_is_none(tau):
    seen = braked(mu=0.02, a=-0.1, b=0.005, tau=tau)
    assert seen.verdict in ("undecided", "converges")


@pytest.mark.parametrize(
    ("engine_class", "rule", "wanted"),
    [
        (KernelEngine, AMSGrad(lr=0.1, beta2=0.9), TOPS),
        (ArrayEngine, AMSGrad(lr=0.1, beta2=0.9), TOPS),
        (ArrayEngine, Lookahead(AMSGrad(lr=0.1, beta2=0.9)), TOPS),
        (ArrayEngine, ExponentialAverage(AMSGrad(lr=0.1, beta2=0.9)), (6, 11)),
        (KernelEngine, Halpern(Simultaneous(lr=0.1)), (2, 3, 4)),
        (ArrayEngine, Halpern(Simultaneous(lr=0.1)), (2, 3, 4)),
        (ArrayEngine, ExponentialAverage(Projected(Simultaneous(lr=0.1))), ()),
        (ArrayEngine, Simultaneous(lr=0.1), ()),
    ],
)
def test_largest_moments_and_anchors_are_kept_and_players_are_not(
    engine_class, rule, wanted
):
    """The clipped player's bound is a value that stays, of derivative 0."""
    game = ClippedDiracGAN(bound=0.05) if "Projected" in repr(rule) else GAME
    engine = engine_class(rule, game, [])
    cells = engine.start({}, np.full(3, 0.5), np.array([0.4, 0.5, 0.6]))
    engine.advance(cells, 3000)
    first = tangents_beside_kept(engine, cells, None)
    known = engine.observe(cells, 64, first).tangents[..., :3]
    for pair in (first, known):
        assert set(np.flatnonzero(~pair.any(axis=(0, 2)))) == set(wanted)
    again = tangents_beside_kept(engine, cells, known)
    assert again is known


def test_tangents_start_anew_where_the_memory_has_begun_to_keep():
    engine = KernelEngine(AMSGrad(lr=0.1, beta2=0.9), GAME, [])
    cells = engine.start({}, np.full(3, 0.5), np.array([0.4, 0.5, 0.6]))
    known = engine.observe(cells, 3000).tangents[..., :3]
    assert known[:, TOPS].any()
    pair = tangents_beside_kept(engine, cells, known)
    assert not pair[:, TOPS].any()
    products = np.einsum("isc,jsc->ijc", pair, pair)
    np.testing.assert_allclose(
        products, np.eye(2)[..., None] + 0 * products, atol=1e-14
    )


def test_amsgrad_ends_on_curves_whatever_cells_lie_beside():
    rule, game = AMSGrad(lr=0.05), Forsaken()
    engine = make_engine(rule, game, [])
    x, y = np.array([0.5, -1.0, 0.1, 1.2]), np.array([0.2, 0.7, 1.5, -0.4])

    def outcome(which):
        return classify(rule, engine, engine.start({}, x[which], y[which]), BUDGET, 1e3)

    whole = outcome(slice(0, 4))
    for i in range(4):
        alone = outcome(slice(i, i + 1))
        for one, other in zip(alone, whole, strict=True):
            assert np.array_equal(one, other[i : i + 1], equal_nan=True)
    verdicts = {simulate(rule, game, (x[0], y[0]), BUDGET).verdict}
    assert verdicts == {"quasi_periodic"}


class Clocked(Rule):
    """A curve or a cycle of two, that a clock carries on by ``pull`` over t."""

    cycle: Real = 0.0
    pull: Real = 0.1

    def init(self, game, x, y):
        return (1.0,)

    def step(self, game, x, y, memory):
        (t,) = memory
        on = 1.0 - self.cycle
        size, w = 1.02 - 0.1 * (x * x + y * y), 1.0 + self.pull / t
        c, s = size * cos(w), size * sin(w)
        u = 3.4 * x * (1.0 - x) + 0.01 * self.pull / t
        return (
            on * (c * x - s * y) + self.cycle * u,
            on * (s * x + c * y) + self.cycle * 0.5 * y,
            (t + 1.0,),
        )


def test_a_cycle_under_a_clock_attracts_at_the_rate_of_its_multipliers():
    seen = simulate(Clocked(cycle=1.0), Bilinear(1.0), (0.3, 0.2), BUDGET)
    assert (seen.verdict, seen.period) == ("periodic", 2)
    truth = np.log(abs(4 + 2 * 3.4 - 3.4**2)) / 2
    assert seen.lyapunov == pytest.approx(truth, rel=1e-3)


def test_a_clock_may_carry_a_curve_into_a_resonance():
    seen = simulate(Clocked(), Bilinear(1.0), (0.3, 0.2), BUDGET)
    assert seen.verdict == "undecided"


class Unlocking(Rule):
    """On a circle, θ → θ + π - k sin 2θ + w, where w rises by 1/t to its ``end``."""

    k: Real = 0.05
    end: Real = 0.0

    def init(self, game, x, y):
        return (1.0,)

    def step(self, game, x, y, memory):
        (t,) = memory
        size = 0.5 / sqrt(x * x + y * y) + 0.5
        sine = 2 * x * y / (x * x + y * y)
        turn = self.end - 0.01 / (t + 100.0) - self.k * sine
        c, s = -size * cos(turn), -size * sin(turn)
        return c * x - s * y, s * x + c * y, (t + 1.0,)


@pytest.mark.parametrize(("end", "verdict"), [(0.0, "periodic"), (5e-8, "undecided")])
def test_a_clock_may_carry_a_cycle_to_its_end(end, verdict):
    """At w = k nodes and saddles meet: 200,000 steps after the start, or never."""
    rule = Unlocking(end=0.05 * (end > 0) + end)
    seen = simulate(rule, Bilinear(1.0), (0.8, 0.6), BUDGET)
    assert seen.verdict == verdict
