"""The verdict of simulated cells: transients first, then what remains bounded."""

from __future__ import annotations

from gandyn.dynamics.attractors import EARLY, LAST, look
from gandyn.dynamics.cells import Cells, Engine
from gandyn.dynamics.outcome import Outcome
from gandyn.dynamics.transients import Run
from gandyn.rules import Rule


def classify(
    rule: Rule, engine: Engine, cells: Cells, steps: int, escape: float
) -> Outcome:
    """Run cells from their initial states and return what they were seen to do."""
    outcome = Outcome.blank(engine.players(cells).shape[1])
    run = Run(engine, cells, steps, escape, outcome)
    for begin, length in EARLY:
        if begin + length <= steps:
            run.advance_to(begin)
            look(run, length)
    run.advance_to(steps)
    for budgets, length in LAST:
        run.advance_to(run.t + budgets * steps)
        look(run, length, final=True)
    outcome.name_unsolved(rule)
    return outcome
