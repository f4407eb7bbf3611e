"""Phase diagrams measured on real GANs: a whole grid trains at once."""

from __future__ import annotations

import copy
import hashlib
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gandyn._node import leaves
from gandyn._specification import specify
from gandyn.dynamics.axes import (
    Axis,
    Dimension,
    check_free,
    resolve_axis,
    with_values,
)
from gandyn.dynamics.engines.cells import check_stop
from gandyn.dynamics.plans import Box, Plan, Progress, Variable, axis_configuration
from gandyn.errors import FieldError, GandynError
from gandyn.gans.catalogue._base import GAN, usable
from gandyn.gans.catalogue.brought import Brought, as_gan
from gandyn.gans.games.game import TorchGame
from gandyn.gans.games.sampling import START, Sampling, as_sampling, stream
from gandyn.gans.training.ensembles import SAVE_EVERY, Members, Store, Trainer, fitting
from gandyn.gans.training.measured import (
    DESCRIPTIONS,
    Schedule,
    device_name,
    gan_attributes,
    versions,
)
from gandyn.gans.training.stepping import Stepper
from gandyn.rules import Rule

STEPS, LOOKS = 4096, 512
_KINDS = ("auto", "equilibrium", "initial")
LINEAR, ESCAPE = 30.0, 100.0
_CPU_TILE, _GPU_TILE = 256, 1 << 14
"""Cells of a stored tile: beyond them a chunk gains little on a processor."""
DTYPES = {"float32": torch.float32, "float64": torch.float64}
_TOLERANCE = {torch.float64: 1e-6, torch.float32: 1e-3}
_DISTANCE = {torch.float64: 1e-5, torch.float32: 1e-3}


