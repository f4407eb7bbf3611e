r"""A saturating generator leaves a bad start in exponential time, else in linear time.

In the logit t of a fake the gradients' factors are D (saturating) and 1 - D
(non-saturating), D = σ(t), with the ratio :math:`(1 - D)/D = e^{-t}`. With a frozen
linear critic of slope s the fake's logit obeys :math:`a' = s^2 σ(a)` or
:math:`s^2 (1 - σ(a))`. Both are separable: from a = -A to D = ½, a = 0, it takes the
times

.. math:: (A + e^A - 1)/s^2, \qquad (A + 1 - e^{-A})/s^2.

At D = ½ both factors are ½: near the equilibrium the losses are the same.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gandyn.claims._claim import Claim, Quantity
from gandyn.claims._growth import extrapolate
from gandyn.claims._orbits import WAITING, pieces
from gandyn.games.dirac import DiracGAN
from gandyn.games.losses import Minimax, NonSaturating
from gandyn.rules.gradient import Simultaneous

_LR = 0.02
"""Of the coarser run; the error that extrapolation leaves is of its square."""


def _predicted_time(margin: float, slope: float, loss: str) -> float:
    if loss == "saturating":
        return math.log((margin + math.exp(margin) - 1) / slope**2)
    return math.log((margin + 1 - math.exp(-margin)) / slope**2)


def _escape(margin: float, slope: float, loss: str, lr: float) -> float:
    """Return the time to D = ½, interpolated in the last step."""
    game = DiracGAN(Minimax() if loss == "saturating" else NonSaturating())
    done, before = 0, margin / slope
    for xs, _ in pieces(Simultaneous(lr, WAITING), game, (before, slope)):
        passed = np.flatnonzero(xs <= 0)
        if len(passed):
            path = np.concatenate([[before], xs])
            i = int(passed[0])
            return lr * (done + i + path[i] / (path[i] - path[i + 1]))
        done, before = done + len(xs), float(xs[-1])
    raise AssertionError("the pull has one sign: every fake arrives")


def _measured_time(margin: float, slope: float, loss: str) -> float:
    lr = _LR / slope**2
    coarse = _escape(margin, slope, loss, lr)
    return math.log(extrapolate(coarse, _escape(margin, slope, loss, lr / 2)))


def _predicted_ratio(logit: float) -> float:
    return math.exp(-logit)


def _measured_ratio(logit: float) -> float:
    """Return the quotient of the losses' complex-step derivatives in the logit."""
    shifted = complex(-logit, 1e-30)  # t = xy is the logit of being fake
    saturating = Minimax().value_x(shifted).imag
    return float(NonSaturating().value_x(shifted).imag / saturating)


def _figure(ax: Any) -> None:
    margins = np.linspace(0.5, 12, 24)
    for loss, colour in (("saturating", "C0"), ("non-saturating", "C1")):
        times = [math.exp(_predicted_time(a, 1.0, loss)) for a in margins]
        ax.semilogy(margins, times, color=colour, label=f"{loss}, predicted")
        for margin in (2.0, 5.0, 8.0, 11.0):
            seen = _escape(margin, 1.0, loss, 0.1)
            ax.semilogy(margin, seen, "o", color=colour)
    ax.set(xlabel="−logit of the fake at the start", ylabel="lr × steps to D = ½")
    ax.legend(title="dots: gradient steps")


CLAIM = Claim(
    title="A saturating generator is stuck for exponentially long, else linearly",
    statement=(
        "From a logit of -A the saturating generator needs the time (A + e^A - 1)/s² "
        "to D = ½ against a frozen critic of slope s, the non-saturating one (A + 1 - "
        "e^-A)/s². At D = ½ both gradients are the same: the loss moves no threshold "
        "there."
    ),
    reference=(
        "Goodfellow et al., Generative Adversarial Networks, 2014, Section 3; the "
        "times are derived here"
    ),
    quantities=(
        Quantity(
            "log of the time (lr x steps) from logit -A to D = 1/2, frozen critic",
            _predicted_time,
            _measured_time,
            kind="asymptotic",
            tolerance=1e-4,
            reason="second order in lr, after extrapolation",
            points=tuple(
                {"margin": margin, "slope": slope, "loss": loss}
                for margin, slope in ((3.0, 1.0), (8.0, 2.0))
                for loss in ("saturating", "non-saturating")
            ),
        ),
        Quantity(
            "ratio of the gradients in the logit, non-saturating over saturating",
            _predicted_ratio,
            _measured_ratio,
            kind="exact",
            tolerance=1e-10,
            reason="rounding",
            points=({"logit": 0.5}, {"logit": -3.0}),
        ),
    ),
    figure=_figure,
)
