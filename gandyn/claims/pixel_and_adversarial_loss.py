r"""A pixel loss beside the adversarial one: blur, sharpness and the stable range.

*Alone.* A pixel that is 1 with probability p, else 0, has its least mean square at the
mean p, and its least mean absolute difference at the median, 1 or 0: sharp, unless
p = ½, where all of [0, 1] is as good.

*Against a frozen critic* log p of two modes ±1 of width s, with the pixel weight μ,

.. math:: L(x) = \tfrac{μ}{2} x^2 + \tfrac{x^2 + 1}{2 s^2} - \log\cosh\frac{x}{s^2},

whose curvature at the blurry mean 0 is :math:`μ - (1 - s^2)/s^4`. Below that weight the
generator commits: a pitchfork, with its ends at the roots of
:math:`μx + (x - \tanh(x/s^2))/s^2`.

*In play.* The Dirac-GAN with (μ/2)x² in L_x and R1 of weight γ has the trace
:math:`T = μ + γ` and the determinant :math:`D = μγ + ¼`, complex for |μ - γ| < 1. So
even γ = 0 is stable up to lr = 4μ, for μ < 1; then two real multipliers end the range
at :math:`2/λ_{max}`, which falls with μ: too much pixel loss is stiff.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.optimize import brentq

from gandyn.claims._claim import Claim, Quantity
from gandyn.claims._growth import critical, growth, step_of, threshold
from gandyn.claims._planes import edge, of_critical
from gandyn.games import Game, from_losses
from gandyn.games.dirac import DiracGAN
from gandyn.games.gradient_penalties import R1
from gandyn.games.losses import Minimax
from gandyn.games.regularisers import PixelLoss
from gandyn.rules.gradient import Simultaneous

_FROZEN = "mu*x**2/2 + (x**2 + 1)/(2*s**2) - log(cosh(x/s**2))"
_SQUARE = "p*(x - 1)**2/2 + (1 - p)*x**2/2"
_ABSOLUTE_STEP = 1e-3
"""Of the subgradient: what an end is known to, and the tolerance's reason."""


def _predicted_edge(pixel_weight: float, gamma: float) -> float:
    return edge(pixel_weight + gamma, pixel_weight * gamma + 1 / 4)


def _measured_edge(pixel_weight: float, gamma: float) -> float:
    game = DiracGAN(Minimax(), PixelLoss(pixel_weight) + R1(gamma))
    damping = pixel_weight + gamma

    def at(lr: float, steps: int) -> float:
        turns = max(steps, round(250 / lr))
        return growth(step_of(Simultaneous(lr, lr), game), np.zeros(2), turns)

    return threshold(at, 0.8 * min(damping, 1 / damping), 1.4)


def _frozen(pixel_weight: float, mode_std: float) -> Game:
    """Return the generator's descent; the second player has nothing to say."""
    return from_losses(
        _FROZEN, "y**2/2", name="FrozenCritic", equilibria=[(0.0, 0.0)],
        mu=pixel_weight, s=mode_std,
    )  # fmt: skip


def _gentle(pixel_weight: float, mode_std: float) -> Simultaneous:
    """Return steps of half the inverse of the largest curvature there can be."""
    lr = 0.5 / (abs(pixel_weight) + mode_std**-2 + mode_std**-4)
    return Simultaneous(lr, lr)


def _predicted_weight(mode_std: float) -> float:
    return (1 - mode_std**2) / mode_std**4


def _measured_weight(mode_std: float) -> float:
    """Return the weight at which a small x neither grows nor decays."""
    reach = mode_std**-2 + mode_std**-4

    def at(weight: float) -> float:
        step = step_of(_gentle(reach, mode_std), _frozen(weight, mode_std))
        return growth(step, np.zeros(2), 60, lambda moved: moved * [1.0, 0.0])

    return critical(at, -reach, reach)


def _predicted_end(mode_std: float, pixel_weight: float | str) -> float:
    weight = of_critical(pixel_weight, _predicted_weight(mode_std))
    if weight >= _predicted_weight(mode_std):
        return 0.0

    def pull(x: float) -> float:
        return weight * x + (x - math.tanh(x / mode_std**2)) / mode_std**2

    return float(brentq(pull, 1e-9, 2.0, xtol=1e-15, rtol=1e-14))


def _measured_end(mode_std: float, pixel_weight: float | str) -> float:
    """Return where steps from the mode at 1 come to rest."""
    critical = _measured_weight(mode_std) if isinstance(pixel_weight, str) else 0.0
    weight = of_critical(pixel_weight, critical)
    rule, game = _gentle(weight, mode_std), _frozen(weight, mode_std)
    x, before = 1.0, 0.0
    while abs(x - before) > 1e-15:
        before = x
        x, *_ = rule.step(game, x, 0.0, ())
    return x


def _predicted_mean(p_bright: float) -> float:
    return p_bright


