"""The verdict of simulated cells: transients first, then what remains bounded."""

from __future__ import annotations

import numpy as np

from gandyn.dynamics.engines.cells import Cells, Engine
from gandyn.dynamics.outcome import Outcome
from gandyn.dynamics.recognition.attractors import EARLY, LAST, look
from gandyn.dynamics.recognition.averages import at_means
from gandyn.dynamics.recognition.transients import Run
from gandyn.dynamics.verdicts import Verdict
from gandyn.rules import Rule, UniformAverage


def classify(
    rule: Rule, engine: Engine, cells: Cells, steps: int, escape: float
) -> Outcome:
    """Run cells from their initial states and return what they were seen to do.

    An average goes where the orbit goes that it is of; a subclass may do otherwise.
    """
    if type(rule) is UniformAverage:
        return _classify_average(rule, engine, cells, steps, escape)
    run = _begin(engine, cells, steps, escape)
    _watch(run, steps)
    run.outcome.name_unsolved(rule)
    return run.outcome


def _begin(engine: Engine, cells: Cells, steps: int, escape: float) -> Run:
    outcome = Outcome.blank(engine.players(cells).shape[1])
    return Run(engine, cells, steps, escape, outcome)


def _watch(run: Run, steps: int) -> None:
    """Take the steps of the cells that are left, and look at them now and then."""
    for begin, length in EARLY:
        if begin + length <= steps:
            run.advance_to(begin)
            look(run, length)
    run.advance_to(steps)
    for budgets, length in LAST:
        run.advance_to(run.t + int(budgets * steps))
        look(run, length, final=True)


def _classify_average(
    rule: UniformAverage, engine: Engine, cells: Cells, steps: int, escape: float
) -> Outcome:
    """Ask what the inner rule does; where it does not converge, look at the average.

    That of a bounded orbit moves by less and less, and is not periodic, nor chaotic.
    """
    played = classify(rule.inner, *engine.inner(cells), steps, escape)
    run = _begin(engine, cells, steps, escape)
    settled = np.flatnonzero(played.verdict == Verdict.CONVERGES)
    run.converge(settled, np.zeros(settled.size))
    run.outcome.write(settled, steps=played.steps[settled])
    run.keep(np.flatnonzero(played.verdict != Verdict.CONVERGES))
    run.averages = True
    _watch(run, steps)
    circling = np.isin(
        played.verdict[run.index],
        (Verdict.PERIODIC, Verdict.QUASI_PERIODIC, Verdict.NEUTRAL),
    )
    some = np.flatnonzero(circling)
    if some.size:
        there = some[at_means(engine, engine.take(run.cells, some), run.t)]
        run.converge(there, np.zeros(there.size))
    run.outcome.name_unsolved(rule)
    return run.outcome
