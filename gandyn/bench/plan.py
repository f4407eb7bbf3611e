"""What a benchmark is to run: checked, and counted before it starts."""

from __future__ import annotations

import dataclasses
import platform
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import numpy as np

from gandyn import __version__
from gandyn._arguments import checked
from gandyn.bench.gan_problem import GANProblem
from gandyn.bench.problem import VERSION, Problem, find_problems
from gandyn.bench.protocol import Protocol
from gandyn.bench.rows import arrow
from gandyn.bench.solvers import find_solvers
from gandyn.errors import GandynError

_DEFAULT = ("built-in",)
"""The solvers, if none are asked for."""


@dataclass(frozen=True)
class Plan:
    """Everything that decides the rows, and the names it was asked for by.

    See `make_plan`.
    """

    problems: dict[str, Problem | GANProblem]
    solvers: dict[str, Any]
    missing: dict[str, str]
    left_out: dict[str, str]
    protocol: Protocol
    asked: tuple[tuple[str, ...], tuple[str, ...]]

    def __repr__(self) -> str:
        return f"<Plan: {self.command()}>"

    @property
    def jobs(self) -> list[tuple[str, str]]:
        """Pairs of problem and solver, in the order of the rows."""
        names = [*self.solvers, *self.missing]
        return [(problem, name) for problem in self.problems for name in names]

    def cost(self) -> dict[str, int]:
        """Return the jobs, and the most runs and oracle calls that they take."""
        terms = self.protocol
        each = sum(len(p.replicates(terms)) for p in self.problems.values())
        runs = each * len(self.solvers) * (terms.settings if terms.chooses else 1)
        return {"jobs": len(self.jobs), "runs": runs, "calls": runs * terms.budget}

    def command(self) -> str:
        """Return the command line that runs the plan."""
        problems, solvers = self.asked
        words = ["gandyn", "bench", "run", *problems]
        if solvers != _DEFAULT:
            words += [word for name in solvers for word in ("--rule", name)]
        for field in dataclasses.fields(Protocol):
            value = getattr(self.protocol, field.name)
            if value != field.default:
                words += [f"--{field.name}", str(value)]
        return shlex.join(words)

    def manifest(self) -> dict[str, Any]:
        """Return the plan as plain data, with the versions that it is run by."""
        return {
            "suite": {"name": "standard", "version": VERSION},
            "problems": {name: one.record() for name, one in self.problems.items()},
            "left out": self.left_out,
            "solvers": {name: c.record() for name, c in self.solvers.items()},
            "missing": self.missing,
            "protocol": self.protocol.record(),
            "versions": {
                "gandyn": __version__,
                "numpy": np.__version__,
                "pyarrow": arrow()[0].__version__,
                "python": platform.python_version(),
                **self._packages(),
            },
        }

    def _packages(self) -> dict[str, str]:
        """Return the versions of packages that solvers or problems need."""
        rules = [solver.rule for solver in self.solvers.values()]
        needed = {getattr(rule, "package", "") for rule in rules}
        needed |= {"torch" for p in self.problems.values() if isinstance(p, GANProblem)}
        known = metadata.packages_distributions()
        return {
            name: metadata.version(known[name][0])
            for name in sorted(needed & set(known))
        }


@checked
def make_plan(
    problems: Sequence[str] = ("standard",),
    solvers: Sequence[str] = _DEFAULT,
    **terms: Any,
) -> Plan:
    """Return a checked plan; names are those of `find_problems`, `find_solvers`.

    Parameters
    ----------
    problems, solvers : sequence of str
    **terms
        Those of a `Protocol`. Problems that do not have its measure are left out.

    Raises
    ------
    UnknownName
        If there is no such problem or solver.
    FieldError
        If a number is below 1 or a word is none of those known.
    GandynError
        If no problem has the measure.

    Examples
    --------
    >>> terms = {"settings": 10, "starts": 2}
    >>> plan = make_plan(["bilinear"], ["Extragradient", "Alternating"], **terms)
    >>> plan.cost()
    {'jobs': 16, 'runs': 320, 'calls': 640000}
    """
    protocol = Protocol(**terms)
    found, missing = find_solvers(solvers)
    chosen, left_out = with_measure(find_problems(problems), protocol.measure)
    asked = tuple(problems), tuple(solvers)
    return Plan(chosen, found, missing, left_out, protocol, asked)


def with_measure(
    problems: dict[str, Problem | GANProblem], measure: str
) -> tuple[dict[str, Problem | GANProblem], dict[str, str]]:
    """Return the problems with a measure, and why others do not have it."""
    if measure == "default":
        return problems, {}
    found, left_out = {}, {}
    for name, problem in problems.items():
        try:
            found[name] = problem.by(measure)
        except GandynError as error:
            left_out[name] = str(error)
    if not found:
        raise GandynError("\n".join(left_out.values()))
    return found, left_out
