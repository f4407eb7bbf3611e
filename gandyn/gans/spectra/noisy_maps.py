"""Maps that differ from batch to batch: errors of multipliers, mean-square growth."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.linalg
from scipy.sparse.linalg import LinearOperator, eigs
from torch import Tensor

from gandyn.gans.spectra.eigenvalues import Eigenvalues
from gandyn.gans.spectra.krylov import leading_eigenvalues
from gandyn.gans.spectra.period_maps import PeriodMap

MEAN_SQUARE = 400
"""Length of the state up to which mean-square growth is computed."""
_NULL = 1e-10
"""Singular values of all M - 1 below this share of the largest count as 0."""
_GROUPS = 4
"""Groups of samples whose eigenvalues are compared where there is no matrix."""


def mean_square_radius(matrices: np.ndarray) -> float:
    r"""Return the root of ρ(E[M ⊗ M]) over matrices that are drawn independently.

    :math:`E‖δ_t‖^2` of :math:`δ_{t+1} = M_t δ_t` grows by ρ(E[M ⊗ M]) per step: its
    operator :math:`X \mapsto E[M X M^T]` keeps the cone of positive semidefinite X, so
    its radius is an eigenvalue. By Jensen's inequality the root is at least the radius
    of E[M]. Directions in which every M is 1, weights that change no gradient, are left
    out.

    Parameters
    ----------
    matrices : ndarray, shape (samples, P, P)

    Returns
    -------
    float
        NaN above `MEAN_SQUARE` rows.

    Examples
    --------
    >>> flips = np.array([[[0.5]], [[-1.5]]])
    >>> round(mean_square_radius(flips) ** 2, 12)
    1.25
    """
    size = matrices.shape[1]
    if size > MEAN_SQUARE:
        return math.nan
    changes = (matrices - np.eye(size)).reshape(-1, size)
    _, sigma, rows = np.linalg.svd(changes)
    kept = rows[: int((sigma > _NULL * max(sigma[0], 1.0)).sum())]
    if not len(kept):
        return 1.0
    own = kept @ matrices @ kept.T
    n = len(kept)

    def apply(flat: np.ndarray) -> np.ndarray:
        square = flat.reshape(n, n)
        return np.einsum(
            "bij,jk,blk->il", own, square, own, optimize=True
        ).ravel() / len(own)

    if n <= 3:  # too small for the iteration
        whole = np.mean([np.kron(m, m) for m in own], axis=0)
        return float(np.sqrt(np.abs(np.linalg.eigvals(whole)).max()))
    operator = LinearOperator((n * n, n * n), matvec=apply, dtype=float)
    value = eigs(operator, k=1, v0=np.eye(n).ravel(), return_eigenvectors=False)
    return float(np.sqrt(abs(value[0])))


def standard_errors(
    map_: PeriodMap,
    found: Eigenvalues,
    matrices: Tensor | None,
    options: dict[str, Any],
) -> np.ndarray:
    r"""Return the standard error of each eigenvalue of a mean of sampled maps.

    With matrices to first order: each sample shifts λ by
    :math:`w^H (M_i - M) u / w^H u`, with left and right eigenvectors w and u. Without,
    the eigenvalues of `_GROUPS` groups of the samples are compared.
    """
    if matrices is not None:
        return _first_order(found, matrices)
    count, groups = len(map_.oracles), min(_GROUPS, len(map_.oracles))
    start = found.vectors.real.sum(1) + found.vectors.imag.sum(1)
    several = []
    for own in np.array_split(np.arange(count), groups):
        part = map_.on(own.tolist())
        one = leading_eigenvalues(part.product, start, **options)
        away = np.abs(one.values[:, None] - found.values)
        several.append(one.values[away.argmin(axis=0)])
    spread = np.array(several) - np.mean(several, axis=0)
    return np.sqrt((np.abs(spread) ** 2).sum(axis=0) / (groups - 1) / groups)


def _first_order(found: Eigenvalues, matrices: Tensor) -> np.ndarray:
    every = matrices.double().cpu().numpy()
    mean = every.mean(axis=0)
    values, left, right = scipy.linalg.eig(mean, left=True)
    errors = []
    for value in found.values:
        i = int(np.abs(values - value).argmin())
        w, u = left[:, i], right[:, i]
        shifts = np.einsum("i,bij,j->b", w.conj(), every - mean, u) / (w.conj() @ u)
        errors.append(np.sqrt((np.abs(shifts) ** 2).sum() / (len(every) - 1)))
    return np.array(errors) / math.sqrt(len(every))
