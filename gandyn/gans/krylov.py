"""Leading eigenvalues of an operator known by its products only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from scipy.linalg import schur
from scipy.linalg.lapack import dtrsen
from torch import Tensor

from gandyn._records import Record
from gandyn.errors import GandynError, UnknownName

_Operator = Callable[[Tensor], Tensor]
"""The product of a matrix with a vector of shape (P,)."""
_ROUNDING = 256.0
"""Rounding of a product, in units of the machine's epsilon and the operator's size."""

_ENOUGH = 0.7
"""Share of a vector's length that is left when one orthogonalisation was enough."""
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


class _Space:
    """A Krylov decomposition A V = V S + v bᵀ: rows of ``vectors`` are V's columns."""

    def __init__(
        self, operator: _Operator, start: Tensor, size: int, scale: float
    ) -> None:
        norm = float(start.norm())
        if not norm > 0:
            raise GandynError("the vector to start from is zero")
        self.operator, self.size, self.filled, self.scale = operator, size, 0, scale
        self.vectors = start.new_zeros(size + 1, len(start))
        self.vectors[0] = start / norm
        self.matrix = np.zeros((size + 1, size))
        self.epsilon = torch.finfo(start.dtype).eps
        self.complete = False

    def expand(self) -> None:
        """Fill the basis, or stop where the space is invariant to rounding."""
        for j in range(self.filled, self.size):
            known = self.vectors[: j + 1]
            image = self.operator(known[j])
            before = float(image.norm())
            left = before
            for _ in range(2):
                inner, size = known @ image, left
                image = image - known.T @ inner
                self.matrix[: j + 1, j] += inner.double().cpu().numpy()
                left = float(image.norm())
                if left > _ENOUGH * size:
                    break
            self.filled = j + 1
            if left <= 10 * self.epsilon * max(before, self._size()):
                self.complete = True
                return
            self.matrix[j + 1, j] = left
            self.vectors[j + 1] = image / left

    def ritz(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the projected matrix' eigenvalues and vectors, and their residuals."""
        m = self.filled
        values, vectors = np.linalg.eig(self.matrix[:m, :m])
        edge = 0 * self.matrix[m, :m] if self.complete else self.matrix[m, :m]
        return values.astype(complex), vectors, np.abs(edge @ vectors)

    def rounding(self, values: np.ndarray) -> float:
        """Return the rounding of an eigenvalue's residual."""
        size = np.abs(values).max(initial=self.scale)
        return float(_ROUNDING * self.epsilon * size)

    def shrink(self, values: np.ndarray, keep: np.ndarray) -> None:
        """Keep the invariant part of some eigenvalues of the projected matrix."""
        m = self.filled
        upper, turn = schur(self.matrix[:m, :m], output="real")
        select = _selected(upper, values[keep])
        upper, turn, _, _, kept, *_ = dtrsen(select, upper, turn, job="N", lwork=m)
        p = int(kept)
        edge = self.matrix[m, :m] @ turn
        self.matrix = np.zeros_like(self.matrix)
        self.matrix[:p, :p], self.matrix[p, :p] = upper[:p, :p], edge[:p]
        turn = torch.as_tensor(turn[:, :p].copy()).to(self.vectors)
        self.vectors[:p] = turn.T @ self.vectors[:m]
        self.vectors[p] = self.vectors[m].clone()
        self.filled = p

    def _size(self) -> float:
        return float(np.abs(self.matrix).max())


def _selected(upper: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return which rows of a real Schur form hold the given eigenvalues."""
    below = np.diag(upper, -1) != 0
    first, second = np.append(below, False), np.insert(below, 0, False)
    diagonal = np.diag(upper).astype(complex)
    product = np.zeros(len(upper))
    product[first] = np.diag(upper, 1)[below] * np.diag(upper, -1)[below]
    product[second] = product[first]
    diagonal += 1j * np.sqrt(np.maximum(-product, 0.0))
    upwards = values.real + 1j * np.abs(values.imag)
    nearest = np.abs(diagonal[:, None] - upwards).argmin(axis=0)
    select = np.zeros(len(upper), dtype=np.int32)
    select[nearest] = 1
    select[second] |= select[first]
    select[first] |= select[second]
    return select


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
    vectors : Tensor, shape (P, k)
        Unit eigenvectors, complex.
    """

    values: np.ndarray
    residuals: np.ndarray
    converged: np.ndarray
    ends: dict[str, np.ndarray]
    products: int
    scale: float
    vectors: Tensor = field(repr=False)

    pairs = ("values",)

    def at(self, end: str) -> np.ndarray:
        """Return the converged values at an end, the outermost first."""
        places = self.ends[end]
        return self.values[places[self.converged[places]]]


@dataclass(frozen=True)
class _Wanted:
    ends: Sequence[str]
    count: int
    neutral: float | None

    def places(self, values: np.ndarray, rounding: float) -> dict[str, np.ndarray]:
        """Return where the outermost values are at each end; conjugates stay together.

        Values at the neutral one, to rounding, are nobody's.
        """
        keys = {end: ENDS[end](values) for end in self.ends}
        if self.neutral is not None:
            aside = np.abs(values - self.neutral) <= _ASIDE * rounding
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


def leading_eigenvalues(
    operator: _Operator,
    start: Tensor,
    *,
    ends: Sequence[str] = ("largest modulus",),
    count: int = 6,
    neutral: float | None = None,
    tolerance: float = 1e-6,
    basis: int | None = None,
    most: int = 1000,
    scale: float = 0.0,
) -> Eigenvalues:
    r"""Return the outermost eigenvalues at several ends, by one Krylov–Schur iteration.

    The basis lives where ``start`` does, orthogonalised twice where once is not enough;
    only its small projected matrix comes to the processor. Outer, separated eigenvalues
    are found first. An iteration can't prove that it has missed none.

    Parameters
    ----------
    operator : callable
        The product with a real matrix A.
    start : Tensor, shape (P,)
        Any vector that is not an eigenvector; a random one.
    ends : sequence of str
        From `ENDS`.
    count : int
        Eigenvalues at each end; one more where that would part a complex pair.
    neutral : float, optional
        An eigenvalue c that is to be left out, 0 of a game Jacobian or 1 of an update
        rule, both along manifolds of equilibria: the iteration starts from
        (A - c)·start, which has no part in its eigenvectors unless A lacks some, and
        values at c to rounding are set aside.
    tolerance : float
        Of the residual, relative to the eigenvalue's distance from the neutral one,
        or else from 0.
    basis : int, optional
        Vectors kept; by default three times the values asked for, at least 30.
    most : int
        Products to stop after; what has not converged by then is marked so.
    scale : float
        The size of what A is a part of: what is rounding next to it is 0.

    Returns
    -------
    Eigenvalues
        None, if all are the neutral one.

    Raises
    ------
    GandynError
        If a product is not finite.

    References
    ----------
    Stewart, *A Krylov–Schur algorithm for large eigenproblems*, SIAM J. Matrix Anal.
    Appl. 23 (2002), Section 3.

    Examples
    --------
    >>> matrix = torch.diag(torch.arange(100.0, dtype=torch.float64))
    >>> start = torch.ones(100, dtype=torch.float64)
    >>> found = leading_eigenvalues(lambda v: matrix @ v, start, count=3)
    >>> found.values.real.round(6), bool(found.converged.all())
    (array([99., 98., 97.]), True)
    """
    unknown = [end for end in ends if end not in ENDS]
    if unknown:
        raise UnknownName("end of the spectrum", unknown[0], ENDS)
    counted = _Counted(operator)
    wanted = _Wanted(ends, count, neutral)
    if basis is None:
        basis = max(30, 3 * count * len(ends))
    rounding = _ROUNDING * torch.finfo(start.dtype).eps
    if neutral is not None:
        floor = rounding * scale * float(start.norm())
        start = counted(start) - neutral * start
        if float(start.norm()) <= floor:
            return _nothing(start, ends, counted.products, scale)
    space = _Space(counted, start, min(basis, len(start)), scale)
    while True:
        space.expand()
        values, vectors, estimates = space.ritz()
        rounding = space.rounding(values)
        places = wanted.places(values, rounding)
        keep = np.unique(np.concatenate([*places.values()]).astype(int))
        bound = np.maximum(tolerance * np.abs(values - (neutral or 0.0)), rounding)
        done = bool((estimates[keep] <= bound[keep]).all())
        if done or space.complete or counted.products >= most:
            break
        space.shrink(values, _with_spare(wanted, values, rounding, space.size))
    return _record(
        counted, space, values, vectors, keep, places, tolerance, neutral or 0.0
    )


def _with_spare(
    wanted: _Wanted, values: np.ndarray, rounding: float, size: int
) -> np.ndarray:
    """Return the values to keep at a restart: more of each end, up to half."""
    most = max(size // 2, 1)
    for count in range(wanted.count + most, 0, -1):
        places = replace(wanted, count=count).places(values, rounding)
        keep = np.unique(np.concatenate([*places.values()]).astype(int))
        if keep.size <= most:
            break
    return keep


def _conjugate(values: np.ndarray, pair: np.ndarray) -> bool:
    first, second = values[pair]
    return bool(first.imag and first == second.conjugate())


def _nothing(
    like: Tensor, ends: Sequence[str], products: int, scale: float
) -> Eigenvalues:
    none = np.zeros(0)
    return Eigenvalues(
        none.astype(complex), none, none.astype(bool),
        {end: none.astype(int) for end in ends}, products, scale,
        torch.complex(like, like).new_zeros(len(like), 0),
    )  # fmt: skip


def _record(
    operator: _Counted,
    space: _Space,
    values: np.ndarray,
    vectors: np.ndarray,
    keep: np.ndarray,
    places: dict[str, np.ndarray],
    tolerance: float,
    centre: float,
) -> Eigenvalues:
    keep = keep[np.lexsort((-values[keep].imag, -np.abs(values[keep]).round(12)))]
    new = {int(old): i for i, old in enumerate(keep)}
    ends = {
        end: np.array([new[int(i)] for i in own], int) for end, own in places.items()
    }
    own = values[keep]
    basis = space.vectors[: space.filled]
    parts = [
        torch.as_tensor(np.array(part(vectors[:, keep]))).to(basis)
        for part in (np.real, np.imag)
    ]
    real, imag = (basis.T @ part for part in parts)
    residuals = np.zeros(len(own))
    for i, value in enumerate(own):
        twin = np.flatnonzero(own[:i] == value.conjugate())
        if twin.size:
            residuals[i] = residuals[twin[0]]
            continue
        u, w, a, b = real[:, i], imag[:, i], value.real, value.imag
        left = operator(u) - a * u + b * w
        other = operator(w) - a * w - b * u if b else torch.zeros_like(u)
        size = (u.square().sum() + w.square().sum()).sqrt()
        residuals[i] = float((left.square().sum() + other.square().sum()).sqrt() / size)
    bound = np.maximum(tolerance * np.abs(own - centre), space.rounding(values))
    return Eigenvalues(
        own, residuals, residuals <= bound, ends, operator.products,
        float(np.abs(values).max()), torch.complex(real, imag),
    )  # fmt: skip
