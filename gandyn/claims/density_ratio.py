r"""A discriminator trained to the end is the logarithm of the density ratio.

Pointwise the cross entropy of the logit t is
:math:`p \log(1 + e^{-t}) + q \log(1 + e^t)`, least at :math:`t = \log(p/q)`. For p =
N(0, s_p²) and q = N(m, s_q²) that is a quadratic with the coefficients

.. math:: \log\frac{s_q}{s_p} + \frac{m^2}{2 s_q^2}, \qquad -\frac{m}{s_q^2}, \qquad
          \frac12\Big(\frac{1}{s_q^2} - \frac{1}{s_p^2}\Big),

and its gradient, the compass that a generator follows, is the difference of the scores.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import expit

from gandyn.claims._claim import Claim, Quantity

_NODES = 400
"""Of a Gauss–Legendre rule on ±12 standard deviations."""
_STEPS = 60
"""Newton steps, damped; quadratic convergence needs fewer than 20 here."""


def _predicted(power: int) -> Callable[..., float]:
    def constant(sp: float, m: float, sq: float) -> float:
        return math.log(sq / sp) + m**2 / (2 * sq**2)

    def linear(sp: float, m: float, sq: float) -> float:
        return -m / sq**2

    def quadratic(sp: float, m: float, sq: float) -> float:
        return (1 / sq**2 - 1 / sp**2) / 2

    return (constant, linear, quadratic)[power]


def _grid(sp: float, m: float, sq: float) -> tuple[np.ndarray, ...]:
    """Return places, and both densities with the quadrature's weights."""
    low, high = min(-12 * sp, m - 12 * sq), max(12 * sp, m + 12 * sq)
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    x = (low + high) / 2 + (high - low) / 2 * nodes
    scale = weights * (high - low) / 2
    real = scale * np.exp(-((x / sp) ** 2) / 2) / sp
    return x, real, scale * np.exp(-(((x - m) / sq) ** 2) / 2) / sq


def _trained(sp: float, m: float, sq: float) -> np.ndarray:
    """Return the coefficients that minimise the population's cross entropy."""
    x, real, fake = _grid(sp, m, sq)
    features = np.stack([np.ones_like(x), x, x * x])
    w = np.zeros(3)

    def loss(w: np.ndarray) -> float:
        t = w @ features
        return float(real @ np.logaddexp(0, -t) + fake @ np.logaddexp(0, t))

    for _ in range(_STEPS):
        s = expit(w @ features)
        slope = features @ (fake * s - real * (1 - s))
        bend = (features * ((real + fake) * s * (1 - s))) @ features.T
        move = np.linalg.solve(bend, slope)
        share = 1.0
        while loss(w - share * move) > loss(w) and share > 1e-3:
            share /= 2
        w = w - share * move
    return w


def _measured(power: int) -> Callable[..., float]:
    return lambda sp, m, sq: float(_trained(sp, m, sq)[power])


def _figure(ax: Any) -> None:
    point = {"sp": 1.0, "m": 1.5, "sq": 0.7}
    x = np.linspace(-3, 4, 200)
    exact = sum(_predicted(i)(**point) * x**i for i in range(3))
    learnt = _trained(**point)
    some = x[::12]
    ax.plot(x, exact, label="log p/q")
    ax.plot(some, sum(learnt[i] * some**i for i in range(3)), "o", label="trained")
    for mean, std, colour, name in ((0, 1.0, "C2", "p"), (1.5, 0.7, "C3", "q")):
        bell = np.exp(-(((x - mean) / std) ** 2) / 2) / std
        ax.fill_between(x, 4 * bell - 12, -12, color=colour, alpha=0.3, label=name)
    ax.set(xlabel="sample", ylabel="logit", ylim=(-12, 4))
    ax.legend()


_POINTS = ({"sp": 1.0, "m": 0.5, "sq": 1.5}, {"sp": 1.3, "m": 2.0, "sq": 0.9})
CLAIM = Claim(
    title="The best discriminator is the log density ratio",
    statement=(
        "Cross entropy trained to the end makes the logit log p/q, and its gradient "
        "the difference of the scores of data and fakes: for two normal distributions "
        "a quadratic with known coefficients."
    ),
    reference="Goodfellow et al., Generative Adversarial Networks, 2014, Proposition 1",
    quantities=tuple(
        Quantity(
            f"coefficient of {name} of the best quadratic logit, N(0,sp^2) against "
            "N(m,sq^2)",
            _predicted(power),
            _measured(power),
            kind="exact",
            tolerance=1e-7,
            reason="the quadrature, and Newton's last step",
            points=_POINTS,
        )
        for power, name in enumerate(("1", "x", "x^2"))
    ),
    figure=_figure,
)
