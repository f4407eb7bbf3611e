"""One job of a benchmark: a contender on a problem, from text to its part."""

from __future__ import annotations

import time
import traceback
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gandyn._files import write_json
from gandyn.bench.contenders import find_contenders
from gandyn.bench.endings import best_setting, tuning_replicates
from gandyn.bench.plan import measured
from gandyn.bench.problem import Problem, find_problems
from gandyn.bench.protocol import Protocol
from gandyn.bench.race import race
from gandyn.bench.rows import failed_table, table_of, write_rows
from gandyn.bench.settings import settings
from gandyn.bench.timing import step_seconds


class Job(NamedTuple):
    """One contender on one problem, as text that another process understands."""

    part: Path
    problem: str
    contender: str
    sources: tuple[str, ...]
    protocol: Protocol

    @property
    def times(self) -> Path:
        """The file of the wall times."""
        return self.part.with_suffix(".json")


def play(job: Job) -> None:
    """Run one job and write its part; an error of the contender becomes its rows."""
    begin, step = time.perf_counter(), None
    try:
        with np.errstate(all="ignore"):  # what overflows is a verdict
            table, step = _played(job)
    except Exception as error:
        table = failed_table(job.problem, job.contender, _words(error))
    write_json(job.times, {"job": time.perf_counter() - begin, "step": step})
    write_rows(job.part, [table])


def _played(job: Job) -> tuple[Any, float | None]:
    names, terms = (job.problem, job.contender), job.protocol
    problems = find_problems(["standard", *job.sources])
    chosen, _ = measured({job.problem: problems[job.problem]}, terms.measure)
    problem = chosen[job.problem]
    found, missing = find_contenders([job.contender])
    if missing:
        return failed_table(*names, *missing.values()), None
    contender = found[job.contender]
    values = settings(contender, problem, terms)
    calls = sum(contender.calls(problem.game).values())
    ended = race(contender, problem, values, terms)
    best = best_setting(ended.steps, tuning_replicates(ended.replicates, terms))
    table = table_of(*names, values, calls, ended)
    if not isinstance(problem, Problem):  # a network's step is an ensemble's
        return table, None
    return table, step_seconds(contender, problem, values, best, terms)


def _words(error: Exception) -> str:
    """Return a traceback that is the same on every machine: no folders."""
    frames = traceback.extract_tb(error.__traceback__)[1:]
    places = [f"{Path(f.filename).name}:{f.lineno} in {f.name}" for f in frames]
    return "\n".join([*places, f"{type(error).__name__}: {error}"])
