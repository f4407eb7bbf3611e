r"""A collapsed generator sits on a saddle whose exit is exponentially flat.

The data are ½N(-a, s²) + ½N(a, s²), the fakes q = ½N(x₁, s²) + ½N(x₂, s²), the
discriminator is the best one and the generator descends 2 JSD. Where both halves sit at
one mode, x₁ = x₂ = c with a zero gradient, the Hessian has the entries

.. math:: H_{11} = \tfrac12 A + \tfrac14 B, \quad H_{12} = \tfrac14 B, \qquad
          A = ∫ φ'' \log\frac{q}{p + q}, \quad B = ∫ \frac{φ'^2 p}{q (p + q)}

with φ the normal density at c: curvature (A + B)/2 along (1, 1), which keeps the halves
together, and A/2 along (1, -1), the way to diversity: negative, and exponentially small
in a. So collapse is a saddle, left at the rate log(1 + lr |A|/2) a step.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.optimize import brentq

from gandyn.claims._claim import Claim, Quantity
from gandyn.claims._normals import beside_two_modes
from gandyn.games.losses import Minimax
from gandyn.games.tabular import GridGAN

_REACH, _PLACES = 16.0, 1601
"""The grid of the discriminator's table: its sums are integrals to rounding."""
_STEP = 3e-4
"""Of the differences, in units of s: its square is below the tolerances."""


def _centre(a: float, s: float) -> float:
    """Return where the collapsed halves rest: near the mode, not on it."""

    def slope(c: float) -> float:
        def pull(t: np.ndarray, q: np.ndarray, p: np.ndarray) -> np.ndarray:
            return q * (t - c) / s**2 * np.log(q / (p + q))

        return beside_two_modes(pull, a, c, s)

    return float(brentq(slope, 0.05 * a, 1.2 * a, xtol=1e-13))


def _curvatures(a: float, s: float) -> tuple[float, float]:
    c = _centre(a, s)

    def bend(t: np.ndarray, q: np.ndarray, p: np.ndarray) -> np.ndarray:
        far = ((t - c) / s) ** 2
        return q * (far - 1) / s**2 * np.log(q / (p + q))

    def spread(t: np.ndarray, q: np.ndarray, p: np.ndarray) -> np.ndarray:
        return q * ((t - c) / s**2) ** 2 * p / (p + q)

    A, B = (beside_two_modes(each, a, c, s) for each in (bend, spread))
    return (A + B) / 2, A / 2


def _predicted_stiff(a: float, s: float) -> float:
    return _curvatures(a, s)[0]


def _predicted_flat(a: float, s: float) -> float:
    return -math.log10(-_curvatures(a, s)[1])


def _measured(a: float, s: float) -> tuple[float, float]:
    """Return the curvatures as differences of the field with the best table."""
    game = GridGAN(Minimax(), a, s, _REACH * s, _PLACES, 2)

    def field(x: np.ndarray) -> np.ndarray:
        return np.asarray(game.gx(x, game.best_y(x)))

    def together(c: float) -> float:
        return float(field(np.array([c, c])).sum())

    c = brentq(together, 0.05 * a, 1.2 * a, xtol=1e-13)
    found = []
    for way in (np.array([1.0, 1.0]), np.array([1.0, -1.0])):
        h = _STEP * s * way
        change = field(c + h) - field(c - h)
        found.append(float(change @ way) / (4 * _STEP * s))
    return found[0], found[1]


def _measured_stiff(a: float, s: float) -> float:
    return _measured(a, s)[0]


def _measured_flat(a: float, s: float) -> float:
    return -math.log10(-_measured(a, s)[1])


def _figure(ax: Any) -> None:
    distances = np.linspace(1.8, 4.5, 19)
    both = np.array([_curvatures(a, 1.0) for a in distances])
    ax.semilogy(distances, both[:, 0], label="along (1, 1), stiff")
    ax.semilogy(distances, -both[:, 1], label="−curvature along (1, −1), the exit")
    seen = np.array([_measured(a, 1.0) for a in distances[::3]])
    ax.semilogy(distances[::3], seen[:, 0], "C0o")
    ax.semilogy(distances[::3], -seen[:, 1], "C1o")
    ax.set(xlabel="half distance of the modes a/s", ylabel="curvature of 2 JSD")
    ax.legend(title="dots: differences of the field")


_POINTS = tuple({"a": a, "s": s} for a, s in ((3.0, 1.0), (4.5, 1.0), (1.8, 0.6)))
CLAIM = Claim(
    title="Mode collapse is a saddle with an exponentially flat exit",
    statement=(
        "Where both halves of a generator sit at one of two far modes the best "
        "discriminator's loss is stiff in the direction that keeps them together, with "
        "curvature near 1/6, and flat and negative in the direction that parts them: "
        "-.13 at a = 2s, -5e-4 at a = 4s. Collapse is unstable, and is left so slowly "
        "that it looks stable."
    ),
    reference=(
        "Goodfellow et al. 2014, Theorem 1 (the loss); the curvatures are derived here"
    ),
    quantities=(
        Quantity(
            "collapsed generator (both halves at one mode): stiff curvature along "
            "(1,1)",
            _predicted_stiff,
            _measured_stiff,
            kind="exact",
            tolerance=1e-6,
            reason="differences of step 3e-4 s",
            points=_POINTS,
        ),
        Quantity(
            "its flat curvature along (1,-1), negative: -log10 of |.|",
            _predicted_flat,
            _measured_flat,
            kind="exact",
            tolerance=2e-3,
            reason="differences of a force of 1e-7",
            points=_POINTS,
        ),
    ),
    figure=_figure,
)
