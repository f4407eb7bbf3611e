"""Where the members of an ensemble start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from gandyn.errors import FieldError, GandynError
from gandyn.gans._base import GAN
from gandyn.gans.sampling import START, stream

KINDS = ("auto", "equilibrium", "initial")


def starts(
    gan: GAN,
    seeds: Sequence[int],
    start: str | tuple[Tensor, Tensor],
    distance: float,
) -> tuple[tuple[Tensor, Tensor], str]:
    """Return initial parameters by seed, (P, seeds), in float64, and their kind.

    Points near another one are displaced from it in a random direction of their seed,
    by ``distance`` times the length of (x, y), or times 1 if that is less.
    """
    seeds, kind = list(seeds), "given"
    if isinstance(start, str):
        if start not in KINDS:
            raise FieldError(f"start must be one of {', '.join(KINDS)}, got {start!r}")
        kind, pair = _named(gan, seeds, start)
    else:
        pair = tuple(part.double().cpu() for part in start)
        if [part.shape for part in pair] != list(gan.game().shape):
            shapes = " and ".join(str(tuple(part.shape)) for part in start)
            raise FieldError(f"start must fit {gan.game().shape}, got {shapes}")
        pair = tuple(part[:, None].repeat(1, len(seeds)) for part in pair)
    if kind == "initial":
        return pair, kind
    x, y = pair
    moved = torch.cat([x, y])
    for i, seed in enumerate(seeds):
        rng = stream(START, seed, 1)
        push = torch.randn(len(moved), generator=rng, dtype=torch.float64)
        size = distance * moved[:, i].norm().clamp(min=1)
        moved[:, i] += size * push / push.norm()
    return (moved[: len(x)], moved[len(x) :]), kind


def _named(gan: GAN, seeds: list[int], start: str) -> tuple[str, Any]:
    if start == "initial":
        return start, gan.initial(seeds)
    try:
        return "equilibrium", gan.equilibrium(seeds)
    except GandynError:
        if start == "equilibrium":
            raise
    return "initial", gan.initial(seeds)
