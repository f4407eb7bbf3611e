"""Games whose flow has a cycle that is no solution."""

from __future__ import annotations

from gandyn.bench.problem import Problem
from gandyn.games.cycles import AlmostBilinear, Forsaken, GlobalForsaken
from gandyn.games.hidden import HiddenBilinear

PROBLEMS = (
    Problem("almost-bilinear", AlmostBilinear(), "cycle", distance=0.5),
    Problem("forsaken", Forsaken(), "cycle", distance=1.0),
    Problem("global-forsaken", GlobalForsaken(), "cycle", distance=1.0),
    Problem("hidden-bilinear", HiddenBilinear(), "cycle", distance=0.5),
)
