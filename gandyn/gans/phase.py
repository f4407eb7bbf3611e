"""Phase diagrams measured on real GANs: a whole grid trains at once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

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
from gandyn.dynamics.sweeps import Progress
from gandyn.errors import FieldError, GandynError
from gandyn.gans._base import GAN, usable
from gandyn.gans.brought import Brought, as_gan
from gandyn.gans.ensembles import SAVE_EVERY, Members, Store, Trainer, fitting
from gandyn.gans.game import TorchGame
from gandyn.gans.measured import Schedule, measured_dataset, versions
from gandyn.gans.sampling import START, Sampling, as_sampling, stream
from gandyn.gans.stepping import Stepper
from gandyn.rules import Rule

if TYPE_CHECKING:
    import xarray as xr

STEPS, LOOKS = 4096, 512
_KINDS = ("auto", "equilibrium", "initial")
LINEAR, ESCAPE = 30.0, 100.0
DTYPES = {"float32": torch.float32, "float64": torch.float64}
_TOLERANCE = {torch.float64: 1e-6, torch.float32: 1e-3}
_DISTANCE = {torch.float64: 1e-5, torch.float32: 1e-3}


class _Grid(NamedTuple):
    """A rule, a GAN, and the dimensions of what is to be measured."""

    rule: Rule
    gan: GAN | Brought
    dims: tuple[Dimension, ...]
    seed: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Cells along every dimension."""
        return tuple(d.values.size for d in self.dims)

    @property
    def seeds(self) -> list[int]:
        """The seeds of the members."""
        own = [d.values for d in self.dims if d.owner == "seed"]
        return [int(s) for s in own[0]] if own else [self.seed]


def sweep_gan(
    rule: Rule,
    gan: GAN | TorchGame | Brought,
    axes: Mapping[str, Axis | Sequence[float]],
    *,
    seed: int = 0,
    start: str | tuple[Tensor, Tensor] = "auto",
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
    checkpoint: str | Path | None = None,
    save_every: float = SAVE_EVERY,
    progress: Progress | None = None,
) -> xr.Dataset:
    r"""Return what real GANs do on a grid of fields: a measured phase diagram.

    Every cell is a GAN that trains on its own, all of them side by side. Verdicts are
    of the norm of the field v along the run, in units of its first value: it settles
    (``converges``, ended ``settled``), grows beyond ``escape`` (``diverges`` in the way
    in which the path first left, ``left_box``), or breaks (``overflow``;
    ``not_a_number`` leaves the cell undecided). Where the steps run out (``budget``) a
    trend of |v| over their second half that is four standard errors from none, and
    more than a factor of two, still counts if |v| never left the linear regime;
    otherwise the cell is undecided, as is one that keeps oscillating.

    Parameters
    ----------
    rule : Rule
    gan : GAN or TorchGame
        A game of one's own starts at its modules' parameters; its data, type, device
        and sampling are its own.
    axes : mapping of name to `Axis` or rising sequence
        One or more fields of the rule or the GAN (``"lr_x"``, ``"gamma"``, ``"k"``,
        ``"game.gamma"`` where both have it), or ``"seed"``: data and start.
    seed : int
        Of data, start and samples, where ``seed`` is no axis.
    start : {"auto", "equilibrium", "initial"} or pair of Tensor
        Near an equilibrium, at random parameters, or near a given point, (P,) each;
        ``auto`` takes an equilibrium where one is known.
    distance : float, optional
        Length of a random displacement from the equilibrium or the given point, over
        the length of (x, y) or 1; by default 1e-5 in float64 and 1e-3 in float32.
    steps : int
        The most steps of a cell.
    every : int, optional
        |v| is looked at after the first 64 steps and then at every so many.
    escape, tolerance : float
        Levels of |v|; the tolerance, of the largest |v| seen, is 1e-6 in float64 and
        1e-3 in float32.
    sampling : Sampling or str
    dtype : torch.dtype, optional
        By default float64, or that of the game.
    device : torch.device or str, optional
        By default the CPU, or that of the game.
    engine : str
        See `gandyn.gans.stepping.Stepper`.
    chunk : int, optional
        Members side by side; by default as many as fit into the memory.
    checkpoint : str or Path, optional
        A file to go on from if it exists, and to write into.
    save_every : float
        Seconds between checkpoints.
    progress : callable, optional
        Called with the cells done and the cells in all.

    Returns
    -------
    xarray.Dataset
        ``verdict`` and ``ended`` as in `gandyn.sweep`; ``rate`` and ``rate_error``, the
        growth of log |v| per step early on, in the last two thirds of the linear regime
        (|v| below 30 times and above ``tolerance``), by regression; ``rotation`` in
        turns per step; ``norm``, |v| at the end over |v| at the start; ``steps``.

    Raises
    ------
    GandynError
        Bad axes, a device that isn't there, too little memory for one member, a
        checkpoint that is damaged or of another configuration.

    Notes
    -----
    Resumed or not, in any order, the bits are the same for the same width of chunks,
    device, engine, versions and number of threads. Other widths give the same numbers
    to rounding: libraries add up a batch of products in another order.

    Examples
    --------
    >>> from gandyn.gans import DiracGAN
    >>> from gandyn.rules import Alternating
    >>> found = sweep_gan(Alternating(), DiracGAN(regulariser="R1"),
    ...                   {"lr": [0.2, 1.0], "gamma": [0.1, 3.0]}, steps=400)
    >>> found.verdict.values
    array([[1, 1],
           [1, 3]], dtype=int8)
    """
    gan = as_gan(gan)
    grid = _Grid(rule, gan, _dimensions(rule, gan, axes), int(seed))
    dtype, place, sampling = _kinds(gan, dtype, device, sampling)
    if dtype not in _TOLERANCE:
        raise FieldError(f"dtype must be float32 or float64, got {dtype}")
    if chunk is not None and chunk < 1:
        raise FieldError(f"chunk must be at least 1, got {chunk}")
    limits = _limits(steps, every, escape, tolerance or _TOLERANCE[dtype])
    Stepper(rule, engine)  # refuses unknown engines before any work
    if distance is None:
        distance = _DISTANCE[dtype]
    _, kind = _starts(gan, grid.seeds[:1], start, distance)
    setup = {
        "rule": specify(rule), "game": specify(gan), "seed": grid.seed, "start": kind,
        "distance": distance, **limits._asdict(), "sampling": repr(sampling),
        "dtype": str(dtype).removeprefix("torch."), "device": place.type,
        "engine": engine, "chunk": chunk or 0, **versions(),
    }  # fmt: skip
    cells = {d.name: d.values.tolist() for d in grid.dims}
    store = Store(checkpoint, {**setup, **cells}, save_every)
    size = int(np.prod(grid.shape))
    trainer = Trainer(limits, store, progress or (lambda done, total: None), size)
    steppers, widths = [], []
    for i, (own, own_gan, where) in enumerate(_groups(grid)):
        kinds: dict[str, Any] = {"dtype": dtype, "device": place, "sampling": sampling}
        seeds = grid.seeds if len(grid.seeds) > 1 else grid.seeds[0]
        game = own_gan.game(seeds, **kinds)
        points, _ = _starts(own_gan, grid.seeds, start, distance)
        members = _members(grid, game, points, where)
        width = min(chunk, len(where)) if chunk else fitting(game, len(where))
        steppers.append(Stepper(own, engine))
        widths.append(trainer.run(i, members, where, steppers[-1], width))
    ran = {
        "engines_used": ", ".join(sorted({s.used for s in steppers} - {""})),
        "chunks": widths,
        "notes": "; ".join(sorted({note for s in steppers for note in s.notes})),
    }
    return measured_dataset(grid.dims, trainer.found, {**setup, **ran}, place)


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
        own = all(owner == "rule" or gan.setting(path) in objective
            for owner, path in targets)
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


