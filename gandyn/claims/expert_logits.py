r"""Experts in the discriminator are a faster critic, not a more stable game.

*What is seen.* A deterministic e(x) adds nothing to x: the joint distributions of
(x, e(x)) have the Jensen–Shannon divergence of x, and the optimum is the same. A
discriminator of e(x) alone sees less of it (data processing), and data and fakes that
e does not tell apart are equilibria too.

*How fast.* In the Dirac-GAN with e(s) = k s the discriminator's slope is y₀ + k y₁, and
(1, k) is the only direction of y that the generator meets: in its plane

.. math:: \det = \frac{1 + k^2}{4}, \qquad
          T = γ(1 + k^2) \text{ (R1)}, \qquad T = γ \text{ (weight decay)}.

With R1 the decay is 1 + k² times faster at small lr and lr\* = T/det = 4γ as without
the expert, while the pair is complex, γ²(1 + k²) < 1; beyond, lr\* = 2/λ_max. With
weight decay lr\* shrinks to 4γ/(1 + k²), and the decay γ/2 is not faster. The direction
(k, -1) of y is neutral under R1; under weight decay it has the multiplier 1 - lr γ,
which ends the range at 2/γ where γ² > (1 + k²)/2.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.spatial.distance import jensenshannon

from gandyn.claims._claim import Claim, Quantity
from gandyn.claims._growth import growth, step_of, threshold
from gandyn.claims._planes import edge, rate
from gandyn.errors import UnknownName
from gandyn.games.dirac_vectors import ExpertDiracGAN
from gandyn.games.losses import Minimax
from gandyn.games.tabular import TabularGAN
from gandyn.rules.gradient import Simultaneous

_REGULARISERS = ("R1", "L2")
_TURNED = 250.0
"""Time lr × steps over which a slow turn's growth is measured."""
_FEW = 60
"""Steps over which the growth off the plane, one number, is measured."""


def _trace(k: float, gamma: float, regulariser: str) -> float:
    if regulariser not in _REGULARISERS:
        raise UnknownName("regulariser", regulariser, _REGULARISERS)
    return gamma * (1 + k**2) if regulariser == "R1" else gamma


def _predicted_edge(expert_gain: float, gamma: float, regulariser: str) -> float:
    plane = edge(_trace(expert_gain, gamma, regulariser), (1 + expert_gain**2) / 4)
    return min(plane, 2 / gamma) if regulariser == "L2" else plane


def _predicted_rate(
    expert_gain: float, gamma: float, regulariser: str, lr: float
) -> float:
    return rate(_trace(expert_gain, gamma, regulariser), (1 + expert_gain**2) / 4, lr)


def _growths(k: float, gamma: float, regulariser: str, lr: float, steps: int) -> Any:
    """Return the growth in the plane that the generator meets, and off it."""
    weights = {"R1": (gamma, 0.0), "L2": (0.0, gamma)}[regulariser]
    game = ExpertDiracGAN(Minimax(), [k], *weights)
    step, off = step_of(Simultaneous(lr, lr), game), np.array([0.0, k, -1.0])
    off = off / np.linalg.norm(off)

    def met(moved: np.ndarray) -> np.ndarray:
        return moved - off * (off @ moved)

    def left(moved: np.ndarray) -> np.ndarray:
        return off * (off @ moved)

    yield growth(step, np.zeros(3), steps, met)
    yield growth(step, np.zeros(3), _FEW, left, off)


def _measured_edge(expert_gain: float, gamma: float, regulariser: str) -> float:
    """Return the edge of the plane under R1, whose rest is neutral; else of both."""

    def at(lr: float, steps: int) -> float:
        both = _growths(expert_gain, gamma, regulariser, lr, steps)
        return next(both) if regulariser == "R1" else max(both)

    seen = 1 + expert_gain**2
    damped, slow = (gamma * seen, seen) if regulariser == "R1" else (gamma, 1)
    return threshold(at, min(2 * gamma * slow / seen, 0.9 / damped), 1.4)


def _measured_rate(
    expert_gain: float, gamma: float, regulariser: str, lr: float
) -> float:
    turns = max(1500, round(_TURNED / lr))
    return float(next(_growths(expert_gain, gamma, regulariser, lr, turns)))


def _drawn(seed: int, n: int, classes: int) -> Any:
    """Return p, q and the expert's answer at each of n places."""
    rng = np.random.default_rng(seed)
    p, q = rng.dirichlet(np.ones(n), size=2)
    return p, q, rng.integers(classes, size=n)


