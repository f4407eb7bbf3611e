"""A Krylov decomposition on tensors, restarted by its projected matrix."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from scipy.linalg import schur
from scipy.linalg.lapack import dtrsen
from torch import Tensor

from gandyn.errors import GandynError

Operator = Callable[[Tensor], Tensor]
"""The product of a matrix with a vector of shape (P,)."""
ROUNDING = 256.0
"""Rounding of a product, in units of the machine's epsilon and the operator's size."""

ENOUGH = 0.7
"""Share of a vector's length that is left when one orthogonalisation was enough."""


class Counted:
    """An operator that counts its products, and refuses what is not finite."""

    def __init__(self, operator: Operator) -> None:
        self.operator, self.products = operator, 0

    def __call__(self, vector: Tensor) -> Tensor:
        self.products += 1
        found = self.operator(vector).detach()
        if not bool(torch.isfinite(found).all()):
            raise GandynError(
                "a product with the operator is not finite: it has no eigenvalues here"
            )
        return found


class Space:
    """A Krylov decomposition A V = V S + v bᵀ: rows of ``vectors`` are V's columns."""

    def __init__(
        self, operator: Operator, start: Tensor, size: int, scale: float
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
                if left > ENOUGH * size:
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
        return float(ROUNDING * self.epsilon * size)

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
