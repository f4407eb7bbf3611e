"""Regularisers of GANs, by name."""

from __future__ import annotations

from gandyn.gans.gradient_penalties import DRAGAN, R1, R1R2, R2, GradientPenalty
from gandyn.gans.parameter_penalties import L2, FieldPenalty, L2Both, WeightClipping
from gandyn.gans.penalties import Regulariser, Sum, Unregularised

__all__ = [
    "DRAGAN",
    "L2",
    "R1",
    "R1R2",
    "R2",
    "FieldPenalty",
    "GradientPenalty",
    "L2Both",
    "Regulariser",
    "Sum",
    "Unregularised",
    "WeightClipping",
]