class GanPlan(Plan):
    """A rule on a GAN: every cell is a training, all of a tile side by side.

    `gandyn.sweep` has the parameters; this one holds them, checked.
    """

    parallel = False

    def __init__(
        self,
        rule: Rule,
        gan: GAN | TorchGame | Brought,
        axes: Mapping[str, Axis | Sequence[float]],
        *,
        seed: int = 0,
        start: str | tuple[Tensor, Tensor] | None = None,
        distance: float | None = None,
        steps: int = STEPS,
        every: int | None = None,
        escape: float = ESCAPE,
        tolerance: float | None = None,
        sampling: Sampling | str = "full",
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
        engine: str = "auto",
        chunk: int | None = None,
        save_every: float = SAVE_EVERY,
    ) -> None:
        self.rule, self.gan, self.seed = rule, as_gan(gan), int(seed)
        self.dimensions = _dimensions(rule, self.gan, axes)
        dtype, self.place, self.sampling = _kinds(self.gan, dtype, device, sampling)
        if dtype not in _TOLERANCE:
            raise FieldError(f"dtype must be float32 or float64, got {dtype}")
        if chunk is not None and chunk < 1:
            raise FieldError(f"chunk must be at least 1, got {chunk}")
        self.dtype, self.chunk, self.save_every = dtype, chunk, save_every
        self.limits = _limits(steps, every, escape, tolerance or _TOLERANCE[dtype])
        Stepper(rule, engine)  # refuses unknown engines before any work
        self.engine = engine
        self.start = "auto" if start is None else start
        self.distance = _DISTANCE[dtype] if distance is None else distance
        _, self.kind = _starts(self.gan, self._seeds[:1], self.start, self.distance)
        self.torch_threads = torch.get_num_threads()
        self._ran: dict[str, Any] = {}

    @property
    def variables(self) -> dict[str, Variable]:
        """The variables by name."""
        return dict(DESCRIPTIONS)

    @property
    def configuration(self) -> dict[str, Any]:
        """All that decides the bits of the result."""
        return {
            **self._setup, **axis_configuration(self.dimensions),
            "device_name": device_name(self.place), "threads": self.torch_threads,
        }  # fmt: skip

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes of the dataset."""
        return gan_attributes({**self._setup, **self._ran}, self.place)

    @property
    def tile_cells(self) -> int:
        """How many cells a stored tile should have: those of a chunk."""
        return self.chunk or (_GPU_TILE if self.place.type == "cuda" else _CPU_TILE)

    @property
    def _setup(self) -> dict[str, Any]:
        return {
            "rule": specify(self.rule), "game": specify(self.gan), "seed": self.seed,
            "start": self.kind, **_digest_of(self.start),
            "distance": self.distance, **self.limits._asdict(),
            "sampling": repr(self.sampling),
            "dtype": str(self.dtype).removeprefix("torch."),
            "device": self.place.type, "engine": self.engine,
            "chunk": self.chunk or 0, **versions(),
        }  # fmt: skip

    @property
    def _seeds(self) -> list[int]:
        """The seeds of the members."""
        own = [d.values for d in self.dimensions if d.owner == "seed"]
        return [int(s) for s in own[0]] if own else [self.seed]

    def decide(
        self,
        box: Box,
        *,
        threads: int = 1,
        stop: Event | None = None,
        progress: Progress | None = None,
        started: Path | None = None,
    ) -> dict[str, np.ndarray]:
        """Return the variables of a box of cells, trained in chunks.

        The bits are those of the same box for the same width of chunks, device, engine,
        versions and number of threads, whenever and by whom it is decided. In other
        boxes they are the same to rounding: libraries add up a batch of products in
        another order.
        """
        if torch.get_num_threads() != self.torch_threads:  # a fresh worker process
            torch.set_num_threads(self.torch_threads)
        own = copy.copy(self)
        own.dimensions = self.part(box)
        store = Store(started, own.configuration, self.save_every)
        report, size = progress or (lambda done, total: None), math.prod(own.shape)
        trainer = Trainer(self.limits, store, watched(report, stop), size)
        self._ran = own._train(trainer)
        return {name: v.reshape(own.shape) for name, v in trainer.found.items()}

    def _train(self, trainer: Trainer) -> dict[str, Any]:
        """Fill in all cells; return what was noticed on the way."""
        steppers, widths = [], []
        seeds = self._seeds
        kinds: dict[str, Any] = {
            "dtype": self.dtype, "device": self.place, "sampling": self.sampling
        }  # fmt: skip
        for i, (own, own_gan, where) in enumerate(self._groups()):
            game = own_gan.game(seeds if len(seeds) > 1 else seeds[0], **kinds)
            points, _ = _starts(own_gan, seeds, self.start, self.distance)
            members = self._members(game, points, where)
            size = len(where)
            width = min(self.chunk, size) if self.chunk else fitting(game, size)
            steppers.append(Stepper(own, self.engine))
            widths.append(trainer.run(i, members, where, steppers[-1], width))
        return {
            "engines_used": ", ".join(sorted({s.used for s in steppers} - {""})),
            "chunks": widths,
            "notes": "; ".join(sorted({note for s in steppers for note in s.notes})),
        }

    def _groups(self) -> Iterator[tuple[Rule, GAN | Brought, np.ndarray]]:
        """Yield rule, GAN and cells of every combination of structural values."""
        index = np.arange(math.prod(self.shape)).reshape(self.shape)
        fixed = [i for i, d in enumerate(self.dimensions) if d.structural]
        for picks in itertools.product(*(range(self.shape[i]) for i in fixed)):
            nodes: dict[str, Any] = {"rule": self.rule, "game": self.gan}
            where: list[Any] = [slice(None)] * len(self.shape)
            for axis, pick in zip(fixed, picks, strict=True):
                dim, where[axis] = self.dimensions[axis], pick
                own = leaves(nodes[dim.owner])
                value = float(dim.values[pick])
                value = (
                    int(value)
                    if all(isinstance(own[p], int) for p in dim.paths)
                    else value
                )
                nodes[dim.owner] = with_values(nodes[dim.owner], dim.paths, value)
            yield nodes["rule"], nodes["game"], index[tuple(where)].reshape(-1)

    def _members(
        self, game: TorchGame, points: tuple[Tensor, Tensor], where: np.ndarray
    ) -> Members:
        picks = np.unravel_index(where, self.shape)
        fields: dict[str, dict[str, Tensor]] = {"rule": {}, "game": {}}
        seeds = torch.zeros(len(where), dtype=torch.int64)
        for dim, pick in zip(self.dimensions, picks, strict=True):
            if dim.owner == "seed":
                seeds = torch.from_numpy(pick.copy())
            elif not dim.structural:
                values = torch.from_numpy(dim.values[pick])
                for owner, own in dim.parameter.changes(values).items():
                    named = self.gan.setting if owner == "game" else str
                    fields[owner] |= {named(path): v for path, v in own.items()}
        x, y = (part.to(game.dtype) for part in points)
        return Members(game, (x, y), seeds, fields["rule"], fields["game"])


def watched(report: Progress, stop: Event | None) -> Progress:
    """Return a report of progress that ends the work once it is told to stop."""

    def told(done: int, total: int) -> None:
        if stop is not None:
            check_stop(stop)
        report(done, total)

    return told


def _digest_of(start: Any) -> dict[str, str]:
    """Return what JSON holds of a start that is given as tensors."""
    if isinstance(start, str):
        return {}
    sums = hashlib.sha256()
    for part in start:
        sums.update(part.detach().double().cpu().numpy().tobytes())
    return {"start_sha256": sums.hexdigest()[:16]}


def _kinds(
    gan: GAN | Brought,
    dtype: torch.dtype | None,
    device: torch.device | str | None,
    sampling: Sampling | str,
) -> tuple[torch.dtype, torch.device, Sampling]:
    """Return type, device and sampling; a game of one's own has them."""
    chosen = as_sampling(sampling)
    if isinstance(gan, Brought):
        game = gan.game(dtype=dtype, device=device, sampling=chosen)
        return game.dtype, game.device, game.sampling
    return dtype or torch.float64, usable(device or "cpu"), chosen


