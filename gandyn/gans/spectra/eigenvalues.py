"""Some eigenvalues of an operator: what is asked for, and what is known of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from gandyn._records import Record
from gandyn.errors import GandynError, UnknownName

_Operator = Callable[[Tensor], Tensor]
"""The product of a matrix with a vector of shape (P,)."""
_ROUNDING = 256.0
"""Rounding of a product, in units of the machine's epsilon and the operator's size."""
ENDS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "largest real": lambda values: values.real,
    "smallest real": lambda values: -values.real,
    "largest imaginary": lambda values: np.abs(values.imag),
    "largest modulus": np.abs,
}
"""Ends of a spectrum, with what is largest there."""
_ASIDE = 16.0
"""How many roundings from the neutral eigenvalue a value is taken for it."""


class _Counted:
    """An operator that counts its products, and refuses what is not finite."""

    def __init__(self, operator: _Operator) -> None:
        self.operator, self.products = operator, 0

    def __call__(self, vector: Tensor) -> Tensor:
        """Return the product with a vector."""
        self.products += 1
        found = self.operator(vector).detach()
        if not bool(torch.isfinite(found).all()):
            raise GandynError(
                "a product with the operator is not finite: it has no eigenvalues here"
            )
        return found


class Eigenvalues(Record):
    """Some eigenvalues of an operator, with how well each is known.

    Attributes
    ----------
    values : ndarray of complex, shape (k,)
        Without repetition, those of positive imaginary part before their conjugates.
    residuals : ndarray, shape (k,)
        ‖A v - λ v‖ for the unit eigenvector v found, by products made for the purpose:
        the size of the smallest change of A that makes λ exact. How far λ itself may be
        off is this times its condition number, which is large for a far-from-normal A.
    converged : ndarray of bool, shape (k,)
        Whether the residual is within the tolerance times abs(λ), or abs(λ - c) where
        c is neutral; or within rounding.
    ends : dict of str to ndarray of int
        For each end asked for, the places of its values, the outermost first.
    products : int
        Products with A, those for the residuals included.
    scale : float
        The largest abs(λ) seen.
    aside : float
        Values that are nearer to the neutral one than this were set aside.
    vectors : Tensor, shape (P, k)
        Unit eigenvectors, complex.
    """

    values: np.ndarray
    residuals: np.ndarray
    converged: np.ndarray
    ends: dict[str, np.ndarray]
    products: int
    scale: float
    aside: float
    vectors: Tensor = field(repr=False)

    pairs = ("values",)
    omitted = ("vectors",)

    def at(self, end: str) -> np.ndarray:
        """Return the converged values at an end, the outermost first."""
        places = self.ends[end]
        return self.values[places[self.converged[places]]]


@dataclass(frozen=True)
class _Wanted:
    ends: Sequence[str]
    count: int
    neutral: float | None
    near: float = 0.0

    def aside(self, values: np.ndarray, rounding: float) -> float:
        """Return how near to the neutral one values are nobody's."""
        away = np.abs(values - (self.neutral or 0.0)).max(initial=0.0)
        return float(max(_ASIDE * rounding, self.near * away))

    def places(self, values: np.ndarray, rounding: float) -> dict[str, np.ndarray]:
        """Return where the outermost values are at each end; conjugates stay together.

        Values at the neutral one, to rounding or nearer than asked for, are nobody's.
        """
        keys = {end: ENDS[end](values) for end in self.ends}
        if self.neutral is not None:
            limit = self.aside(values, rounding)
            aside = np.abs(values - self.neutral) <= limit
            keys = {end: np.where(aside, -np.inf, key) for end, key in keys.items()}
        found = {}
        for end, key in keys.items():
            order = np.argsort(-key, kind="stable")
            order = order[np.isfinite(key[order])]
            cut = self.count
            if cut < order.size and _conjugate(values, order[cut - 1 : cut + 1]):
                cut += 1
            found[end] = order[:cut]
        return found


def _conjugate(values: np.ndarray, pair: np.ndarray) -> bool:
    first, second = values[pair]
    return bool(first.imag and first == second.conjugate())


