"""Exponents transversal to an invariant curve, from the cocycle of its Jacobians."""

from __future__ import annotations

import numpy as np

from gandyn.dynamics.birkhoff import birkhoff_average
from gandyn.stability.curves import fourier
from gandyn.stability.curves.curve_equations import slopes
from gandyn.stability.maps.maps import Map

_STEPS = 4096
"""So many steps along the rotation are averaged, by weights that converge faster than
any power of their number."""
_WARM = 512
"""Steps before, after which the frame has turned to the directions that grow most."""


def transversal_exponents(
    map: Map, value: float, waves: np.ndarray, rotation: float
) -> np.ndarray:
    """Return the exponents per step across a curve, shape (S - 1,), largest first.

    For two coordinates it is the mean of log|det DF| over the curve, as the exponent
    along it is 0. For more the Jacobians act on the quotient by the tangent; a QR
    decomposition is carried along the rotation, and the logarithms of its diagonal
    have weighted Birkhoff averages. A direction that dies at once has -inf.
    """
    count = waves.shape[1]
    with np.errstate(divide="ignore"):
        if count == 2:
            fine = fourier.to_values(waves, 2 * len(waves))
            jacobians = slopes(map, fine, value)
            areas = np.log(np.abs(np.linalg.det(jacobians)))
            return np.array([np.mean(areas)])
        logs = _quotient_logs(map, value, waves, rotation)
        found = np.where(
            np.isfinite(logs).mean(axis=0) > 0.5,
            birkhoff_average(_finite(logs)),
            -np.inf,
        )
    return np.sort(found)[::-1]


def _finite(logs: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(logs), logs, 0.0)


def _quotient_logs(
    map: Map, value: float, waves: np.ndarray, rotation: float
) -> np.ndarray:
    """Return the logarithms of the diagonal of R along the rotation, (STEPS, S - 1)."""
    places = rotation * np.arange(_STEPS + _WARM + 1)
    points = fourier.evaluate(waves, places)
    along = fourier.evaluate(fourier.derivative(waves), places)
    normals = _normals((along / np.linalg.norm(along, axis=0)).T)
    jacobians = slopes(map, points[:, :-1], value)
    across = np.swapaxes(normals[1:], 1, 2) @ jacobians @ normals[:-1]
    frame = np.eye(across.shape[1])
    logs = np.empty(across.shape[:2])
    for i, matrix in enumerate(across):
        frame, upper = np.linalg.qr(matrix @ frame)
        logs[i] = np.log(np.abs(np.diag(upper)))
    return logs[_WARM:]


def _normals(tangents: np.ndarray) -> np.ndarray:
    """Return orthonormal bases across unit vectors, shape (N, S, S - 1)."""
    first = np.zeros(tangents.shape[1])
    first[0] = 1.0
    sign = np.where(tangents[:, :1] < 0, -1.0, 1.0)
    mirror = tangents + sign * first
    mirror = mirror / np.linalg.norm(mirror, axis=1, keepdims=True)
    whole = np.eye(tangents.shape[1]) - 2 * mirror[:, :, None] * mirror[:, None, :]
    return np.asarray(whole[:, :, 1:])
