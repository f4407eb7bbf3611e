r"""On a curved manifold the best critic measures chords, and pulls less along the arc.

On a circle of radius R the best 1-Lipschitz critic of the plane separates two points at
the arc s by their chord, :math:`2R \sin u` with u = s/2R: the share sin(u)/u of the
arc. Its gradient is the unit chord, whose component along the circle is cos u: 0 at the
antipode. A generator at the angle φ from its target slides by
:math:`φ' = -R \cos(φ/2)`, which takes the time

.. math:: \frac{2}{R}\Big[\ln\tan\big(\tfrac{π}{4} + \tfrac{φ}{4}\big)\Big]_{φ_1}^{φ_0}

from φ₀ to φ₁: the time diverges like a logarithm as φ₀ → π. The loss in the share is
:math:`s^2/24R^2` to leading order, below 1 % while s < R/2.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.optimize import linprog

from gandyn.claims._claim import Claim, Quantity
from gandyn.claims._growth import extrapolate

_POINTS = 24
"""Points of the circle on which the critic is a linear program's unknowns."""
_LR = 1e-3


def _predicted_share(R: float, arc: float) -> float:
    u = arc / (2 * R)
    return math.sin(u) / u


def _on_circle(R: float, angles: np.ndarray) -> np.ndarray:
    return R * np.stack([np.cos(angles), np.sin(angles)], axis=-1)


def _measured_share(R: float, arc: float) -> float:
    """Return the largest f(b) - f(a) of a 1-Lipschitz f on points, over the arc."""
    between = np.linspace(0, 2 * math.pi, _POINTS - 1, endpoint=False)[1:]
    places = _on_circle(R, np.concatenate([[0.0, arc / R], between]))
    first, second = np.triu_indices(len(places), 1)
    rows = np.zeros((len(first), len(places)))
    rows[np.arange(len(first)), first] = 1.0
    rows[np.arange(len(first)), second] = -1.0
    apart = np.linalg.norm(places[first] - places[second], axis=1)
    aim = np.zeros(len(places))
    aim[0], aim[1] = 1.0, -1.0
    found = linprog(
        aim, np.vstack([rows, -rows]), np.tile(apart, 2), bounds=(None, None)
    )
    return float(-found.fun / arc)


def _predicted_pull(R: float, arc: float) -> float:
    return math.cos(arc / (2 * R))


def _measured_pull(R: float, arc: float) -> float:
    """Return the component along the circle of the chord's unit vector."""
    target, fake = _on_circle(R, np.array([0.0, arc / R]))
    tangent = np.array([fake[1], -fake[0]]) / R
    chord = target - fake
    return float(chord @ tangent / np.linalg.norm(chord))


def _predicted_time(R: float, phi0: float, phi1: float) -> float:
    def logarithm(phi: float) -> float:
        return math.log(math.tan(math.pi / 4 + phi / 4))

    return 2 / R * (logarithm(phi0) - logarithm(phi1))


def _slide(R: float, phi0: float, phi1: float, lr: float) -> float:
    """Return lr × steps of the generator's angle, interpolated in the last step.

    Its loss is the distance to the target; the gradient in the angle is taken from the
    critic's gradient and the place's derivative.
    """
    phi, time = phi0, 0.0
    while True:
        pull = _measured_pull(R, R * phi) * R
        after = phi - lr * pull
        if after <= phi1:
            return time + lr * (phi - phi1) / (phi - after)
        phi, time = after, time + lr


def _measured_time(R: float, phi0: float, phi1: float) -> float:
    coarse = _slide(R, phi0, phi1, _LR)
    return extrapolate(coarse, _slide(R, phi0, phi1, _LR / 2))


def _figure(ax: Any) -> None:
    arcs = np.linspace(0.01, math.pi, 80)
    shares = [_predicted_share(1.0, arc) for arc in arcs]
    ax.plot(arcs, shares, label="separation / arc, predicted")
    ax.plot(arcs, [_predicted_pull(1.0, arc) for arc in arcs], label="pull, predicted")
    some = np.linspace(0.3, 3.1, 8)
    seen = [_measured_share(1.0, arc) for arc in some]
    ax.plot(some, seen, "C0o", label="best critic of 24 points")
    ax.plot(some, [_measured_pull(1.0, arc) for arc in some], "C1o", label="chord")
    ax.axhline(1, color="0.7", lw=1)
    ax.set(xlabel="arc s/R between the fake and the data", ylabel="share")
    ax.legend()


_ARCS = ({"R": 1.0, "arc": 0.5}, {"R": 1.0, "arc": 2.0}, {"R": 0.5, "arc": 1.5})
CLAIM = Claim(
    title="On a curved manifold a critic measures chords",
    statement=(
        "On a circle of radius R the best 1-Lipschitz critic separates two points at "
        "the arc s by the share sin(u)/u of it, u = s/2R, and pulls along the circle "
        "with cos u only: nothing at the antipode, from where the generator's slide "
        "takes a time that diverges logarithmically. Curvature counts only relative to "
        "the distance to be told apart: the loss is s²/24R²."
    ),
    reference="derived here; Villani, Optimal Transport, 2009, Theorem 5.10 (duality)",
    quantities=(
        Quantity(
            "best 1-Lipschitz critic's separation of two points of a circle, over the "
            "arc",
            _predicted_share,
            _measured_share,
            kind="exact",
            tolerance=1e-8,
            reason="the linear program's own tolerance",
            points=_ARCS,
        ),
        Quantity(
            "pull along the manifold that W1 gives a generator at arc s (1 if "
            "distances were geodesic)",
            _predicted_pull,
            _measured_pull,
            kind="exact",
            tolerance=1e-12,
            reason="rounding",
            points=_ARCS,
        ),
        Quantity(
            "time (lr x steps) of the angle from phi0 to phi1 under the best critic",
            _predicted_time,
            _measured_time,
            kind="asymptotic",
            tolerance=1e-6,
            reason="second order in lr, after extrapolation",
            points=(
                {"R": 0.5, "phi0": 3.14, "phi1": 0.3},
                {"R": 2.0, "phi0": 2.0, "phi1": 0.1},
            ),
        ),
    ),
    figure=_figure,
)
