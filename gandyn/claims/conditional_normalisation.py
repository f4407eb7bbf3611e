r"""Normalising per class cures unequal gains, and what remains are the shares.

A conditional Dirac-GAN with the shares π, the gains a and a decay γ has at its
equilibrium one plane for each class, of trace γ and determinant (πₖaₖ)²/4. So
:math:`lr^* = \min_k 4γ/(π_k a_k)^2` if all are complex (γ < πₖaₖ): the most frequent or
steepest class decides. At half of it class k takes

.. math:: -1/\log\sqrt{1 - lr\,γ + lr^2 (π_k a_k)^2/4}

steps per e-fold if it is complex, else :math:`-1/\log(1 - lr\,λ_k)` with
:math:`λ_k = ½(γ - \sqrt{γ^2 - π_k^2 a_k^2})`. Complex classes therefore differ little,
and the *frequent* one is the slowest; a rare class is slow only where γ > πₖaₖ. Equal
πₖaₖ (gains inverse to the shares) treat all alike, and the more so the smaller they
are: lr\* grows like 1/(πa)².
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gandyn.claims._claim import Claim, Quantity
from gandyn.claims._growth import SMALL, threshold, weighted_mean
from gandyn.claims._planes import edge, of_critical, rate
from gandyn.games.dirac_vectors import ConditionalDiracGAN
from gandyn.games.losses import Minimax
from gandyn.rules.gradient import Simultaneous

_STEPS = 1500
_TURNED = 250.0
"""Time of the slowest class over which its growth is measured."""


def _normalised(gains: list[float], normalisation: str) -> list[float]:
    """Return the gains over the largest one, or over themselves."""
    if normalisation == "global":
        return [gain / max(gains) for gain in gains]
    return [1.0 for _ in gains] if normalisation == "per class" else gains


def _named(class_shares: list[float], critic_gains: list[float] | str) -> list[float]:
    """Return gains; "gain 1/share" are those inverse to the shares, at most 1."""
    if critic_gains == "gain 1":
        return [1.0 for _ in class_shares]
    if critic_gains == "gain 1/share":
        return [min(class_shares) / share for share in class_shares]
    return [float(gain) for gain in critic_gains]


def _predicted_edge(
    class_shares: list[float], critic_gains: list[float], gamma: float
) -> float:
    slopes = np.multiply(class_shares, critic_gains)
    return min(edge(gamma, slope**2 / 4) for slope in slopes)


def _rates(game: ConditionalDiracGAN, lr: float, steps: int) -> list[float]:
    """Return the growth a step of a deviation in each class, all in one batch."""
    rule, unit = Simultaneous(lr, lr), np.eye(len(game.shares))
    x, y, memory = 0.8 * SMALL * unit, 0.6 * SMALL * unit, ()
    logs = []
    for _ in range(steps):
        x, y, memory = rule.step(game, x, y, memory)
        grown = np.sqrt((x * x + y * y).sum(0)) / SMALL
        logs.append(np.log(grown))
        x, y = x / grown, y / grown
    late = np.array(logs[steps // 3 :])
    return [weighted_mean(column) for column in late.T]


def _measured_edge(
    class_shares: list[float], critic_gains: list[float], gamma: float
) -> float:
    game = ConditionalDiracGAN(Minimax(), class_shares, critic_gains, gamma)
    slope = float(np.max(np.multiply(class_shares, critic_gains)))

    def at(lr: float, steps: int) -> float:
        return max(_rates(game, lr, steps))

    return threshold(at, min(2.5 * gamma / slope**2, 1.5 / gamma), 1.4)


def _predicted_slowest(
    class_shares: list[float],
    critic_gains: list[float],
    gamma: float,
    normalisation: str,
    lr: float | str,
) -> float:
    gains = _normalised(critic_gains, normalisation)
    own = of_critical(lr, _predicted_edge(class_shares, gains, gamma))
    slopes = np.multiply(class_shares, gains)
    return -1 / max(rate(gamma, slope**2 / 4, own) for slope in slopes)


def _measured_slowest(
    class_shares: list[float],
    critic_gains: list[float],
    gamma: float,
    normalisation: str,
    lr: float | str,
) -> float:
    gains = _normalised(critic_gains, normalisation)
    game = ConditionalDiracGAN(Minimax(), class_shares, gains, gamma)
    critical = _measured_edge(class_shares, gains, gamma) if isinstance(lr, str) else 0
    own = of_critical(lr, critical)
    slowest = own * float(np.min(np.multiply(class_shares, gains)))
    return -1 / max(_rates(game, own, max(_STEPS, round(_TURNED / slowest))))


def _predicted_whole(
    class_shares: list[float],
    critic_gains: list[float] | str,
    gamma: float,
    lr: float | str,
) -> float:
    gains = _named(class_shares, critic_gains)
    return _predicted_slowest(class_shares, gains, gamma, "none", lr)


def _measured_whole(
    class_shares: list[float],
    critic_gains: list[float] | str,
    gamma: float,
    lr: float | str,
) -> float:
    gains = _named(class_shares, critic_gains)
    return _measured_slowest(class_shares, gains, gamma, "none", lr)


def _figure(ax: Any) -> None:
    shares, gains, gamma = [0.6, 0.3, 0.1], [1.0, 3.0, 0.5], 0.15
    ways = {
        "global": _normalised(gains, "global"),
        "per class": _normalised(gains, "per class"),
        "inverse to the share": _named(shares, "gain 1/share"),
    }
    for i, (name, own) in enumerate(ways.items()):
        lr = _predicted_edge(shares, own, gamma) / 2
        slopes = np.multiply(shares, own)
        steps = [-1 / rate(gamma, slope**2 / 4, lr) for slope in slopes]
        places = np.arange(3) + 0.27 * (i - 1)
        ax.bar(places, steps, 0.25, color=f"C{i}", label=name)
        game = ConditionalDiracGAN(Minimax(), shares, own, gamma)
        seen = [-1 / one for one in _rates(game, lr, _STEPS)]
        ax.plot(places, seen, "ko", ms=4)
    ax.set_xticks(range(3), [f"share {share:g}\ngain {g:g}" for share, g in zip(
        shares, gains, strict=True)])  # fmt: skip
    ax.set(ylabel="steps per e-fold at half the critical lr", yscale="log")
    ax.legend(title="normalisation; dots: orbits")


_CASES = (
    {"class_shares": [0.25] * 4, "critic_gains": [0.5, 1.0, 2.0, 4.0], "gamma": 0.1},
    {"class_shares": [0.9, 0.1], "critic_gains": [1.0, 5.0], "gamma": 0.2},
)
_HALF = {"lr": "half the critical one"}
CLAIM = Claim(
    title="Per-class normalisation cures unequal gains, not unequal shares",
    statement=(
        "A conditional Dirac-GAN is stable for lr < min 4γ/(πa)² over its classes: the "
        "most frequent or steepest one decides. One normalisation for all starves "
        "classes of small gain; one per class leaves the shares, and a class with πa < "
        "γ is slow, 150 steps per e-fold at shares (.9, .1) and γ = .2. Where all πa "
        "exceed γ it is the frequent class that is the slowest. Gains inverse to the "
        "shares treat all alike."
    ),
    reference=(
        "Miyato and Koyama, cGANs with Projection Discriminator, ICLR 2018, Section 3 "
        "(the architecture); the rates are derived here"
    ),
    quantities=(
        Quantity(
            "conditional Dirac-GAN: critical lr",
            _predicted_edge,
            _measured_edge,
            kind="exact",
            tolerance=1e-5,
            reason="the deviations whose growth is measured have the size 1e-6",
            points=_CASES,
        ),
        Quantity(
            "rate of the slowest class, steps per e-fold",
            _predicted_slowest,
            _measured_slowest,
            kind="exact",
            tolerance=1e-5,
            reason="the deviations whose growth is measured have the size 1e-6",
            points=tuple(
                case | _HALF | {"normalisation": normalisation}
                for case in _CASES
                for normalisation in ("global", "per class")
            ),
        ),
        Quantity(
            "steps per e-fold of the whole conditional game",
            _predicted_whole,
            _measured_whole,
            kind="exact",
            tolerance=1e-5,
            reason="the deviations whose growth is measured have the size 1e-6",
            points=tuple(
                {"class_shares": [0.8, 0.2], "critic_gains": gains, "gamma": 0.1}
                | _HALF
                for gains in ("gain 1", "gain 1/share")
            ),
        ),
    ),
    figure=_figure,
)
