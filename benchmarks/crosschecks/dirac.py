"""The Dirac-GAN as torch modules: boundary and cycle equal to the exact ones."""

from __future__ import annotations

from typing import Any

import torch

from benchmarks.crosschecks._cycles import cycle_amplitude
from benchmarks.crosschecks._outcome import Outcome
from gandyn import games, gans
from gandyn._node import replace
from gandyn._progress import Progress
from gandyn.crosscheck.comparisons import crosscheck
from gandyn.games import R1
from gandyn.rules import Rule
from gandyn.rules.extragradient import Extragradient
from gandyn.rules.gradient import Alternating, Simultaneous
from gandyn.rules.momentum import NegativeMomentum
from gandyn.rules.optimistic import OptimisticGradient
from gandyn.stability import (
    Bifurcation,
    RuleMap,
    invariant_curve,
    stability_limit,
)

GAMMA = 0.3
RULES: tuple[Rule, ...] = (
    Simultaneous(),
    Alternating(),
    Extragradient(),
    OptimisticGradient(),
    NegativeMomentum(),
)
CYCLES = (1.21, 1.22, 1.23, 1.25)
"""Learning rates beyond the boundary 4γ = 1.2 of simultaneous play."""
EXACT, MEASURED, CYCLE = 1e-9, 1e-4, 1e-6
"""Relative differences: prediction, measured boundary and measured amplitude."""


def run(progress: Progress) -> Outcome:
    """Return boundaries for five rules, and amplitudes of four cycles."""
    zero = torch.zeros(1, dtype=torch.float64)
    game, exact = (
        gans.DiracGAN(regulariser=R1(GAMMA)).game(),
        games.DiracGAN(regulariser=R1(GAMMA)),
    )
    boundaries, cycles = [], []
    for i, rule in enumerate(RULES):
        known = first_loss(rule, exact)
        found = crosscheck(rule, game, (zero, zero))
        assert not isinstance(found, list)
        boundaries.append(
            {
                "rule": type(rule).__name__,
                "exact": known.value,
                "predicted_off": found.prediction.value / known.value - 1,
                "measured_off": found.value.value / known.value - 1,
                "measured_error": found.value.error / known.value,
                "exact_angle": known.angle,
                "measured_angle": found.angle.value,
            }
        )
        progress(i + 1, len(RULES) + len(CYCLES))
    born = first_loss(RULES[0], exact)
    for i, lr in enumerate(CYCLES):
        curve = invariant_curve(RuleMap(RULES[0], exact), lr, born)
        start = (zero + curve.amplitude, zero)
        own = replace(RULES[0], {"lr_x": lr, "lr_y": lr})
        size = cycle_amplitude(own, game, (zero, zero), start, settle=4000, steps=4000)
        cycles.append(
            {
                "lr": lr,
                "exact": curve.amplitude,
                "measured_off": size.value / curve.amplitude - 1,
                "measured_error": size.error / curve.amplitude,
            }
        )
        progress(len(RULES) + i + 1, len(RULES) + len(CYCLES))
    return _outcome(boundaries, cycles)


def first_loss(rule: Rule, game: games.Game) -> Bifurcation:
    """Return where the analytic game loses its stability first."""
    found = stability_limit(rule, game, "lr", 1e-2, 10.0).bifurcation
    assert found is not None
    return found


def _outcome(boundaries: list[dict[str, Any]], cycles: list[dict[str, Any]]) -> Outcome:
    worst = {
        "predicted_off": max(abs(row["predicted_off"]) for row in boundaries),
        "measured_off": max(abs(row["measured_off"]) for row in boundaries),
        "amplitude_off": max(abs(row["measured_off"]) for row in cycles),
    }
    limits = dict(zip(worst, (EXACT, MEASURED, CYCLE), strict=True))
    agrees = all(worst[name] <= limits[name] for name in worst)
    summary = {"worst": worst, "tolerances": limits}
    return Outcome(agrees, summary, {"boundaries": boundaries, "cycles": cycles})
