"""Records of runs: what is to be run side by side, what is seen, what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from gandyn.bench.problem import Problem
from gandyn.bench.protocol import TARGETS
from gandyn.bench.solvers import Solver

ESCAPE = 1e8
"""Growth of the measure over its start (or 1) that counts as divergence."""

_EARLY = 3
"""The target from which on the rate is measured, down to the last one."""


@dataclass(frozen=True)
class RunBatch:
    """All settings and replicates of a solver on a problem, and how long they run.

    Attributes
    ----------
    solver : Solver
    problem : Problem
    values : dict of str to ndarray, shape (count,)
        The settings by path.
    count : int
        How many settings there are; one, if no field is set.
    replicates : list of (int, int)
        Starts and seeds.
    seed : int
    steps : int
    """

    solver: Solver
    problem: Problem
    values: Mapping[str, np.ndarray]
    count: int
    replicates: list[tuple[int, int]]
    seed: int
    steps: int

    @property
    def shape(self) -> tuple[int, int]:
        """Settings and replicates."""
        return self.count, len(self.replicates)

    def states(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the initial states of a setting's replicates."""
        return self.problem.states(self.replicates, self.seed)

    def cells(self) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
        """Return fields and initial states of every replicate of every setting."""
        each = len(self.replicates)
        own = {path: np.repeat(v, each) for path, v in self.values.items()}
        x, y = (np.tile(part, self.count) for part in self.states())
        return own, x, y


class RunOutcomes(NamedTuple):
    """What became of the runs; a replicate is a start and a seed of the noise.

    Attributes
    ----------
    steps : ndarray, shape (targets, settings, replicates)
        The first step at which the measure is at most the target; infinite for never.
    verdict : ndarray of str, shape (settings, replicates)
    rate : ndarray, shape (settings, replicates)
        The measured log growth per step between two targets; NaN if not reached.
    radius : ndarray, shape (settings,)
        The exact spectral radius at the solution; NaN where there is none.
    worst : ndarray, shape (settings,)
        The largest radius over the problem's class of games; NaN for no class.
    replicates : list of (int, int)
    coverage, wasserstein : ndarray, shape (settings, replicates), or None
        Of network GANs at the end of each run: the share of modes covered, and the
        sliced Wasserstein distance of fakes and data.
    """

    steps: np.ndarray
    verdict: np.ndarray
    rate: np.ndarray
    radius: np.ndarray
    worst: np.ndarray
    replicates: list[tuple[int, int]]
    coverage: np.ndarray | None = None
    wasserstein: np.ndarray | None = None


class _Measured(Protocol):
    """What has a measure of the cells on the trailing axis."""

    def measure(self, x: Any, y: Any) -> np.ndarray:
        """Return one number for each cell."""
        ...


class TargetRecorder:
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

    def __init__(self, problem: _Measured, x: Any, y: Any) -> None:
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
            apart = self.hits[-1] - self.hits[_EARLY]
            growth = np.log(self.at_hit[-1]) - np.log(self.at_hit[_EARLY])
            return np.where(apart > 0, growth / apart, np.nan)
