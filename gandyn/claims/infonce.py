r"""More negatives narrow the range of an InfoNCE critic whose fakes move together.

The critic's loss :math:`\log(1 + \sum_j e^{(s_j - s_+)/τ})` of a positive score and K
negative ones has the gradient :math:`w_j/τ` in sⱼ, with the softmax weights w of all K
+ 1 scores: in all 1 - p₊, which falls like :math:`K e^{-\mathrm{margin}/τ}` once the
critic is sure, and of the effective number :math:`(\sum w)^2/\sum w^2`, which tends to
1, the hardest negative, as τ → 0.

In the zero-sum Dirac-GAN of this loss with R1 of weight γ each fake has the weight
1/(K + 1) at the equilibrium. K fakes at one point couple with c = K/((K + 1)τ); K
separate ones have the common mode c = √K/((K + 1)τ), and neutral differences. As the
trace is γ and the determinant c², simultaneous play is stable for lr < γ/c² (γ < 2c),

.. math:: γ\Big(\frac{(K + 1)τ}{K}\Big)^2 \text{ shared}, \qquad
          \frac{γ (K + 1)^2 τ^2}{K} \text{ separate}:

from 4γ of the logistic GAN (K = 1, τ = 1) to γ of the Wasserstein GAN (K → ∞) in the
first, ever wider in the second, whose fakes each move by 1/K of the gradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gandyn.claims._claim import Claim, Quantity
from gandyn.claims._growth import growth, step_of, threshold
from gandyn.claims._planes import edge
from gandyn.games.contrastive import InfoNCEDiracGAN
from gandyn.rules.gradient import Simultaneous

_STEP = 1e-30
"""Of the complex step, which has no rounding of differences."""


def _predicted_shared(K: int, tau: float, gamma: float) -> float:
    return edge(gamma, (K / ((K + 1) * tau)) ** 2)


def _predicted_separate(K: int, tau: float, gamma: float) -> float:
    return edge(gamma, K / ((K + 1) * tau) ** 2)


def _measured(K: int, tau: float, gamma: float, shared: bool) -> float:
    game = InfoNCEDiracGAN(K, shared, tau, gamma)
    fakes = game.shape[0][0]
    point = np.zeros(fakes + 1)

    def common(moved: np.ndarray) -> np.ndarray:
        return np.append(np.full(fakes, moved[:-1].mean()), moved[-1])

    def at(lr: float, steps: int) -> float:
        return growth(step_of(Simultaneous(lr, lr), game), point, steps, common)

    scale = gamma * tau**2 if shared else gamma * tau**2 * K
    return threshold(at, 0.8 * min(scale, 2 / gamma), 1.4)


def _measured_shared(K: int, tau: float, gamma: float) -> float:
    return _measured(K, tau, gamma, True)


def _measured_separate(K: int, tau: float, gamma: float) -> float:
    return _measured(K, tau, gamma, False)


def _softmax(scores: list[float], positive: float, tau: float) -> np.ndarray:
    """Return the weights of the negatives."""
    powers = np.exp((np.array([positive, *scores]) - max(positive, *scores)) / tau)
    return powers[1:] / powers.sum()


def _slopes(scores: list[float], positive: float, tau: float) -> np.ndarray:
    """Return τ times the loss's derivatives in the scores, by complex steps."""
    game = InfoNCEDiracGAN(len(scores), False, tau, 0.0)
    margins = positive - np.array(scores)
    slopes = []
    for unit in np.eye(len(scores)):
        moved = margins - 1j * _STEP * unit  # a score up is a margin down
        slopes.append(game.loss_y(moved, np.ones(1)).imag / _STEP)
    return tau * np.array(slopes)


def _predicted_hardest(scores: list[float], positive: float, tau: float) -> float:
    return float(_softmax(scores, positive, tau).max())


def _measured_hardest(scores: list[float], positive: float, tau: float) -> float:
    return float(_slopes(scores, positive, tau)[np.argmax(scores)])


def _predicted_total(scores: list[float], positive: float, tau: float) -> float:
    return float(_softmax(scores, positive, tau).sum())


def _measured_total(scores: list[float], positive: float, tau: float) -> float:
    return float(_slopes(scores, positive, tau).sum())


def _effective(weights: np.ndarray) -> float:
    return float(weights.sum() ** 2 / (weights**2).sum())