def _dimensions(
    rule: Rule, gan: GAN | Brought, axes: Mapping[str, Axis | Sequence[float]]
) -> tuple[Dimension, ...]:
    """Return the axes, resolved; a field that isn't the objective's is structure."""
    if not axes:
        raise FieldError("a sweep of GANs needs an axis or more")
    objective = leaves(gan.played())
    dims: list[Dimension] = []
    used: dict[tuple[str, str], str] = {}
    for name, axis in axes.items():
        if name == "seed":
            if isinstance(gan, Brought):
                raise FieldError(
                    "seed is no axis of a TorchGame, which has one start: make one "
                    "game for each seed"
                )
            dims.append(_seed_axis(axis))
            continue
        dim = resolve_axis(rule, gan, name, axis)
        if dim.owner == "start":
            raise FieldError(f"{name} is no field of a GAN: give start=(x, y)")
        targets = dim.parameter.targets
        own = all(
            owner == "rule" or gan.setting(path) in objective for owner, path in targets
        )
        if dim.ties and not own:
            raise FieldError(f"{dim.name}: only numbers of the rule and the loss tie")
        dims.append(dim._replace(structural=dim.structural or not own))
        check_free(dim, used)
    return tuple(dims)


def _seed_axis(axis: Axis | Sequence[float]) -> Dimension:
    values = np.asarray(axis.values if isinstance(axis, Axis) else axis, dtype=float)
    if values.ndim != 1 or np.any(values != np.round(values)) or np.any(values < 0):
        raise FieldError(f"seeds are whole numbers from 0 on, got {axis}")
    return Dimension("seed", values, "linear", "seed", (), False)


def _limits(steps: int, every: int | None, escape: float, tolerance: float) -> Schedule:
    every = max(1, steps // LOOKS) if every is None else every
    for name, value in (("steps", steps), ("every", every)):
        if value != int(value) or value < 1:
            raise FieldError(f"{name} must be a whole number from 1 on, got {value}")
    if not (escape > 1 > tolerance > 0):
        raise FieldError(
            f"escape must be above 1 and tolerance between 0 and 1, got {escape} and "
            f"{tolerance}"
        )
    return Schedule(int(steps), int(every), tolerance, min(LINEAR, escape), escape)


def _starts(
    gan: GAN | Brought,
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
        if start not in _KINDS:
            raise FieldError(f"start must be one of {', '.join(_KINDS)}, got {start!r}")
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


def _named(gan: GAN | Brought, seeds: list[int], start: str) -> tuple[str, Any]:
    if start == "initial":
        return start, gan.initial(seeds)
    try:
        return "equilibrium", gan.equilibrium(seeds)
    except GandynError:
        if start == "equilibrium":
            raise
    return "initial", gan.initial(seeds)
