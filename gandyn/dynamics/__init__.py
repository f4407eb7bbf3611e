"""Orbits and cells of sweeps: what an update rule does on a game, seen or computed."""

from __future__ import annotations

from gandyn.dynamics.axes import Axis
from gandyn.dynamics.exact.linear import multipliers, one_step_map
from gandyn.dynamics.orbits import Orbit, oracle_calls, simulate
from gandyn.dynamics.verdicts import ENDINGS, VERDICTS, Ending, Verdict

__all__ = [
    "ENDINGS",
    "VERDICTS",
    "Axis",
    "Ending",
    "Orbit",
    "Verdict",
    "multipliers",
    "one_step_map",
    "oracle_calls",
    "simulate",
]
