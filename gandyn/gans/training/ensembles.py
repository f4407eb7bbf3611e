"""Many members of one GAN, trained in chunks that fit the memory."""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from gandyn._progress import Progress
from gandyn._trees import flatten, refill
from gandyn.errors import GandynError
from gandyn.gans.games.game import TorchGame
from gandyn.gans.training.checkpoints import load_checkpoint, save_checkpoint
from gandyn.gans.training.measured import (
    KEPT_STEPS,
    Schedule,
    Watch,
    blank,
    judge_members,
)
from gandyn.gans.training.stepping import Stepper
from gandyn.gans.training.train import State

_SHARE = 0.5
"""Share of the free memory that a chunk may take by the estimate."""
_PASSES = 4
"""Sets of the activations of both losses alive at once: values and derivatives, those
of derivatives too."""
_VECTORS = 12
"""Vectors of all parameters alive at once: state, memory, gradients, temporaries."""
_CACHED = 256
"""Members of a chunk on a CPU at most; more of them gain little there."""
SAVE_EVERY = 60.0
"""Seconds between two checkpoints."""


def member_bytes(game: TorchGame) -> int:
    """Return an estimate of the bytes that a member needs while it trains."""
    values = _VECTORS * (game.shape[0][0] + game.shape[1][0]) + 6 * KEPT_STEPS
    if game.own_data:
        values += 3 * sum(pool[0].numel() for pool in pytree.tree_leaves(game.pools))
    values += _PASSES * _activations(game)
    return values * torch.finfo(game.dtype).bits // 8


def fitting(game: TorchGame, members: int) -> int:
    """Return how many members a chunk should have."""
    fits = int(_SHARE * _free_bytes(game.device) / member_bytes(game))
    most = members if game.device.type == "cuda" else min(members, _CACHED)
    return max(1, min(fits, most))


