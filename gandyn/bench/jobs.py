"""One job of a benchmark: a solver on a problem, from text to its part."""

from __future__ import annotations

import statistics
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gandyn._files import write_json
from gandyn._node import replace
from gandyn.bench.endings import best_setting, tuning_replicates
from gandyn.bench.engines import run_solver
from gandyn.bench.plan import with_measure
from gandyn.bench.problem import Problem, find_problems
from gandyn.bench.protocol import Protocol
from gandyn.bench.rows import failed_table, table_of, write_rows
from gandyn.bench.settings import settings
from gandyn.bench.solvers import Solver, find_solvers

_REPEATS = 7
_STEPS = 20


class SolverJob(NamedTuple):
    """One solver on one problem, as text that another process understands."""

    part: Path
    problem: str
    solver: str
    sources: tuple[str, ...]
    protocol: Protocol

    @property
    def times(self) -> Path:
        """The file of the wall times."""
        return self.part.with_suffix(".json")


def run_job(job: SolverJob) -> str:
    """Run one job and write its part; an error of the solver becomes its rows.

    An error of the machine is no result: nothing is written, and it is returned.
    """
    begin, step = time.perf_counter(), None
    try:
        try:
            with np.errstate(all="ignore"):  # what overflows is a verdict
                table, step = _played(job)
        except Exception as error:
            if _is_machines(error):
                raise
            table = failed_table(job.problem, job.solver, _words(error))
        write_json(job.times, {"job": time.perf_counter() - begin, "step": step})
        write_rows(job.part, [table])
    except Exception as error:
        if not _is_machines(error):
            raise
        return f"{job.solver} on {job.problem}: {type(error).__name__}: {error}"
    return ""


def _is_machines(error: BaseException | None) -> bool:
    """Tell whether a full disk, want of memory or the like is behind an error."""
    if error is None:
        return False
    return isinstance(error, OSError | MemoryError) or _is_machines(error.__cause__)


def _played(job: SolverJob) -> tuple[Any, float | None]:
    names, terms = (job.problem, job.solver), job.protocol
    problems = find_problems(["standard", *job.sources])
    chosen, _ = with_measure({job.problem: problems[job.problem]}, terms.measure)
    problem = chosen[job.problem]
    found, missing = find_solvers([job.solver])
    if missing:
        return failed_table(*names, *missing.values()), None
    solver = found[job.solver]
    values = settings(solver, problem, terms)
    calls = sum(solver.calls(problem.game).values())
    ended = run_solver(solver, problem, values, terms)
    best = best_setting(ended.steps, tuning_replicates(ended.replicates, terms))
    table = table_of(*names, values, calls, ended)
    if not isinstance(problem, Problem):  # a network's step is an ensemble's
        return table, None
    return table, _step_seconds(solver, problem, values, best, terms)


def _step_seconds(
    solver: Solver,
    problem: Problem,
    values: Mapping[str, np.ndarray],
    setting: int,
    protocol: Protocol,
) -> float:
    """Return the seconds of one step of one run, in Python: warm, a median.

    Parameters
    ----------
    solver : Solver
    problem : Problem
    values : dict of str to ndarray
        The settings by path; ``setting`` is the place of the one that is timed.
    setting : int
    protocol : Protocol

    Notes
    -----
    Of small games it is what Python and the library's calls cost, not arithmetic.
    """
    own = {path: float(v[setting]) for path, v in values.items()}
    rule, replicates = replace(solver.rule, own), problem.replicates(protocol)[:1]
    x, y = problem.states(replicates, protocol.seed)
    if not solver.batched:
        x, y = x[..., 0], y[..., 0]
    game = problem.oracle(problem.draws(replicates, protocol.seed))
    times = []
    with np.errstate(all="ignore"):
        memory = rule.init(game, x, y)
        for _ in range(_REPEATS + 1):
            begin = time.perf_counter()
            state = x, y, memory
            for _ in range(_STEPS):
                state = rule.step(game, *state)
            times.append(time.perf_counter() - begin)
    return statistics.median(times[1:]) / _STEPS


def _words(error: Exception) -> str:
    """Return a traceback that is the same on every machine: no folders."""
    frames = traceback.extract_tb(error.__traceback__)[1:]
    places = [f"{Path(f.filename).name}:{f.lineno} in {f.name}" for f in frames]
    return "\n".join([*places, f"{type(error).__name__}: {error}"])
