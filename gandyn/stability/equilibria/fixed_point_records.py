"""Records of the fixed points over a box."""

from __future__ import annotations

import dataclasses

import numpy as np

from gandyn._records import Record


class FixedPoint(Record):
    """A fixed point of a map, or an equilibrium of a game.

    Attributes
    ----------
    state : ndarray, shape (S,)
    residual : float
        ‖F(z) - z‖, or ‖v(z)‖ of a game.
    enclosed : bool
        Whether it is proved that a fixed point exists between the rows of
        ``enclosure``, and no other near it.
    degenerate : bool
        Whether the Jacobian of the equations is singular: a double point, or one of a
        manifold of fixed points.
    multipliers : ndarray of complex, shape (S,)
        Of the map, or of the rule at a game's equilibrium, with the memory that
        ``init`` gives there; of a game without a rule the eigenvalues of J.
    enclosure : ndarray, shape (2, S)
        Lower and upper ends; the state twice, if nothing is proved.
    """

    state: np.ndarray
    residual: float
    enclosed: bool
    degenerate: bool
    multipliers: np.ndarray
    enclosure: np.ndarray = dataclasses.field(repr=False)

    derived = ("stable",)
    pairs = ("multipliers",)

    @property
    def stable(self) -> bool:
        """Whether all multipliers are inside the unit circle."""
        return bool(np.all(np.abs(self.multipliers) < 1))


class Equilibrium(Record):
    """A fixed point on a branch.

    Attributes
    ----------
    value : float
        The parameter.
    state : ndarray, shape (S,)
    multipliers : ndarray of complex, shape (S,)
        Largest modulus first.
    unstable : int
        How many multipliers are outside the unit circle.
    neutral : int
        How many multipliers stay at 1 all along the branch: directions along a
        manifold of fixed points, which are left out of ``unstable``.
    """

    value: float
    state: np.ndarray
    multipliers: np.ndarray
    unstable: int
    neutral: int

    derived = ("stable",)
    pairs = ("multipliers",)

    @property
    def stable(self) -> bool:
        """Whether no multiplier is outside the unit circle."""
        return self.unstable == 0

    def levels(self, coordinate: int) -> np.ndarray:
        """Return the value of a coordinate, shape (1,)."""
        return self.state[coordinate : coordinate + 1]


class Unresolved(Record):
    """Connected pieces of the box that may hold fixed points.

    Attributes
    ----------
    pieces : ndarray, shape (K, 2, S)
        Lower and upper corners of each.
    point : ndarray, shape (S,), or None
        A fixed point that Newton's method finds there.
    """

    pieces: np.ndarray = dataclasses.field(repr=False)
    point: np.ndarray | None

    derived = ("extent",)
    omitted = ("pieces",)

    @property
    def extent(self) -> np.ndarray:
        """Sides of the smallest box that holds all pieces, shape (S,)."""
        return np.asarray(self.pieces[:, 1].max(axis=0) - self.pieces[:, 0].min(axis=0))


class FixedPoints(Record):
    """The fixed points over a box, and whether they are proved to be all.

    Attributes
    ----------
    points : tuple of FixedPoint
        In the order of their coordinates.
    unresolved : tuple of Unresolved
        Where more of them may be: degenerate ones, manifolds, singularities. One that
        is found there is among the points too, not ``enclosed``.
    complete : bool
        Whether it is proved that there are no others in the box.
    method : str
        ``"balls"``, or ``"newton"`` where the map cannot be evaluated on balls.
    box : ndarray, shape (S, 2)
    """

    points: tuple[FixedPoint, ...]
    unresolved: tuple[Unresolved, ...]
    complete: bool
    method: str
    box: np.ndarray = dataclasses.field(repr=False)