def _groups(grid: _Grid) -> Iterator[tuple[Rule, GAN | Brought, np.ndarray]]:
    """Yield rule, GAN and cells of every combination of structural values."""
    index = np.arange(int(np.prod(grid.shape))).reshape(grid.shape)
    fixed = [i for i, d in enumerate(grid.dims) if d.structural]
    for picks in itertools.product(*(range(grid.shape[i]) for i in fixed)):
        nodes: dict[str, Any] = {"rule": grid.rule, "game": grid.gan}
        where: list[Any] = [slice(None)] * len(grid.shape)
        for axis, pick in zip(fixed, picks, strict=True):
            dim, where[axis] = grid.dims[axis], pick
            value = float(dim.values[pick])
            whole = all(isinstance(leaves(nodes[dim.owner])[p], int) for p in dim.paths)
            value = int(value) if whole else value
            nodes[dim.owner] = with_values(nodes[dim.owner], dim.paths, value)
        yield nodes["rule"], nodes["game"], index[tuple(where)].reshape(-1)


def _members(
    grid: _Grid, game: TorchGame, points: tuple[Tensor, Tensor], where: np.ndarray
) -> Members:
    picks = np.unravel_index(where, grid.shape)
    fields: dict[str, dict[str, Tensor]] = {"rule": {}, "game": {}}
    seeds = torch.zeros(len(where), dtype=torch.int64)
    for dim, pick in zip(grid.dims, picks, strict=True):
        if dim.owner == "seed":
            seeds = torch.from_numpy(pick.copy())
        elif not dim.structural:
            values = torch.from_numpy(dim.values[pick])
            for owner, own in dim.parameter.changes(values).items():
                fields[owner] |= (
                    own
                    if owner == "rule"
                    else {grid.gan.setting(path): value for path, value in own.items()}
                )
    x, y = (part.to(game.dtype) for part in points)
    return Members(game, (x, y), seeds, fields["rule"], fields["game"])


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
