"""The record of a branch: fixed points, cycles or curves along a parameter."""

from __future__ import annotations

import dataclasses
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from gandyn._records import Record


class _Point(Protocol):
    """What a point of a branch tells of itself."""

    @property
    def value(self) -> float:
        """The parameter."""

    @property
    def stable(self) -> bool:
        """Whether it attracts."""

    def levels(self, coordinate: int) -> np.ndarray:
        """Return the values of a coordinate that a diagram shows."""

    def as_dict(self) -> dict[str, Any]:
        """Return the record as plain numbers and strings."""


_P = TypeVar("_P", bound=_Point)


class Fold(Record, Generic[_P]):
    """Where a branch of curves or limit cycles turns back: two meet and vanish.

    Attributes
    ----------
    field : str
        What the parameter is called.
    point : InvariantCurve or LimitCycle
        The one at which they meet.
    """

    field: str
    point: _P = dataclasses.field(repr=False)
    kind: str = "fold"

    derived = ("value",)

    @property
    def value(self) -> float:
        """The parameter there."""
        return self.point.value


class Branch(Record, Generic[_P]):
    """What a continuation found, in the order of the branch.

    Attributes
    ----------
    field : str
        What the parameter is called.
    points : tuple of Equilibrium, PeriodicOrbit, InvariantCurve or LimitCycle
        The parameter is not monotone along them where the branch turns back.
    bifurcations : tuple of Bifurcation or Fold
        Those along the branch, in its order.
    ends : pair of str
        Why the branch ends at its first and at its last point:

        =============== ===========================================================
        ``"start"``     it was followed from there one way only
        ``"interval"``  the parameter is at an end of its interval
        ``"box"``       a coordinate is at an edge of its box
        ``"closed"``    the branch is back at its start
        ``"fold"``      it was to be followed up to its first fold
        ``"shrinks"``   the orbit or curve shrinks onto a fixed point, or onto an
                        orbit of half its period
        ``"unbounded"`` the states are on their way to infinity
        ``"slow"``      the period grows without bound
        ``"lost"``      no next point is found that is surely the branch's own
        ``"limit"``     there are as many points as were asked for
        =============== ===========================================================
    reason : str
        What the last step complained about, where that is the end.
    """

    field: str
    points: tuple[_P, ...] = dataclasses.field(repr=False)
    bifurcations: tuple[Any, ...]
    ends: tuple[str, str]
    reason: str = ""

    @property
    def values(self) -> np.ndarray:
        """The parameter at each point, shape (N,)."""
        return self.along("value")

    @property
    def stable(self) -> np.ndarray:
        """Which points attract, shape (N,)."""
        return self.along("stable")

    def along(self, name: str) -> np.ndarray:
        """Return an attribute of all points, shape (N, ...)."""
        return np.array([getattr(point, name) for point in self.points])

    def levels(self, coordinate: int) -> np.ndarray:
        """Return what a diagram of a coordinate draws along the branch, (N, lines)."""
        return np.array([point.levels(coordinate) for point in self.points])
