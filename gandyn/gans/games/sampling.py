"""Which points a step sees: all of them, or a minibatch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.fx.experimental.proxy_tensor import get_proxy_mode
from torch.utils import _pytree as pytree

from gandyn._node import Count, Node, find_member
from gandyn.errors import GandynError

DRAWS, DATA, START, NOISE = 1, 2, 3, 4
"""What random numbers are for: batches, pools of points, initial parameters, and what
losses draw themselves."""


class Sampling(Node):
    """Which of a game's points an oracle call sees, by step and call."""

    aliases: ClassVar[tuple[str, ...]] = ()

    @property
    def fresh_calls(self) -> bool:
        """Whether every oracle call of a step draws anew."""
        return False

    def key(self, step: int, call: int, calls: int) -> tuple[int, int]:
        """Return the key of one of the batches of a step."""
        return step, call

    def draw(
        self,
        pools: Any,
        names: Iterable[str],
        seed: int,
        key: tuple[int, int],
        point_axis: int,
    ) -> Any:
        """Return a batch: points, and the named random numbers.

        Parameters
        ----------
        pools : Tensor, or nested dicts, lists and tuples of them
            All points.
        names : iterable of str
            Of random numbers shaped like the ``real`` points and the fakes.
        seed : int
        key : (int, int)
            The step, and the call within it.
        point_axis : int
            The axis that counts points: 1 after an axis of members, else 0.
        """
        raise NotImplementedError

    def draw_each(
        self,
        pools: Any,
        names: Iterable[str],
        seeds: Sequence[int],
        key: tuple[int, int],
    ) -> Any:
        """Return the batch of every seed, stacked along a first axis."""
        drawn = [self.draw(pools, names, seed, key, 0) for seed in seeds]
        return pytree.tree_map(lambda *own: torch.stack(own), *drawn)


class FullBatch(Sampling):
    """All points in every call: the game is deterministic."""

    aliases: ClassVar[tuple[str, ...]] = ("full",)

    def draw(
        self,
        pools: Any,
        names: Iterable[str],
        seed: int,
        key: tuple[int, int],
        point_axis: int,
    ) -> Any:
        """Return all points, with the random numbers of step 0."""
        return _with_numbers(pools, names, stream(DRAWS, seed, 0, 0), point_axis)


class Minibatch(Sampling):
    """Some points, drawn with replacement.

    Every random number depends on the seed, the step and the call within the step
    alone, so a run is resumed bit for bit. Members of an ensemble see the same numbers.
    Tensors with as many points, images and their labels say, are drawn by the same
    indices, those with another number of points by their own, and so is what is called
    ``latents``.

    Parameters
    ----------
    size : int
    fresh : bool
        Whether every oracle call of a step draws anew; otherwise a rule that looks
        ahead sees one sample throughout its step.
    paired : bool
        Whether latents are drawn by the same indices too: where the data are what a
        teacher makes of the latents, its weights stay an equilibrium.
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
        pools: Any,
        names: Iterable[str],
        seed: int,
        key: tuple[int, int],
        point_axis: int,
    ) -> Any:
        """Return drawn points and the random numbers."""
        rng = stream(DRAWS, seed, *key)
        kinds = self._kinds(pools, point_axis)
        batch = _picked(pools, kinds, self._rows(kinds, rng), point_axis)
        return _with_numbers(batch, names, rng, point_axis)

    def draw_each(
        self,
        pools: Any,
        names: Iterable[str],
        seeds: Sequence[int],
        key: tuple[int, int],
    ) -> Any:
        """Return the batch of every seed, stacked: all points are picked at one go."""
        if list(names):
            return super().draw_each(pools, names, seeds, key)
        kinds = self._kinds(pools, 0)
        drawn = [self._rows(kinds, stream(DRAWS, seed, *key)) for seed in seeds]
        rows = {kind: torch.stack([own[kind] for own in drawn]) for kind in drawn[0]}
        batch = _picked(pools, kinds, rows, 0)
        return pytree.tree_map(
            lambda own: own if own.ndim else own.expand(len(seeds)), batch
        )

    def _kinds(self, pools: Any, axis: int) -> list[tuple[int, bool]]:
        """Return of every tensor which others are drawn by the same indices."""
        return [
            (
                pool.shape[axis] if pool.ndim > axis else -1,  # a number, not points
                not self.paired and pytree.keystr(path) == "['latents']",
            )
            for path, pool in pytree.tree_leaves_with_path(pools)
        ]

    def _rows(
        self, kinds: list[tuple[int, bool]], rng: torch.Generator
    ) -> dict[tuple[int, bool], Tensor]:
        """Return the indices of the points of every kind."""
        return {
            kind: torch.randint(kind[0], (self.size,), generator=rng)
            for kind in dict.fromkeys(kinds)
            if kind[0] >= 0
        }


def _picked(
    pools: Any,
    kinds: list[tuple[int, bool]],
    rows: Mapping[tuple[int, bool], Tensor],
    axis: int,
) -> Any:
    """Return the points at given indices, whose axes come in place of the points'."""
    leaves, spec = pytree.tree_flatten(pools)
    return pytree.tree_unflatten(
        [
            pool.index_select(axis, rows[kind].ravel().to(pool.device)).unflatten(
                axis, rows[kind].shape
            )
            if kind in rows
            else pool
            for pool, kind in zip(leaves, kinds, strict=True)
        ],
        spec,
    )


