"""Make `bilinear_50x30.npz`: a bilinear game whose matrix is ill-conditioned.

Run it from the root of the repository: ``python examples/make_bilinear.py``. The
singular values fall from 1 to 1e-4 in equal ratios; the singular vectors are random.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

SHAPE = (50, 30)
CONDITION = 1e4
SEED = 2018
TARGET = Path(__file__).with_name("bilinear_50x30.npz")


def matrix() -> np.ndarray:
    """Return the matrix A of the game L_x = xᵀA y, shape (50, 30)."""
    rng = np.random.default_rng(SEED)
    left, right = (np.linalg.qr(rng.normal(size=(k, SHAPE[1])))[0] for k in SHAPE)
    return (left * np.geomspace(1.0, 1 / CONDITION, SHAPE[1])) @ right.T


def main() -> None:
    """Write A, beside the game Jacobian [[0, A], [-Aᵀ, 0]] and its split n."""
    a = matrix()
    n, m = a.shape
    jacobian = np.block([[np.zeros((n, n)), a], [-a.T, np.zeros((m, m))]])
    np.savez_compressed(TARGET, A=a, J=jacobian, n=n)


if __name__ == "__main__":
    main()
