"""How many members fit into a device's memory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch
from torch import nn

from gandyn.gans.game import TorchGame
from gandyn.gans.watching import TAIL

SHARE = 0.5
"""Share of the free memory that a chunk may take by the estimate."""
PASSES = 8
"""Sets of activations alive at once: real and fake, values and derivatives, twice."""
VECTORS = 12
"""Vectors of all parameters alive at once: state, memory, gradients, temporaries."""
CACHED = 256
"""Members of a chunk on a CPU at most; more of them gain little there."""


def member_bytes(game: TorchGame) -> int:
    """Return an estimate of the bytes that a member needs while it trains."""
    latents, real = game.pools["latents"], game.pools["real"]
    if game.own_data:
        latents, real = latents[0], real[0]
    size = getattr(game.sampling, "size", None)
    values = VECTORS * (game.shape[0][0] + game.shape[1][0]) + 6 * TAIL
    values += (real.numel() + latents.numel()) * (3 if game.own_data else 0)
    for flat, points in (
        (game.pair.generator, latents),
        (game.pair.discriminator, real),
    ):
        batch = points if size is None else points[:1].expand(size, *points.shape[1:])
        values += PASSES * _activations(flat.module, batch)
    return values * real.element_size()


def fitting(game: TorchGame, members: int) -> int:
    """Return how many members a chunk should have."""
    fits = int(SHARE * free_bytes(game.device) / member_bytes(game))
    most = members if game.device.type == "cuda" else min(members, CACHED)
    return max(1, min(fits, most))


def free_bytes(device: torch.device) -> int:
    """Return the bytes of memory that are free on a device."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    info = Path("/proc/meminfo")
    if info.exists():
        for line in info.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def out_of_memory(error: BaseException) -> bool:
    """Tell whether an error says that memory ran out."""
    said = "can't allocate memory" in str(error)  # what torch says on a CPU
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or said


def _activations(module: nn.Module, batch: Any) -> int:
    """Return how many numbers the layers of a module put out for a batch."""
    sizes: list[int] = []
    hooks = [
        part.register_forward_hook(lambda m, i, out: sizes.append(out.numel()))
        for part in module.modules()
        if not list(part.children())
    ]
    with torch.no_grad():
        module(batch)
    for hook in hooks:
        hook.remove()
    return sum(sizes)
