"""Leading eigenvalues of an operator known by its products only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from scipy.linalg import schur
from scipy.linalg.lapack import dtrsen
from torch import Tensor

from gandyn.errors import GandynError
from gandyn.gans.spectra.eigenvalues import (
    _ROUNDING,
    Eigenvalues,
    _Counted,
    _Operator,
    _record,
    _Ritz,
    _Wanted,
    _wanted,
)

_ENOUGH = 0.7
"""Share of a vector's length that is left when one orthogonalisation was enough."""


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


def leading_eigenvalues(
    operator: _Operator,
    start: Tensor,
    *,
    ends: Sequence[str] = ("largest modulus",),
    count: int = 6,
    neutral: float | None = None,
    near: float = 0.0,
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
    near : float
        Values that are nearer to c than this share of the farthest one are set aside
        too: they crowd there, and no iteration tells them apart in few products.
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
    counted, wanted = _Counted(operator), _wanted(ends, count, neutral, near)
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
    ritz = _Ritz(values, vectors, keep, places, space.vectors[: space.filled])
    return _record(counted, ritz, wanted, tolerance, space.rounding(values))


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


def _nothing(
    like: Tensor, ends: Sequence[str], products: int, scale: float
) -> Eigenvalues:
    none = np.zeros(0)
    return Eigenvalues(
        none.astype(complex), none, none.astype(bool),
        {end: none.astype(int) for end in ends}, products, scale, 0.0,
        torch.complex(like, like).new_zeros(len(like), 0),
    )  # fmt: skip
