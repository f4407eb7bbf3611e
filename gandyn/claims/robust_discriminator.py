r"""Worst-case perturbed reals are dry friction: training stops, beside the data.

Reals that an adversary moves by |δ| ≤ ε add ε|y| to the critic's loss. Its best slope
under the decay (γ/2)y² is soft-thresholded, :math:`\mathrm{sign}(x)(|x| - ε)_+/γ`. The
flow of the Wasserstein Dirac-GAN, x' = -y and y' = x - ε sign y, consists of half
circles about (±ε, 0): a turning point X goes to 2ε sign X - X, and in |X| ≤ ε the
critic sticks at y = 0, after ⌈(|X| - ε)/2ε⌉ half turns.

*Steps* of size lr don't stick: y chatters in an interval of length 2 lr ε about lr x,
over which it is spread evenly, so that x creeps on to the data by lr² x a step: the
bias is there for times of 1/lr, and is gone after 1/lr² steps.

*Random* perturbations of the reals, of standard deviation s, are smooth damping
|f''(0)|s² = s²/4 of the logistic loss: lr\* is that of the plane of trace s²/4 and
determinant ¼, which is s² for s < 2, and the equilibrium stays at the data.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.optimize import brentq

from gandyn.claims._claim import Claim, Quantity
from gandyn.claims._growth import STEPS, critical, extrapolate, growth, step_of
from gandyn.claims._orbits import pieces
from gandyn.claims._planes import edge
from gandyn.games.dirac import DiracGAN, RealNoiseDiracGAN
from gandyn.games.gradient_penalties import WorstCaseReals
from gandyn.games.losses import Minimax, Wasserstein
from gandyn.games.regularisers import L2
from gandyn.rules.gradient import Simultaneous

_RATES = (2e-4, 1e-4)
_LONG = 0.1
"""Times lr × steps of the excursions that count: half turns take π, chatter lr."""
_QUIET = 3.5
"""Time without such an excursion after which the critic sticks, more than π."""

_TURNED = 250.0
"""Time over which a growth is measured: a weak damping takes many turns."""


def _turning(eps: float, x0: float, y0: float) -> tuple[float, int]:
    """Return the first turning point and how many excursions it took."""
    if y0 == 0:
        return x0, 0
    side = math.copysign(eps, y0)
    return side - math.copysign(math.hypot(x0 - side, y0), y0), 1


def _predicted_turns(eps: float, x0: float, y0: float = 0.0) -> float:
    x, first = _turning(eps, x0, y0)
    return first + max(0, math.ceil((abs(x) - eps) / (2 * eps)))


def _predicted_stop(eps: float, x0: float, y0: float = 0.0) -> float:
    x, _ = _turning(eps, x0, y0)
    turns = max(0, math.ceil((abs(x) - eps) / (2 * eps)))
    return (-1) ** turns * (x - 2 * eps * turns * math.copysign(1, x))


def _stop(eps: float, x0: float, y0: float, lr: float) -> tuple[float, int]:
    """Return where the last long excursion of y ends, and how many there were."""
    game = DiracGAN(Wasserstein(), WorstCaseReals(eps))
    long, quiet = round(_LONG / lr), round(_QUIET / lr)
    x, y = np.array([x0]), np.array([y0])
    for xs, ys in pieces(Simultaneous(lr, lr), game, (x0, y0)):
        x, y = np.append(x, xs), np.append(y, ys)
        turns = np.flatnonzero(np.diff(np.sign(y)) != 0) + 1
        bounds = np.concatenate([[0], turns, [len(y)]])
        lengths = np.diff(bounds)
        where = np.flatnonzero(lengths[:-1] > long)
        end = int(bounds[where[-1] + 1]) if len(where) else 0
        if len(y) - end > quiet and lengths[-1] < long:
            return float(x[end]), len(where)
    raise AssertionError


def _measured_stop(eps: float, x0: float, y0: float = 0.0) -> float:
    coarse, fine = (_stop(eps, x0, y0, lr)[0] for lr in _RATES)
    return extrapolate(coarse, fine)


def _measured_turns(eps: float, x0: float, y0: float = 0.0) -> float:
    return float(_stop(eps, x0, y0, _RATES[1])[1])


def _predicted_slope(x: float, eps: float, gamma: float) -> float:
    return math.copysign(max(abs(x) - eps, 0.0), x) / gamma


def _measured_slope(x: float, eps: float, gamma: float) -> float:
    """Return where the critic's gradient changes its sign: its loss is convex."""
    game = DiracGAN(Wasserstein(), WorstCaseReals(eps) + L2(gamma))
    far = 2 * (abs(x) + eps) / gamma
    return float(brentq(lambda y: game.gy(x, y), -far, 1.1 * far, xtol=1e-13))


