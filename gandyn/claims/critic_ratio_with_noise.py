r"""More critic steps average the noise, until the game itself flips.

One generator step and k critic steps, as in `critic_steps`, with R = lr c²/γ, c = f'(0)
= ½ and r = 1 - lr γ in (0, 1): the flip, R = 2(1 + r^k)/(1 - r^k), is passed as k grows
iff R > 2, and the equilibrium is stable iff

.. math:: k < \frac{\ln((R + 2)/(R - 2))}{-\ln(1 - lr\,γ)}.

With noise of unit variance in every critic gradient the linear game has the stationary
covariance :math:`Σ = M Σ M^T + Q`, where :math:`Q_{yy} = lr^2 (1 - r^{2k})/(1 - r^2)`.
Its generator's part first falls with k, then grows without bound at the flip.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.linalg import solve_discrete_lyapunov

from gandyn.claims._claim import Claim, Quantity
from gandyn.claims._growth import growth, step_of
from gandyn.games.dirac import DiracGAN
from gandyn.games.gradient_penalties import R1
from gandyn.rules.gradient import Alternating

_REPLICAS = 3000
_STEPS = 6_000_000
"""Critic steps of all replicas: the variance is then known to 1 %."""


def _predicted_steps(gamma: float, lr: float) -> float:
    ratio = lr / (4 * gamma)
    edge = math.log((ratio + 2) / (ratio - 2)) / -math.log(1 - lr * gamma)
    return float(math.ceil(edge) - 1)


def _measured_steps(gamma: float, lr: float) -> float:
    game, k = DiracGAN(regulariser=R1(gamma)), 0
    while growth(step_of(Alternating(lr, lr, k_y=k + 1), game), np.zeros(2)) < 0:
        k += 1
    return float(k)


def _predicted_variance(gamma: float, lr: float, k: int, noise_std: float) -> float:
    r = 1 - lr * gamma
    answer = (1 - r**k) / (2 * gamma)
    matrix = np.array([[1, -lr / 2], [answer, r**k - lr / 2 * answer]])
    noise = np.diag([0.0, (lr * noise_std) ** 2 * (1 - r ** (2 * k)) / (1 - r**2)])
    return float(solve_discrete_lyapunov(matrix, noise)[0, 0])


def _iterated_variance(gamma: float, lr: float, k: int, noise_std: float) -> float:
    """Return the variance after many steps of the covariance itself, move by move."""
    _, xy, yx, yy = DiracGAN(regulariser=R1(gamma)).jacobian(0.0, 0.0)
    move_x = np.array([[1, -lr * xy], [0, 1]])
    move_y = np.array([[1, 0], [-lr * yx, 1 - lr * yy]])
    covariance = np.zeros((2, 2))
    for _ in range(20_000):
        covariance = move_x @ covariance @ move_x.T
        for _ in range(k):
            covariance = move_y @ covariance @ move_y.T
            covariance[1, 1] += (lr * noise_std) ** 2
    return float(covariance[0, 0])


def _predicted_share(gamma: float, lr: float, k: int, noise_std: float) -> float:
    return 1.0


def _measured_share(gamma: float, lr: float, k: int, noise_std: float) -> float:
    """Return the variance of many noisy runs of the linear game over the predicted."""
    _, xy, yx, yy = DiracGAN(regulariser=R1(gamma)).jacobian(0.0, 0.0)
    rng = np.random.default_rng(0)
    x, y = np.zeros(_REPLICAS), np.zeros(_REPLICAS)
    steps = _STEPS // _REPLICAS // k
    squares = np.empty(steps)
    for i in range(steps):
        x = x - lr * xy * y
        for _ in range(k):
            noise = noise_std * rng.normal(size=_REPLICAS)
            y = y - lr * (yx * x + yy * y + noise)
        squares[i] = np.mean(x * x)
    late = float(np.mean(squares[steps // 3 :]))
    return late / _predicted_variance(gamma, lr, k, noise_std)


def _figure(ax: Any) -> None:
    for i, lr in enumerate((0.5, 1.0, 2.0)):
        edge = _predicted_steps(0.1, lr) if lr > 0.8 else 60
        steps = np.arange(1, min(int(edge), 60) + 1)
        variance = [_predicted_variance(0.1, lr, int(k), 1.0) for k in steps]
        ax.semilogy(steps, variance, "-", color=f"C{i}", label=f"lr = {lr:g}")
        for k in {1, int(steps[len(steps) // 2]), int(steps[-1])}:
            seen = _measured_share(0.1, lr, k, 1.0) * variance[k - 1]
            ax.semilogy(k, seen, "o", color=f"C{i}")
        if edge < 60:
            ax.axvline(edge + 0.5, color=f"C{i}", ls=":", lw=1)
    ax.set(xlabel="critic steps k", ylabel="stationary variance of the generator")
    ax.legend(title="γ = 0.1; dots: noisy runs; dotted: flip")


_NOISY = tuple(
    {"gamma": gamma, "lr": lr, "k": k, "noise_std": 1.0}
    for gamma, lr, k in ((0.1, 1.0, 1), (0.1, 1.0, 8), (0.1, 1.0, 15), (0.2, 0.5, 5))
)
CLAIM = Claim(
    title="The best number of critic steps balances noise against a flip",
    statement=(
        "For lr c²/γ > 2 there is a largest k at which the equilibrium is stable. With "
        "noise in the critic's gradients the generator's stationary variance first "
        "falls with k and then grows without bound at the flip: the sweet spot is "
        "noise against the flip, not against a vanishing gradient."
    ),
    reference="derived here, from the linear game's Lyapunov equation",
    quantities=(
        Quantity(
            "largest k for which the equilibrium is stable",
            _predicted_steps,
            _measured_steps,
            kind="exact",
            tolerance=1e-12,
            reason="a whole number",
            points=tuple(
                {"gamma": gamma, "lr": lr}
                for gamma, lr in ((0.1, 2.0), (0.05, 1.0), (0.3, 2.5))
            ),
        ),
        Quantity(
            "stationary variance of the generator with unit noise in every "
            "discriminator gradient, measured over Lyapunov",
            _predicted_share,
            _measured_share,
            kind="statistical",
            tolerance=3e-2,
            reason="sampling: 1 % at 6 million critic steps",
            points=_NOISY,
        ),
        Quantity(
            "the variance by the Lyapunov equation",
            _predicted_variance,
            _iterated_variance,
            kind="exact",
            tolerance=1e-8,
            reason="rounding of 20,000 steps",
            points=_NOISY,
        ),
    ),
    figure=_figure,
)
