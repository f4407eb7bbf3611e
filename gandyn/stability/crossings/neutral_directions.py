"""Directions along which every map of a branch does nothing, and maps without them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gandyn.dynamics.exact.linear import reference_equilibrium
from gandyn.dynamics.exact.null_spaces import null_dimension
from gandyn.stability.maps.maps import Map, RuleMap
from gandyn.stability.maps.units import measured, natural_units

_FLOOR = 64 * np.finfo(float).eps
"""Rounding of a row of A - I, per unit of that row of A and root of its length: its
entries are sums of a few products of numbers of that size."""
_APART = 1e-6
"""A multiplier nearer to 1 shares its eigenvectors with the neutral ones."""
_WEAK = 1e-8
"""Singular values of 1 - DF below this part of the largest may be 0, as at a start
where branches cross."""
_PUSHED = 1e-6
"""Along them a state moves if this part of the push is there, and not rounding."""
_CLEAR = 100.0
"""A singular value less than this many floors above 0 may be rounding or may not."""


@dataclass(frozen=True)
class Quotient:
    r"""Maps on what is left of the states when neutral directions are taken out.

    Where all maps have the fixed directions K, they act on the quotient by K, whose
    matrix in an orthonormal basis B of the complement of K is :math:`B^T A B`: the
    multipliers are the same but for as many ones as K has dimensions, and to the bit of
    an orthogonal similarity no rounding is added. Fixed directions that turn with the
    parameter are taken out of each map by itself. All this is done in units of each
    number of the state: where a memory's are small, the rounding of the large ones
    would be that of all.

    Attributes
    ----------
    basis : ndarray, shape (S, S - k)
        Orthonormal, across the fixed directions that all maps share.
    turning : int
        How many more there are in each map.
    doubtful : int
        How many directions are fixed within a hundred times rounding, but not within
        rounding.
    fixed : int
        How many are fixed by all maps, chains of defective ones not followed.
    units : float or ndarray, shape (S,)
        What the states are measured in before.
    """

    basis: np.ndarray
    turning: int
    doubtful: int
    fixed: int = 0
    units: float | np.ndarray = 1.0

    @property
    def count(self) -> int:
        """The number of neutral directions."""
        return int(self.basis.shape[0] - self.basis.shape[1]) + self.turning

    def reduced(self, matrix: np.ndarray) -> np.ndarray:
        """Return a map without its neutral directions."""
        return self.changed(matrix, matrix)

    def changed(self, matrix: np.ndarray, changes: np.ndarray) -> np.ndarray:
        """Return changes of a map, (..., S, S), without its neutral directions."""
        inner = measured(changes, self.units)
        if self.basis.shape[0] > self.basis.shape[1]:
            inner = self.basis.T @ inner @ self.basis
        if not self.turning:
            return inner
        own = self.basis.T @ measured(matrix, self.units) @ self.basis
        rows = np.linalg.svd(own - np.eye(len(own)))[2]
        across = rows[: len(own) - self.turning]
        return np.asarray(across @ inner @ across.T)

    def lifted(self, matrix: np.ndarray, value: complex, q: np.ndarray) -> np.ndarray:
        """Return the map's eigenvector over one of its quotient, of norm 1.

        Along the shared fixed directions it has what the map pushes there, over
        value - 1; of a value at 1 they are left out, for any of them may be added.
        """
        across, matrix = self.basis @ q, measured(matrix, self.units)
        if abs(value - 1) > _APART and self.basis.shape[0] > self.basis.shape[1]:
            along = np.linalg.svd(self.basis)[0][:, self.basis.shape[1] :]
            own = value * np.eye(along.shape[1]) - along.T @ matrix @ along
            pushed = along.T @ matrix @ across
            across = across + along @ np.linalg.solve(own, pushed)
        across = across * self.units
        return np.asarray(across / np.linalg.norm(across))

    def embedded(self, q: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return a right and a left vector of the quotient as those of all states."""
        return self.basis @ q * self.units, self.basis @ p / self.units


