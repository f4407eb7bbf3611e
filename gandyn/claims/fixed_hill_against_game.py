r"""Likelihood descends a fixed hill; a GAN with the same aim may rotate.

Learning N(0, s²) by exact likelihood in (μ, log σ) has the Hessian diag(1/s², 2) at the
optimum: real multipliers, and a flip at lr = 2/max(1/s², 2). The GAN that learns the
same mean with a linear logistic critic has

.. math:: J = \begin{pmatrix} 0 & ½ \\ -½ & s^2/2 \end{pmatrix}, \qquad
          λ = s^2/4 \pm i\sqrt{1/4 - s^4/16},

which is complex iff s² < 2: it rotates, by arg(1 - lr λ) a step.
"""

from __future__ import annotations

import cmath
import math
from typing import Any

import numpy as np

from gandyn.claims._claim import Claim, Quantity
from gandyn.claims._growth import critical, growth, step_of
from gandyn.games.dirac import NoisyDiracGAN
from gandyn.games.losses import Minimax
from gandyn.games.regularisers import Unregularised
from gandyn.rules.gradient import Simultaneous


def _predicted_hill(data_std: float) -> float:
    return 2 / max(1 / data_std**2, 2.0)


def _measured_hill(data_std: float) -> float:
    """Return where gradient descent on the negative log likelihood starts to grow."""
    best = np.array([0.0, math.log(data_std)])

    def at(lr: float) -> float:
        def step(z: np.ndarray) -> np.ndarray:
            mean, log_std = z
            precision = math.exp(-2 * log_std)
            misfit = (data_std**2 + mean**2) * precision
            return z - lr * np.array([mean * precision, 1 - misfit])

        return growth(step, best)

    return critical(at, 0.1 * data_std**2 / (1 + data_std**2), 4.0)


def _predicted_angle(data_std: float, lr: float) -> float:
    real = data_std**2 / 4
    return abs(cmath.phase(1 - lr * (real + cmath.sqrt(real**2 - 0.25))))


def _measured_angle(data_std: float, lr: float) -> float:
    """Return the turn a step that predicts a small orbit from its last two states."""
    step = step_of(Simultaneous(lr, lr), _mean_gan(data_std))
    states = [np.array([1e-6, 0.0])]
    for _ in range(200):
        states.append(step(states[-1]))
    x = np.array(states)[:, 0]
    past = np.stack([x[1:-1], x[:-2]], axis=1)
    trace, minus_det = np.linalg.lstsq(past, x[2:], rcond=None)[0]
    return float(np.max(np.angle(np.roots([1, -trace, -minus_det]))))


def _mean_gan(data_std: float) -> NoisyDiracGAN:
    return NoisyDiracGAN(Minimax(), Unregularised(), data_std)


def _figure(ax: Any) -> None:
    game, rule = _mean_gan(0.7), Simultaneous(0.2, 0.2)
    z = [(0.8, 0.0)]
    for _ in range(160):
        z.append(rule.step(game, *z[-1], ())[:2])
    ax.plot(*np.array(z).T, ".-", lw=0.6, label="GAN: mean, critic's slope")
    hill = [(0.8, 0.6)]
    for _ in range(160):
        mean, log_ratio = hill[-1]
        precision = math.exp(-2 * log_ratio) / 0.49
        misfit = (0.49 + mean**2) * precision
        after = mean - 0.05 * mean * precision, log_ratio - 0.05 * (1 - misfit)
        hill.append(after)
    ax.plot(*np.array(hill).T, ".-", lw=0.6, label="likelihood: mean, log σ/s")
    ax.plot(0, 0, "k+", ms=12)
    ax.set(xlabel="generator's mean (data: 0)", ylabel="the other parameter")
    ax.legend()


CLAIM = Claim(
    title="Likelihood walks down a hill, a GAN with the same aim rotates",
    statement=(
        "Exact likelihood of a normal distribution has real multipliers and a flip at "
        "lr = 2/max(1/s², 2). The GAN that learns the same mean with a linear logistic "
        "critic rotates iff s² < 2; for s² ≥ 2 it does not."
    ),
    reference=(
        "Mescheder, Nowozin, Geiger, The Numerics of GANs, NeurIPS 2017, Section 3.2 "
        "(rotation); the numbers are derived here"
    ),
    quantities=(
        Quantity(
            "critical lr of maximum likelihood (flip)",
            _predicted_hill,
            _measured_hill,
            kind="exact",
            tolerance=1e-4,
            reason="the deviation whose growth is measured has the size 1e-6",
            points=({"data_std": 0.5}, {"data_std": 0.8}, {"data_std": 2.0}),
        ),
        Quantity(
            "angle per step of the mean GAN next to its equilibrium",
            _predicted_angle,
            _measured_angle,
            kind="exact",
            tolerance=1e-5,
            reason="least squares on orbits of size 1e-6",
            points=tuple({"data_std": s, "lr": 0.05} for s in (0.5, 0.9, 1.35)),
        ),
    ),
    figure=_figure,
)
