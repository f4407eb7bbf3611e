"""Sweeps of analytic games on tensors: the same rules, on a GPU if there is one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from threading import Event
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gandyn._trees import flatten, refill
from gandyn.dynamics.engines.cells import Cells, Paths, with_arrays
from gandyn.dynamics.engines.kernel_engine import KernelEngine
from gandyn.dynamics.sweeps import GamePlan
from gandyn.dynamics.task import Task
from gandyn.dynamics.tiles import Job, jobs
from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.gans.catalogue._base import usable
from gandyn.gans.training.measured import device_name, versions
from gandyn.rules import Rule

_TILE = 1 << 20
"""Cells at once: a GPU wants many."""


class _TensorEngine(KernelEngine):
    """Steps cells of scalar players as tensors on a device.

    Stretches that are recorded with tangents run in the compiled kernels.

    Parameters
    ----------
    rule, game, paths, stop
        As for `gandyn.dynamics.engines.kernel_engine.KernelEngine`.
    device : torch.device
    """

    def __init__(
        self,
        rule: Rule,
        game: Game,
        paths: Paths,
        stop: Event | None = None,
        *,
        device: torch.device,
    ) -> None:
        super().__init__(rule, game, paths, stop)
        self._device = device

    def advance(self, cells: Cells, steps: int, last: int = 0) -> np.ndarray:
        """Take steps in place; return the players before each of the last ones."""
        lanes, state = cells
        fields = dict(zip(self._paths, self._tensors(lanes), strict=True))
        rule, game = with_arrays(self._rule, self._game, fields)
        x, y, *rest = self._tensors(state)
        memory = refill(self._memory, rest)
        before = np.empty((last, 2, state.shape[1]))
        for step in range(steps):
            if step >= steps - last:
                for slot, part in enumerate((x, y)):
                    before[step - steps + last, slot] = part.cpu().numpy()
            x, y, memory = rule.step(game, x, y, memory)
        for slot, leaf in enumerate(flatten((x, y, memory))):
            state[slot] = leaf.cpu().numpy()
        return before

    def _tensors(self, rows: np.ndarray) -> list[Tensor]:
        return [torch.from_numpy(row.copy()).to(self._device) for row in rows]


class TensorPlan(GamePlan):
    """A sweep whose steps are taken on tensors, all else as of a `GamePlan`.

    The rule's own ``step`` runs on float64 tensors of shape (cells,), a million cells
    at once. Orbits that leave, and those on attractors, are recorded with their
    tangents by the kernels, on the CPU. Where orbits amplify rounding the two may end
    differently.

    Parameters
    ----------
    task : Task
        Not an exact one.
    device : torch.device or str

    Raises
    ------
    GandynError
        For a device that isn't there, and games of vectors.
    """

    parallel = False

    def __init__(self, task: Task, device: torch.device | str) -> None:
        super().__init__(task)
        self.place = usable(device)
        if task.game.shape != ((), ()):
            raise GandynError(
                f"{type(task.game).__name__} has vectors for players: tensors step "
                "scalar games"
            )

    @property
    def configuration(self) -> dict[str, Any]:
        """All that decides the bits of the result."""
        return {**super().configuration, "device": self._device["device_name"]}

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes of the dataset."""
        return {**super().attributes, **self._device}

    @property
    def tile_cells(self) -> int:
        """How many cells a stored tile should have: a GPU wants many."""
        return _TILE

    @property
    def _device(self) -> dict[str, str]:
        name = device_name(self.place)
        return {"device": self.place.type, "device_name": name, **versions()}

    def _jobs(self, task: Task, threads: int) -> Iterator[list[Job]]:
        return jobs(task, 1, partial(_TensorEngine, device=self.place), _TILE)
