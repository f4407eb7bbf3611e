"""Every Neimark-Sacker point: the cycle beside it, and the decay at it, by simulation.

The law is asymptotic: how far from the point it holds to a per cent is different at
each, and asked of the invariant curve there. What the law says is then compared with
orbits alone.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from gandyn import games, rules
from gandyn.dynamics.birkhoff import birkhoff_weights
from gandyn.dynamics.engines.choice import make_engine
from gandyn.errors import GandynError
from gandyn.games import DiracGAN, Game, dirac
from gandyn.rules import Rule
from gandyn.stability import Bifurcation, RuleMap, critical_learning_rates
from gandyn.stability.crossings.normal_forms import eigenvectors
from gandyn.stability.curves.curve_records import InvariantCurve
from gandyn.stability.curves.invariant_curves import invariant_curve

EXCESSES = (4e-4, 1.2e-4, 4e-5, 1.2e-5, 4e-6, 1.2e-6, 4e-7, 1.2e-7)
"""Distances |λ| - 1 from a point, the largest of which suits most."""
ASYMPTOTIC = 0.02
"""How nearly the invariant curve is to follow the law at the distance that is taken."""
AGREE = 0.03
SCALES = np.linspace(0.9, 1.1, 21)
WAIT = 0.15
"""Steps between two measurements, in units of 1 / excess."""
BRIEF = 0.1
"""The longest average, in the same units."""
LONG = 100_000
WEAK = 0.1
"""Square of the orbit's amplitude at the point itself, in units of the cycle's."""
LOSSES = (
    dirac.Minimax(), dirac.NonSaturating(), dirac.Wasserstein(), dirac.LeastSquares(),
    dirac.Hinge(),
)  # fmt: skip
REGULARISERS = (
    dirac.Unregularised(), dirac.L2(0.3), dirac.R1(0.3), dirac.R1(0.8), dirac.R2(0.3),
    dirac.L2Both(0.3), dirac.GradientPenalty(0.3, 0.0), dirac.GradientPenalty(0.3, 1.0),
)  # fmt: skip
NOISY = [dirac.NoisyDiracGAN(loss=loss) for loss in LOSSES[:2]]
DIRAC: list[Game] = [DiracGAN(loss, own) for loss in LOSSES for own in REGULARISERS]
CYCLES: list[Game] = [
    games.AlmostBilinear(), games.AlmostBilinear(eps=-0.3), games.Forsaken(),
    games.GlobalForsaken(), games.GrimmerQuartic(), games.LetcherZeroSum(),
    games.LetcherMarket(),
]  # fmt: skip
RULES: list[Rule] = [
    rules.Simultaneous(), rules.Alternating(), rules.Extragradient(),
    rules.AlternatingExtragradient(), rules.PastExtragradient(),
    rules.OptimisticGradient(), rules.AlternatingOptimisticGradient(),
    rules.HeavyBall(), rules.AlternatingHeavyBall(), rules.NegativeMomentum(),
    rules.Nesterov(), rules.AlternatingNesterov(), rules.ComplexMomentum(),
    rules.Consensus(), rules.AlternatingConsensus(), rules.LOLA(),
    rules.SymplecticGradientAdjustment(), rules.CompetitiveGradientDescent(),
    rules.LookAheadPlay(), rules.RungeKutta2(), rules.RungeKutta4(),
]  # fmt: skip
FEW: list[tuple[Rule, Game]] = [
    (rules.Simultaneous(), DiracGAN("minimax", dirac.R1(0.3))),
    (rules.Simultaneous(), DiracGAN("non-saturating", dirac.R1(0.8))),
    (rules.HeavyBall(), DiracGAN("least-squares", dirac.L2Both(0.3))),
    (rules.OptimisticGradient(), DiracGAN("minimax", dirac.R1(0.3))),
    (rules.PastExtragradient(), DiracGAN("non-saturating")),
    (rules.Extragradient(), games.Forsaken()),
    (rules.Extragradient(), games.AlmostBilinear()),
    (rules.OptimisticGradient(), games.AlmostBilinear(eps=-0.3)),
    (rules.AlternatingNesterov(), games.Forsaken()),
    (rules.SymplecticGradientAdjustment(), games.GrimmerQuartic()),
    (rules.Consensus(), games.LetcherMarket()),
]


def points(rule: Rule, game: Game) -> Iterator[tuple[RuleMap, Bifurcation]]:
    """Yield the Neimark-Sacker points at which the equilibrium is stable otherwise."""
    try:
        found = critical_learning_rates(rule, game, "lr", 1e-3, 10.0)
    except (GandynError, ArithmeticError):
        return  # a rule that needs second derivatives, a map without an inverse
    for born in found:
        smooth = born.kind == "neimark-sacker" and born.status == "converged"
        if smooth and born.others < 1:
            yield RuleMap(rule, game), born


def circles(
    step: RuleMap, born: Bifurcation, at: float, squares: np.ndarray
) -> np.ndarray:
    """Return states on the normal form's circles |w|²."""
    matrix = step.jacobian(born.state, born.value)
    q = eigenvectors(matrix, born.multiplier)[1]
    centre = step.fixed_point(born.state, at)
    return centre[:, None] + 2 * np.outer(q.real, np.sqrt(squares))


