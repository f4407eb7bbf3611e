"""Orbits where a gradient has vanished: no equilibrium, unless it is 0."""

from __future__ import annotations

import pytest

from gandyn import simulate
from gandyn.elementary import select
from gandyn.games import DiracGAN, ScalarGame
from gandyn.games.dirac import R1
from gandyn.rules import (
    AlternatingAMSGrad,
    AMSGrad,
    ExponentialAverage,
    HeavyBall,
    Simultaneous,
)


class Plateau(ScalarGame):
    """No slope where |x| < 1."""

    def gx(self, x, y):
        return select(x * x - 1, x, 0 * x)

    def gy(self, x, y):
        return y


def test_momentum_at_a_vanished_gradient_does_not_converge():
    rule = HeavyBall(lr_x=0.1, lr_y=10.0, beta_x=0.5, beta_y=0.5)
    found = simulate(rule, DiracGAN(), (0.5, 0.5), 5000)
    assert found.distance[-1] > 30
    assert (found.verdict, found.ended) == ("undecided", "stalled")


@pytest.mark.parametrize(
    ("rule", "start"),
    [
        (
            HeavyBall(lr_x=1.174503125129229, lr_y=18.70240062576571,
                      beta_x=0.675505830719061, beta_y=-0.4947623267176014),
            (0.25819277429316706, 1.1523338394923157),
        ),
        (
            HeavyBall(lr_x=0.1184083513585898, lr_y=4.431990802423537,
                      beta_x=0.33727845889838737, beta_y=0.7488278761429187),
            (-1.4923708425336462, -0.7237573156624499),
        ),
    ],
)  # fmt: skip
def test_a_gradient_that_has_underflowed_is_not_zero(rule, start):
    """exp(-xy) is 0 beyond xy = 745, where the players are no equilibrium."""
    found = simulate(rule, DiracGAN(), start, 32768)
    assert (found.verdict, found.ended) == ("undecided", "stalled")


def test_a_plateau_is_one_of_equilibria():
    found = simulate(Simultaneous(lr=0.3), Plateau(), (3.0, 0.5), 32768)
    assert found.verdict == "converges"
    assert abs(found.x[-1]) < 1.0


def test_an_orbit_thrown_to_a_vanished_gradient_is_no_chaos():
    inner = Simultaneous(lr_x=0.5072640013630489, lr_y=3.927797048545426)
    rule = ExponentialAverage(inner, beta=0.6895403601528739)
    found = simulate(rule, DiracGAN(), (0.9527714901594645, 0.3380445762456681), 5000)
    assert found.verdict == "undecided"


def test_an_average_of_players_at_a_vanished_gradient_does_not_converge():
    """The players are memory there, and stay as if the memory kept them for ever."""
    inner = Simultaneous(lr_x=0.18592957659355283, lr_y=42.07300482308082)
    rule = ExponentialAverage(inner=inner, beta=0.5259735872311818)
    start = 0.8473264829706237, 0.8454657890189475
    orbit = simulate(rule, DiracGAN(), start, 32768)
    assert orbit.verdict == "undecided"


@pytest.mark.parametrize("kind", [AMSGrad, AlternatingAMSGrad])
def test_a_largest_second_moment_is_kept_at_a_true_limit(kind):
    game = DiracGAN(regulariser=R1(gamma=1.0))
    orbit = simulate(kind(lr=0.01, eps=0.1), game, (0.5, 0.4), 32768)
    assert (orbit.verdict, orbit.ended) == ("converges", "settled")
    assert orbit.rate < -1e-3
