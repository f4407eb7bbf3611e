"""The factor of the learning rates at which a training breaks, found by training.

A checkpoint is run on for long at many factors. What the metric then is, over the last
quarter of the run, is compared with copies that went on at factor 1.
"""

from __future__ import annotations

import dataclasses
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


def found(training: Training, seed: int, device: str) -> Any:
    """Return two truths under different noise, for each checkpoint of a seed."""
    return both_truths(training, checkpoints(training, seed, device), 1000 * (seed + 1))


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


def limit(unchanged: list[float]) -> float:
    """Return the score from which on a replica counts as broken."""
    return WORSE * max(unchanged)


def run(
    training: Training,
    starts: list[Checkpoint],
    factors: list[list[float]],
    streams: list[int],
    seed: int,
) -> list[list[float]]:
    """Return the score of each start at each of its factors.

    Parameters
    ----------
    training : Training
    starts : list of Checkpoint
    factors : list of list of float
        For each start those of its copies, as many for every start.
    streams : list of int
        Which noise each of a start's copies hears.
    seed : int
    """
    width = len(streams)
    flat = torch.tensor(factors).ravel()
    x, y = (
        _stacked([getattr(start, name) for start in starts], width) for name in "xy"
    )
    copies = Copies(
        training, x, y, torch.tensor(streams * len(starts)), (flat, flat), seed
    )
    return scores(copies.run(STEPS, EVERY)).reshape(len(starts), width).tolist()


def _stacked(players: list[Player], width: int) -> Player:
    parts = zip(*(dataclasses.astuple(player) for player in players), strict=True)
    return Player(*(torch.cat(part).repeat_interleave(width, 0) for part in parts))


def both_truths(training: Training, starts: list[Checkpoint], seed: int) -> list[Any]:
    """Return what each start does at each factor, twice under noise of its own."""
    plan = [(1.0, r) for r in range(UNCHANGED)]
    plan += [(factor, r) for factor in FACTORS for r in range(REPLICAS)]
    factors = [factor for factor, _ in plan] * 2
    streams = [2 * replica + noise for noise in (0, 1) for _, replica in plan]
    found = run(training, starts, [factors] * len(starts), streams, seed)
    return [
        {
            "step": start.step,
            "truths": [judged(own[: len(plan)]), judged(own[len(plan) :])],
        }
        for start, own in zip(starts, found, strict=True)
    ]


def judged(own: list[float]) -> dict[str, Any]:
    """Return where a start breaks, of the scores of its copies."""
    unchanged, changed = own[:UNCHANGED], own[UNCHANGED:]
    most = limit(unchanged)
    by_factor = [changed[i : i + REPLICAS] for i in range(0, len(changed), REPLICAS)]
    return {
        "unchanged": unchanged,
        "scores": dict(zip(map(str, FACTORS), by_factor, strict=True)),
        "limit": most,
        "breaking": breaking([broken(one, most) for one in by_factor]),
    }


def broken(replicas: list[float], most: float) -> bool:
    """Return whether half of the replicas, or more, are worse than a limit."""
    return 2 * sum(not score <= most for score in replicas) >= len(replicas)


def breaking(broke: list[bool]) -> float | None:
    """Return the factor between the last that holds and the first that breaks.

    None if all hold.
    """
    if True not in broke:
        return None
    first = broke.index(True)
    return FACTORS[first] / 2**0.25
