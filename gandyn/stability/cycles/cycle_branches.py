"""The record of a branch of periodic orbits."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from gandyn.stability.crossings.records import Bifurcation
from gandyn.stability.cycles.periodic import PeriodicOrbit


@dataclasses.dataclass(frozen=True)
class CycleBranch:
    """Periodic orbits along a parameter, in the order of the branch.

    Attributes
    ----------
    period : int
    field : str
    orbits : tuple of PeriodicOrbit
    bifurcations : tuple of Bifurcation
        Of the map's iterate, in the order of the branch: folds, and crossings of the
        unit circle with their normal forms.
    end : str
        ``"interval"``: the parameter reached an end of its interval; ``"merges"``: the
        orbit shrinks onto one of half its period; ``"closes"``: the branch is back at
        its start; ``"unbounded"``; ``"fold"``, where it was to be followed so far;
        ``"lost"``; ``"points"``: the budget of orbits is spent.
    reason : str
        For ``"lost"`` and ``"points"``, the last complaint.
    origin : Bifurcation or None
        The flip it comes from.
    """

    period: int
    field: str
    orbits: tuple[PeriodicOrbit, ...] = dataclasses.field(repr=False)
    bifurcations: tuple[Bifurcation, ...]
    end: str
    reason: str = ""
    origin: Bifurcation | None = dataclasses.field(default=None, repr=False)

    @property
    def values(self) -> np.ndarray:
        """The parameter at each orbit, shape (n,)."""
        return np.array([orbit.value for orbit in self.orbits])

    @property
    def states(self) -> np.ndarray:
        """All states, shape (n, p, S)."""
        return np.array([orbit.states for orbit in self.orbits])

    @property
    def amplitudes(self) -> np.ndarray:
        """The root mean square distance of the players from their mean, shape (n,)."""
        return np.array([orbit.amplitude for orbit in self.orbits])

    @property
    def radii(self) -> np.ndarray:
        """The largest modulus of a multiplier at each orbit, shape (n,)."""
        return np.array([orbit.radius for orbit in self.orbits])

    @property
    def stable(self) -> np.ndarray:
        """Whether each orbit is stable, shape (n,)."""
        return np.array([orbit.stable for orbit in self.orbits])

    def lines(self, coordinate: int) -> np.ndarray:
        """Return what a diagram of a coordinate draws along the branch, (n, p)."""
        return self.states[:, :, coordinate]

    def as_dict(self) -> dict[str, Any]:
        """Return the record as plain numbers, strings, lists and dicts."""
        return {
            "period": self.period,
            "field": self.field,
            "orbits": [orbit.as_dict() for orbit in self.orbits],
            "bifurcations": [found.as_dict() for found in self.bifurcations],
            "end": self.end,
            "reason": self.reason,
            "origin": self.origin.as_dict() if self.origin else None,
        }
