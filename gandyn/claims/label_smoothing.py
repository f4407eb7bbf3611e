r"""Smoothed labels: one-sided smoothing moves no threshold, nor any gradient.

The discriminator is told 1 - a of reals and b of fakes. Where the fakes are the data it
says :math:`D^* = (1 - a + b)/2`. For the mean GAN with data N(0, s²), a linear
discriminator with a bias and a penalty γ on its slope, J splits into a plane with

.. math:: T = 2 D^*(1 - D^*)\,s^2 + γ, \qquad D = c_x\,(1 - a - b)/2,

:math:`c_x = D^*` (minimax) or :math:`1 - D^*` (non-saturating), and the bias alone, of
curvature :math:`2 D^*(1 - D^*)`, which flips at :math:`1/(D^*(1 - D^*))`. So a = b
widens the range by 1/(1 - 2a), one-sided minimax by (1 + a)/(1 - a), and of the
non-saturating loss with γ = 0 one-sided smoothing leaves :math:`T/D = 2 s^2` as it is.

Neither does it keep a gradient alive. At the best discriminator,
:math:`D^* = ((1 - a)p + bq)/(p + q)`, one-sided smoothing changes
:math:`\log D^*` by a constant, so the non-saturating pull
:math:`-(1 - D^*)\,∂_u \mathrm{logit}\,D^* = -∂_u \log D^*` is the same to the last
digit. Smoothing the label of *fakes* makes :math:`D^*` flat where there are fakes
alone: with p = N(0, 1), q = N(m, 1) and :math:`P = e^{-m^2/2}` the pull at u = m is

.. math:: m P \Big[\frac{1 - a}{(1 - a)P + b} - \frac{a}{aP + 1 - b}\Big] (1 - D^*),

which falls like P.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gandyn.claims._claim import Claim, Quantity
from gandyn.claims._lanes import lane_threshold
from gandyn.claims._planes import edge
from gandyn.games.losses import LabelSmoothing, NonSaturating
from gandyn.games.normal_shifts import ShiftedNormalGAN

_TINY = 1e-30
"""The imaginary part of a complex step."""
_FIRST, _LAST = 200, 4
"""Newton steps of a logit on the real line, at most 1 long, and off it."""


def _predicted(
    data_std: float, smooth_real: float, smooth_fake: float, loss: str, gamma: float
) -> float:
    best = (1 - smooth_real + smooth_fake) / 2
    pull = best if loss == "minimax" else 1 - best
    trace = 2 * best * (1 - best) * data_std**2 + gamma
    plane = edge(trace, pull * (1 - smooth_real - smooth_fake) / 2)
    return min(plane, 1 / (best * (1 - best)))


def _measured(
    data_std: float, smooth_real: float, smooth_fake: float, loss: Any, gamma: float
) -> float:
    smoothed = LabelSmoothing(loss, smooth_real, smooth_fake)
    covariance = [[data_std**2]]
    game = ShiftedNormalGAN(smoothed, gamma, covariance=covariance, bias=True)
    return lane_threshold(game)


def _predicted_pull(separation: float, smooth_real: float, smooth_fake: float) -> float:
    m, a, b = separation, smooth_real, smooth_fake
    ratio = math.exp(-(m**2) / 2)
    best = ((1 - a) * ratio + b) / (1 + ratio)
    real = (1 - a) / ((1 - a) * ratio + b)
    return m * ratio * (real - a / (a * ratio + 1 - b)) * (1 - best)


def _measured_pull(separation: float, smooth_real: float, smooth_fake: float) -> float:
    """Train a logit at the fakes' centre and, by a complex step, beside it.

    Data and fakes weigh p/q and 1.
    """
    loss = LabelSmoothing(NonSaturating(), smooth_real, smooth_fake)
    logit: Any = 0.0
    for step in range(_FIRST + _LAST):
        place = separation if step < _FIRST else separation + 1j * _TINY
        ratio = np.exp(separation * (separation / 2 - place))
        slope = loss.pull_y(-logit) - ratio * loss.pull_real(logit)
        bend = -loss.slope_y(-logit) - ratio * loss.slope_real(logit)
        move = slope / bend
        logit = logit - (max(-1.0, min(1.0, move)) if step < _FIRST else move)
    return float(-loss.pull_x(-logit.real) * logit.imag / _TINY)


def _predicted_share(
    separation: float, smooth_real: float, smooth_fake: float
) -> float:
    return 1.0


def _measured_share(separation: float, smooth_real: float, smooth_fake: float) -> float:
    plain = _measured_pull(separation, 0.0, 0.0)
    return _measured_pull(separation, smooth_real, smooth_fake) / plain


def _predicted_log(separation: float, smooth_real: float, smooth_fake: float) -> float:
    m, a, b = separation, smooth_real, smooth_fake
    ratio = math.exp(-(m**2) / 2)
    real = (1 - a) * ratio / ((1 - a) * ratio + b)
    fake = a * ratio / (a * ratio + 1 - b)
    best = ((1 - a) * ratio + b) / (1 + ratio)
    return math.log10((real - fake) * (1 - best) * (1 + ratio))


def _measured_log(separation: float, smooth_real: float, smooth_fake: float) -> float:
    return math.log10(_measured_share(separation, smooth_real, smooth_fake))


def _figure(ax: Any) -> None:
    a = np.linspace(0, 0.45, 60)
    kinds = (
        ("two-sided, either loss", "minimax", True, "C0"),
        ("one-sided, minimax", "minimax", False, "C2"),
        ("one-sided, non-saturating", "non-saturating", False, "C3"),
    )
    for label, loss, both, colour in kinds:
        lines = [_predicted(0.6, one, one * both, loss, 0.0) for one in a]
        ax.plot(a, lines, color=colour, label=label)
        some = a[5::12]
        ax.plot(some, [_measured(0.6, one, one * both, loss, 0.0) for one in some], "o",
                color=colour)  # fmt: skip
    ax.set(xlabel="smoothing a", ylabel="critical lr", ylim=(0, 4.4))
    ax.legend(title="mean GAN, s = 0.6; dots: measured", loc="upper left")


_POINTS = (
    {"separation": 2.0, "smooth_real": 0.1, "smooth_fake": 0.1},
    {"separation": 3.0, "smooth_real": 0.05, "smooth_fake": 0.2},
    {"separation": 4.0, "smooth_real": 0.1, "smooth_fake": 0.0},
)
_ONE_SIDED = (
    {"separation": 4.0, "smooth_real": 0.3, "smooth_fake": 0.0},
    {"separation": 1.0, "smooth_real": 0.4, "smooth_fake": 0.0},
)
_TWO_SIDED = (
    {"separation": 4.0, "smooth_real": 0.3, "smooth_fake": 0.3},
    {"separation": 1.0, "smooth_real": 0.4, "smooth_fake": 0.4},
)
_REASON = "rounding of the trained logit"
CLAIM = Claim(
    title="One-sided label smoothing moves nothing, smoothing fakes kills the pull",
    statement=(
        "Two-sided smoothing a widens the mean GAN's stable range by 1/(1 - 2a), "
        "one-sided smoothing of the minimax loss by (1 + a)/(1 - a), and of the "
        "non-saturating loss without penalty not at all. At the best discriminator "
        "one-sided smoothing leaves the non-saturating pull exactly as it is, while "
        "smoothing the label of fakes makes it fall like exp(-m²/2) in the separation "
        "m. The bias of the discriminator flips at 1/(D*(1 - D*)), at least 4: it is "
        "the limit where the mean would allow more."
    ),
    reference=(
        "Salimans et al., Improved Techniques for Training GANs, NeurIPS 2016, Section "
        "3.4 (one-sided smoothing); the thresholds are derived here"
    ),
    quantities=(
        Quantity(
            "critical lr with smoothed labels",
            _predicted,
            _measured,
            kind="exact",
            tolerance=5e-5,
            reason="the deviation whose growth is measured has the size 1e-6",
            points=(
                {
                    "data_std": 0.8, "smooth_real": 0.25, "smooth_fake": 0.1,
                    "loss": "minimax", "gamma": 0.1,
                },
                {
                    "data_std": 1.0, "smooth_real": 0.1, "smooth_fake": 0.0,
                    "loss": "non-saturating", "gamma": 0.0,
                },
                {
                    "data_std": 1.0, "smooth_real": 0.35, "smooth_fake": 0.35,
                    "loss": "minimax", "gamma": 0.0,
                },
            ),
        ),
        Quantity(
            "NS pull -(1-D*) d(logit*)/dx at the fake's centre, N(0,1) against N(m,1), "
            "best D",
            _predicted_pull,
            _measured_pull,
            kind="exact",
            tolerance=1e-11,
            reason=_REASON,
            points=_POINTS,
        ),
        Quantity(
            "NS pull at the best D, one-sided smoothing over none",
            _predicted_share,
            _measured_share,
            kind="exact",
            tolerance=1e-11,
            reason=_REASON,
            points=_ONE_SIDED,
        ),
        Quantity(
            "log10 of the NS pull at the best D, two-sided over none",
            _predicted_log,
            _measured_log,
            kind="exact",
            tolerance=1e-11,
            reason=_REASON,
            points=_TWO_SIDED,
        ),
    ),
    figure=_figure,
)  # fmt: skip
