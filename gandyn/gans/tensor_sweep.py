"""Sweeps of analytic games on tensors: the same rules, on a GPU if there is one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from gandyn._trees import flatten, refill
from gandyn.dynamics.axes import Axis, resolve_axes
from gandyn.dynamics.cells import Cells, Paths, with_arrays
from gandyn.dynamics.first_step import check_plain_step, default_start
from gandyn.dynamics.kernel_engine import KernelEngine
from gandyn.dynamics.outcome import Outcome
from gandyn.dynamics.results import as_dataset
from gandyn.dynamics.task import ESCAPE, STEPS, Task, check_limits
from gandyn.dynamics.tiles import Variant, combinations
from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.gans._base import usable
from gandyn.gans.measured import device_name, versions
from gandyn.rules import Rule

if TYPE_CHECKING:
    import xarray as xr

_TILE = 1 << 20
"""Cells at once: a GPU wants many."""


class _TensorEngine(KernelEngine):
    """Steps cells of scalar players as tensors on a device.

    Stretches that are recorded with tangents run in the compiled kernels.

    Parameters
    ----------
    rule, game, paths, stop
        As for `gandyn.dynamics.kernel_engine.KernelEngine`.
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

    def advance(self, cells: Cells, steps: int) -> None:
        """Take steps, in place."""
        lanes, state = cells
        fields = dict(zip(self._paths, self._tensors(lanes), strict=True))
        rule, game = with_arrays(self._rule, self._game, fields)
        x, y, *rest = self._tensors(state)
        memory = refill(self._memory, rest)
        for _ in range(steps):
            x, y, memory = rule.step(game, x, y, memory)
        for slot, leaf in enumerate(flatten((x, y, memory))):
            state[slot] = leaf.cpu().numpy()

    def _tensors(self, rows: np.ndarray) -> list[Tensor]:
        return [torch.from_numpy(row.copy()).to(self._device) for row in rows]


def tensor_sweep(
    rule: Rule,
    game: Game,
    axes: Mapping[str, Axis | Sequence[float]],
    *,
    start: tuple[Any, Any] | None = None,
    steps: int = STEPS,
    escape: float = ESCAPE,
    device: torch.device | str = "cpu",
    progress: Callable[[int, int], None] | None = None,
) -> xr.Dataset:
    """Return what `gandyn.sweep` simulates, with the steps taken on tensors.

    The rule's own ``step`` runs on float64 tensors of shape (cells,), a million cells
    at once; verdicts are decided by the same code as on any other engine. Orbits that
    leave, and those on attractors, are recorded with their tangents by the kernels, on
    the CPU. Where orbits amplify rounding the two may end differently.

    Parameters
    ----------
    rule, game, axes, start, steps, escape, progress
        As for `gandyn.sweep`.
    device : torch.device or str

    Returns
    -------
    xarray.Dataset

    Raises
    ------
    GandynError
        As `gandyn.sweep` does, for a device that isn't there, and games of vectors.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Extragradient
    >>> tensor_sweep(Extragradient(), Bilinear(1.0),
    ...              {"lr": [0.5, 0.9, 1.1], "A": [1.0, 2.0]}).verdict.values[0]
    array([1, 8], dtype=int8)
    """
    place, dimensions = usable(device), tuple(resolve_axes(rule, game, axes))
    if game.shape != ((), ()):
        raise GandynError(
            f"{type(game).__name__} has vectors for players: tensors step scalar games"
        )
    check_limits(steps, escape)
    start = default_start(game) if start is None else start
    check_plain_step(rule, game, start)
    task = Task(rule, game, dimensions, start, int(steps), float(escape), False)
    shape = tuple(d.values.size for d in dimensions)
    outcome, radius = Outcome.blank(shape), np.full(shape, np.nan)
    flat = Outcome(*(array.reshape(-1) for array in outcome))
    done = 0

    def engine(*args: Any) -> _TensorEngine:
        return _TensorEngine(*args, device=place)

    for structural in combinations(task):
        variant = Variant(task, structural, engine)
        tiles = math.ceil(variant.size / _TILE)
        for first in range(tiles):
            done += variant.tile(first, tiles)(flat, radius.reshape(-1))
            if progress is not None:
                progress(done, radius.size)
    own = {"device": place.type, "device_name": device_name(place), **versions()}
    return as_dataset(task, outcome, radius).assign_attrs(own)
