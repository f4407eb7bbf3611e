"""What a benchmark is to run: checked, and counted before it starts."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gandyn import __version__
from gandyn.bench.contenders import find_contenders
from gandyn.bench.problem import VERSION, Problem, find_problems
from gandyn.bench.race import TARGETS
from gandyn.bench.rows import arrow
from gandyn.bench.settings import TUNINGS
from gandyn.errors import FieldError


@dataclass(frozen=True)
class Plan:
    """Everything that decides the rows; see `make_plan`."""

    problems: dict[str, Problem]
    contenders: dict[str, Any]
    missing: dict[str, str]
    tuning: str
    settings: int
    starts: int
    seed: int
    budget: int

    @property
    def jobs(self) -> list[tuple[str, str]]:
        """Pairs of problem and contender, in the order of the rows."""
        names = [*self.contenders, *self.missing]
        return [(problem, name) for problem in self.problems for name in names]

    def cost(self) -> dict[str, int]:
        """Return the jobs, and the most runs and oracle calls that they take."""
        runs = len(self.problems) * len(self.contenders) * self.starts
        runs *= 1 if self.tuning == "theory" else self.settings
        return {"jobs": len(self.jobs), "runs": runs, "calls": runs * self.budget}

    def manifest(self) -> dict[str, Any]:
        """Return the plan as plain data, with the versions that it is run by."""
        problems = {
            name: {
                "game": repr(problem.game),
                "class": problem.kind,
                "condition": problem.condition,
                "measure": problem.measures,
                "distance": problem.distance,
            }
            for name, problem in self.problems.items()
        }
        return {
            "suite": {"name": "standard", "version": VERSION},
            "problems": problems,
            "contenders": {name: c.record() for name, c in self.contenders.items()},
            "missing": self.missing,
            "protocol": {
                "tuning": self.tuning,
                "settings": self.settings,
                "starts": self.starts,
                "seed": self.seed,
                "budget": self.budget,
                "targets": list(TARGETS),
                "tuned on": "the problems and starts that are reported",
            },
            "versions": {
                "gandyn": __version__,
                "numpy": np.__version__,
                "pyarrow": arrow()[0].__version__,
                "python": platform.python_version(),
            },
        }


def make_plan(
    problems: Sequence[str] = ("standard",),
    contenders: Sequence[str] = ("built-in",),
    *,
    tuning: str = "random",
    settings: int = 32,
    starts: int = 2,
    seed: int = 0,
    budget: int = 2000,
) -> Plan:
    """Return a checked plan; names are those of `find_problems`, `find_contenders`.

    Parameters
    ----------
    problems, contenders : sequence of str
    tuning : {"random", "grid", "theory"}
    settings : int
        Hyperparameter settings of each contender, the same number for all.
    starts : int
        Initial states of each problem.
    seed : int
        Of the starts and the random settings.
    budget : int
        Oracle calls of one run.

    Raises
    ------
    UnknownName
        If there is no such problem or contender.
    FieldError
        If a number is below 1 or the tuning is none of these.

    Examples
    --------
    >>> plan = make_plan(["bilinear"], ["Extragradient", "Alternating"], settings=10)
    >>> plan.cost()
    {'jobs': 16, 'runs': 320, 'calls': 640000}
    """
    if tuning not in TUNINGS:
        raise FieldError(f"tuning must be one of {', '.join(TUNINGS)}, got {tuning!r}")
    counts = {"settings": settings, "starts": starts, "budget": budget}
    for name, value in counts.items():
        if value != int(value) or value < 1:
            raise FieldError(
                f"{name} must be a whole number of at least 1, got {value}"
            )
    found, missing = find_contenders(contenders)
    chosen = find_problems(problems)
    return Plan(chosen, found, missing, tuning, settings, starts, seed, budget)
