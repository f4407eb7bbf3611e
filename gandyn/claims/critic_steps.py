r"""More critic steps widen the stable range only where the critic is damped enough.

On the Dirac-GAN with R1 of weight γ and c = f'(0) = ½, one generator step and then k
critic steps have the matrix, with r = 1 - lr γ,

.. math:: M = \begin{pmatrix} 1 & -lr\,c \\ (c/γ)(1 - r^k) &
          r^k - (lr\,c^2/γ)(1 - r^k) \end{pmatrix}, \qquad \det M = r^k.

Its flip, 1 + trace + det = 0, is at :math:`lr\,c^2/γ = 2(1 + r^k)/(1 - r^k)`; the
critic alone diverges at lr = 2/γ. As k → ∞ the bound is 2γ/c², gradient descent against
the best response. Where r = 0, at lr = 1/γ, one step *is* the best response and all k
agree: for γ = c/√2 that is the boundary itself. One critic step has the widest range
iff γ < c/√2.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.optimize import brentq

from gandyn.claims._claim import Claim, Quantity
from gandyn.claims._growth import growth, step_of, threshold
from gandyn.games.dirac import DiracGAN
from gandyn.games.gradient_penalties import R1
from gandyn.rules.gradient import Alternating

_ORIGIN = np.zeros(2)
_RISE = 1.07
"""The edge of even k is narrow where k = 1 is stable beside it."""


def _predicted(gamma: float, k: int, loss: str) -> float:
    def flip(lr: float) -> float:
        power = (1 - lr * gamma) ** k
        return lr / 4 * (1 - power) - 2 * gamma * (1 + power)

    grid = np.linspace(0, 2 / gamma, 4001)
    positive = np.flatnonzero(np.array([flip(lr) for lr in grid]) > 0)
    if not len(positive):
        return 2 / gamma
    first = int(positive[0])
    return float(brentq(flip, grid[first - 1], grid[first], xtol=1e-14))


def _measured(gamma: float, k: int, loss: Any) -> float:
    game = DiracGAN(loss, R1(gamma))

    def at(lr: float, steps: int) -> float:
        return growth(step_of(Alternating(lr, lr, k_y=k), game), _ORIGIN, steps)

    return threshold(at, 0.2 * gamma, _RISE)


def _predicted_ratio(gamma: float, k: int, loss: str) -> float:
    return _predicted(gamma, k, loss) / (4 * (math.sqrt(1 + gamma**2) - gamma))


def _measured_ratio(gamma: float, k: int, loss: str) -> float:
    return _measured(gamma, k, loss) / _measured(gamma, 1, loss)


def _figure(ax: Any) -> None:
    scale = np.linspace(0.05, 2, 160)
    for i, k in enumerate((1, 2, 3, 5)):
        edge = np.array([_predicted(c / 2, k, "minimax") for c in scale])
        edge[1:][np.diff(edge) > 1] = (
            np.nan
        )  # two crossings meet, and a later one is left
        ax.plot(scale, edge, color=f"C{i}", label=f"k = {k}")
        for c in (0.4, 0.8, 1.1):
            ax.plot(c, _measured(c / 2, k, "minimax"), "o", color=f"C{i}", ms=5)
    best = scale[scale < 1.3]
    ax.plot(best, 4 * best, "k--", lw=1, label="k → ∞")
    ax.plot(1 / math.sqrt(2), 2 * math.sqrt(2), "kx", ms=10, mew=2, zorder=3)
    ax.set(xlabel="γ/c", ylabel="critical lr", ylim=(0, 5.5))
    ax.legend(title="dots: growth of orbits; ×: all meet")


_MEETING = math.sqrt(2) / 4
CLAIM = Claim(
    title="One critic step has the widest range, unless the critic is well damped",
    statement=(
        "On the Dirac-GAN with R1 of weight γ more critic steps narrow the stable "
        "range for γ < c/√2 and widen it for γ > c/√2, where c = f'(0); at γ = c/√2 "
        "all k lose stability at lr = 1/γ, where one step is the best response. As k → "
        "∞ the range is that of gradient descent against the best response, 2γ/c². In "
        "networks the order is mixed."
    ),
    reference=(
        "Mescheder et al., Which Training Methods for GANs do actually Converge?, ICML "
        "2018, Lemma 2.6; the curves are derived here"
    ),
    quantities=(
        Quantity(
            "critical lr of alternating 1 generator, k discriminator steps (flip)",
            _predicted,
            _measured,
            kind="exact",
            tolerance=1e-5,
            reason="the deviation whose growth is measured has the size 1e-6",
            points=tuple(
                {"gamma": gamma, "k": k, "loss": "minimax"}
                for gamma, k in ((0.3, 1), (0.3, 5), (0.1, 5))
            ),
        ),
        Quantity(
            "critical lr of alternating 1:k play",
            _predicted,
            _measured,
            kind="exact",
            tolerance=1e-5,
            reason="the deviation whose growth is measured has the size 1e-6",
            points=tuple(
                {"gamma": _MEETING, "k": k, "loss": "minimax"} for k in (1, 3, 8)
            ),
        ),
        Quantity(
            "critical lr with k critic steps over that with one",
            _predicted_ratio,
            _measured_ratio,
            kind="exact",
            tolerance=1e-4,
            reason="the deviations whose growth is measured have the size 1e-6",
            points=tuple(
                {"gamma": gamma, "k": k, "loss": "minimax"}
                for gamma, k in ((0.25, 2), (0.4, 2), (0.6, 7))
            ),
        ),
    ),
    figure=_figure,
)
