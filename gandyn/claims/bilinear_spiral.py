r"""Simultaneous play of a bilinear game spirals out, alternating play does not.

With the singular value decomposition of A the game :math:`u^T A v` falls apart into
planes. In the plane of σ simultaneous play is :math:`z ← (1 - i\,lr\,σ) z`, so that
:math:`|z|^2` grows by :math:`1 + lr^2 σ^2` a step; what is in A's null spaces stays.
Alternating play has the matrix

.. math:: M = \begin{pmatrix} 1 & -lr\,σ \\ lr\,σ & 1 - lr^2 σ^2 \end{pmatrix},

of determinant 1 and trace :math:`2 - lr^2 σ^2`. While :math:`lr\,σ < 2` it is conjugate
to a rotation by :math:`\arccos(1 - lr^2 σ^2/2)`, and keeps
:math:`x^2 + y^2 - lr\,σ\,x y`. The spiral belongs to simultaneity, not to the game.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gandyn.claims._claim import Claim, Quantity
from gandyn.games.bilinear import Bilinear
from gandyn.rules.gradient import Alternating, Simultaneous


def _drawn(seed: int, n: int, m: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, m)), rng.normal(size=n), rng.normal(size=m)


def _predicted_energy(seed: int, n: int, m: int, lr: float, steps: int) -> float:
    matrix, u, v = _drawn(seed, n, m)
    left, values, right = np.linalg.svd(matrix)
    growth = np.ones(max(n, m))
    growth[: len(values)] = (1 + lr**2 * values**2) ** steps
    energy = growth[:n] @ (left.T @ u) ** 2 + growth[:m] @ (right @ v) ** 2
    return math.log(energy)


def _measured_energy(seed: int, n: int, m: int, lr: float, steps: int) -> float:
    matrix, u, v = _drawn(seed, n, m)
    rule, game, memory = Simultaneous(lr, lr), Bilinear(matrix), ()
    for _ in range(steps):
        u, v, memory = rule.step(game, u, v, memory)
    return math.log(u @ u + v @ v)


def _alternating(
    sigma: float, lr: float, x0: float, y0: float, steps: int
) -> list[tuple[float, float]]:
    rule, game = Alternating(lr, lr), Bilinear(sigma)
    orbit, memory = [(x0, y0)], ()
    for _ in range(steps):
        x, y, memory = rule.step(game, *orbit[-1], memory)
        orbit.append((x, y))
    return orbit


def _predicted_invariant(
    sigma: float, lr: float, x0: float, y0: float, steps: int
) -> float:
    return x0**2 + y0**2 - lr * sigma * x0 * y0


def _measured_invariant(**point: Any) -> float:
    x, y = _alternating(**point)[-1]
    return x**2 + y**2 - point["lr"] * point["sigma"] * x * y


def _predicted_angle(
    sigma: float, lr: float, x0: float, y0: float, steps: int
) -> float:
    return math.acos(1 - (lr * sigma) ** 2 / 2)


def _measured_angle(**point: Any) -> float:
    x = np.array(_alternating(**point))[:, 0]
    around, middle = x[2:] + x[:-2], x[1:-1]
    return math.acos((around @ middle) / (middle @ middle) / 2)


def _figure(ax: Any) -> None:
    t = np.arange(101)
    spiral = [(1.0, 0.0)]
    rule, game = Simultaneous(0.3, 0.3), Bilinear(1.0)
    for _ in range(100):
        spiral.append(rule.step(game, *spiral[-1], ())[:2])
    size = np.sum(np.square(spiral), axis=1)
    ax.semilogy(t[::5], size[::5], "o", label="simultaneous")
    ax.semilogy(t, 1.09**t, "k-", lw=1, label=r"predicted, $(1 + lr^2 σ^2)^t$")
    orbit = np.square(_alternating(1.0, 0.3, 1.0, 0.0, 100))
    ax.semilogy(t, orbit.sum(axis=1), ".", label="alternating")
    ax.set(xlabel="steps", ylabel=r"$x^2 + y^2$")
    ax.legend()


_ORBITS = tuple(
    {"sigma": sigma, "lr": lr, "x0": x0, "y0": y0, "steps": 20_000}
    for sigma, lr, x0, y0 in ((1.5, 1.2, 1.0, 0.3), (1.0, 0.3, 1.0, 0.0))
)
CLAIM = Claim(
    title="Alternating play does not spiral",
    statement=(
        "Simultaneous play multiplies the energy of every singular plane by exactly 1 "
        "+ lr² σ² a step, whatever the start. Alternating play keeps x² + y² - lr σ x "
        "y and turns by arccos(1 - (lr σ)²/2) while lr σ < 2: the outward spiral "
        "belongs to simultaneity, not to the game nor to discrete time."
    ),
    reference=(
        "Gidel et al., Negative Momentum for Improved Game Dynamics, AISTATS 2019, "
        "Theorems 2 and 3"
    ),
    quantities=(
        Quantity(
            "log of |z_T|^2, simultaneous",
            _predicted_energy,
            _measured_energy,
            kind="exact",
            tolerance=1e-9,
            reason="rounding of some hundred steps",
            points=(
                {"seed": 0, "n": 3, "m": 2, "lr": 0.1, "steps": 200},
                {"seed": 3, "n": 4, "m": 6, "lr": 0.05, "steps": 400},
            ),
        ),
        Quantity(
            "alternating: conserved x^2+y^2-lr*sigma*x*y",
            _predicted_invariant,
            _measured_invariant,
            kind="exact",
            tolerance=1e-9,
            reason="rounding of 20,000 steps",
            points=_ORBITS,
        ),
        Quantity(
            "alternating: angle per step",
            _predicted_angle,
            _measured_angle,
            kind="exact",
            tolerance=1e-7,
            reason="rounding of the least squares at a small angle",
            points=_ORBITS,
        ),
    ),
    figure=_figure,
)
