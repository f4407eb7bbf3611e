"""Benchmark of update rules: problems, solvers, counted tuning, rows, profiles.

Every solver gets the same number of settings, starts and oracle calls; every run is
a row, those of the losing settings too, so that tuning is a way of reading the result.
"""

from __future__ import annotations

from gandyn.bench.comparison import compare
from gandyn.bench.estimates import Estimate, estimate
from gandyn.bench.gan_problem import GANProblem
from gandyn.bench.noise import AdditiveNoise, FiniteSum
from gandyn.bench.plan import Plan, make_plan
from gandyn.bench.problem import Problem, find_problems, standard_suite
from gandyn.bench.profiles import (
    data_profile,
    performance_profile,
    rates,
    robustness,
    wins,
)
from gandyn.bench.protocol import Protocol
from gandyn.bench.ranking import rank_tables, ranks
from gandyn.bench.results import Result, load
from gandyn.bench.runner import run
from gandyn.bench.sensitivities import sensitivity
from gandyn.bench.solvers import Solver, find_solvers
from gandyn.bench.summary import summary
from gandyn.bench.uncertainty import improvement

__all__ = [
    "AdditiveNoise",
    "Estimate",
    "Solver",
    "FiniteSum",
    "GANProblem",
    "Plan",
    "Problem",
    "Protocol",
    "Result",
    "compare",
    "data_profile",
    "estimate",
    "find_solvers",
    "find_problems",
    "improvement",
    "load",
    "make_plan",
    "performance_profile",
    "rank_tables",
    "ranks",
    "rates",
    "robustness",
    "run",
    "sensitivity",
    "standard_suite",
    "summary",
    "wins",
]
