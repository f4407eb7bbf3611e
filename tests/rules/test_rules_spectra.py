"""Each linear rule's one-step map, probed through its step, beside its closed form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.polynomial import Polynomial

from gandyn.games import Bilinear, LinearGame
from gandyn.rules import (
    CATALOGUE,
    LOLA,
    AlexGDA,
    Alternating,
    AlternatingComplexMomentum,
    AlternatingConsensus,
    AlternatingExtragradient,
    AlternatingHeavyBall,
    AlternatingNesterov,
    AlternatingOptimisticGradient,
    AlternatingSymplecticGradientAdjustment,
    ChambollePock,
    CompetitiveGradientDescent,
    ComplexMomentum,
    Consensus,
    ExponentialAverage,
    Extragradient,
    FollowTheRidge,
    HamiltonianGradientDescent,
    HeavyBall,
    JacobianRegularisation,
    Lookahead,
    LookAheadPlay,
    NegativeMomentum,
    Nesterov,
    OptimisticGradient,
    PastExtragradient,
    ProximalPoint,
    RungeKutta2,
    RungeKutta4,
    Simultaneous,
    SymplecticGradientAdjustment,
)

A, B, S = 0.3, 0.2, 1.5
"""Learning rates of x and y, and the singular value, of the bilinear cases."""
Q = A * B * S**2
L = Polynomial([0.0, 1.0])
"""The multiplier λ as a polynomial."""


def _flat(value: Any) -> list[float]:
    if isinstance(value, tuple):
        return [leaf for part in value for leaf in _flat(part)]
    return [float(value)]


def _rebuilt(value: Any, numbers: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_rebuilt(part, numbers) for part in value)
    return next(numbers)


def _step_matrix(rule: Any, game: Any) -> np.ndarray:
    """Return the matrix of an affine step on (x, y, memory), all numbers."""
    state = (0.0, 0.0, rule.init(game, 0.0, 0.0))
    size = len(_flat(state))

    def image(z: np.ndarray) -> np.ndarray:
        return np.array(_flat(rule.step(game, *_rebuilt(state, map(float, z)))))

    return np.array([image(e) - image(np.zeros(size)) for e in np.eye(size)]).T


def _pair(re: float, im: float) -> Polynomial:
    """Return the monic polynomial of re ± i im."""
    return Polynomial([re**2 + im**2, -2 * re, 1.0])


def _extragradient(e_x: float, e_y: float) -> Polynomial:
    b_x, b_y = A * e_y * S**2, B * e_x * S**2
    return L**2 - (2 - b_x - b_y) * L + (1 - b_x) * (1 - b_y) + Q


def _optimistic(r_x: float, r_y: float) -> Polynomial:
    return L**2 * (L - 1) ** 2 + Q * ((1 + r_x) * L - r_x) * ((1 + r_y) * L - r_y)


C, D = 0.7 * np.cos(1.1), 0.7 * np.sin(1.1)
LR = {"lr_x": A, "lr_y": B}
BETAS = {"beta_x": -0.3, "beta_y": 0.6}
RATIOS = {"ratio_x": 2.0, "ratio_y": 0.7}
COMPLEX = {"beta_abs": 0.7, "beta_arg": 1.1}
HALF = (L**2 - 2 * C * L + 0.49) * (L - 1)
SHRUNK = [1 - 0.4 * rate * S**2 for rate in (A, B)]
ALTERNATING_CONSENSUS = L**2 - (sum(SHRUNK) - Q) * L + SHRUNK[0] * SHRUNK[1]
BILINEAR = [
    (Simultaneous(**LR), (L - 1) ** 2 + Q),
    (Alternating(**LR), L**2 - (2 - Q) * L + 1),
    (Alternating(**LR, k_y=3), L**2 - (2 - 3 * Q) * L + 1),
    (Extragradient(**LR, **RATIOS), _extragradient(2 * A, 0.7 * B)),
    (
        AlternatingExtragradient(**LR, **RATIOS),
        _extragradient(2 * A, 0.7 * B) - Q + Q * L,
    ),
    (PastExtragradient(**LR, **RATIOS), _optimistic(2.0, 0.7)),
    (OptimisticGradient(**LR, **RATIOS), _optimistic(2.0, 0.7)),
    (
        AlternatingOptimisticGradient(**LR, **RATIOS),
        L**2 * (L - 1) ** 2 + Q * L * (3 * L - 2) * (1.7 * L - 0.7),
    ),
    (
        HeavyBall(**LR, **BETAS),
        (L - 1) ** 2 * (L + 0.3) * (L - 0.6) + Q * L**2,
    ),
    (
        AlternatingHeavyBall(**LR, **BETAS),
        (L - 1) ** 2 * (L + 0.3) * (L - 0.6) + Q * L**3,
    ),
    (NegativeMomentum(**LR), (L - 1) ** 2 * (L + 0.5) ** 2 + Q * L**3),
    (
        Nesterov(**LR, **BETAS),
        (L - 1) ** 2 * (L + 0.3) * (L - 0.6) + Q * (0.7 * L + 0.3) * (1.6 * L - 0.6),
    ),
    (
        AlternatingNesterov(**LR, **BETAS),
        (L - 1) ** 2 * (L + 0.3) * (L - 0.6)
        + Q * L * (0.7 * L + 0.3) * (1.6 * L - 0.6),
    ),
    (ComplexMomentum(**LR, **COMPLEX), HALF**2 + Q * L**2 * (L - C) ** 2),
    (AlternatingComplexMomentum(**LR, **COMPLEX), HALF**2 + Q * L**3 * (L - C) ** 2),
    (
        Consensus(**LR, gamma=0.4),
        (L - 1 + 0.4 * A * S**2) * (L - 1 + 0.4 * B * S**2) + Q,
    ),
    (
        JacobianRegularisation(**LR, gamma=0.4),
        (L - 1 + 0.4 * A * S**2) * (L - 1 + 0.4 * B * S**2) + Q,
    ),
    (
        SymplecticGradientAdjustment(**LR, lam=0.4),
        (L - 1 + 0.4 * A * S**2) * (L - 1 + 0.4 * B * S**2) + Q,
    ),
    (AlternatingConsensus(**LR, gamma=0.4), ALTERNATING_CONSENSUS),
    (AlternatingSymplecticGradientAdjustment(**LR, lam=0.4), ALTERNATING_CONSENSUS),
    (HamiltonianGradientDescent(**LR), (L - 1 + A * S**2) * (L - 1 + B * S**2)),
    (
        LookAheadPlay(**LR, ratio_x=0.7 * B / A, ratio_y=2 * A / B),
        _extragradient(0.7 * B * A / A, 2 * A),
    ),
    (LOLA(**LR), (L - 1 + 2 * Q) ** 2 + Q),
    (ProximalPoint(**LR), (L**2 * (1 + Q) - 2 * L + 1) / (1 + Q)),
    (CompetitiveGradientDescent(**LR), (L**2 * (1 + Q) - 2 * L + 1) / (1 + Q)),
    (ChambollePock(**LR, theta=0.8), L**2 - (2 - 1.8 * Q) * L + 1 - 0.8 * Q),
    (
        AlexGDA(**LR, gamma=1.4, delta=2.2),
        L * (L - 1) ** 2 + Q * (1.4 * L - 0.4) * (2.2 * L - 1.2),
    ),
    (RungeKutta2(**LR), _pair(1 - Q / 2, Q**0.5)),
    (RungeKutta4(**LR), _pair(1 - Q / 2 + Q**2 / 24, Q**0.5 - Q**1.5 / 6)),
    (
        Lookahead(Simultaneous(**LR), k=2, alpha=0.3),
        _pair(1 - 0.3 * Q, 0.6 * Q**0.5),
    ),
    (
        ExponentialAverage(Simultaneous(**LR), beta=0.8),
        ((L - 1) ** 2 + Q) * (L - 0.8) ** 2,
    ),
]


@pytest.mark.parametrize(
    ("rule", "expected"), BILINEAR, ids=[type(r).__name__ for r, _ in BILINEAR]
)
def test_characteristic_polynomial_on_the_bilinear_game(
    rule: Any, expected: Polynomial
) -> None:
    found = np.poly(_step_matrix(rule, Bilinear(S)))
    np.testing.assert_allclose(found, expected.coef[::-1], rtol=0, atol=1e-12)


def test_every_linear_rule_has_a_closed_form_here_or_in_its_examples() -> None:
    linear = {name for name, cls in CATALOGUE.items() if cls.linear}
    without = linear - {type(rule).__name__ for rule, _ in BILINEAR}
    shown = {name for name in without if "one_step_map(" in CATALOGUE[name].__doc__}
    assert without - shown == {"FollowTheRidge"}


def _quadratic(a: float, c: float) -> LinearGame:
    return LinearGame([[a, S], [-S, c]], n=1)


def _vector_matrix(rule: Any, game: LinearGame) -> np.ndarray:
    columns = []
    for unit in np.eye(2):
        x, y, _ = rule.step(game, unit[:1], unit[1:], ())
        columns.append(np.concatenate([x, y]))
    return np.array(columns).T


def test_strongly_monotone_games() -> None:
    game, rates, one = _quadratic(0.5, 0.8), np.diag([A, B]), np.eye(2)
    jacobian, solve = game.J, np.linalg.solve
    off, anti = jacobian - np.diag([0.5, 0.8]), (jacobian - jacobian.T) / 2
    cases = [
        (Simultaneous(**LR), one - rates @ jacobian),
        (Extragradient(**LR), one - rates @ jacobian @ (one - rates @ jacobian)),
        (ProximalPoint(**LR), solve(one + rates @ jacobian, one)),
        (Consensus(**LR), one - rates @ (jacobian + jacobian.T @ jacobian)),
        (
            SymplecticGradientAdjustment(**LR),
            one - rates @ (jacobian + anti.T @ jacobian),
        ),
        (HamiltonianGradientDescent(**LR), one - rates @ jacobian.T @ jacobian),
        (
            CompetitiveGradientDescent(**LR),
            one - solve(one + rates @ off, rates @ jacobian),
        ),
        (LookAheadPlay(**LR), one - rates @ (one - off @ rates) @ jacobian),
    ]
    for rule, expected in cases:
        found = _vector_matrix(rule, game)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-14)


def test_follow_the_ridge_has_real_multipliers() -> None:
    found = np.linalg.eigvals(
        _vector_matrix(FollowTheRidge(**LR), _quadratic(0.5, 0.8))
    )
    expected = [1 - A * (0.5 + S**2 / 0.8), 1 - B * 0.8]
    np.testing.assert_allclose(np.sort(found), np.sort(expected), atol=1e-13)
