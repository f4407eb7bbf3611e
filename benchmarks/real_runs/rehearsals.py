"""What a rehearsal says of a checkpoint, and whether what it recommends is acceptable.

The recommended factor is trained for as long as the truth is, under noise of its own.
"""

from __future__ import annotations

import math
import time
from typing import Any

import torch
from torch import nn

from benchmarks.real_runs import truths
from benchmarks.real_runs.judge import Player
from benchmarks.real_runs.training import Training
from gandyn.gans import (
    OptimizerPair,
    State,
    TorchGame,
    advise,
    optimizer_memory,
    optimizer_rule,
)
from gandyn.gans.advising.advise import REPLICAS, STEPS

TRIALS = 6
"""Replicas that try the recommended factor, and as many that try none."""
SETTINGS = {"rehearsed": STEPS, "replicas": REPLICAS, "trials": TRIALS}


def found(training: Training, seed: int, device: str) -> Any:
    """Return the advice at each checkpoint of a seed, and how its trials went."""
    starts = truths.checkpoints(training, seed, device)
    told = [rehearsed(training, start, 10 + seed, device) for start in starts]
    plans = [[1.0] * TRIALS + [own["tried"]] * TRIALS for own in told]
    streams = list(range(2 * TRIALS))
    runs = truths.run(training, starts, plans, streams, 1000 * (seed + 1) + 500)
    for own, scores in zip(told, runs, strict=True):
        unchanged, tried = scores[:TRIALS], scores[TRIALS:]
        most = truths.limit(unchanged)
        own |= {"trial_scores": tried, "trial_limit": most}
        own["acceptable"] = not truths.broken(tried, most)
    return told


def rehearsed(
    training: Training, start: truths.Checkpoint, seed: int, device: str
) -> dict[str, Any]:
    """Return what is advised at a checkpoint, with a metric and without."""
    game, rule, state = lifted(training, start, device)
    begin = time.perf_counter()
    own: dict[str, Any] = {"start": state, "seed": seed, "describe": False}
    advice = advise(game, rule, training.metric, **own)
    took = time.perf_counter() - begin
    up, weak = advice.upwards[0], advise(game, rule, **own).upwards[0]
    return {
        "step": start.step,
        "breaking": up.value if up.broke else None,
        "low": up.low,
        "high": up.high if math.isfinite(up.high) else None,
        "grid_end": up.tried,
        "tried": (up.value if up.broke else up.tried) / 1.5,
        "breaking_without_metric": weak.value if weak.broke else None,
        "member_steps": advice.cost,
        "seconds": took,
        "notes": list(advice.notes),
    }


def lifted(
    training: Training, start: truths.Checkpoint, device: str
) -> tuple[TorchGame, OptimizerPair, State]:
    """Return the game, the rule and the state of live modules and optimizers."""
    modules = [module.to(device) for module in training.modules()]
    rates = training.lr_x, training.lr_y
    optimizers = [
        adam(module, player, lr, training.betas)
        for module, player, lr in zip(modules, (start.x, start.y), rates, strict=True)
    ]
    game = TorchGame(
        *modules, training.losses, lambda step: training.draw(torch.default_generator)
    )
    rule = optimizer_rule(
        *modules, *optimizers,
        alternating=training.order != "simultaneous",
        y_first=training.order != "x first",
    )  # fmt: skip
    memory = optimizer_memory(*modules, *optimizers)
    return game, rule, State(*game.start(), memory, start.step, game.state)


def adam(
    module: nn.Module, player: Player, lr: float, betas: tuple[float, float]
) -> torch.optim.Adam:
    """Return torch's optimizer of a module, both as a checkpoint has them."""
    nn.utils.vector_to_parameters(player.values[0], module.parameters())
    optimizer = torch.optim.Adam(module.parameters(), lr, betas)
    sizes = [p.numel() for p in module.parameters()]
    parts = [moment[0].split(sizes) for moment in (player.mean, player.square)]
    for p, mean, square in zip(module.parameters(), *parts, strict=True):
        optimizer.state[p] = {
            "step": player.count[0, 0].cpu(),
            "exp_avg": mean.reshape(p.shape).clone(),
            "exp_avg_sq": square.reshape(p.shape).clone(),
        }
    return optimizer