def _free_bytes(device: torch.device) -> int:
    """Return the bytes of memory that are free on a device."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    info = Path("/proc/meminfo")
    if info.exists():
        for line in info.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def _out_of_memory(error: BaseException) -> bool:
    """Tell whether an error says that memory ran out."""
    said = "can't allocate memory" in str(error)  # what torch says on a CPU
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or said


def _activations(game: TorchGame) -> int:
    """Return how many numbers the layers put out while both losses are computed."""
    sizes: list[int] = []
    hooks = [
        part.register_forward_hook(lambda m, i, out: sizes.append(_numel(out)))
        for part in game.pair.container.modules()
        if not list(part.children())
    ]
    x, y, given = *game.start(), game.one()
    game.member.loss_x(x, y, given)
    game.member.loss_y(x, y, given)
    for hook in hooks:
        hook.remove()
    return sum(sizes)


def chunks(
    count: int,
    width: int,
    run: Callable[[int, int], None],
    *,
    first: int = 0,
    again: Callable[[], None] = lambda: None,
) -> int:
    """Run members in chunks; return the width of the last one.

    Where memory runs out the width is halved.

    Parameters
    ----------
    count : int
        Members in all.
    width : int
        Members at once.
    run : callable
        Called with the first member of a chunk and the width.
    first : int
        The member to begin with.
    again : callable
        Called before a chunk is tried again.

    Raises
    ------
    GandynError
        If one member alone is too much.
    """
    while first < count:
        try:
            run(first, width)
        except Exception as error:
            if not _out_of_memory(error):
                raise
            if width == 1:
                raise GandynError(
                    "not enough memory for one member: take a smaller GAN, fewer "
                    "points or a minibatch, or float32"
                ) from error
            width = max(1, width // 2)
            again()
            continue
        first += width
    return width


def _numel(values: Any) -> int:
    return sum(v.numel() for v in pytree.tree_leaves(values) if isinstance(v, Tensor))


class Members(NamedTuple):
    """Members that share their networks and the structure of their rule."""

    game: TorchGame
    """With an axis of seeds if every seed has its own data."""
    starts: tuple[Tensor, Tensor]
    """Initial parameters by seed, (P, seeds)."""
    seeds: Tensor
    """Which seed each member has, (members,)."""
    rule_fields: Mapping[str, Tensor]
    """Fields of the rule by path, (members,)."""
    game_fields: Mapping[str, Tensor]
    """Fields of the objective by path, (members,)."""

    def chunk(
        self, first: int, width: int
    ) -> tuple[TorchGame, list[Tensor], dict[str, Tensor]]:
        """Return game, start and fields of a rule of members from a first one on.

        Beyond the last member it is repeated: all chunks have the same width.
        """
        picks = torch.arange(first, first + width).clamp(max=len(self.seeds) - 1)
        seeds = self.seeds[picks]
        game, device = self.game, self.game.device
        if game.own_data:
            game = game.select(seeds.to(device))
        if self.game_fields:
            own = {k: v[picks].to(device) for k, v in self.game_fields.items()}
            game = game.with_settings(own)
        start = [part.T[seeds].to(device).T for part in self.starts]
        fields = {
            k: v[picks].to(device, game.dtype) for k, v in self.rule_fields.items()
        }
        return game, start, fields


class Store:
    """A file in which a training in hand is kept, or none.

    One that is damaged, or another's, is only lost time: the training begins anew.

    Parameters
    ----------
    path : Path or None
    configuration : mapping
    every : float
        Seconds between two checkpoints.
    """

    def __init__(
        self, path: Path | None, configuration: Mapping[str, Any], every: float
    ) -> None:
        self._path, self._configuration, self._every = path, configuration, every
        self._saved = time.monotonic()
        self.progress: dict[str, Any] = {}
        self.tensors: dict[str, Tensor] = {}
        if path is not None and path.exists():
            with contextlib.suppress(GandynError):
                self.progress, self.tensors = load_checkpoint(path, configuration)

    @property
    def due(self) -> bool:
        """Tell whether a checkpoint should be written now."""
        late = time.monotonic() - self._saved >= self._every
        return self._path is not None and late

    def save(self, progress: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
        """Write a checkpoint."""
        if self._path is not None:
            save_checkpoint(self._path, self._configuration, progress, tensors)
            self._saved = time.monotonic()


class Trainer:
    """Trains members in chunks, each until every member is decided.

    Parameters
    ----------
    limits : Schedule
    store : Store
    progress : callable
        Called with the cells done and the cells in all.
    cells : int

    Attributes
    ----------
    found : dict of str to ndarray
        What is found, by cell.
    """

    def __init__(
        self, limits: Schedule, store: Store, progress: Progress, cells: int
    ) -> None:
        self._limits, self._store, self._progress = limits, store, progress
        self._done = 0
        self.found = blank(cells) | {
            key.removeprefix("found."): value.numpy().copy()
            for key, value in store.tensors.items()
            if key.startswith("found.")
        }

    def run(
        self,
        group: int,
        members: Members,
        where: np.ndarray,
        stepper: Stepper,
        width: int,
    ) -> int:
        """Fill in the cells of a group; return the width of its last chunk.

        Where memory runs out the width is halved.

        Raises
        ------
        GandynError
            If one member alone is too much.
        """
        progress, first = self._store.progress, 0
        if group < progress.get("group", -1):
            first = len(where)
        elif group == progress.get("group"):
            first, width = progress["first"], progress["width"]

        def some(first: int, width: int) -> None:
            self._chunk(group, members, where, stepper, first, width)
            self._tell(min(first + width, len(where)))

        def again() -> None:
            self._store.progress = {}

        width = chunks(len(where), width, some, first=first, again=again)
        self._done += len(where)
        return width

    def _tell(self, members: int) -> None:
        self._progress(self._done + members, next(iter(self.found.values())).size)

    def _chunk(
        self,
        group: int,
        members: Members,
        where: np.ndarray,
        stepper: Stepper,
        first: int,
        width: int,
    ) -> None:
        game, start, fields = members.chunk(first, width)
        state = stepper.begin(game, start[0], start[1], fields)
        watch = Watch(state, self._limits)
        cells, steps = where[first : first + width], self._limits.steps
        over = False
        if self._store.progress:
            state = _restore(self._store, state, watch)
            self._store.progress = {}
        else:
            over = watch.see(game, state)
        while not over and state.step < steps:
            state = stepper.step(game, state, fields)
            over = watch.see(game, state)
            if self._limits.looks(state.step):
                self._tell(first + cells.size * state.step // steps)
                if self._store.due:
                    at = {"group": group, "first": first, "width": width}
                    self._store.save(*_packed(state, watch, at, self.found))
        for name, values in judge_members(
            watch.found(), self._limits, cells.size
        ).items():
            self.found[name][cells] = values


def _packed(
    state: State, watch: Watch, at: Any, found: Mapping[str, np.ndarray]
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    leaves = flatten(state.memory)
    tensors = {"x": state.x, "y": state.y, "norms": torch.stack(watch.norms)}
    tensors |= {f"memory.{i}": leaf for i, leaf in enumerate(leaves)}
    tensors |= {f"state.{k}": v for k, v in state.norms.items()}
    tensors |= {f"watch.{k}": v for k, v in watch.tensors.items()}
    tensors |= {f"found.{k}": torch.from_numpy(v) for k, v in found.items()}
    return {**at, "step": state.step, "times": watch.times}, tensors


def _restore(store: Store, state: State, watch: Watch) -> State:
    """Return the stored state; the watch goes on with what it had seen."""
    tensors = {k: v.to(state.x.device) for k, v in store.tensors.items()}
    leaves = (tensors[f"memory.{i}"] for i in itertools.count())
    memory = refill(state.memory, leaves)
    watch.times = list(store.progress["times"])
    watch.norms = list(tensors["norms"])
    watch.tensors = {
        k.removeprefix("watch."): v for k, v in tensors.items() if k[:6] == "watch."
    }
    norms = {
        k.removeprefix("state."): v for k, v in tensors.items() if k[:6] == "state."
    }
    return State(tensors["x"], tensors["y"], memory, store.progress["step"], norms)
