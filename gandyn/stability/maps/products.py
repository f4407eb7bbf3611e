"""Multipliers of a product of matrices, without forming the product."""

from __future__ import annotations

import itertools

import numpy as np

_SWEEPS = 12
"""Rounds of orthogonal iteration; moduli that differ by e^3 are apart after these."""
_APART = 1e-14
"""A corner this small of an orthogonal matrix is zero: the moduli are told apart."""


def product_multipliers(matrices: np.ndarray) -> np.ndarray:
    r"""Return the eigenvalues of A_{p-1} ... A_1 A_0, largest modulus first.

    Orthogonal iteration :math:`A_k Q_k = Q_{k+1} R_k` around the cycle separates
    groups of different moduli. The eigenvalues of each group are those of its own
    product, scaled as it is formed: the small ones keep their relative accuracy beside
    the large ones, and nothing overflows before the result does.

    Parameters
    ----------
    matrices : ndarray, shape (p, S, S)

    Returns
    -------
    ndarray of complex, shape (S,)

    References
    ----------
    Bojanczyk, Golub, Van Dooren, *The periodic Schur decomposition*, SPIE 1770 (1992);
    Lust, *Improved numerical Floquet multipliers*, Int. J. Bifurcation Chaos 11 (2001).

    Examples
    --------
    >>> stretch, turn = np.diag([1e9, 1e-9]), np.array([[0.6, -0.8], [0.8, 0.6]])
    >>> [f"{m.real:.15g}" for m in
    ...  product_multipliers(np.array([stretch, turn, stretch, turn.T]))]
    ['3.6e+17', '2.77777777777778e-18']
    """
    size = matrices.shape[1]
    basis = np.eye(size)
    for _ in range(_SWEEPS):
        start, triangles = basis, []
        for matrix in matrices:
            basis, triangle = np.linalg.qr(matrix @ basis)
            triangles.append(triangle)
        turned = start.T @ basis
        joints = _joints(turned)
        if len(joints) > size:
            break
    found = [
        _block(triangles, turned, slice(low, high))
        for low, high in itertools.pairwise(joints)
    ]
    values = np.concatenate(found)
    order = np.lexsort((-values.imag, -np.abs(values).round(12)))
    return np.asarray(values[order])


def _joints(turned: np.ndarray) -> list[int]:
    """Return where the groups begin and end."""
    size = len(turned)
    apart = [i for i in range(1, size) if np.abs(turned[i:, :i]).max() < _APART]
    return [0, *apart, size]


def _block(triangles: list[np.ndarray], turned: np.ndarray, own: slice) -> np.ndarray:
    """Return the eigenvalues of one group, by its scaled product."""
    product, exponent = turned[own, own], 0
    for triangle in triangles[::-1]:
        product = product @ triangle[own, own]
        largest = np.abs(product).max()
        if largest:
            power = int(np.frexp(largest)[1])
            product, exponent = np.ldexp(product, -power), exponent + power
    values = np.linalg.eigvals(product).astype(complex)
    with np.errstate(over="ignore", under="ignore"):
        return np.ldexp(values.real, exponent) + 1j * np.ldexp(values.imag, exponent)
