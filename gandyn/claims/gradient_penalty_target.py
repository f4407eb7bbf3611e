r"""A gradient penalty with a target never lets the Wasserstein Dirac-GAN settle.

With the penalty (γ/2)(|y| - g₀)² the flow is a focus about x = -γ g₀ where y > 0 and
about x = γ g₀ where y < 0. A half turn from the turning point X, seen from the focus,
shrinks by :math:`e^{-δ}`, :math:`δ = πγ/\sqrt{4 - γ^2}`, so that the cycle has

.. math:: X - γ g_0 = (X + γ g_0) e^{-δ}, \qquad
          X = γ g_0 \coth\frac{πγ}{2\sqrt{4 - γ^2}},

which tends to 4 g₀/π as γ → 0. For γ ≥ 2 the focus is a node, and the generator ends at
|x| = γ g₀ beside the data. With target 0, R1, the spiral contracts for lr < γ.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gandyn.claims._claim import Claim, Quantity
from gandyn.claims._growth import extrapolate
from gandyn.claims._orbits import Run
from gandyn.games.dirac import DiracGAN
from gandyn.games.gradient_penalties import R1, GradientPenalty
from gandyn.games.losses import Wasserstein
from gandyn.rules.gradient import Simultaneous

_RATES = (1e-3, 5e-4)
_SETTLING, _READING = 250.0, 60.0
"""Times lr × steps before and while turning points are read: 80 and 20 half turns."""


def _predicted_amplitude(gamma: float, target: float) -> float:
    half = math.pi * gamma / (2 * math.sqrt(4 - gamma**2))
    return gamma * target / math.tanh(half)


def _amplitude(gamma: float, target: float, lr: float) -> float:
    """Return the mean |x| where the orbit crosses y = 0."""
    game = DiracGAN(Wasserstein(), GradientPenalty(gamma, target))
    run = Run(Simultaneous(lr, lr), game, (1.5 * target, 0.1))
    run.advance(round(_SETTLING / lr))
    xs, ys = run.record(round(_READING / lr))
    at = np.flatnonzero(ys[1:] * ys[:-1] < 0)
    share = ys[at] / (ys[at] - ys[at + 1])
    return float(np.mean(np.abs(xs[at] + share * (xs[at + 1] - xs[at]))))


def _measured_amplitude(gamma: float, target: float) -> float:
    coarse, fine = (_amplitude(gamma, target, lr) for lr in _RATES)
    return extrapolate(coarse, fine)


def _predicted_end(
    gamma: float, target: float, x0: float, y0: float, lr: float
) -> float:
    return gamma * target


def _measured_end(
    gamma: float, target: float, x0: float, y0: float, lr: float
) -> float:
    game = DiracGAN(Wasserstein(), GradientPenalty(gamma, target))
    run = Run(Simultaneous(lr, lr), game, (x0, y0))
    run.advance(400_000)
    return abs(float(run.state[0]))


def _figure(ax: Any) -> None:
    for regulariser, label in (
        (R1(0.5), "R1, γ = 0.5"),
        (GradientPenalty(0.5, 1.0), "target 1, γ = 0.5"),
        (GradientPenalty(2.5, 1.0), "target 1, γ = 2.5"),
    ):
        game = DiracGAN(Wasserstein(), regulariser)
        run = Run(Simultaneous(1e-2, 1e-2), game, (2.8, 0.5))
        ax.plot(*run.record(4000), label=label)
    top = _predicted_amplitude(0.5, 1.0)
    ax.plot([top, -top, 2.5, -2.5], [0, 0, 0, 0], "kx", label="predicted")
    ax.set(xlabel="generator x (data at 0)", ylabel="slope y of the critic")
    ax.legend()


CLAIM = Claim(
    title="WGAN-GP's target keeps the Dirac-GAN on a cycle, or beside the data",
    statement=(
        "With R1 (target 0) the Wasserstein Dirac-GAN converges for lr < γ. With a "
        "target g₀ > 0 it never does: as lr → 0 it ends on a cycle of amplitude g₀ γ "
        "coth(πγ/(2√(4 - γ²))), at least 4 g₀/π, and for γ ≥ 2 at |x| = γ g₀, away "
        "from the data."
    ),
    reference=(
        "Mescheder et al., Which Training Methods for GANs do actually Converge?, ICML "
        "2018, Lemma 3.2 (it does not converge); the amplitude is derived here"
    ),
    quantities=(
        Quantity(
            "WGAN-GP Dirac: amplitude max |x| of the limit cycle, lr -> 0",
            _predicted_amplitude,
            _measured_amplitude,
            kind="asymptotic",
            tolerance=1e-3,
            reason="second order in lr, and the chatter at y = 0",
            points=(
                {"gamma": 0.5, "target": 1.0},
                {"gamma": 1.5, "target": 0.5},
            ),
        ),
        Quantity(
            "WGAN-GP Dirac, gamma >= 2: the generator ends at |x| = gamma g0, away "
            "from the data",
            _predicted_end,
            _measured_end,
            kind="exact",
            tolerance=1e-3,
            reason="the slow direction of the node, over 400,000 steps",
            points=({"gamma": 2.5, "target": 1.0, "x0": 3.0, "y0": 0.1, "lr": 0.001},),
        ),
    ),
    figure=_figure,
)
