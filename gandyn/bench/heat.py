"""One heat: all settings and replicates of a contender on a problem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gandyn.bench.contenders import Contender
from gandyn.bench.problem import Problem


@dataclass(frozen=True)
class Heat:
    """What is to be run, and how long.

    Attributes
    ----------
    contender : Contender
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

    contender: Contender
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
