"""Everything that a machine with a GPU is asked for, in one command.

``python -m benchmarks.gpu FOLDER`` measures ensembles of GANs, a phase diagram of GANs
and an analytic sweep on tensors, and writes one JSON file for each; ``--small
--device cpu`` only shows that it runs.
"""

from __future__ import annotations

import argparse
import functools
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gandyn import sweep
from gandyn.dynamics import Axis
from gandyn.games import DiracGAN
from gandyn.gans import make_gan
from gandyn.gans.training.measured import device_name, versions
from gandyn.gans.training.stepping import Stepper
from gandyn.rules import Alternating

SEED = 0


def seconds(function: Callable[[], Any], device: str, repeats: int) -> float:
    """Return the mean seconds of a call, after one untimed."""
    function()
    _wait(device)
    begin = time.perf_counter()
    for _ in range(repeats):
        function()
    _wait(device)
    return (time.perf_counter() - begin) / repeats


def ceilings(device: str, small: bool) -> dict[str, float]:
    """Return what a matrix product and a copy reach on the device, in float32."""
    n = 256 if small else 8192
    a = torch.ones(n, n, device=device)
    multiply, copy = torch.empty_like(a), torch.empty_like(a)
    product = seconds(lambda: torch.mm(a, a, out=multiply), device, 10)
    moved = seconds(lambda: copy.copy_(a), device, 10)
    return {"flops": 2 * n**3 / product, "bytes_per_s": 8 * n**2 / moved}


def ensembles(device: str, members: int, steps: int, engine: str) -> dict[str, Any]:
    """Return the speed of an ensemble beside that of one training in a loop."""
    gan = make_gan("teacher", regulariser="R1")
    found: dict[str, Any] = {"members": members, "gan": repr(gan)}
    for name, count, kind in (("ensemble", members, engine), ("one", 1, "eager")):
        game = gan.game(SEED, device=device, dtype=torch.float32)
        rates = torch.linspace(0.01, 0.1, count, device=device)
        start = gan.initial([SEED] * count, device=device, dtype=torch.float32)
        stepper = Stepper(Alternating(), kind)
        fields = {"lr_x": rates, "lr_y": rates}
        kept = [stepper.begin(game, *start, fields)]

        def step(kept: Any = kept, own: Any = (stepper, game, fields)) -> None:
            kept[0] = own[0].step(own[1], kept[0], own[2])

        found[f"{name}_s_per_step"] = seconds(step, device, steps)
        found[f"{name}_engine"] = stepper.used
        if name == "ensemble":
            traced = Stepper(Alternating(), "trace")
            found |= work(functools.partial(step, own=(traced, game, fields)))
    took = found["ensemble_s_per_step"]
    found["members_steps_per_s"] = members / took
    found["speed_over_loop"] = members * found["one_s_per_step"] / took
    found["flops_per_s"] = found["flops_per_step"] / took
    found["bytes_per_s"] = found["bytes_per_step"] / took
    return found


def work(step: Callable[[], None]) -> dict[str, float]:
    """Return operations of matrix products, and bytes of all operands, of a step.

    Counted operation by operation in a traced step; fused kernels move fewer bytes.
    """
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils._pytree import tree_leaves
    from torch.utils.flop_counter import FlopCounterMode

    class Bytes(TorchDispatchMode):
        total = 0

        def __torch_dispatch__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            out = func(*args, **(kwargs or {}))
            if "view" not in str(func) and "transpose" not in str(func):
                parts = [t for t in tree_leaves((args, out)) if torch.is_tensor(t)]
                Bytes.total += sum(t.numel() * t.element_size() for t in parts)
            return out

    step()
    with FlopCounterMode(display=False) as flops, Bytes():
        step()
    return {
        "flops_per_step": float(flops.get_total_flops()),
        "bytes_per_step": float(Bytes.total),
    }


def diagram(device: str, side: int, steps: int) -> dict[str, Any]:
    """Return the time and the verdicts of a phase diagram measured on GANs."""
    axis = Axis(0.05, 2.0, side, "log")
    begin = time.perf_counter()
    found = sweep(
        Alternating(), make_gan("teacher", regulariser="R1"),
        {"lr_x": axis, "lr_y": axis}, seed=SEED, steps=steps, device=device,
    )  # fmt: skip
    took = time.perf_counter() - begin
    return {"seconds": took, "dataset": found.to_dict()}


def analytic(device: str, side: int, steps: int) -> dict[str, Any]:
    """Return the speed of an analytic sweep on tensors beside that of the kernels."""
    axis = Axis(0.01, 4.0, side, "log")
    problem = (Alternating(), DiracGAN(regulariser="R1"), {"lr_x": axis, "lr_y": axis})
    begin = time.perf_counter()
    mine = sweep(*problem, steps=steps, device=device)
    middle = time.perf_counter()
    theirs = sweep(*problem, steps=steps, method="simulate")
    end = time.perf_counter()
    done = float(mine.steps.sum())
    return {
        "cells": side**2,
        "tensors_cell_steps_per_s": done / (middle - begin),
        "kernels_cell_steps_per_s": done / (end - middle),
        "verdicts_that_agree": float((mine.verdict == theirs.verdict).mean()),
    }


def main(arguments: list[str] | None = None) -> int:
    """Write the JSON files and return 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--small", action="store_true")
    options = parser.parse_args(arguments)
    device, small = options.device, options.small
    options.folder.mkdir(parents=True, exist_ok=True)
    about = {
        "device": device, "device_name": device_name(torch.device(device)),
        **versions(),
        "cuda": torch.version.cuda, "numpy_version": np.__version__, "seed": SEED,
        "command": " ".join(["python -m benchmarks.gpu", *(arguments or sys.argv[1:])]),
    }  # fmt: skip
    engine = "auto"
    parts: dict[str, Callable[[], Any]] = {
        "ceilings": lambda: ceilings(device, small),
        "ensembles": lambda: ensembles(
            device, 8 if small else 4096, 3 if small else 200, engine
        ),
        "gan_phase": lambda: diagram(device, 2 if small else 32, 20 if small else 4096),
        "analytic_sweep": lambda: analytic(
            device, 4 if small else 1024, 200 if small else 4096
        ),
    }
    for name, run in parts.items():
        path = options.folder / f"{name}.json"
        text = json.dumps({**about, name: run()}, indent=1, default=_plain)
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path}", file=sys.stderr, flush=True)
    return 0


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)


def _wait(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()


if __name__ == "__main__":
    sys.exit(main())
