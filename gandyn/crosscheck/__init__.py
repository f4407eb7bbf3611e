"""Prediction beside measurement: what the linearisation says, and what GANs do."""

from __future__ import annotations

from gandyn.crosscheck.comparisons import CrossCheck, crosscheck
from gandyn.crosscheck.fates import Fate, fates
from gandyn.crosscheck.grids import GridCheck, crosscheck_grid
from gandyn.crosscheck.growth import Estimate, dominant_angle, growth_rate
from gandyn.crosscheck.predictions import Prediction, predict

__all__ = [
    "CrossCheck",
    "Estimate",
    "Fate",
    "GridCheck",
    "Prediction",
    "crosscheck",
    "crosscheck_grid",
    "dominant_angle",
    "fates",
    "growth_rate",
    "predict",
]