def _predicted_number(scores: list[float], positive: float, tau: float) -> float:
    weights = _softmax(scores, positive, tau)
    return float(weights.sum() ** 2 / (weights**2).sum())


def _measured_number(scores: list[float], positive: float, tau: float) -> float:
    return _effective(_slopes(scores, positive, tau))


def _figure(ax: Any) -> None:
    numbers, gamma = np.arange(1, 17), 0.2
    for label, colour, predicted, measured in (
        ("fakes at one point", "C0", _predicted_shared, _measured_shared),
        ("each its own point", "C1", _predicted_separate, _measured_separate),
    ):
        line = [predicted(int(K), 1.0, gamma) / gamma for K in numbers]
        ax.plot(numbers, line, color=colour, label=label)
        seen = [measured(K, 1.0, gamma) / gamma for K in (1, 4, 12)]
        ax.plot((1, 4, 12), seen, "o", color=colour)
    ax.axhline(4, color="0.5", ls=":", lw=1)
    ax.axhline(1, color="0.5", ls=":", lw=1)
    ax.text(16.3, 3.9, "logistic GAN", ha="right", va="top", fontsize="small")
    ax.text(16.3, 1, "Wasserstein GAN", ha="right", va="top", fontsize="small")
    ax.set(xlabel="negatives K", ylabel="critical lr / γ  (τ = 1)", ylim=(0, 19))
    ax.legend(title="dots: growth of orbits", loc="upper left")
    inset = ax.inset_axes((0.57, 0.27, 0.39, 0.24))
    scale = np.geomspace(0.05, 20, 120)
    ends = [_predicted_number([2.0, 1.0, 0.0, 0.0], 3.0, tau) for tau in scale]
    inset.semilogx(scale, ends, "k")
    inset.set_title("effective number of 4 negatives, over τ", fontsize="small")
    inset.tick_params(labelsize="small")


_SCORES = tuple(
    {"scores": [2.0, 0.0, 0.0, 0.0], "positive": 3.0, "tau": tau}
    for tau in (1.0, 0.25)
)  # fmt: skip
CLAIM = Claim(
    title="More InfoNCE negatives narrow the stable range, unless they move separately",
    statement=(
        "The zero-sum InfoNCE Dirac-GAN with K fakes at one point is stable for lr < "
        "γ((K + 1)τ/K)²: from the logistic GAN's 4γ down to the Wasserstein GAN's γ as "
        "K grows. K separate fakes widen the range, to γ(K + 1)²τ²/K, because each "
        "moves by 1/K of the gradient. The critic's signal saturates as with minimax, "
        "and at a low temperature only the hardest negative counts."
    ),
    reference=(
        "van den Oord et al., Representation Learning with Contrastive Predictive "
        "Coding, 2018, Equation 4 (the loss); the ranges are derived here"
    ),
    quantities=(
        Quantity(
            "critical lr of the InfoNCE Dirac-GAN",
            _predicted_shared,
            _measured_shared,
            kind="exact",
            tolerance=1e-5,
            reason="the deviation whose growth is measured has the size 1e-6",
            points=tuple(
                {"K": K, "tau": tau, "gamma": gamma}
                for K, tau, gamma in ((3, 1.0, 0.3), (1, 1.0, 0.3), (7, 0.5, 0.2))
            ),
        ),
        Quantity(
            "critical lr (common mode of the fakes)",
            _predicted_separate,
            _measured_separate,
            kind="exact",
            tolerance=1e-5,
            reason="the deviation whose growth is measured has the size 1e-6",
            points=({"K": 4, "tau": 1.0, "gamma": 0.2},),
        ),
        Quantity(
            "weight of the hardest negative in the critic's gradient",
            _predicted_hardest,
            _measured_hardest,
            kind="exact",
            tolerance=1e-12,
            reason="rounding",
            points=_SCORES,
        ),
        Quantity(
            "total weight of the negatives = 1 - p(positive)",
            _predicted_total,
            _measured_total,
            kind="exact",
            tolerance=1e-12,
            reason="rounding",
            points=_SCORES,
        ),
        Quantity(
            "effective number of negatives, (sum w)^2/sum w^2",
            _predicted_number,
            _measured_number,
            kind="exact",
            tolerance=1e-12,
            reason="rounding",
            points=_SCORES,
        ),
    ),
    figure=_figure,
)
