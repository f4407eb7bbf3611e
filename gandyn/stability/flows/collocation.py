"""Closed orbits of flows by Gauss collocation on an adaptive mesh."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.polynomial import legendre

from gandyn.errors import GandynError
from gandyn.stability.maps.maps import Flow

STAGES = 8
"""Collocation points per interval; values at the mesh points are of the order 16."""
_LEAST, _MOST = 12, 3000
"""A mesh has no fewer and no more intervals than these."""
_STANDS = 1e-4
"""Where f is smaller than this part of its largest value it is resolved to that part:
beside stiff terms that cancel, rounding leaves no more."""


def _gauss() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return nodes and weights on [0, 1], the integrals, and Legendre coefficients."""
    nodes, weights = legendre.leggauss(STAGES)
    degrees = np.arange(STAGES)
    project = (2 * degrees[:, None] + 1) * legendre.legvander(nodes, STAGES - 1).T
    project = project * weights / 2
    integrals = [legendre.legint(row, lbnd=-1) / 2 for row in np.eye(STAGES)]
    matrix = np.array([legendre.legval(nodes, one) for one in integrals]).T @ project
    return (nodes + 1) / 2, weights / 2, matrix, project


NODES, WEIGHTS, INTEGRALS, _PROJECT = _gauss()
_ANTIDERIVATIVE = np.array(
    [legendre.legint(row, lbnd=-1) / 2 for row in np.eye(STAGES)]
)
"""Row k has the integral from 0 of the k-th Legendre polynomial on [0, 1]."""


class NoOrbit(GandynError):
    """Newton's method found no closed orbit near the guess."""


class NotIsolated(NoOrbit):
    """The equations of a closed orbit are singular: it is one of a family."""


@dataclass(frozen=True)
class ClosedOrbit:
    """A closed orbit u(s), s in [0, 1), of period T: a polynomial on each interval.

    Attributes
    ----------
    parameter, period : float
    mesh : ndarray, shape (N + 1,)
        From 0 to 1.
    nodes : ndarray, shape (S, N)
        States at the mesh points but the last, which is the first again.
    stages : ndarray, shape (S, N, STAGES)
        States at the collocation points.
    series : ndarray, shape (S, N, STAGES + 1)
        Legendre coefficients of the state on each interval.
    velocity : ndarray, shape (S, N, STAGES)
        Those of f.
    """

    parameter: float
    period: float
    mesh: np.ndarray
    nodes: np.ndarray
    stages: np.ndarray
    series: np.ndarray
    velocity: np.ndarray

    def at(self, phases: Any) -> np.ndarray:
        """Return states at phases of any value, shape (S, number)."""
        phases = np.mod(np.atleast_1d(np.asarray(phases, dtype=float)), 1.0)
        i = np.searchsorted(self.mesh, phases, side="right") - 1
        i = np.clip(i, 0, len(self.mesh) - 2)
        inside = (phases - self.mesh[i]) / (self.mesh[i + 1] - self.mesh[i])
        basis = legendre.legvander(2 * inside - 1, STAGES)
        return np.asarray(np.einsum("sjk,jk->sj", self.series[:, i], basis))

    @property
    def tails(self) -> np.ndarray:
        """The size of f's last two Legendre coefficients relative to f, per interval.

        Relative to f on the interval itself: the slow parts of a relaxation
        oscillation, which make its period, are resolved as well as the fast ones.
        """
        speed = np.abs(self.velocity).max(axis=(0, 2))
        speed = np.maximum(speed, _STANDS * speed.max())
        return np.abs(self.velocity[:, :, -2:]).max(axis=(0, 2)) / speed

    def mean(self, values: np.ndarray) -> np.ndarray:
        """Return the time average of values at the stages, shape (..., N, STAGES)."""
        return np.asarray((values @ WEIGHTS) @ np.diff(self.mesh))

    def size(self) -> float:
        """Return the root mean square distance from the mean."""
        mean = self.mean(self.stages)
        return float(
            np.sqrt(self.mean(((self.stages - mean[:, None, None]) ** 2).sum(axis=0)))
        )


def sampled(
    states: Any, period: float, parameter: float, mesh: np.ndarray, stages: Any
) -> ClosedOrbit:
    """Return a guess of an orbit from its states at mesh points and stages."""
    nodes = np.asarray(states, dtype=float)
    stages = np.asarray(stages, dtype=float)
    empty = np.empty((0,))
    return ClosedOrbit(parameter, period, mesh, nodes, stages, empty, empty)


def stage_phases(mesh: np.ndarray) -> np.ndarray:
    """Return the collocation points of a mesh, shape (N, STAGES)."""
    return mesh[:-1, None] + np.diff(mesh)[:, None] * NODES


def on_mesh(orbit: ClosedOrbit, mesh: np.ndarray) -> ClosedOrbit:
    """Return an orbit's values on another mesh."""
    phases = stage_phases(mesh)
    stages = orbit.at(phases.ravel()).reshape(-1, *phases.shape)
    return sampled(orbit.at(mesh[:-1]), orbit.period, orbit.parameter, mesh, stages)


def next_mesh(orbit: ClosedOrbit, tolerance: float) -> np.ndarray:
    """Return a mesh on which the tails are equal and just below a tolerance."""
    tails = np.maximum(orbit.tails, 1e-3 * tolerance)
    need = (tails / (tolerance / 4)) ** (1 / (STAGES - 1))
    need = np.maximum(need, 0.25 * need.mean())
    count = int(np.clip(np.ceil(need.sum()), _LEAST, _MOST))
    places = np.concatenate([[0.0], np.cumsum(need)]) / need.sum()
    mesh = np.interp(np.linspace(0, 1, count + 1), places, orbit.mesh)
    mesh[0], mesh[-1] = 0.0, 1.0
    return np.asarray(mesh)


def finished(flow: Flow, orbit: ClosedOrbit) -> ClosedOrbit:
    """Return an orbit with the series that its nodes and stages determine."""
    size, count, _ = orbit.stages.shape
    values = flow(orbit.stages.reshape(size, -1), orbit.parameter)
    velocity = values.astype(float).reshape(size, count, STAGES) @ _PROJECT.T
    steps = orbit.period * np.diff(orbit.mesh)[:, None]
    series = steps * (velocity @ _ANTIDERIVATIVE)
    series[:, :, 0] += orbit.nodes
    return replace(orbit, series=series, velocity=velocity)