def _predicted_noise(noise_std: float) -> float:
    return edge(noise_std**2 / 4, 1 / 4)


def _measured_noise(noise_std: float) -> float:
    game = RealNoiseDiracGAN(Minimax(), noise_std=noise_std)

    def at(lr: float) -> float:
        turns = max(STEPS, round(_TURNED / lr))
        return growth(step_of(Simultaneous(lr, lr), game), np.zeros(2), turns)

    if noise_std < 2:  # a complex pair
        return critical(at, 0.6 * noise_std**2, 1.5 * noise_std**2)
    return critical(at, 7 / noise_std**2, 17 / noise_std**2)


def _predicted_creep(x: float, eps: float, lr: float) -> float:
    return -(lr**2)


def _measured_creep(x: float, eps: float, lr: float) -> float:
    """Return the mean logarithmic growth of x a step, while the critic chatters."""
    game, rule = DiracGAN(Wasserstein(), WorstCaseReals(eps)), Simultaneous(lr, lr)
    steps = round(1 / lr**2)
    y, memory, here = 0.0, (), x
    for _ in range(steps):
        here, y, memory = rule.step(game, here, y, memory)
    return math.log(here / x) / steps


def _figure(ax: Any) -> None:
    lr, eps = 1e-3, 0.3
    for x0, colour in ((2.0, "C0"), (1.65, "C1"), (-1.1, "C2")):
        game = DiracGAN(Wasserstein(), WorstCaseReals(eps))
        xs, ys = next(pieces(Simultaneous(lr, lr), game, (x0, 0.0)))
        ax.plot(xs[:12_000], ys[:12_000], color=colour, lw=1.2)
        ax.plot(_predicted_stop(eps, x0), 0, "x", color=colour, ms=10, mew=2)
    ax.axvspan(-eps, eps, color="0.85", label="|x| ≤ ε: the dead zone")
    ax.plot(0, 0, "k*", ms=9, label="the data")
    ax.set(xlabel="generator x", ylabel="slope y of the critic", aspect="equal")
    ax.legend(title="crosses: predicted stops", loc="lower right")


_STARTS = tuple(
    {"x0": x0, "eps": eps, "y0": 0.0} for x0, eps in ((2.0, 0.3), (1.0, 0.15))
)
CLAIM = Claim(
    title="A robust critic stops training in finite time, beside the data",
    statement=(
        "Worst-case perturbations |δ| ≤ ε of the reals act on the Wasserstein "
        "Dirac-GAN like dry friction: the slope is soft-thresholded, every half turn "
        "takes 2ε off the amplitude, and training stops anywhere in |x| ≤ ε. "
        "Convergence is bought with a bias of up to ε, as lr → 0; at a finite lr the "
        "critic chatters and the generator creeps to the data by lr² x a step. Random "
        "perturbations of the same reals, of standard deviation s, are smooth damping "
        "s²/4 instead: lr < s², without bias."
    ),
    reference=(
        "Goodfellow et al., Explaining and Harnessing Adversarial Examples, ICLR 2015, "
        "Section 5 (the worst case of a linear model); the dynamics is derived here"
    ),
    quantities=(
        Quantity(
            "WGAN Dirac, worst-case perturbed reals: where the generator stops",
            _predicted_stop,
            _measured_stop,
            kind="asymptotic",
            tolerance=2e-3,
            reason="where the last excursion ends, to second order in lr",
            points=_STARTS,
        ),
        Quantity(
            "number of half turns until it stops",
            _predicted_turns,
            _measured_turns,
            kind="exact",
            tolerance=1e-9,
            reason="a count",
            points=_STARTS,
        ),
        Quantity(
            "steps of size lr: log growth of x a step while the critic chatters",
            _predicted_creep,
            _measured_creep,
            kind="asymptotic",
            tolerance=3e-2,
            reason="the next order in lr, and the phase of the chatter at the end",
            points=({"x": 0.1, "eps": 0.3, "lr": 0.01},),
        ),
        Quantity(
            "random instead of worst-case perturbation of the reals: critical lr of "
            "the Dirac-GAN",
            _predicted_noise,
            _measured_noise,
            kind="exact",
            tolerance=1e-5,
            reason="the deviation whose growth is measured has the size 1e-6",
            points=({"noise_std": 0.5}, {"noise_std": 2.5}),
        ),
        Quantity(
            "slope of the best robust Wasserstein critic (weight decay gamma)",
            _predicted_slope,
            _measured_slope,
            kind="exact",
            tolerance=1e-9,
            reason="the bracket of the gradient's sign change",
            points=(
                {"x": -2.0, "eps": 0.5, "gamma": 0.2},
                {"x": 0.2, "eps": 0.3, "gamma": 0.5},
            ),
        ),
    ),
    figure=_figure,
)