class _Fed(Sampling):
    """Batches of a loader or a function of the step: there are no pools."""

    feed: Any = None

    def key(self, step: int, call: int, calls: int) -> tuple[int, int]:
        """Return the place of the batch in the feed, which every step goes on with."""
        return step * calls + call, 0

    def draw(
        self,
        pools: Any,
        names: Iterable[str],
        seed: int,
        key: tuple[int, int],
        point_axis: int,
    ) -> Any:
        """Return the step's batch, with the random numbers."""
        return _with_numbers(
            self.feed(key[0], seed), names, stream(DRAWS, seed, *key), 0
        )


def as_sampling(sampling: Sampling | str) -> Sampling:
    """Return a way of sampling, which may be given by its name."""
    return find_member(Sampling, sampling)() if isinstance(sampling, str) else sampling


def fed(feed: Callable[[int, int], Any]) -> Sampling:
    """Return the sampling whose batches are a function of the step."""
    return _Fed(feed)


def stream(purpose: int, seed: int, *key: int) -> torch.Generator:
    """Return the random generator for a purpose, whatever was drawn before.

    Parameters
    ----------
    purpose : int
        `DRAWS`, `DATA`, `START` or `NOISE`.
    seed : int
    *key : int
        For `DRAWS` and `NOISE` the step, and the call within it.
    """
    return torch.Generator().manual_seed(seed_of(purpose, seed, *key))


def seed_of(purpose: int, seed: int, *key: int) -> int:
    """Return the seed of a `stream`."""
    words: Any = purpose, seed, *key
    if min(words) >= 0 and max(words) < 1 << 32:
        words = np.array(words, np.uint32)  # the same, and read faster
    return int(np.random.SeedSequence(words).generate_state(1, np.uint64)[0])


@contextmanager
def seeded(seed: Tensor | int | None) -> Iterator[None]:
    """Seed torch's own random numbers, and put them back afterwards; not for None."""
    if seed is None:
        yield
        return
    with unseeded():
        if get_proxy_mode() is None:
            _seed(int(seed))
        else:  # operations are noted: seeding is to be one of them
            noted_seed(torch.as_tensor(seed))
        yield


@contextmanager
def unseeded() -> Iterator[None]:
    """Put torch's own random numbers back afterwards."""
    with torch.random.fork_rng(_devices()):
        yield


@torch.library.custom_op("gandyn::seed", mutates_args=())
def noted_seed(seed: Tensor) -> Tensor:
    """Seed torch's own random numbers, as an operation that graphs can hold."""
    _seed(int(seed))
    return seed.clone()


def _seed(seed: int) -> None:
    # torch.manual_seed notes a traceback for every device that is not in use
    torch.default_generator.manual_seed(seed)
    if _devices():
        torch.cuda.manual_seed(seed)


def _devices() -> list[int]:
    return [torch.cuda.current_device()] if torch.cuda.is_initialized() else []


def _with_numbers(
    batch: Any, names: Iterable[str], rng: torch.Generator, axis: int
) -> Any:
    """Return a batch with named random numbers, drawn in float64 on the CPU."""
    names = sorted(names)
    if not names:
        return dict(batch) if isinstance(batch, dict) else batch
    if not isinstance(batch, dict) or not {"real", "latents"} <= batch.keys():
        raise GandynError(
            f"{', '.join(names)}: random numbers are shaped like batch['real'] and "
            "batch['latents'], which this game has not: take no noise_std, and no "
            "regulariser that draws"
        )
    real = batch["real"]
    count, shape = real.shape[axis], real.shape[axis + 1 :]
    fakes = batch["latents"].shape[axis]
    found: dict[str, Any] = {}
    for name in names:
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
    return {**batch, **found}
