"""Where a game's points come from: pools, a loader, or a function of the step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from gandyn.errors import GandynError
from gandyn.gans.games.modules import parts_of
from gandyn.gans.games.sampling import (
    DATA,
    NOISE,
    Sampling,
    as_sampling,
    fed,
    seed_of,
    seeded,
)


class Source(NamedTuple):
    """Points or a loader, as a game needs them."""

    pools: Any
    """All points; empty where a loader has them."""
    sampling: Sampling
    dtype: torch.dtype
    device: torch.device


def as_source(
    data: Any,
    sampling: Sampling | str,
    seed: int,
    generator: Any,
    dtype: torch.dtype | None,
    device: torch.device | str | None,
) -> Source:
    """Return data with type and device, by default its own or the generator's.

    Raises
    ------
    GandynError
        For data that are no nested tensors, loader or function, or are not finite.
    """
    pooled = isinstance(data, Tensor | np.ndarray | Mapping | tuple | list)
    first = next(p for one in parts_of(generator) for p in one.parameters())
    if pooled:
        data = _as_tensors(data, "data")
        floats = [t for t in pytree.tree_leaves(data) if t.is_floating_point()]
        first = floats[0] if floats else first
    kind = first.dtype if dtype is None else dtype
    place = first.device if device is None else torch.device(device)
    if not kind.is_floating_point:
        raise GandynError(f"dtype must be floating-point, got {kind}")
    if pooled:
        pools = _moved(data, kind, place)
        return Source(pools, as_sampling(sampling), kind, place)
    if sampling != "full":
        raise GandynError(
            "sampling goes with points that are all here: a loader or a function of "
            "the step makes its own batches"
        )
    feed = _Feed(data, seed)
    return Source({}, fed(lambda *key: _moved(feed(*key), kind, place)), kind, place)


class _Feed:
    """Batches by step: each as the first one is shaped.

    Every seed has a stream of batches to itself. Torch's own random numbers, while a
    batch is made, are those of its seed and step.

    Parameters
    ----------
    data : iterable or callable
    seed : int
        A first one: data that are none of these are refused.
    """

    def __init__(self, data: Any, seed: int) -> None:
        self._data = data
        self._streams = {seed: _batches(data, seed)}
        self._kept: dict[int, tuple[int, Any]] = {}
        self._shapes: list[Any] = []

    def __call__(self, step: int, seed: int) -> Any:
        """Return the batch of a step and a seed.

        Raises
        ------
        GandynError
            If it is shaped otherwise than the first, or not finite.
        """
        kept, batch = self._kept.get(seed, (-1, None))
        if kept == step:
            return batch
        if seed not in self._streams:
            self._streams[seed] = _batches(self._data, seed)
        with seeded(seed_of(NOISE, seed, step)):
            batch = self._streams[seed](step)
        batch = _as_tensors(batch, f"batch of step {step}")
        leaves, spec = pytree.tree_flatten(batch)
        shapes = [spec, *(tuple(leaf.shape) for leaf in leaves)]
        self._shapes = self._shapes or shapes
        if shapes != self._shapes:
            raise GandynError(
                f"the batch of step {step} has tensors of shape "
                f"{', '.join(map(str, shapes[1:]))}, the first one "
                f"{', '.join(map(str, self._shapes[1:]))}: make all batches alike "
                "(drop_last=True)"
            )
        self._kept[seed] = step, batch
        return batch


def _batches(data: Any, seed: int) -> Callable[[int], Any]:
    """Return a loader or a function as a function of the step."""
    if hasattr(data, "__iter__"):
        if iter(data) is data:
            raise GandynError(
                "data is an iterator, which can be read only once: give the loader "
                "itself, or a function of the step that returns a batch"
            )
        return _Epochs(data, seed)
    if callable(data):
        return data  # type: ignore[no-any-return]
    raise GandynError(
        "data must be tensors (nested in dicts, lists or tuples), a DataLoader or a "
        f"function of the step, got {type(data).__name__}"
    )


class _Epochs:
    """A loader, read epoch by epoch; a last batch that is smaller is left out.

    The batch of a step is the same whatever was read before, as far as the loader's
    order and its points depend on torch's random numbers.
    """

    def __init__(self, loader: Any, seed: int) -> None:
        self._loader, self._seed = loader, seed
        self._length = _full_batches(loader)
        self._next, self._end = 0, 0  # the step read next, and where the epoch ends
        self._reading: Iterator[Any] = iter(())

    def __call__(self, step: int) -> Any:
        """Return the step's batch; what lies between is read, too."""
        if self._length:
            first = step - step % self._length
            if step < self._next or first > self._next:
                self._next = self._end = first
        elif step < self._next:
            self._next = self._end = 0
        while self._next < step:
            self._read()
        return self._read()

    def _read(self) -> Any:
        with seeded(seed_of(NOISE, self._seed, self._next)):
            batch = next(self._reading, _OVER) if self._next != self._end else _OVER
            if batch is _OVER:
                batch = self._begun()
        self._next += 1
        return batch

    def _begun(self) -> Any:
        """Begin an epoch, and return its first batch."""
        own = getattr(self._loader, "generator", None)
        if isinstance(own, torch.Generator):
            own.manual_seed(seed_of(DATA, self._seed, self._next))
        self._reading = iter(self._loader)
        self._end = self._next + self._length if self._length else -1
        batch = next(self._reading, _OVER)
        if batch is _OVER:
            raise GandynError("the loader has no batches")
        return batch


_OVER = object()


def _full_batches(loader: Any) -> int:
    """Return the number of an epoch's batches of full size; 0 where it isn't known."""
    size, points = getattr(loader, "batch_size", None), getattr(loader, "sampler", None)
    try:
        if size and points is not None:
            return max(1, len(points) // size)
        return len(loader)
    except TypeError:
        return 0


def _as_tensors(data: Any, what: str) -> Any:
    """Return nested data as tensors, which are finite."""

    def tensor(path: Any, leaf: Any) -> Tensor:
        where = what + pytree.keystr(path)
        try:
            found = torch.as_tensor(leaf)
        except (TypeError, ValueError, RuntimeError) as error:
            raise GandynError(
                f"{where} is no tensor but {type(leaf).__name__}: leave it out"
            ) from error
        if found.is_floating_point() and not bool(found.isfinite().all()):
            count = int((~found.isfinite()).sum())
            raise GandynError(
                f"{where} has {count} values that are not finite, of {found.numel()}: "
                "look at the data"
            )
        return found.detach()

    return pytree.tree_map_with_path(tensor, data)


def _moved(data: Any, dtype: torch.dtype, device: torch.device) -> Any:
    def moved(leaf: Tensor) -> Tensor:
        return leaf.to(device, dtype if leaf.is_floating_point() else leaf.dtype)

    return pytree.tree_map(moved, data)
