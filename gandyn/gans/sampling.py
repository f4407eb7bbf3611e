"""Which points a step sees: all of them, or a minibatch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from gandyn._node import Count, Node, find_member
from gandyn.errors import GandynError

DRAWS, DATA, START = 1, 2, 3
"""What random numbers are for: batches, pools of points, initial parameters."""


class Sampling(Node):
    """Which of a game's points an oracle call sees, by step and call."""

    aliases: ClassVar[tuple[str, ...]] = ()

    @property
    def fresh_calls(self) -> bool:
        """Whether every oracle call of a step draws anew."""
        return False

    def draw(
        self,
        pools: dict[str, Tensor],
        names: Iterable[str],
        seed: int,
        key: tuple[int, int],
        point_axis: int,
    ) -> dict[str, Tensor]:
        """Return a batch: real points, latents and the named random numbers.

        Parameters
        ----------
        pools : dict
            All ``real`` points and ``latents``.
        names : iterable of str
        seed : int
        key : (int, int)
            The step, and the call within it.
        point_axis : int
            The axis that counts points: 1 after an axis of members, else 0.
        """
        raise NotImplementedError


class FullBatch(Sampling):
    """All points in every call: the game is deterministic."""

    aliases: ClassVar[tuple[str, ...]] = ("full",)

    def draw(
        self,
        pools: dict[str, Tensor],
        names: Iterable[str],
        seed: int,
        key: tuple[int, int],
        point_axis: int,
    ) -> dict[str, Tensor]:
        """Return all points, with the random numbers of step 0."""
        extra = _random_numbers(pools, names, stream(DRAWS, seed, 0, 0), point_axis)
        return {**pools, **extra}


class Minibatch(Sampling):
    """Some points, drawn with replacement.

    Every random number depends on the seed, the step and the call within the step
    alone, so a run is resumed bit for bit. Members of an ensemble see the same numbers.

    Parameters
    ----------
    size : int
    fresh : bool
        Whether every oracle call of a step draws anew; otherwise a rule that looks
        ahead sees one sample throughout its step.
    paired : bool
        Whether real points and latents are drawn by the same indices: where the data
        are what a teacher makes of the latents, its weights stay an equilibrium.
    """

    size: Count = 64
    fresh: bool = False
    paired: bool = False

    @property
    def fresh_calls(self) -> bool:
        """Whether every oracle call of a step draws anew."""
        return self.fresh

    def draw(
        self,
        pools: dict[str, Tensor],
        names: Iterable[str],
        seed: int,
        key: tuple[int, int],
        point_axis: int,
    ) -> dict[str, Tensor]:
        """Return drawn points and the random numbers."""
        rng = stream(DRAWS, seed, *key)
        chosen: dict[str, Tensor] = {}
        for name in ("real", "latents"):
            pool = pools[name]
            if not (self.paired and name == "latents"):
                count = pool.shape[point_axis]
                indices = torch.randint(count, (self.size,), generator=rng)
                indices = indices.to(pool.device)
            chosen[name] = pool.index_select(point_axis, indices)
        return {**chosen, **_random_numbers(chosen, names, rng, point_axis)}


def as_sampling(sampling: Sampling | str) -> Sampling:
    """Return a way of sampling, which may be given by its name."""
    return find_member(Sampling, sampling)() if isinstance(sampling, str) else sampling


def stream(purpose: int, seed: int, *key: int) -> torch.Generator:
    """Return the random generator for a purpose, whatever was drawn before.

    Parameters
    ----------
    purpose : int
        `DRAWS`, `DATA` or `START`.
    seed : int
    *key : int
        For `DRAWS` the step, and the call within it.
    """
    words = np.random.SeedSequence((purpose, seed, *key)).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(words[0]))


def _random_numbers(
    batch: dict[str, Tensor], names: Iterable[str], rng: torch.Generator, axis: int
) -> dict[str, Tensor]:
    """Return the named random numbers for a batch, drawn in float64 on the CPU."""
    real = batch["real"]
    count, shape = real.shape[axis], real.shape[axis + 1 :]
    fakes = batch["latents"].shape[axis]
    found: dict[str, Any] = {}
    for name in sorted(names):
        if name == "mix":
            if fakes != count:
                raise GandynError(
                    f"points between real points and fakes need as many of either, "
                    f"got {count} real points and {fakes} latents"
                )
            drawn = torch.rand(count, generator=rng, dtype=torch.float64)
        else:
            size = fakes if name == "noise_fake" else count
            drawn = torch.randn(size, *shape, generator=rng, dtype=torch.float64)
        found[name] = drawn.to(device=real.device, dtype=real.dtype)
    return found
