"""The factor of the learning rates at which a training breaks, found by training.

A checkpoint is run on for long at many factors. What the metric then is, over the last
quarter of the run, is compared with copies that went on at factor 1.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.real_runs.judge import Copies, Player, fresh
from benchmarks.real_runs.training import Training

STEPS = 2000
"""Of a run that tells the truth."""
EVERY = 25
"""Steps between two looks at the metric."""
FACTORS = tuple(2.0 ** (k / 2) for k in range(1, 12))
"""√2 apart up to 45: a miss by one is within × 1.5, by two within × 2."""
REPLICAS = 3
UNCHANGED = 6
"""Replicas at factor 1."""
WORSE = 1.5
"""Broken is who ends this much worse than the worst unchanged replica."""
SETTINGS = {
    "steps": STEPS,
    "factors": FACTORS,
    "replicas": REPLICAS,
    "unchanged": UNCHANGED,
    "worse": WORSE,
}


def found(training: Training, seed: int, device: str, folder: Path) -> Any:
    """Return two truths under different noise, for each checkpoint of a seed."""
    starts = checkpoints(training, seed, device)
    both = [truth(training, starts, 1000 * (seed + 1) + noise) for noise in (0, 1)]
    return [
        {"step": start.step, "truths": [one[i] for one in both]}
        for i, start in enumerate(starts)
    ]


@dataclasses.dataclass
class Checkpoint:
    """Where a training stands."""

    step: int
    x: Player
    y: Player


def checkpoints(training: Training, seed: int, device: str) -> list[Checkpoint]:
    """Return a training of one seed after half of its steps and after all."""
    settings = dataclasses.replace(training, **training.warm_up)
    x, y = fresh(settings, [seed], device)
    one = torch.ones(1)
    copies = Copies(settings, x, y, torch.zeros(1, dtype=int), (one, one), seed)
    found = []
    for _ in range(2):
        copies.run(settings.steps // 2, settings.steps // 2)
        step = int(copies.x.count[0, 0])
        found.append(Checkpoint(step, copies.x, copies.y))
        copies.x, copies.y = (dataclasses.replace(p) for p in (copies.x, copies.y))
    return found


def scores(record: Tensor) -> Tensor:
    """Return the mean metric of the last quarter of the looks."""
    return record[-max(len(record) // 4, 1) :].mean(0)


def limit(unchanged: Tensor) -> float:
    """Return the score from which on a replica counts as broken."""
    return WORSE * float(unchanged.max())


def run(
    training: Training, starts: list[Checkpoint], factors: list[list[float]], seed: int
) -> list[list[float]]:
    """Return the score of each start at each of its factors, one replica for each.

    Copies of one start at one factor hear noise of their own; equal positions among
    equal factors hear the same.
    """
    owner = [i for i, own in enumerate(factors) for _ in own]
    flat = torch.tensor([f for own in factors for f in own])
    streams = torch.tensor(
        [
            own[:position].count(own[position])
            for own in factors
            for position in range(len(own))
        ]
    )
    x, y = (
        Player(
            *(
                torch.cat(parts)[owner]
                for parts in zip(
                    *(dataclasses.astuple(getattr(s, name)) for s in starts),
                    strict=True,
                )
            )
        )
        for name in "xy"
    )
    copies = Copies(training, x, y, streams, (flat, flat), seed)
    found = scores(copies.run(STEPS, EVERY)).tolist()
    sizes = [len(own) for own in factors]
    return [found[sum(sizes[:i]) : sum(sizes[: i + 1])] for i in range(len(sizes))]


def truth(training: Training, starts: list[Checkpoint], seed: int) -> list[Any]:
    """Return what each start does at each factor, under one seed of noise."""
    plan = [1.0] * UNCHANGED + [f for f in FACTORS for _ in range(REPLICAS)]
    found = []
    for own in run(training, starts, [plan] * len(starts), seed):
        unchanged, changed = own[:UNCHANGED], own[UNCHANGED:]
        most = limit(torch.tensor(unchanged))
        by_factor = [
            changed[i : i + REPLICAS] for i in range(0, len(changed), REPLICAS)
        ]
        broken = [2 * sum(s > most for s in own) > REPLICAS for own in by_factor]
        found.append(
            {
                "unchanged": unchanged,
                "scores": dict(zip(map(str, FACTORS), by_factor, strict=True)),
                "limit": most,
                "breaking": breaking(broken),
            }
        )
    return found


def breaking(broken: list[bool]) -> float | None:
    """Return the factor between the last that holds and the first that breaks.

    None if all hold.
    """
    if True not in broken:
        return None
    first = broken.index(True)
    return FACTORS[first] / 2**0.25
