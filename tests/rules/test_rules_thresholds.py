"""Where each rule turns unstable on the bilinear game, beside published thresholds."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

from gandyn.dynamics import multipliers
from gandyn.games import Bilinear, LinearGame
from gandyn.rules import (
    LOLA,
    AlexGDA,
    AlternatingExtragradient,
    AlternatingHeavyBall,
    ChambollePock,
    CompetitiveGradientDescent,
    ComplexMomentum,
    Consensus,
    Extragradient,
    HamiltonianGradientDescent,
    HeavyBall,
    Lookahead,
    LookAheadPlay,
    OptimisticGradient,
    PastExtragradient,
    ProximalPoint,
    RungeKutta2,
    RungeKutta4,
    Simultaneous,
    SymplecticGradientAdjustment,
)


def _radius(rule: Any, sigma: float = 1.0) -> float:
    return float(abs(multipliers(rule, Bilinear(sigma))[0]))


class _Threshold(NamedTuple):
    rule: Any
    learning_rate: float
    sigma: float = 1.0


THRESHOLDS = {
    "EG": _Threshold(Extragradient, 0.5, 2.0),
    "AltEG": _Threshold(AlternatingExtragradient, 0.5, 2.0),
    "OGDA": _Threshold(OptimisticGradient, 3**-0.5 / 2, 2.0),
    "PEG": _Threshold(PastExtragradient, 3**-0.5),
    "LookAhead": _Threshold(LookAheadPlay, 1.0),
    "LOLA": _Threshold(LOLA, 0.75**0.5),
    "CO": _Threshold(lambda lr: Consensus(lr=lr, gamma=0.3), 0.6 / 1.09),
    "CO strong": _Threshold(lambda lr: Consensus(lr=lr, gamma=10.0), 20 / 101),
    "SGA": _Threshold(SymplecticGradientAdjustment, 1.0),
    "HGD": _Threshold(HamiltonianGradientDescent, 0.5, 2.0),
    "RK4": _Threshold(RungeKutta4, 2**0.5, 2.0),
    "PDHG": _Threshold(ChambollePock, (4 / 3) ** 0.5),
    "Alex-GDA": _Threshold(AlexGDA, 1.0),
    "Lookahead": _Threshold(
        lambda lr: Lookahead(Simultaneous(lr=lr), k=2, alpha=0.4), 1.0
    ),
}


@pytest.mark.parametrize("case", THRESHOLDS.values(), ids=THRESHOLDS.keys())
def test_threshold_of_the_learning_rate_on_the_bilinear_game(case: _Threshold) -> None:
    rule, threshold, sigma = case
    assert _radius(rule(lr=threshold * (1 - 1e-6)), sigma) < 1 - 1e-8
    assert _radius(rule(lr=threshold * (1 + 1e-6)), sigma) > 1 + 1e-8


@pytest.mark.parametrize("lr", [0.01, 0.1, 1.0, 10.0])
def test_rules_that_no_learning_rate_stabilises_and_that_none_destabilises(
    lr: float,
) -> None:
    for rule in (Simultaneous(lr=lr), HeavyBall(lr=lr), RungeKutta2(lr=lr)):
        assert _radius(rule) > 1
    for implicit in (ProximalPoint(lr=lr), CompetitiveGradientDescent(lr=lr)):
        assert _radius(implicit) == pytest.approx((1 + lr**2) ** -0.5, rel=1e-12)


def test_alternation_needs_negative_momentum() -> None:
    for beta, factor in ((-0.5, 2 * -0.5 / 1.5**3), (0.5, 2 * 0.5 / 0.5**3)):
        rule = AlternatingHeavyBall(lr=1e-3, beta_x=beta, beta_y=beta)
        assert (_radius(rule) ** 2 - 1) / 1e-6 == pytest.approx(factor, rel=1e-4)


@pytest.mark.parametrize("angle", np.linspace(0.1, 3.0, 8))
def test_small_complex_momentum(angle: float) -> None:
    rule = ComplexMomentum(lr=1e-3, beta_abs=0.8, beta_arg=float(angle))
    c, s = 0.8 * np.cos(angle), 0.8 * np.sin(angle)
    assert (_radius(rule) < 1) == ((3 - c) * s**2 > (1 - c) ** 2 * (1 + c))


def test_half_a_correction_is_where_small_optimistic_steps_turn_stable() -> None:
    for ratio, stable in ((0.45, False), (0.55, True)):
        rule = OptimisticGradient(lr=0.02, ratio_x=ratio, ratio_y=ratio)
        assert (_radius(rule) < 1) == stable


def test_published_radii() -> None:
    far = Extragradient(lr=0.1, ratio_x=50.0, ratio_y=50.0)
    assert _radius(far) == pytest.approx(0.5099019513592785, abs=1e-12)
    far = AlternatingExtragradient(lr=0.1, ratio_x=50.0, ratio_y=50.0)
    assert _radius(far) == pytest.approx(0.5, abs=1e-7)  # a double multiplier
    best = Extragradient(lr=0.5**0.5)
    assert _radius(best) == pytest.approx(0.75**0.5, abs=1e-12)


def test_where_negative_momentum_helps_simultaneous_play() -> None:
    """dρ²/dβ at β = 0 is 2 Re λ Re(1/λ) for the learning rate Re(1/λ)."""
    for re, im, expected in ((1.0, 2.0, 0.4), (0.5, 0.5, 1.0)):
        game = LinearGame([[re, im], [-im, re]], n=1)
        lr, h = re / (re**2 + im**2), 1e-5
        squares = [
            abs(multipliers(HeavyBall(lr=lr, beta_x=b, beta_y=b), game)[0]) ** 2
            for b in (-h, h)
        ]
        assert (squares[1] - squares[0]) / (2 * h) == pytest.approx(expected, rel=1e-6)