def quotient(
    matrices: Sequence[np.ndarray], units: float | np.ndarray = 1.0
) -> Quotient:
    """Return what the maps at several places of a branch are without their ones.

    A direction is neutral if it is fixed, within rounding, at all places; of the
    quotient the same is asked again, for a multiplier 1 may be defective. ``units`` are
    what the states are measured in, of shape (S,).

    Examples
    --------
    >>> maps = [np.diag([1.0, 1.0 - 4.0 * lr, 1.0]) for lr in (0.1, 0.2)]
    >>> found = quotient(maps)
    >>> found.count, found.reduced(maps[0]).round(12).tolist()
    (2, [[0.6]])
    """
    matrices = [measured(matrix, units) for matrix in matrices]
    basis, doubtful, fixed = np.eye(len(matrices[0])), 0, 0
    while basis.shape[1]:
        inner = [basis.T @ matrix @ basis for matrix in matrices]
        sigma, rows = _fixed(np.concatenate([_moves(one) for one in inner]))
        kept = sigma > 1
        doubtful = int(np.sum(kept & (sigma < _CLEAR)))
        if kept.all():
            break
        fixed = fixed or int(np.sum(~kept))
        basis = basis @ rows[kept].T
    left = [_moves(basis.T @ matrix @ basis) for matrix in matrices]
    turning = min(int(np.sum(_fixed(one)[0] <= 1)) for one in left)
    return Quotient(basis, turning, doubtful, fixed, units)


def told_by_the_game(step: Map, inner: Quotient) -> Quotient:
    """Return neutral directions, those in doubt that a linear game's J does not have.

    In a map of a rule 1 - lr μ rounds to 1 where μ is small; beside J's own entries it
    may be large.
    """
    found = inner.fixed + inner.turning
    if not (isinstance(step, RuleMap) and step.game.linear and found):
        return inner
    if any(one.owner == "game" for one in step.parameters):
        return inner
    game = step.game
    own = null_dimension(game, reference_equilibrium(game))
    more = max(found - own, 0)
    return replace(inner, doubtful=inner.doubtful + more)


def nullity(matrix: np.ndarray) -> int:
    """Return how many directions a map leaves alone, within rounding."""
    return _nullity(measured(matrix, telling_units(matrix)))


def _nullity(matrix: np.ndarray) -> int:
    return int(np.sum(_fixed(_moves(matrix))[0] <= 1))


def telling_units(matrix: np.ndarray) -> np.ndarray:
    """Return units in which a map leaves fewer directions alone, or ones.

    Beside large numbers of a state small ones that move slowly seem to stay.
    """
    ones, alone = np.ones(len(matrix)), _nullity(matrix)
    if not alone:
        return ones
    units = natural_units(matrix)
    return units if _nullity(measured(matrix, units)) < alone else ones


def moved_by(
    matrix: np.ndarray, push: np.ndarray, aside: int | None = None
) -> np.ndarray:
    """Return how a map's fixed point moves, if a step is pushed; no neutral way.

    ``aside`` directions are not moved along, those that the map leaves alone most.

    >>> moved_by(np.diag([1.0, 0.5]), np.ones(2)).tolist()
    [0.0, 2.0]
    """
    units = telling_units(matrix)
    matrix = measured(matrix, units)
    left, sizes, right = np.linalg.svd(np.eye(len(push)) - matrix)
    kept = len(sizes) - (_nullity(matrix) if aside is None else aside)
    along = left[:, :kept].T @ (push / units) / sizes[:kept]
    return np.asarray(right[:kept].T @ along * units)


def rate_along(matrix: np.ndarray, push: np.ndarray, most: float) -> np.ndarray:
    """Return how fast a fixed point moves, along weak directions so fast at most."""
    left, sizes, right = np.linalg.svd(np.eye(len(push)) - matrix)
    along = left.T @ push
    kept = np.abs(along) > _PUSHED * np.linalg.norm(push)
    kept &= np.abs(along) <= most * sizes
    kept |= sizes > _WEAK * max(1.0, float(sizes[0]))
    kept[len(sizes) - nullity(matrix) :] = False
    return np.asarray(right[kept].T @ (along[kept] / sizes[kept]))


def _moves(matrix: np.ndarray) -> np.ndarray:
    """Return A - I, each row in units of the rounding of its product with a vector."""
    size = np.maximum(1.0, np.linalg.norm(matrix, axis=1, keepdims=True))
    floor = _FLOOR * size * np.sqrt(len(matrix))
    return np.asarray((matrix - np.eye(len(matrix))) / floor)


def _fixed(moves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what is left of each of orthonormal directions, and those, as rows."""
    if not moves.size:
        return np.ones(0), np.eye(moves.shape[1])
    _, sigma, rows = np.linalg.svd(moves, full_matrices=False)
    return sigma, rows