def _seen(p: np.ndarray, q: np.ndarray) -> float:
    """Return (V + log 4)/2 of the best table on the places where there is anything."""
    p, q = p[p > 0], q[p > 0]
    game, x = TabularGAN(Minimax(), p), np.log(q)
    return float((np.log(4) - game.loss_y(x, game.best_y(x))) / 2)


def _predicted_same(seed: int, n: int, classes: int) -> float:
    return 0.0


def _measured_same(seed: int, n: int, classes: int) -> float:
    """Return what a table of (x, e(x)) sees less what one of x sees."""
    p, q, e = _drawn(seed, n, classes)
    joint = np.zeros((2, n, classes))
    joint[:, np.arange(n), e] = p, q
    return _seen(joint[0].ravel(), joint[1].ravel()) - _seen(p, q)


def _predicted_less(seed: int, n: int, classes: int) -> float:
    p, q, _ = _drawn(seed, n, classes)
    return float(jensenshannon(p, q) ** 2)


def _measured_less(seed: int, n: int, classes: int) -> float:
    p, q, e = _drawn(seed, n, classes)
    return _seen(*(np.bincount(e, one, classes) for one in (p, q)))


def _figure(ax: Any) -> None:
    gains, gamma, slow = np.linspace(0, 3, 61), 0.2, 0.01
    both = ax.twinx()
    for regulariser, colour in (("R1", "C0"), ("L2", "C1")):
        line = [_predicted_edge(k, gamma, regulariser) for k in gains]
        ax.plot(gains, line, color=colour, label=f"critical lr, {regulariser}")
        seen = [_measured_edge(k, gamma, regulariser) for k in (0.5, 1.5, 2.5)]
        ax.plot((0.5, 1.5, 2.5), seen, "o", color=colour)
        decay = [-_predicted_rate(k, gamma, regulariser, slow) / slow for k in gains]
        both.plot(gains, decay, "--", color=colour, label=f"decay, {regulariser}")
    ax.set(xlabel="gain k of the expert", ylabel="critical lr", ylim=(0, 1.3))
    both.set(ylabel="decay per unit of lr, at lr = 0.01", ylim=(0, 1.6))
    ax.legend(title="left axis; dots: growth of orbits", loc="upper left")
    both.legend(title="right axis", loc="upper right")


_DRAWS = tuple(
    {"seed": seed, "n": n, "classes": classes}
    for seed, n, classes in ((0, 6, 3), (2, 12, 4))
)
CLAIM = Claim(
    title="An expert in the discriminator accelerates, and does not stabilise",
    statement=(
        "Logits of a frozen expert leave the divergence that the discriminator sees of "
        "x as it is; the expert alone sees less. In the Dirac-GAN they act like a "
        "critic that is 1 + k² times faster: with R1 the decay is, too, and the "
        "critical lr stays at 4γ while γ²(1 + k²) < 1; with weight decay it shrinks to "
        "4γ/(1 + k²), and the decay is no faster."
    ),
    reference=(
        "Sauer et al., Projected GANs Converge Faster, NeurIPS 2021, Theorem 1 (same "
        "optimum); the ranges are derived here"
    ),
    quantities=(
        Quantity(
            "Dirac-GAN whose D also sees e(s) = k s: critical lr",
            _predicted_edge,
            _measured_edge,
            kind="exact",
            tolerance=1e-5,
            reason="the deviation whose growth is measured has the size 1e-6",
            points=tuple(
                {"expert_gain": k, "gamma": gamma, "regulariser": regulariser}
                for k, gamma, regulariser in (
                    (3.0, 0.3, "L2"), (2.0, 0.2, "R1"), (0.5, 0.9, "L2"),
                    (2.0, 0.6, "R1"),
                )
            ),
        ),
        Quantity(
            "growth rate per step with an expert (decay about 1 + k^2 times faster at "
            "small lr)",
            _predicted_rate,
            _measured_rate,
            kind="exact",
            tolerance=1e-7,
            reason="the deviation whose growth is measured has the size 1e-6",
            points=(
                {"expert_gain": 2.0, "gamma": 0.2, "regulariser": "R1", "lr": 0.1},
                {"expert_gain": 2.0, "gamma": 0.2, "regulariser": "L2", "lr": 0.1},
            ),
        ),
        Quantity(
            "JSD seen by a D of (x, e(x)) less JSD of x",
            _predicted_same,
            _measured_same,
            kind="exact",
            tolerance=1e-14,
            reason="rounding",
            points=_DRAWS,
        ),
        Quantity(
            "JSD seen by a D of e(x) alone, at most JSD of x",
            _predicted_less,
            _measured_less,
            kind="upper bound",
            tolerance=1e-12,
            reason="rounding",
            points=_DRAWS,
        ),
    ),
    figure=_figure,
)  # fmt: skip
