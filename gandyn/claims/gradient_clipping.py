r"""Clipping moves no threshold: it turns exponential growth into growth like √n.

With both gradients clipped by value at c, simultaneous play of the bilinear game
follows the Huber energy :math:`H = h(x) + h(y)`, whose flow is a rotation. Far out a
turn gains :math:`4\,lr\,c^2`, so that :math:`dH^2 = 2\,lr^2 c^4\,dn` and

.. math:: H/c + c = lr\,c\,\sqrt{2 n}\;(1 + o(1)).

With damping γ (Wasserstein loss, R1) a turn also loses :math:`4γ(H + c^2/3)`; the
balance :math:`H = lr\,c^2/γ - c^2/3` is a cycle of
:math:`\max|x| = H/c + c/2 = c(lr/γ + 1/6)`, for lr ≥ 4γ/3, where its corners are
clipped. The equilibrium is lost at lr = γ, as without clipping, and the cycle is born
with a finite size.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gandyn.claims._claim import Claim, Quantity
from gandyn.claims._orbits import Run
from gandyn.games.bilinear import Bilinear
from gandyn.games.dirac import DiracGAN
from gandyn.games.gradient_penalties import R1
from gandyn.games.losses import Wasserstein
from gandyn.rules.clipping import ClipValue
from gandyn.rules.gradient import Simultaneous

_SETTLED = 4_000_000
"""Steps before the cycle's maximum is read: many damping times 1/(lr γ)."""
_READ = 1_000_000
"""Steps over which it is read: several turns."""


def _huber(u: float, bound: float) -> float:
    return u * u / 2 if abs(u) <= bound else bound * abs(u) - bound**2 / 2


def _size(state: tuple[float, float], bound: float) -> float:
    """Return H/c + c."""
    return sum(_huber(u, bound) for u in state) / bound + bound


def _clipped(lr: float, bound: float) -> ClipValue:
    return ClipValue(Simultaneous(lr, lr), bound, bound)


def _sizes(
    lr: float, bound: float, x0: float, y0: float, marks: list[int]
) -> list[float]:
    """Return H/c + c after some numbers of steps, in ascending order."""
    run, done, found = Run(_clipped(lr, bound), Bilinear(1.0), (x0, y0)), 0, []
    for mark in marks:
        run.advance(mark - done)
        done = mark
        found.append(_size(run.state, bound))
    return found


def _predicted_ratio(
    lr: float, bound: float, x0: float, y0: float, steps: int
) -> float:
    return 1.0


def _measured_ratio(lr: float, bound: float, x0: float, y0: float, steps: int) -> float:
    (size,) = _sizes(lr, bound, x0, y0, [steps])
    return size / (lr * bound * math.sqrt(2 * steps))


def _predicted_exponent(
    lr: float, bound: float, x0: float, y0: float, steps: list[int]
) -> float:
    return 0.5


def _measured_exponent(
    lr: float, bound: float, x0: float, y0: float, steps: list[int]
) -> float:
    early, late = _sizes(lr, bound, x0, y0, steps)
    return math.log(late / early) / math.log(steps[1] / steps[0])


def _predicted_cycle(gamma: float, lr: float, bound: float) -> float:
    return lr / gamma + 1 / 6


def _measured_cycle(gamma: float, lr: float, bound: float) -> float:
    game = DiracGAN(Wasserstein(), R1(gamma))
    run = Run(_clipped(lr, bound), game, (bound / 2, 0.0))
    run.advance(_SETTLED)
    xs, _ = run.record(_READ)
    return float(np.abs(xs).max()) / bound


def _figure(ax: Any) -> None:
    steps = np.unique(np.geomspace(1, 1e5, 200).astype(int))
    for bound, colour in ((1.0, "C0"), (0.3, "C1")):
        run = Run(_clipped(0.1, bound), Bilinear(1.0), (bound, 0.0))
        size = np.abs(run.record(100_000)).sum(axis=0)[steps - 1]
        ax.loglog(steps, size, color=colour, label=f"clipped at {bound:g}")
        law = 0.1 * bound * np.sqrt(2 * steps)
        ax.loglog(steps, law, "--", color=colour, lw=1, label=r"$lr\,c\,\sqrt{2n}$")
    free = steps[steps < 1200]
    ax.loglog(free, 1.01 ** (free / 2), color="C2", label="not clipped")
    ax.set(xlabel="steps n", ylabel="|x| + |y|", ylim=(0.03, 500))
    ax.legend(title="bilinear game, lr = 0.1")


CLAIM = Claim(
    title="Gradient clipping bounds the damage and moves no threshold",
    statement=(
        "On the bilinear game clipping turns exponential growth into |x| + |y| = lr c "
        "√(2n): still unbounded. With damping γ it makes a cycle of max |x| = c (lr/γ "
        "+ 1/6) beyond the threshold lr = γ, which stays where it was."
    ),
    reference=(
        "Pascanu, Mikolov, Bengio, On the difficulty of training recurrent neural "
        "networks, ICML 2013 (clipping); the laws are derived here"
    ),
    quantities=(
        Quantity(
            "clipped bilinear game: (H(z)/c + c) / (lr c sqrt(2 n)) after n steps",
            _predicted_ratio,
            _measured_ratio,
            kind="asymptotic",
            tolerance=2e-3,
            reason="the start's energy and the next order in lr",
            points=(
                {"lr": 0.1, "bound": 1.0, "x0": 1.0, "y0": 0.0, "steps": 10_000_000},
            ),
        ),
        Quantity(
            "clipped bilinear game: exponent of growth of H in n",
            _predicted_exponent,
            _measured_exponent,
            kind="asymptotic",
            tolerance=2e-3,
            reason="the start's energy and the next order in lr",
            points=(
                {
                    "lr": 0.02, "bound": 0.5, "x0": 0.5, "y0": 0.0,
                    "steps": [1_000_000, 10_000_000],
                },
            ),
        ),
        Quantity(
            "clipped damped WGAN Dirac: max |x| / c on the cycle",
            _predicted_cycle,
            _measured_cycle,
            kind="asymptotic",
            tolerance=5e-3,
            reason="first order in lr",
            points=(
                {"gamma": 0.01, "lr": 0.05, "bound": 1.0},
                {"gamma": 0.02, "lr": 0.04, "bound": 0.5},
            ),
        ),
    ),
    figure=_figure,
)  # fmt: skip
