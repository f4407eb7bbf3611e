"""Advice: rehearsals judged by a metric, by signals, and by exact multipliers."""

from __future__ import annotations

import math

import pytest
import torch

from gandyn.games import R1
from gandyn.gans import DiracGAN, advise
from gandyn.rules import (
    Alternating,
    Extragradient,
    Simultaneous,
)

ZERO = torch.zeros(1, dtype=torch.float64)
NEAR = (ZERO + 1e-3, ZERO)


def distance(generator, discriminator) -> float:
    parts = [*generator.parameters(), *discriminator.parameters()]
    return math.sqrt(sum(float(p.square().sum()) for p in parts))


@pytest.mark.parametrize("gamma", [0.1, 0.3])
@pytest.mark.parametrize(
    "rule",
    [
        Simultaneous(lr=0.05),
        Alternating(lr=0.3),
        Extragradient(lr=0.1),
    ],
    ids=lambda rule: type(rule).__name__,
)
def test_a_rehearsal_agrees_with_exact_theory(rule, gamma: float) -> None:
    game = DiracGAN(regulariser=R1(gamma)).game()
    factors = {"lr": [1.5**k for k in range(1, 15)]}
    (exact,) = advise(game, rule, start=(ZERO, ZERO), factors=factors).upwards
    found = advise(game, rule, distance, start=NEAR, factors=factors, steps=800)
    (seen,) = found.upwards
    assert found.kind == "rehearsal"
    # near the edge 800 steps grow or decay too little to be told from no change
    assert seen.low / 1.5 <= exact.value <= seen.high * 1.5
    assert exact.value / 1.5 < seen.value < exact.value * 1.5
