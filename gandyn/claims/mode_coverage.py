r"""A mode that is never visited is left alone for a time like 1/w₀, whatever the loss.

Two far modes of weight ½ each; the generator gives the missing one w = σ(θ), and the
discriminator is the best one at every step. The gradient in θ is w(1 - w)F(w) with

.. math:: F = \log\frac{1.5 - w}{.5 + w}, \qquad
          \log\frac{(1 - w)(.5 + w)}{w(1.5 - w)}, \qquad d

for the non-saturating loss, the saturating loss and a Wasserstein critic at the
distance d. From w₀ to ¼ it takes the time :math:`T = ∫ dw / (w^2 (1 - w)^2 F(w))`, so
that :math:`w_0 T` tends to 1/log 3, to :math:`1/\log(1/3w_0) → 0` and to 1/d.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.integrate import quad

from gandyn.claims._claim import Claim, Quantity
from gandyn.claims._growth import extrapolate
from gandyn.games.losses import Minimax, NonSaturating, Wasserstein
from gandyn.games.tabular import TabularGAN

_LOSSES = {"NS": NonSaturating(), "saturating": Minimax(), "W1": Wasserstein()}
_END = 0.25
_STEPS = 20_000
"""About how many steps the coarser run takes."""


def _factor(w: float, loss: str, distance: float) -> float:
    if loss == "NS":
        return math.log((1.5 - w) / (0.5 + w))
    if loss == "saturating":
        return math.log((1 - w) * (0.5 + w) / (w * (1.5 - w)))
    return distance


def _predicted(w0: float, loss: str, distance: float) -> float:
    def slowness(log_w: float) -> float:
        w = math.exp(log_w)
        return 1 / (w * (1 - w) ** 2 * _factor(w, loss, distance))

    found, _ = quad(slowness, math.log(w0), math.log(_END), epsabs=0, epsrel=1e-12)
    return math.log(found)


def _escape(w0: float, loss: str, distance: float, lr: float) -> float:
    """Return lr × steps until w = ¼, interpolated in θ in the last step."""
    game = TabularGAN(_LOSSES[loss], [0.5, 0.5])
    theta, end, time = math.log(w0 / (1 - w0)), math.log(_END / (1 - _END)), 0.0
    far_apart = np.array([0.0, -distance])
    while True:
        x = np.array([0.0, theta])
        y = far_apart if loss == "W1" else game.best_y(x)
        after = theta - lr * float(game.gx(x, y)[1])
        if after >= end:
            return time + lr * (end - theta) / (after - theta)
        theta, time = after, time + lr


def _measured(w0: float, loss: str, distance: float) -> float:
    lr = math.exp(_predicted(w0, loss, distance)) / _STEPS
    coarse = _escape(w0, loss, distance, lr)
    return math.log(extrapolate(coarse, _escape(w0, loss, distance, lr / 2)))


def _figure(ax: Any) -> None:
    starts = np.geomspace(1e-4, 0.1, 30)
    for i, (loss, distance) in enumerate((("NS", 0), ("W1", 4.0), ("saturating", 0))):
        times = [math.exp(_predicted(w, loss, distance)) for w in starts]
        ax.loglog(starts, times, color=f"C{i}", label=loss)
        for w in (1e-3, 1e-2, 5e-2):
            lr = math.exp(_predicted(w, loss, distance)) / 500
            ax.loglog(w, _escape(w, loss, distance, lr), "o", color=f"C{i}")
    ax.set(xlabel="weight of the missing mode at the start", ylabel="lr × steps to ¼")
    ax.legend(title="W1 at distance 4; dots: steps")


CLAIM = Claim(
    title="No loss finds a missing mode faster than its own weight allows",
    statement=(
        "Against the best discriminator the time until a mode of weight w₀ is found "
        "grows like 1/w₀ with every loss: w₀ T → 1/log 3 (non-saturating), 1/d (a "
        "Wasserstein critic at the distance d), 1/log(1/3w₀) (saturating). The "
        "saturating loss escapes fastest; the Wasserstein loss gains a constant only."
    ),
    reference="derived here; Che et al., Mode Regularized GANs, ICLR 2017, Section 3",
    quantities=(
        Quantity(
            "log of the time (lr x steps) until the missing mode's weight is 1/4, best "
            "D, generator weight sigma(theta)",
            _predicted,
            _measured,
            kind="asymptotic",
            tolerance=1e-5,
            reason="second order in lr, after extrapolation",
            points=tuple(
                {"w0": 0.01, "loss": loss, "distance": distance}
                for loss, distance in (("NS", 0.0), ("saturating", 0.0), ("W1", 4.0))
            ),
        ),
    ),
    figure=_figure,
)
