"""Trigonometric polynomials on a circle of circumference 1, by their values."""

from __future__ import annotations

import numpy as np


def circle_grid(modes: int) -> np.ndarray:
    """Return the 2K + 1 places j/(2K + 1) that determine K modes."""
    return np.arange(2 * modes + 1) / (2 * modes + 1)


def to_coefficients(values: np.ndarray) -> np.ndarray:
    """Return c_0 to c_K, shape (K + 1, S), of real values of shape (S, 2K + 1)."""
    return np.asarray(np.fft.rfft(values, axis=1).T / values.shape[1])


def to_values(coefficients: np.ndarray, modes: int | None = None) -> np.ndarray:
    """Return values on the grid of that many modes, by default as many as there are.

    Modes are cut off or filled up with zeros.
    """
    have = len(coefficients) - 1
    modes = have if modes is None else modes
    padded = np.zeros((modes + 1, coefficients.shape[1]), dtype=complex)
    padded[: min(have, modes) + 1] = coefficients[: modes + 1]
    size = 2 * modes + 1
    return np.asarray(np.fft.irfft(padded.T, n=size, axis=1) * size)


def evaluate(coefficients: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return Σ c_k exp(2πikθ) over all k from -K to K, shape (S, places)."""
    order = np.arange(1, len(coefficients))
    waves = np.exp(2j * np.pi * np.outer(order, places))
    return np.asarray(
        coefficients[0].real[:, None] + 2 * (coefficients[1:].T @ waves).real
    )


def derivative(coefficients: np.ndarray) -> np.ndarray:
    """Return the coefficients of du/dθ."""
    order = np.arange(len(coefficients))[:, None]
    return np.asarray(2j * np.pi * order * coefficients)


def turned(coefficients: np.ndarray, rotation: float) -> np.ndarray:
    """Return the coefficients of u(θ + ρ)."""
    order = np.arange(len(coefficients))[:, None]
    return np.asarray(np.exp(2j * np.pi * rotation * order) * coefficients)


def turn_matrix(modes: int, rotation: float) -> np.ndarray:
    """Return the circulant matrix that takes the values of u(θ) to u(θ + ρ)."""
    size = 2 * modes + 1
    one = np.zeros((1, size))
    one[0, 0] = 1.0
    first = to_values(turned(to_coefficients(one), rotation))[0]
    places = np.arange(size)
    return np.asarray(first[(places[:, None] - places[None, :]) % size])


def size(coefficients: np.ndarray) -> float:
    """Return the root mean square of u - c_0, over all coordinates."""
    return float(np.sqrt(2) * np.linalg.norm(coefficients[1:]))


def tail(coefficients: np.ndarray) -> float:
    """Return the last quarter of the coefficients, relative to `size`."""
    last = coefficients[-max(len(coefficients) // 4, 2) :]
    whole = size(coefficients)
    return float(np.sqrt(2) * np.linalg.norm(last)) / whole if whole else 0.0
