"""The judge on maps whose orbits are known, and the package against the judge."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from gandyn import Real, Rule
from gandyn.games import (
    Bilinear,
    DiracGAN,
    Forsaken,
    HiddenBilinear,
    LetcherZeroSum,
    LinearGame,
    Quadratic,
    from_losses,
)
from gandyn.rules import (
    Adam,
    Alternating,
    Extragradient,
    Halpern,
    HeavyBall,
    Lookahead,
    Simultaneous,
)
from tests.judge import agrees, judge
from tests.judge.__main__ import compare_group, summary
from tests.judge.judging import _speeds
from tests.judge.precise import precise_orbit
from tests.judge.truth import SADDLE, Truth
from tests.known_maps import DelayedLogistic, Henon, Logistic

BOARD = Bilinear(1.0)
"""A game that the maps below do not look at."""


class VanDerPol(Rule):
    h: Real = 0.05

    def step(self, game, x, y, memory):
        return x + self.h * y, y + self.h * ((1 - x * x) * y - x), memory


class Turning(Rule):
    """An attracting circle, turned by ``omega`` and braked at one angle (Adler)."""

    omega: Real = 0.1
    brake: Real = 0.0

    def step(self, game, x, y, memory):
        square = x * x + y * y
        gain = 1 + 0.1 * (1 - square)
        c, s = math.cos(self.omega), math.sin(self.omega)
        p, q = gain * (c * x - s * y), gain * (s * x + c * y)
        return p + self.brake * q * q, q - self.brake * p * q, memory


@pytest.mark.parametrize(("r", "period"), [(3.2, 2), (3.5, 4), (3.55, 8), (3.83, 3)])
def test_windows_of_the_logistic_map(r, period):
    found = judge(Logistic(r=r), BOARD, (0.3, 0.4))
    assert (found.verdict, found.period) == ("periodic", period)
    assert found.exponent < 0


def test_superstable_and_slow_cycles():
    found = judge(Logistic(r=1 + math.sqrt(5)), BOARD, (0.3, 0.4))
    assert (found.verdict, found.period) == ("periodic", 2)
    found = judge(Logistic(r=3.0005), BOARD, (0.3, 0.4))
    assert (found.verdict, found.period) == ("periodic", 2)
    found = judge(Logistic(r=2.9995), BOARD, (0.3, 0.4))
    assert found.verdict == "converges"
    assert found.limit[0] == pytest.approx(1 - 1 / 2.9995, abs=1e-12)


def test_chaos_has_the_known_exponents():
    found = judge(Logistic(r=4.0), BOARD, (0.3, 0.4))
    assert found.verdict == "chaotic"
    assert found.exponent == pytest.approx(math.log(2), abs=0.03)
    found = judge(Henon(), BOARD, (0.1, 0.1))
    assert found.verdict == "chaotic"
    assert found.exponent == pytest.approx(0.4192, abs=0.03)


def test_delayed_logistic_map():
    found = judge(DelayedLogistic(r=1.99), BOARD, (0.4, 0.4))
    assert found.verdict == "converges"
    assert found.exponent == pytest.approx(math.log(0.99) / 2, rel=1e-6)
    assert judge(DelayedLogistic(r=2.03), BOARD, (0.4, 0.4)).verdict == "quasi_periodic"
    assert judge(DelayedLogistic(r=2.27), BOARD, (0.4, 0.4)).verdict == "chaotic"


def test_euler_map_of_van_der_pol_fills_a_curve():
    assert judge(VanDerPol(), BOARD, (0.1, 0.1)).verdict == "quasi_periodic"


def test_locked_and_turning_circles():
    golden = math.pi * (math.sqrt(5) - 1)
    assert judge(Turning(omega=golden), BOARD, (0.5, 0.1)).verdict == "quasi_periodic"
    assert judge(Turning(brake=0.2), BOARD, (0.5, 0.1)).verdict == "converges"
    found = judge(Turning(omega=2 * math.pi / 7, brake=0.0), BOARD, (0.5, 0.1))
    assert (found.verdict, found.period) == ("periodic", 7)
    assert "quasi_periodic" in found.also


def test_weak_chaos_and_small_bands_are_no_closed_curves():
    """An exponent of 4e-4, and bands narrower than twins are apart when they part."""
    rule = Simultaneous(lr_x=0.20771487924808965, lr_y=0.14288718821365523)
    found = judge(rule, Forsaken(), (-0.7945132970997986, 0.1786316826515313))
    assert found.verdict in ("chaotic", "unknown")
    game = from_losses("-a*x**2/2 + x**3/3", "y**2/2", a=2.850435771570737)
    rule, start = Simultaneous(lr_x=1.0, lr_y=0.5), (1.9032022165741551, 1.069905)
    assert judge(rule, game, start).verdict in ("chaotic", "unknown")
    rule = Adam(
        lr_x=0.010864621574332928, lr_y=0.059927274736647086,
        beta1=0.8476434049463257, beta2=0.4250826897692912, eps=4.748721770402666e-05,
    )  # fmt: skip
    found = judge(rule, LetcherZeroSum(), (-0.11523996269018963, -0.22669551825720807))
    assert found.verdict == "chaotic"
    assert found.exponent == pytest.approx(0.00123, abs=2e-4)  # of 2,000,000 steps


def test_an_orbit_that_goes_to_and_fro_does_not_move_on():
    t = np.arange(1000.0)
    moving = np.stack([np.stack([0.01 * t, t * 0]), np.stack([np.sin(t / 57), t * 0])])
    speeds = _speeds(moving.transpose(2, 1, 0))
    assert speeds[0] == pytest.approx(0.01, rel=1e-2)
    assert speeds[1] == 0


def test_affine_maps_in_closed_form():
    saddle = Quadratic(f_xx=1.0, f_xy=0.0, f_yy=1.0)
    assert judge(
        Simultaneous(lr_x=0.5, lr_y=0.0019), saddle, (1.0, 1e-10)
    ).verdict == "diverges_monotone"  # fmt: skip
    shear = LinearGame([[1, 1e11], [0, 1]], n=1)
    ones = (np.ones(1), np.ones(1))
    assert judge(Simultaneous(lr=0.1), shear, ones).verdict == "converges"
    assert judge(Simultaneous(lr=0.1), BOARD, (1.0, 0.0)).verdict == "diverges_spiral"
    assert judge(Alternating(lr=0.1), BOARD, (1.0, 0.0)).verdict == "neutral"
    assert judge(Alternating(lr=2.1), BOARD, (1.0, 0.0)).verdict == "diverges_flip"
    wide = Bilinear(A=np.outer([1.0, 2.0], [1.0, -1.0]))
    start = np.array([1.0, 0.3]), np.array([0.2, 0.7])
    assert judge(Extragradient(lr=0.1), wide, start).verdict == "converges"


def test_an_invariant_subspace_is_judged_by_its_orbit():
    saddle = Quadratic(f_xx=1.0, f_xy=0.0, f_yy=1.0)
    found = judge(Simultaneous(lr_x=0.5, lr_y=0.1), saddle, (1.0, 0.0))
    assert found.verdict == "converges"
    assert "diverges_monotone" in found.also


def test_cells_that_were_once_wrong():
    thrown = HeavyBall(lr_x=0.1, lr_y=10.0, beta_x=0.5, beta_y=0.5)
    found = judge(thrown, DiracGAN(), (0.5, 0.5))
    assert found.verdict == "unknown"
    assert "converges" in found.excluded
    start = (0.3204644962479166, 0.3259828965338454)
    for lr_x, lr_y, period in (
        (0.2288039053703155, 0.12791176197538018, 140),
        (0.21069920842935677, 0.16773615398787284, 1210),
    ):
        found = judge(Simultaneous(lr_x=lr_x, lr_y=lr_y), Forsaken(), start)
        assert (found.verdict, found.period) == ("periodic", period)
    rule = Lookahead(
        Alternating(lr_x=0.3186195704397903, lr_y=0.5100419534177836), k=3, alpha=0.5
    )
    start = (-0.8621089033815486, -1.759738044670537)
    found = judge(rule, Forsaken(), start)
    assert found.verdict == "converges"
    exact = precise_orbit(rule, Forsaken(), start, 300)
    assert np.abs(exact).max() < 2.2
    assert exact[-1] == pytest.approx(found.limit, abs=1e-9)
    rule = Extragradient(lr_x=2.079904827371464, lr_y=0.4382722398427386)
    start = (0.14130152012902208, 4.57689748556969)
    assert judge(rule, HiddenBilinear(), start).verdict == "converges"


def test_a_curve_of_equilibria_and_a_clock():
    curve = from_losses("(x*y - 1)**2/2", "(x*y - 1)**2/2")
    found = judge(Simultaneous(lr=0.1), curve, (2.0, 0.1))
    assert found.verdict == "converges"
    assert found.limit[0] * found.limit[1] == pytest.approx(1.0)
    found = judge(Halpern(Extragradient(lr=0.1)), BOARD, (1.0, 0.5))
    assert found.verdict == "converges"


def test_answers_are_compared_by_verdict_period_and_exponent():
    said = {"verdict": "periodic", "ended": "settled", "period": 35, "amplitude": 1.0,
            "lyapunov": -0.1}  # fmt: skip
    truth = Truth("periodic", "", period=140, amplitude=1.0, exponent=-0.1)
    assert agrees(said, truth)[0] == "contradicts"
    assert agrees(said | {"period": 140}, truth)[0] == "agrees"
    assert agrees(said | {"period": 140, "lyapunov": -0.2}, truth)[0] == "contradicts"
    assert agrees(said | {"verdict": "undecided"}, truth)[0] == "undecided"
    ends = said | {"verdict": "unstable_point"}
    assert agrees(ends, Truth("converges", SADDLE))[0] == "agrees"
    beside = Truth("converges", "", also=frozenset({"diverges_flip"}))
    assert agrees(ends, beside)[0] == "agrees"
    attracts = Truth("converges", "fixed point, radius 0.9", sensitive=True)
    assert agrees(ends, attracts)[0] == "contradicts"
    chaos = Truth("chaotic", "", exponent=0.1, steps=9000)
    assert agrees(said | {"steps": 8000}, chaos)[0] == "contradicts"
    assert agrees(said | {"steps": 20000}, chaos)[0] == "unjudged"
    unknown = Truth("unknown", "", excluded=frozenset({"periodic"}))
    assert agrees(said, unknown)[0] == "contradicts"
    assert agrees(said | {"verdict": "chaotic"}, unknown)[0] == "unjudged"


@pytest.mark.parametrize("number", [7, 8, 10, 13])
def test_a_few_cells_of_families_agree(number):
    rows = compare_group(seed=1, number=number, limit=12)
    assert [row["snippet"] for row in rows if row["outcome"] == "contradicts"] == []


@pytest.mark.slow
def test_two_thousand_cells_agree():
    rows, number = [], 0
    while len(rows) < 2000:
        rows += compare_group(seed=2, number=number, limit=48)
        number += 1
    wrong = [row for row in rows if row["outcome"] == "contradicts"]
    assert [(row["what"], row["snippet"]) for row in wrong] == []
    found = summary(rows)
    assert found["undecided, known and regular"] <= 0.02 * len(rows)


def test_what_the_judge_found_is_kept():
    rows = compare_group(seed=1, number=1, limit=6)
    read = json.loads(json.dumps([row["truth"] for row in rows]))
    known = [Truth.of_row(row) for row in read]
    again = compare_group(seed=1, number=1, limit=6, known=known)
    kept = ("truth", "outcome", "what", "answer", "snippet")
    assert json.dumps([[row[k] for k in kept] for row in again], default=float) == (
        json.dumps([[row[k] for k in kept] for row in rows], default=float)
    )
