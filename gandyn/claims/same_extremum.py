r"""Both generator losses end at the same place only if the generator can be right.

Against the best discriminator D = p/(p + q) the saturating gradient of q along q' is
:math:`\sum q' \log(q/(p + q))`, that of the Jensen–Shannon divergence; the
non-saturating one is :math:`-\sum q' \log(p/(p + q))`, that of KL(q‖p) - 2 JSD. At q =
p both vanish. On a family that doesn't contain p their zeros differ.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import brentq

from gandyn.claims._claim import Claim, Quantity
from gandyn.games.losses import Minimax, NonSaturating
from gandyn.games.tabular import MixtureGAN

_ALONG = np.array([1.0, 1.0, -2.0])
"""The family's direction: q = (t, t, 1 - 2t)."""
_SLOW, _FAST = 0.02, 2.0
"""Learning rates of the generator and of the table."""
_STILL = 1e-13
"""Moves at which play has ended: at the rates here the rest is 1e-10."""


def _predicted(p: list[float], loss: str) -> float:
    data = np.array(p)

    def slope(t: float) -> float:
        fake = np.array([t, t, 1 - 2 * t])
        if loss == "saturating":
            return float(_ALONG @ np.log(fake / (data + fake)))
        return -float(_ALONG @ np.log(data / (data + fake)))

    return float(brentq(slope, 1e-9, 0.5 - 1e-9, xtol=1e-14))


def _measured(p: list[float], loss: str) -> float:
    """Return t where simultaneous steps with a fast table come to rest."""
    own = Minimax() if loss == "saturating" else NonSaturating()
    game = MixtureGAN(own, p)
    x, y = np.array([0.2]), np.zeros(3)
    while True:
        moves = _SLOW * game.gx(x, y), _FAST * game.gy(x, y)
        x, y = x - moves[0], y - moves[1]
        if max(np.abs(move).max() for move in moves) < _STILL:
            return float(x[0])


def _figure(ax: Any) -> None:
    shares = np.linspace(0, 1, 41)
    right, wrong = np.array([0.4, 0.4, 0.2]), np.array([0.75, 0.05, 0.2])
    for loss, colour in (("saturating", "C0"), ("non-saturating", "C1")):
        data = [list((1 - s) * right + s * wrong) for s in shares]
        ends = [_predicted(p, loss) for p in data]
        ax.plot(shares, ends, color=colour, label=f"{loss}, predicted")
        seen = [_measured(p, loss) for p in data[::10]]
        ax.plot(shares[::10], seen, "o", color=colour)
    ax.set(
        xlabel="distance of the data from the generator's family",
        ylabel="end t of the generator (t, t, 1 − 2t)",
    )
    ax.legend(title="dots: play")


CLAIM = Claim(
    title="Two generator losses, two ends, unless the data can be reached",
    statement=(
        "The saturating and the non-saturating loss share their equilibrium only if "
        "the generator can realise the data. Else the first ends at the least "
        "Jensen–Shannon divergence, the second at a stationary point of KL(q‖p) - 2 "
        "JSD(p, q): different generators."
    ),
    reference=(
        "Arjovsky and Bottou, Towards Principled Methods for Training Generative "
        "Adversarial Networks, ICLR 2017, Theorem 2.5"
    ),
    quantities=(
        Quantity(
            "equilibrium t of the generator",
            _predicted,
            _measured,
            kind="exact",
            tolerance=1e-7,
            reason="where play is stopped: moves of 1e-14 a step",
            points=tuple(
                {"p": p, "loss": loss}
                for p in ([0.5, 0.3, 0.2], [0.7, 0.1, 0.2], [0.4, 0.4, 0.2])
                for loss in ("saturating", "non-saturating")
            ),
        ),
    ),
    figure=_figure,
)
