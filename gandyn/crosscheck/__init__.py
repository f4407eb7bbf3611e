"""Prediction beside measurement: what the linearisation says, and what GANs do."""

from __future__ import annotations

from gandyn.crosscheck.comparisons import CrossCheck, crosscheck
from gandyn.crosscheck.grids import GridCheck, crosscheck_grid
from gandyn.crosscheck.growth import Estimate, dominant_angle, growth_rate
from gandyn.crosscheck.outcomes import LongRunOutcome, long_run_outcomes
from gandyn.crosscheck.predictions import Prediction, predict

__all__ = [
    "CrossCheck",
    "Estimate",
    "LongRunOutcome",
    "GridCheck",
    "Prediction",
    "crosscheck",
    "crosscheck_grid",
    "dominant_angle",
    "long_run_outcomes",
    "growth_rate",
    "predict",
]
