"""Ten teacher–student GANs by five rules: critical learning rate and frequency."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from benchmarks.crosschecks._outcome import Outcome
from gandyn._progress import Progress
from gandyn.crosscheck.comparisons import CrossCheck, crosscheck
from gandyn.crosscheck.measurement import perturbed
from gandyn.crosscheck.outcomes import long_run_outcomes
from gandyn.games import R1
from gandyn.gans.catalogue.perceptrons import TeacherStudent
from gandyn.rules import Rule
from gandyn.rules.extragradient import Extragradient
from gandyn.rules.gradient import Alternating, Simultaneous
from gandyn.rules.momentum import NegativeMomentum
from gandyn.rules.optimistic import OptimisticGradient

SEEDS = tuple(range(10))
RULES: tuple[Rule, ...] = (
    Simultaneous(),
    Alternating(),
    Extragradient(),
    OptimisticGradient(),
    NegativeMomentum(),
)
POINTS = 32
BEYOND, LONG = 1.1, 2000
"""How far beyond the boundary outcomes are looked at, and for how many steps."""


def run(progress: Progress) -> Outcome:
    """Return a cross-check for every instance and rule."""
    gan = TeacherStudent(points=POINTS, regulariser=R1())
    rows = []
    for i, rule in enumerate(RULES):
        found = instances(rule, gan, SEEDS)
        ends = _ends(rule, gan, found)
        for seed, one, end in zip(SEEDS, found, ends, strict=True):
            rows.append(
                {"rule": repr(rule), "seed": seed, **_short(one), "beyond": end}
            )
        progress(i + 1, len(RULES))
    value = [abs(row["value_off"]) for row in rows]
    angle = [abs(row["angle_off"]) for row in rows]
    kinds = [row["beyond"]["kind"] for row in rows]
    summary = {
        "checks": len(rows),
        "agree": sum(row["agrees"] for row in rows),
        "tolerance": found[0].tolerance,
        "worst_value_off": max(value),
        "median_value_off": float(np.median(value)),
        "worst_angle_off": max(angle),
        "kinds": _count(row["predicted"]["kind"] for row in rows),
        "beyond": {"factor": BEYOND, "steps": LONG, **_count(kinds)},
    }
    agrees = all(row["agrees"] for row in rows)
    return Outcome(agrees, summary, {"gan": repr(gan), "rows": rows})


def instances(
    rule: Rule, gan: TeacherStudent, seeds: tuple[int, ...]
) -> list[CrossCheck]:
    """Return a rule's cross-check on the GAN of every seed."""
    found = crosscheck(rule, gan.game(seeds), gan.equilibrium(seeds), low=1e-2)
    assert isinstance(found, list)
    return found


def _ends(
    rule: Rule, gan: TeacherStudent, found: list[CrossCheck]
) -> list[dict[str, Any]]:
    """Return what becomes of each instance beyond its boundary."""
    rates = torch.tensor([BEYOND * one.value.value for one in found]).double()
    point = gan.equilibrium(SEEDS)
    own = type(rule)(lr=rates)  # type: ignore[call-arg]
    directions = np.stack([one.prediction.direction for one in found], axis=1)
    start = perturbed(point, directions)
    return [
        end.as_dict()
        for end in long_run_outcomes(own, gan.game(SEEDS), point, start, LONG)
    ]


def _short(one: CrossCheck) -> dict[str, Any]:
    whole = one.as_dict()
    return {name: whole[name] for name in whole if name != "ensemble"}


def _count(words: Any) -> dict[str, int]:
    names, counts = np.unique(list(words), return_counts=True)
    return dict(zip(names.tolist(), counts.tolist(), strict=True))
