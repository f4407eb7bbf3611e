"""First guesses of an invariant curve: a bifurcation's law, an orbit."""

from __future__ import annotations

import math

import numpy as np

from gandyn.dynamics.birkhoff import birkhoff_weights
from gandyn.errors import GandynError
from gandyn.stability.crossings.normal_forms import eigenvectors
from gandyn.stability.crossings.records import Bifurcation
from gandyn.stability.curves import fourier
from gandyn.stability.curves.curve_equations import NoCurve, Unknowns
from gandyn.stability.maps.maps import Map

_SHORTEST = 200
"""An orbit of fewer states gives no rotation number that is good enough to start
from."""
_FLAT = 1e-9
"""An orbit with a smaller spread, relative to its place, has no curve."""


def from_bifurcation(
    map: Map, value: float, born: Bifurcation, modes: int
) -> tuple[Unknowns, np.ndarray]:
    r"""Return the circle of the normal form, and the fixed point there.

    :math:`u(θ) = z^* + 2\,\mathrm{Re}\,(r q e^{2πiθ})` with
    :math:`r^2 = (|λ|-1)/(-a)`.
    """
    if born.kind != "neimark-sacker" or born.status != "converged":
        raise GandynError(
            f"no curve is predicted at {born.field} = {born.value:.6g}, a "
            f"{born.kind} point that is {born.status}: give an orbit on the curve"
        )
    law = born.amplitude(value)
    if not law > 0:
        side = "below" if value >= born.value else "above"
        raise GandynError(
            f"the {born.criticality} curve of {born.field} = {born.value:.6g} exists "
            f"{side} it, not at {value:.6g}: "
            "continue_invariant_curve takes it through folds"
        )
    centre = map.fixed_point(born.state, value)
    _, q, _, _ = eigenvectors(map.jacobian(born.state, born.value), born.multiplier)
    radius = law / math.sqrt(2 * born.share)
    waves = np.zeros((modes + 1, len(centre)), dtype=complex)
    waves[0], waves[1] = centre, radius * q
    turn = born.angle / (2 * math.pi)
    return Unknowns(fourier.to_values(waves), turn, value), centre


def from_orbit(map: Map, value: float, states: np.ndarray, modes: int) -> Unknowns:
    """Return the curve through an orbit of shape (S, n), by weighted averages.

    The rotation is that of the angle in the plane of the two largest directions.
    """
    if states.ndim != 2 or states.shape[1] < _SHORTEST:
        raise GandynError(
            f"an orbit must be of shape (S, n) with n >= {_SHORTEST} successive "
            f"states, got {states.shape}; states_on returns one"
        )
    try:
        image = map(states[:, :-1], value)
    except GandynError:
        raise
    except (ValueError, IndexError):
        image = states[:0]
    if image.shape != states[:, :-1].shape:
        raise GandynError(
            f"the orbit has {len(states)} coordinates, which the map does not take; "
            "states of a rule are x, y and its memory"
        )
    if not np.isfinite(states).all():
        raise GandynError("the orbit is not finite: start nearer to the curve")
    weights = birkhoff_weights(states.shape[1])
    middle = states @ weights
    away = states - middle[:, None]
    spread = float(np.sqrt((away**2).sum(axis=0) @ weights))
    if spread <= _FLAT * (1 + float(np.linalg.norm(middle))):
        raise NoCurve(
            f"the orbit is at rest: its spread is {spread:.3g} at {map.name} = "
            f"{value:.6g}"
        )
    plane = np.linalg.svd(away, full_matrices=False)[0][:, :2]
    u, v = plane.T @ away
    angle = np.arctan2(v, u)
    turns = np.diff(angle) / (2 * np.pi)
    turns = turns - np.round(turns)
    rotation = float(birkhoff_weights(len(turns)) @ turns)
    order = np.arange(modes + 1)[:, None]
    phases = np.exp(-2j * np.pi * rotation * order * np.arange(states.shape[1]))
    waves = (phases * weights) @ states.T
    waves[0] = middle
    return Unknowns(fourier.to_values(waves), rotation, value)


def states_on(
    map: Map, value: float, state: np.ndarray, steps: int, skip: int = 0
) -> np.ndarray:
    """Return successive states of an orbit, shape (S, steps).

    Parameters
    ----------
    map : Map
    value : float
    state : array_like, shape (S,)
        Where it starts.
    steps : int
        States to return.
    skip : int
        Steps to take before.

    Examples
    --------
    >>> turn = Map(lambda z, p: (z[1], -z[0]))
    >>> states_on(turn, 0.0, [1.0, 0.0], 3).tolist()
    [[1.0, 0.0, -1.0], [0.0, -1.0, -0.0]]
    """
    here = np.asarray(state, dtype=float)[:, None]
    found = np.empty((len(here), steps))
    for _ in range(skip):
        here = map(here, value)
    for i in range(steps):
        found[:, i] = here[:, 0]
        here = map(here, value)
    return found