def _wanted(
    ends: Sequence[str], count: int, neutral: float | None, near: float = 0.0
) -> _Wanted:
    unknown = [end for end in ends if end not in ENDS]
    if unknown:
        raise UnknownName("end of the spectrum", unknown[0], ENDS)
    return _Wanted(ends, count, neutral, near)


class _Ritz(NamedTuple):
    """Eigenvalues of a projected matrix, and which of them are asked for."""

    values: np.ndarray
    vectors: np.ndarray
    keep: np.ndarray
    places: dict[str, np.ndarray]
    basis: Tensor
    """Rows that the vectors are coordinates for."""


def _record(
    operator: _Counted, ritz: _Ritz, wanted: _Wanted, tolerance: float, rounding: float
) -> Eigenvalues:
    values, vectors, keep, places, basis = ritz
    keep = keep[np.lexsort((-values[keep].imag, -np.abs(values[keep]).round(12)))]
    new = {int(old): i for i, old in enumerate(keep)}
    ends = {
        end: np.array([new[int(i)] for i in own], int) for end, own in places.items()
    }
    own = values[keep]
    parts = [
        torch.as_tensor(np.array(part(vectors[:, keep]))).to(basis)
        for part in (np.real, np.imag)
    ]
    real, imag = (basis.T @ part for part in parts)
    residuals = _residuals(operator, own, real, imag)
    bound = np.maximum(tolerance * np.abs(own - (wanted.neutral or 0.0)), rounding)
    return Eigenvalues(
        own, residuals, residuals <= bound, ends, operator.products,
        float(np.abs(values).max()), wanted.aside(values, rounding),
        torch.complex(real, imag),
    )  # fmt: skip


def _residuals(
    operator: _Counted, values: np.ndarray, real: Tensor, imag: Tensor
) -> np.ndarray:
    """Return abs(A v - λ v) of each vector over its length; of a pair it is one."""
    residuals = np.zeros(len(values))
    for i, value in enumerate(values):
        twin = np.flatnonzero(values[:i] == value.conjugate())
        if twin.size:
            residuals[i] = residuals[twin[0]]
            continue
        u, w, a, b = real[:, i], imag[:, i], value.real, value.imag
        left = operator(u) - a * u + b * w
        other = operator(w) - a * w - b * u if b else torch.zeros_like(u)
        size = (u.square().sum() + w.square().sum()).sqrt()
        residuals[i] = float((left.square().sum() + other.square().sum()).sqrt() / size)
    return residuals


def dense_eigenvalues(
    matrix: Tensor,
    *,
    ends: Sequence[str] = ("largest modulus",),
    count: int = 6,
    neutral: float | None = None,
    tolerance: float = 1e-6,
) -> Eigenvalues:
    """Return what `leading_eigenvalues` looks for, from all eigenvalues of a matrix.

    Parameters
    ----------
    matrix : Tensor, shape (P, P)
    ends, count, neutral, tolerance
        As for `leading_eigenvalues`.

    Returns
    -------
    Eigenvalues
        Its ``products`` are P, what the matrix cost, and those for the residuals.

    Raises
    ------
    GandynError
        If an entry is not finite.

    Examples
    --------
    >>> matrix = torch.diag(torch.arange(4.0, dtype=torch.float64))
    >>> dense_eigenvalues(matrix, count=2).values.real
    array([3., 2.])
    """
    if not bool(matrix.isfinite().all()):
        raise GandynError(
            "the matrix has entries that are not finite: take another point, at which "
            "the losses and their second derivatives are finite"
        )
    counted = _Counted(lambda v: matrix @ v)
    values, vectors = np.linalg.eig(matrix.double().cpu().numpy())
    values, wanted = values.astype(complex), _wanted(ends, count, neutral)
    size = np.abs(values).max(initial=0.0)
    rounding = _ROUNDING * torch.finfo(matrix.dtype).eps * size
    places = wanted.places(values, rounding)
    keep = np.unique(np.concatenate([*places.values()]).astype(int))
    unit = torch.eye(len(matrix), dtype=matrix.dtype, device=matrix.device)
    counted.products = len(matrix)
    ritz = _Ritz(values, vectors, keep, places, unit)
    return _record(counted, ritz, wanted, tolerance, rounding)
