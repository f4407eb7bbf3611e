"""The verdict of simulated cells: transients first, then what remains bounded."""

from __future__ import annotations

from gandyn.dynamics.attractors import classify_attractors
from gandyn.dynamics.cells import Cells, Engine
from gandyn.dynamics.outcome import Outcome
from gandyn.dynamics.transients import run_transient
from gandyn.rules import Rule


def classify(
    rule: Rule, engine: Engine, cells: Cells, steps: int, escape: float
) -> Outcome:
    """Run cells from their initial states and return what they were seen to do."""
    outcome = Outcome.blank(engine.players(cells).shape[1])
    rest = run_transient(engine, cells, steps, escape, outcome)
    classify_attractors(engine, rest, outcome)
    outcome.name_unsolved(rule)
    return outcome