def stepper(step: RuleMap, at: float) -> Callable[[np.ndarray], np.ndarray]:
    """Return the map at a parameter, without a rule's set-up at every step."""
    rule, game = step.at(at)
    if len(step.state(None, at)) > 2:
        return lambda states: step(states, at)
    none = rule.init(game, 0.0, 0.0)
    return lambda states: np.stack(rule.step(game, *states, none)[:2])


def mean_square(
    states: np.ndarray,
    centre: np.ndarray,
    steps: int,
    after: Callable[[np.ndarray], np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """Return the states some steps on, and the players' mean squares on the way."""
    squares = np.empty((steps, states.shape[1]))
    for row in squares:
        row[:] = np.sum((states[:2] - centre[:2, None]) ** 2, axis=0)
        states = after(states)
    return states, birkhoff_weights(steps) @ squares


def window_of(born: Bifurcation) -> int:
    """Return the steps of an average: twelve periods of its slowest harmonic."""
    powers = (born.multiplier**k for k in (1, 2, 3, 4))
    slowest = min(abs(np.angle(power)) for power in powers)
    return max(200, math.ceil(24 * math.pi / slowest))


def growth(
    step: RuleMap, born: Bifurcation, at: float, squares: np.ndarray, wait: int
) -> tuple[np.ndarray, np.ndarray, int]:
    """Return mean squares before and after a number of steps, and that number."""
    centre, states = step.fixed_point(born.state, at), circles(step, born, at, squares)
    window, image = window_of(born), stepper(step, at)
    states, _ = mean_square(states, centre, window, image)  # other modes die
    states, before = mean_square(states, centre, window, image)
    if wait > LONG and len(states) == 2:  # a kernel's task
        engine = make_engine(*step.at(at), [])
        cells = engine.start({}, *states)
        engine.advance(cells, wait)
        states = np.stack(engine.players(cells))
    else:
        for _ in range(wait):
            states = image(states)
    _, after = mean_square(states, centre, window, image)
    return before, after, wait + window


def nearby(step: RuleMap, born: Bifurcation) -> tuple[float, float, InvariantCurve]:
    """Return the farthest distance at which the law is asymptotic, and the curve."""
    side = 1 if born.criticality == "supercritical" else -1
    for excess in EXCESSES:
        if excess * window_of(born) > BRIEF:
            continue
        at = born.value + side * excess / born.speed
        try:
            curve = invariant_curve(step, at, born)
        except GandynError:
            continue
        if abs(curve.amplitude / born.amplitude(at) - 1) < ASYMPTOTIC:
            return excess, at, curve
    raise AssertionError(f"no asymptotic distance at {born.value} of {step.rule}")


def still(step: RuleMap, born: Bifurcation, at: float, excess: float) -> float:
    """Return the amplitude at which orbits neither grow nor shrink."""
    squares = excess / abs(born.coefficient) * SCALES**2
    before, after, _ = growth(step, born, at, squares, math.ceil(WAIT / excess))
    change = np.log(after / before)
    inside, outside = (1, -1) if born.criticality == "supercritical" else (-1, 1)
    assert np.sign(change[0]) == inside
    assert np.sign(change[-1]) == outside
    place = int(np.flatnonzero(np.sign(change) == inside)[-1])
    pair = slice(place, place + 2)
    share = change[place] / (change[place] - change[place + 1])
    low, high = np.sqrt(before[pair])
    return float(low + share * (high - low))


def compare(step: RuleMap, born: Bifurcation) -> dict[str, float]:
    """Return the relative errors of the law, of the curve, and of the decay."""
    excess, at, curve = nearby(step, born)
    assert curve.stable == (born.criticality == "supercritical")
    seen = still(step, born, at, excess)
    weak = np.array([WEAK * excess / abs(born.coefficient)])
    wait = math.ceil(WAIT / excess)
    before, after, steps = growth(step, born, born.value, weak, wait)
    slope = float((1 / after - 1 / before)[0]) / steps
    decay = slope / (-born.coefficient / born.share)
    return {
        "excess": excess,
        "law": abs(born.amplitude(at) / seen - 1),
        "curve": abs(curve.amplitude / seen - 1),
        "decay": abs(decay - 1),
    }


@functools.cache
def few() -> list[tuple[RuleMap, Bifurcation]]:
    return [point for rule, game in FEW for point in points(rule, game)]


def check(found: dict[str, float]) -> None:
    """Compare: 1/r² of d(r²)/dn = 2 a r⁴ grows at the rate -2a, whose sign decides."""
    assert found["law"] < AGREE
    assert found["curve"] < 0.005
    assert found["decay"] < AGREE


def test_cycles_and_decay_follow_the_normal_form() -> None:
    assert len(few()) >= len(FEW)
    assert {born.criticality for _, born in few()} == {"supercritical", "subcritical"}
    for step, born in few():
        check(compare(step, born))


def every() -> list[Any]:
    return [
        pytest.param(rule, game, id=f"{type(rule).__name__}-{game}")
        for game in DIRAC + NOISY + CYCLES
        for rule in RULES
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("rule", "game"), every())
def test_every_point_follows_the_normal_form(rule: Rule, game: Game) -> None:
    for step, born in points(rule, game):
        check(compare(step, born))
