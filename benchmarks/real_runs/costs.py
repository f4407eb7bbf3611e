"""What an ensemble of copies costs beside a loop that trains them one by one."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from benchmarks.real_runs import truths
from benchmarks.real_runs.judge import fresh
from benchmarks.real_runs.loop import Loop
from benchmarks.real_runs.rehearsals import lifted
from benchmarks.real_runs.training import Training
from gandyn._trees import map_leaves
from gandyn.gans import State
from gandyn.gans.training.stepping import Stepper

MEMBERS, STEPS, REPEATS = 24, 20, 5
SETTINGS = {"members": MEMBERS, "timed_steps": STEPS, "repeats": REPEATS}


def found(training: Training, seed: int, device: str) -> Any:
    """Return the seconds of a member's step, in turns: loop, ensemble, loop, …."""
    start = truths.Checkpoint(0, *fresh(training, [seed], device))
    game, rule, state = lifted(training, start, device)
    stepper, loop = Stepper(rule), Loop(training, seed, device)
    members = game.replicas([i % 4 for i in range(MEMBERS)])  # as in a rehearsal
    many = [State(*map_leaves(copies, (state.x, state.y, state.memory)), *state[3:])]
    fields = {
        name: torch.full((MEMBERS,), 1e-3, device=device) for name in ("lr_x", "lr_y")
    }

    def ensemble() -> None:
        for _ in range(STEPS):
            many[0] = stepper.step(members, many[0], fields)

    def alone() -> None:
        for _ in loop.steps(STEPS):
            pass

    took: dict[str, list[float]] = {"loop": [], "ensemble": []}
    for work in (alone, ensemble):
        seconds(work, device)
    for _ in range(REPEATS):
        took["loop"].append(seconds(alone, device) / STEPS)
        took["ensemble"].append(seconds(ensemble, device) / STEPS / MEMBERS)
    own = {name: statistics.median(values) for name, values in took.items()}
    return {**own, "speed": own["loop"] / own["ensemble"], "engine": stepper.used}


def copies(leaf: Any) -> Any:
    """Return a vector once for each member, (P, members), and a number as a tensor."""
    if not isinstance(leaf, Tensor):
        return torch.tensor(leaf, dtype=torch.float64)
    return leaf[:, None].repeat(1, MEMBERS) if leaf.ndim else leaf


def seconds(work: Callable[[], None], device: str) -> float:
    """Return the seconds of a call: on a CPU, which may be busy, of the process."""
    clock = time.perf_counter if device.startswith("cuda") else time.process_time
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    begin = clock()
    work()
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    return clock() - begin
