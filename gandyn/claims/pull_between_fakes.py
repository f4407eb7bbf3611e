r"""Minimax and InfoNCE push fakes apart, the non-saturating loss pulls them together.

Two fakes of the Dirac-GAN at x ± d/2 move by the same slope y, and their distance
changes by :math:`1 - lr\,y^2 f_x''(xy)` a step as d → 0, taken along the orbit of one
fake. For minimax :math:`f_x'' = -σ(1 - σ) < 0`: the fake that fools the critic less is
pulled more, and they part while the game turns, y ≠ 0. For the non-saturating loss the
sign is the other one, for the Wasserstein loss it is 0, for least squares 1.

In the zero-sum InfoNCE game of K fakes and temperature τ the factor is
:math:`1 + lr\,y^2 w/τ^2`, with one fake's softmax weight
:math:`w = 1/(K + e^{xy/τ})`: the terms of the other fakes cancel in a difference.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from gandyn.claims._claim import Claim, Quantity
from gandyn.errors import UnknownName
from gandyn.games import Game, Loss
from gandyn.games.contrastive import InfoNCEDiracGAN
from gandyn.games.dirac_vectors import ManyFakesDiracGAN
from gandyn.games.losses import (
    LeastSquares,
    Minimax,
    NonSaturating,
    Wasserstein,
)
from gandyn.rules.gradient import Simultaneous

_LOSSES: dict[str, Loss] = {
    "minimax": Minimax(),
    "non-saturating": NonSaturating(),
    "wasserstein": Wasserstein(),
    "least-squares": LeastSquares(),
}


def _contrastive(loss: str) -> int:
    """Return K of a text such as "InfoNCE, K = 2", and 0 of other losses."""
    if not loss.lower().startswith("infonce"):
        if loss not in _LOSSES:
            raise UnknownName("loss", loss, [*_LOSSES, "InfoNCE, K = 2"])
        return 0
    found = re.search(r"K\s*=\s*(\d+)", loss)
    return int(found.group(1)) if found else 2


def _pulls(loss: str, t: float, tau: float) -> tuple[float, float, float]:
    """Return the generator's pull, its slope and the critic's pull at a logit."""
    K = _contrastive(loss)
    if K:
        weight = 1 / (K + math.exp(t / tau))
        return weight / tau, -weight / tau**2, K * weight / tau
    fooled = 1 / (1 + math.exp(t))
    return {
        "minimax": (fooled, -fooled * (1 - fooled), fooled),
        "non-saturating": (1 - fooled, fooled * (1 - fooled), fooled),
        "wasserstein": (1.0, 0.0, 1.0),
        "least-squares": (1 + t, 1.0, 1 - t),
    }[loss]


def _predicted(
    loss: str, gamma: float, lr: float, steps: int, x0: float, y0: float, d0: float,
    tau: float = 1.0,
) -> float:  # fmt: skip
    x, y, total = x0, y0, 0.0
    for _ in range(steps):
        pull, slope, critic = _pulls(loss, x * y, tau)
        total += math.log(1 - lr * y**2 * slope)
        x, y = x - lr * y * pull, y + lr * (x * critic - gamma * y)
    return total


def _game(loss: str, gamma: float, tau: float, number: int) -> tuple[Game, float]:
    """Return the game of several fakes, and the generator's rate over lr."""
    if _contrastive(loss):
        return InfoNCEDiracGAN(number, False, tau, gamma), 1.0
    return ManyFakesDiracGAN(_LOSSES[loss], number, gamma), float(number)


def _measured(
    loss: str, gamma: float, lr: float, steps: int, x0: float, y0: float, d0: float,
    tau: float = 1.0,
) -> float:  # fmt: skip
    number = _contrastive(loss) or 2
    game, share = _game(loss, gamma, tau, number)
    rule = Simultaneous(share * lr, lr)
    x, y, memory = x0 + d0 * np.linspace(-0.5, 0.5, number), np.array([y0]), ()
    first = x[-1] - x[0]
    for _ in range(steps):
        x, y, memory = rule.step(game, x, y, memory)
    return math.log((x[-1] - x[0]) / first)


def _figure(ax: Any) -> None:
    number, lr = 20, 0.1
    start = 1 + 0.1 * np.linspace(-0.5, 0.5, number)
    for i, loss in enumerate(("minimax", "non-saturating", "wasserstein")):
        game, share = _game(loss, 0.1, 1.0, number)
        rule = Simultaneous(share * lr, lr)
        x, y, memory = start, np.zeros(1), ()
        fan = [x]
        for _ in range(300):
            x, y, memory = rule.step(game, x, y, memory)
            fan.append(x)
        lines = np.array(fan) - 3 * i
        ax.plot(lines, color=f"C{i}", lw=0.5)
        spread = (x[-1] - x[0]) / (start[-1] - start[0])
        text = f"{loss}: spread × {spread:.2f}"
        ax.text(300, 1.15 - 3 * i, text, color=f"C{i}", ha="right")
    ax.set(
        xlabel="steps", ylabel="20 fakes each (shifted)", yticks=[], ylim=(-7.3, 1.8)
    )


_CASES = tuple(
    {
        "loss": loss, "gamma": 0.1, "lr": 0.1, "steps": 300,
        "x0": 1.0, "y0": 0.0, "d0": 1e-6,
    }
    for loss in ("minimax", "non-saturating", "wasserstein", "least-squares")
)  # fmt: skip
CLAIM = Claim(
    title="Minimax pushes fakes apart; the non-saturating loss pulls them together",
    statement=(
        "The distance of two fakes of the Dirac-GAN grows by 1 - lr y² f_x''(xy) a "
        "step: it grows under minimax and under zero-sum InfoNCE, shrinks under the "
        "non-saturating loss and least squares, and stays under the Wasserstein loss, "
        "while the game turns. That InfoNCE encourages diversity is true, but plain "
        "minimax does too; the non-saturating and the least-squares loss are the "
        "exceptions."
    ),
    reference=(
        "Mescheder et al., Which Training Methods for GANs do actually Converge?, ICML "
        "2018, Definition 2.1 (the game of one fake); the factor is derived here"
    ),
    quantities=(
        Quantity(
            "log growth of the distance of two fakes",
            _predicted,
            _measured,
            kind="asymptotic",
            tolerance=2e-5,
            reason="first order in the distance, and its rounding",
            points=(
                *_CASES,
                _CASES[0]
                | {"loss": "InfoNCE, K = 2, zero-sum", "tau": 1.0, "d0": 1e-10},
            ),
        ),
    ),
    figure=_figure,
)