def _measured_mean(p_bright: float) -> float:
    rule, game = Simultaneous(0.5, 0.5), from_losses(_SQUARE, "y**2/2", p=p_bright)
    x = 0.5
    for _ in range(80):
        x, *_ = rule.step(game, x, 0.0, ())
    return x


def _predicted_median(p_bright: float) -> float:
    return float(p_bright > 1 / 2)


def _measured_median(p_bright: float) -> float:
    """Return the end of subgradient steps on p|x - 1| + (1 - p)|x|."""
    x = 0.5
    for _ in range(round(20 / (_ABSOLUTE_STEP * abs(2 * p_bright - 1)))):
        pull = p_bright * math.copysign(1, x - 1) + (1 - p_bright) * math.copysign(1, x)
        x -= _ABSOLUTE_STEP * pull
    return x


def _figure(ax: Any) -> None:
    weights = np.linspace(0.02, 3, 250)
    for gamma, colour in ((0.0, "C0"), (0.3, "C1"), (1.0, "C2")):
        line = [_predicted_edge(mu, gamma) for mu in weights]
        ax.plot(weights, line, color=colour, label=f"γ = {gamma:g}")
        dots = (0.2, 0.6, 1.6, 2.6)
        seen = [_measured_edge(mu, gamma) for mu in dots]
        ax.plot(dots, seen, "o", color=colour, ms=5)
    ax.set(
        xlabel="pixel weight μ", ylabel="critical lr", xlim=(0, 3), ylim=(0, 4.3)
    )  # fmt: skip
    ax.legend(title="Dirac-GAN; dots: growth of orbits")
    inset = ax.inset_axes((0.58, 0.37, 0.4, 0.3))
    shares = np.linspace(0, 1.4, 90)
    ends = [_predicted_end(0.7, f"{share} of the critical one") for share in shares]
    inset.plot(shares, ends, "k", shares, np.negative(ends), "k")
    for share in (0.3, 0.8, 1.2):
        end = _measured_end(0.7, f"{share} of the critical one")
        inset.plot([share, share], [end, -end], "C3o", ms=4)
    inset.set_title("output, over μ / its critical value", fontsize="small")
    inset.tick_params(labelsize="small")


CLAIM = Claim(
    title="A pixel loss stabilises up to a point: mean or median, blur or commitment",
    statement=(
        "L2 ends at the mean, which is blurry; L1 at the median, which is sharp unless "
        "p = ½. Against a frozen critic of two modes of width s the blurry mean is "
        "stable iff μ > (1 - s²)/s⁴; below, the generator commits. In play the pixel "
        "weight damps the game without any regulariser of the critic: without one the "
        "range grows as lr < 4μ up to μ = 1, then falls, since the pixel loss is "
        "stiff."
    ),
    reference=(
        "Isola et al., Image-to-Image Translation with Conditional Adversarial "
        "Networks, CVPR 2017, Section 3.1 (L1 blurs less than L2); the ranges are "
        "derived here"
    ),
    quantities=(
        Quantity(
            "Dirac-GAN + (mu/2) x^2: critical lr",
            _predicted_edge,
            _measured_edge,
            kind="exact",
            tolerance=1e-5,
            reason="the deviation whose growth is measured has the size 1e-6",
            points=tuple(
                {"pixel_weight": mu, "gamma": gamma}
                for mu, gamma in ((0.3, 0.3), (0.5, 0.0), (2.0, 0.0))
            ),
        ),
        Quantity(
            "pixel weight above which the blurry mean is stable (two modes at +-1, "
            "frozen critic log p)",
            _predicted_weight,
            _measured_weight,
            kind="exact",
            tolerance=1e-8,
            reason="the deviation whose growth is measured has the size 1e-6",
            points=({"mode_std": 0.7}, {"mode_std": 1.3}),
        ),
        Quantity(
            "where the generator ends",
            _predicted_end,
            _measured_end,
            kind="exact",
            tolerance=1e-9,
            reason="the weight's share is one of the measured critical weight",
            points=(
                {"mode_std": 0.7, "pixel_weight": "0.8 of the critical one"},
                {"mode_std": 0.5, "pixel_weight": 3.0},
            ),
        ),
        Quantity(
            "L2 optimum of a pixel that is 1 with probability p, else 0",
            _predicted_mean,
            _measured_mean,
            kind="exact",
            tolerance=1e-12,
            reason="rounding",
            points=({"p_bright": 0.7}, {"p_bright": 0.5}),
        ),
        Quantity(
            "L1 optimum of the same pixel",
            _predicted_median,
            _measured_median,
            kind="exact",
            tolerance=5e-3,
            reason="subgradient steps of size 1e-3 chatter about their end",
            points=({"p_bright": 0.7}, {"p_bright": 0.3}),
        ),
    ),
    figure=_figure,
)
