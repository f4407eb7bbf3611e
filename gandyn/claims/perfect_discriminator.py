r"""Against a well-trained critic one generator's pull vanishes and the other's grows.

With the data at 0 and the fake frozen at x a linear discriminator of slope ψ obeys
:math:`ψ' = x\,σ(-ψ x)`. For u = ψ x, trained from 0 for the time t,

.. math:: u + e^u = x^2 t + 1, \qquad e^u = W(e^{x^2 t + 1})

with Lambert's W. The saturating gradient is :math:`ψ σ(-u) ≈ \log(x^2 t)/(x^3 t)`, the
non-saturating one :math:`ψ σ(u) ≈ \log(x^2 t)/x`. Between distributions that do not
overlap the Jensen–Shannon divergence is log 2 whatever the distance, and W1 is the
distance: what vanishes is the loss's factor, not the critic.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.spatial.distance import jensenshannon
from scipy.special import expit, wrightomega
from scipy.stats import wasserstein_distance

from gandyn.claims._claim import Claim, Quantity
from gandyn.claims._growth import extrapolate
from gandyn.claims._orbits import WAITING, Run
from gandyn.games.dirac import DiracGAN
from gandyn.games.losses import Loss, Minimax, NonSaturating
from gandyn.rules.gradient import Simultaneous

_STEPS = 40_000
"""Of the finer run: what extrapolation leaves is below 1e-6 of the gradients."""


def _logit(x: float, time: float) -> float:
    return math.log(wrightomega(x**2 * time + 1))


def _predicted_saturating(x: float, time: float) -> float:
    u = _logit(x, time)
    return float(u * expit(-u) * (1 + x**2 * time))


def _predicted_non_saturating(x: float, time: float) -> float:
    u = _logit(x, time)
    return float(u / x * expit(u))


def _trained(x: float, time: float, loss: Loss, steps: int) -> float:
    """Return the generator's gradient after the discriminator's steps."""
    game = DiracGAN(loss)
    run = Run(Simultaneous(WAITING, time / steps), game, (x, 0.0))
    run.advance(steps)
    return float(game.gx(*run.state))


def _measured(x: float, time: float, loss: Loss) -> float:
    coarse = _trained(x, time, loss, _STEPS // 2)
    return extrapolate(coarse, _trained(x, time, loss, _STEPS))


def _measured_saturating(x: float, time: float) -> float:
    return _measured(x, time, Minimax()) * x * (1 + x**2 * time)


def _measured_non_saturating(x: float, time: float) -> float:
    return _measured(x, time, NonSaturating())


def _blocks(shift: int, cells: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    places = np.arange(cells)
    real = (places < width) / width
    return real, np.roll(real, shift)


def _predicted_divergence(shift: int, cells: int, width: int) -> float:
    return math.log(2)


def _measured_divergence(shift: int, cells: int, width: int) -> float:
    return float(jensenshannon(*_blocks(shift, cells, width)) ** 2)


def _predicted_distance(shift: int, cells: int, width: int) -> float:
    return float(shift)


def _measured_distance(shift: int, cells: int, width: int) -> float:
    places = np.arange(cells)
    return float(wasserstein_distance(places, places, *_blocks(shift, cells, width)))


def _figure(ax: Any) -> None:
    times = np.geomspace(1, 1e4, 60)
    seen = np.geomspace(2, 5e3, 5)
    for name, loss, factor, colour in (
        ("saturating", Minimax(), -1, "C0"),
        ("non-saturating", NonSaturating(), 1, "C1"),
    ):
        logits = np.array([_logit(1.0, t) for t in times])
        ax.loglog(times, logits * expit(factor * logits), color=colour, label=name)
        pulls = [_trained(1.0, t, loss, 20_000) for t in seen]
        ax.loglog(seen, pulls, "o", color=colour)
    ax.axhline(1.0, color="C2", label="Wasserstein, clipped at 1")
    ax.set(xlabel="lr × steps of the critic alone", ylabel="generator's gradient")
    ax.legend(title="fake at 1; dots: gradient steps")


_POINTS = tuple(
    {"x": x, "time": time} for x, time in ((1.0, 10.0), (1.0, 1000.0), (3.0, 20.0))
)
_SHIFTS = tuple({"shift": shift, "cells": 64, "width": 8} for shift in (8, 14, 27))
CLAIM = Claim(
    title="Sharper critics starve the saturating generator only",
    statement=(
        "Against a linear critic trained for the time t the saturating gradient "
        "vanishes like log(x² t)/(x³ t), the non-saturating one grows like log(x² "
        "t)/x. The vanishing is a property of the loss's factor; what stops both is a "
        "flat critic. Disjoint supports have the Jensen–Shannon divergence log 2 at "
        "every distance, and the Wasserstein distance tells how far."
    ),
    reference=(
        "Arjovsky and Bottou, Towards Principled Methods for Training Generative "
        "Adversarial Networks, ICLR 2017, Theorems 2.1 and 2.4; the laws are derived "
        "here"
    ),
    quantities=(
        Quantity(
            "saturating generator gradient after training D for time t (linear "
            "critic), times x(1 + x^2 t)",
            _predicted_saturating,
            _measured_saturating,
            kind="asymptotic",
            tolerance=1e-5,
            reason="second order in lr, after extrapolation",
            points=_POINTS,
        ),
        Quantity(
            "non-saturating generator gradient, same",
            _predicted_non_saturating,
            _measured_non_saturating,
            kind="asymptotic",
            tolerance=1e-5,
            reason="second order in lr, after extrapolation",
            points=_POINTS,
        ),
        Quantity(
            "JSD of two uniform blocks that do not overlap",
            _predicted_divergence,
            _measured_divergence,
            kind="exact",
            tolerance=1e-14,
            reason="rounding",
            points=_SHIFTS,
        ),
        Quantity(
            "W1 of the same blocks",
            _predicted_distance,
            _measured_distance,
            kind="exact",
            tolerance=1e-12,
            reason="rounding of the sums",
            points=_SHIFTS,
        ),
    ),
    figure=_figure,
)
