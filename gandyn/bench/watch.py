"""Cells as they run: which targets they have reached, and how they ended."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from gandyn.bench.protocol import TARGETS

ESCAPE = 1e8
"""Growth of the measure over its start (or 1) that counts as divergence."""

EARLY = 3
"""The target from which on the rate is measured, down to the last one."""


class Measured(Protocol):
    """What has a measure of the cells on the trailing axis."""

    def measure(self, x: Any, y: Any) -> np.ndarray:
        """Return one number for each cell."""
        ...


class Watch:
    """Cells that still run, and what is known of all of them.

    Attributes
    ----------
    hits, at_hit : ndarray, shape (targets, cells)
        The first step at which each target is reached, and the measure then.
    verdict : ndarray of str, shape (cells,)
        ``"undecided"`` as long as a cell runs.
    bound : ndarray, shape (cells,)
        The measure beyond which a cell diverges.
    index : ndarray
        Which cells the arrays that are looked at hold.
    """

    def __init__(self, problem: Measured, x: Any, y: Any) -> None:
        self._problem = problem
        width = x.shape[-1]
        self.hits = np.full((len(TARGETS), width), np.inf)
        self.at_hit = np.full((len(TARGETS), width), np.nan)
        self.verdict = np.full(width, "undecided", dtype=object)
        self.bound = ESCAPE * np.maximum(problem.measure(x, y), 1.0)
        self._next = np.full(width, TARGETS[0])
        self._runs = np.ones(width, dtype=bool)
        self.index = np.arange(width)

    def look(self, step: int, x: Any, y: Any) -> np.ndarray:
        """Note what the cells have reached; return which of them go on."""
        measure, own = self._problem.measure(x, y), self.index
        near = self._runs[own] & (measure <= self._next[own])
        if near.any():
            self._note(step, own[near], measure[near])
        gone = self._runs[own] & ~(measure <= self.bound[own])
        if gone.any():
            which = own[gone]
            self.verdict[which] = np.where(np.isnan(measure[gone]), "nan", "diverges")
            self._runs[which] = False
        return np.asarray(self._runs[own])

    def _note(self, step: int, which: np.ndarray, measure: np.ndarray) -> None:
        for k, target in enumerate(TARGETS):
            new = (measure <= target) & np.isinf(self.hits[k, which])
            self.hits[k, which[new]] = step
            self.at_hit[k, which[new]] = measure[new]
        reached = np.isfinite(self.hits[:, which]).sum(axis=0)
        self._next[which] = np.append(TARGETS, -np.inf)[reached]
        done = which[reached == len(TARGETS)]
        self.verdict[done] = "reached"
        self._runs[done] = False

    def rate(self) -> np.ndarray:
        """Return the mean log growth per step between an early and the last target."""
        with np.errstate(all="ignore"):
            apart = self.hits[-1] - self.hits[EARLY]
            growth = np.log(self.at_hit[-1]) - np.log(self.at_hit[EARLY])
            return np.where(apart > 0, growth / apart, np.nan)
