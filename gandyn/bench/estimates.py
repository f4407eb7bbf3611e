"""How long a benchmark takes, from a few of its jobs."""

from __future__ import annotations

import dataclasses
import json
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from gandyn.bench.gan_problem import GANProblem
from gandyn.bench.jobs import SolverJob, run_job
from gandyn.bench.plan import Plan

_TRIED = 3
"""Jobs of each kind that are tried, within its share of the time."""
_SMALLER = 8
"""How many times less a tried job does, of the kinds whose time is in proportion."""


class Estimate(NamedTuple):
    """How long a plan takes, about.

    Attributes
    ----------
    seconds : float
        Of one worker, all jobs one after the other.
    tried : int
        Jobs that were run to find out.
    """

    seconds: float
    tried: int


def estimate(plan: Plan, patience: float = 30.0) -> Estimate:
    """Return about how long a plan takes, by running a few of its jobs.

    Jobs are told apart by what their time depends on: rules of gandyn step all
    settings at once, other packages' optimizers one after the other, and network GANs
    take longer than either. Of each kind up to three jobs are tried, chosen at random,
    the same ones each time. Network GANs and other packages' optimizers do an eighth of
    the work, and the time is multiplied. So few jobs say little about the others:
    expect the minutes to be off by a factor of two or three.

    Parameters
    ----------
    plan : Plan
    patience : float
        Seconds after which no further job is tried, if each kind had one.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> from gandyn.bench import make_plan
    >>> found = estimate(make_plan(["bilinear-scalar"], ["Extragradient"], settings=4))
    >>> found.seconds > 0, found.tried
    (True, 1)
    """
    kinds: dict[tuple[bool, bool], list[tuple[str, str]]] = {}
    for problem, name in plan.jobs:
        network = isinstance(plan.problems[problem], GANProblem)
        kind = network, name in plan.solvers and plan.solvers[name].batched
        kinds.setdefault(kind, []).append((problem, name))
    seconds, tried = 0.0, 0
    for (network, batched), jobs in kinds.items():
        times = list(_tried(plan, jobs, network, batched, patience / len(kinds)))
        seconds += len(jobs) * sum(times) / len(times)
        tried += len(times)
    return Estimate(seconds, tried)


def _tried(
    plan: Plan,
    jobs: list[tuple[str, str]],
    network: bool,
    batched: bool,
    patience: float,
) -> Iterator[float]:
    """Yield the seconds that some jobs of one kind take, or would."""
    terms, factor = plan.protocol, 1.0
    if network:
        terms = dataclasses.replace(terms, budget=-(-terms.budget // _SMALLER))
        factor = plan.protocol.budget / terms.budget
    elif not batched and terms.chooses:
        terms = dataclasses.replace(terms, settings=-(-terms.settings // _SMALLER))
        factor = plan.protocol.settings / terms.settings
    sources = tuple({p.source: None for p in plan.problems.values() if p.source})
    chosen = random.Random(0).sample(jobs, min(_TRIED, len(jobs)))
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        for problem, name in chosen:
            job = SolverJob(Path(folder) / "part", problem, name, sources, terms)
            run_job(job)
            yield factor * json.loads(job.times.read_text("utf-8"))["job"]
            if time.perf_counter() - begin > patience:
                return
