"""The sweep that users call: of games and GANs, in memory or in a store."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gandyn._arguments import checked
from gandyn._progress import Progress, watching
from gandyn.dynamics import Axis
from gandyn.dynamics.plans import Plan
from gandyn.dynamics.sweeps import plan_sweep
from gandyn.dynamics.task import check_limits
from gandyn.errors import FieldError, UnknownName
from gandyn.games import Game
from gandyn.rules import Rule

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import xarray as xr

_TRAINING = (
    "seed", "distance", "every", "tolerance", "sampling", "dtype", "engine", "chunk",
    "save_every",
)  # fmt: skip
"""What is said of GANs only."""


@checked
def sweep(
    rule: Rule,
    game: Any,
    axes: Mapping[str, Axis | Sequence[float]],
    *,
    start: Any = None,
    steps: int | None = None,
    escape: float | None = None,
    method: str = "auto",
    certify: bool = False,
    band: float | None = None,
    device: Any = None,
    threads: int | None = None,
    store: str | Path | None = None,
    tile: int | None = None,
    overwrite: bool = False,
    executor: Executor | Any = None,
    progress: Progress | bool | None = None,
    **training: Any,
) -> xr.Dataset:
    r"""Return the verdict of every cell of a grid of fields.

    Parameters
    ----------
    rule : Rule
    game : Game, GAN or TorchGame
        Of a GAN every cell is a training of its own, all of them side by side. A game
        of one's own starts at its modules' parameters; its data, type, device and
        sampling are its own.
    axes : mapping of name to `Axis` or rising 1-D sequence
        Two or more fields of the rule or the game (``"lr_x"``, ``"lr"``, ``"gamma"``,
        ``"inner.k"``, ``"rule.gamma"`` where both have one), or ``"start.x"``,
        ``"start.y"``; one or more of a GAN, or ``"seed"``: its data and start. Fields
        may be tied to one: ``"lr_x, lr_y=10*lr_x"`` sweeps lr_x and sets lr_y to ten
        times it; the dimension is lr_x, its attribute ``ties``.
    start : pair, or {"auto", "equilibrium", "initial"}, optional
        Initial (x, y); near the reference equilibrium by default. Of a GAN also near
        an equilibrium or at random parameters, by name; ``auto`` takes an equilibrium
        where one is known.
    steps : int, optional
        Steps after which a cell that neither contracted nor escaped is handed to the
        recognition of attractors (which records up to 53,248 more), 32768 by default;
        of a GAN the most steps, 4096 by default.
    escape : float, optional
        A cell whose largest coordinate exceeds ``escape`` (1e8) times its initial one
        (or 1) has left the box; of a GAN one whose |v| exceeds ``escape`` (100) times
        its first value.
    method : {"auto", "exact", "simulate"}
        ``exact`` decides linear rules on linear games by the multipliers of the exact
        one-step map; bilinear games are decoupled by their singular values first.
        ``auto`` does so where it can and simulates elsewhere.
    certify : bool
        Whether to prove the cells near the circle, one exact map each: the verdicts
        stay as they are, and the variable ``certificate`` says what is proved.
    band : float, optional
        With ``certify``: cells whose ``radius`` is within it of 1 are proved; by
        default those that rounding could move across.
    device : str, optional
        ``"cuda"`` takes the steps of a GAN, or of a game of two numbers, on tensors
        there; for a game ``"cpu"`` does so too, slower than the compiled kernels that
        run by default.
    threads : int, optional
        Worker threads; as many as processors by default. The bits of the result do not
        depend on it.
    store : str or Path, optional
        A folder that ends in ``.zarr``, for what must outlive a process or does not fit
        the memory. Tiles are written as they come, and the same call goes on with what
        is there; another configuration is refused.
    tile : int, optional
        With a store: cells of a tile at most.
    overwrite : bool
        With a store: whether one of another configuration, or another folder, may be
        replaced.
    executor : concurrent.futures.Executor or dask.distributed.Client, optional
        With a store: who decides the tiles, instead of threads.
    progress : bool or callable, optional
        True shows a bar on a terminal, and a line now and then elsewhere; a function is
        called with the cells done and the cells in all, with a store with tiles.

    Other Parameters
    ----------------
    seed : int
        Of a GAN's data, start and samples, where ``seed`` is no axis.
    distance : float
        Length of a random displacement from the equilibrium or the given point, over
        the length of (x, y) or 1; by default 1e-5 in float64 and 1e-3 in float32.
    every : int
        |v| is looked at after the first 64 steps and then at every so many.
    tolerance : float
        Level of |v|, of the largest one seen, that counts as settled: 1e-6 in float64
        and 1e-3 in float32.
    sampling : Sampling or str
        ``"full"``, or `gandyn.gans.Minibatch`.
    dtype : torch.dtype
        float64 by default.
    engine : str
        See `gandyn.gans.training.stepping.Stepper`.
    chunk : int
        Members side by side; by default as many as fit into the memory.
    save_every : float
        With a store: seconds after which a tile in hand is saved, 60 by default.

    Returns
    -------
    xarray.Dataset
        Dimensions named as the axes; of a game the variables ``verdict``, ``ended``,
        ``rate``, ``radius``, ``period``, ``rotation``, ``amplitude``, ``lyapunov``,
        ``steps``, and ``certificate``; of a GAN ``verdict``, ``ended``, ``rate`` and
        ``rate_error``, ``rotation``, ``norm`` and ``steps``; attributes that are enough
        to run it again. From a store it is read when it is used.

    Raises
    ------
    GandynError
        Bad axes, a start that does not fit the game, a rule that cannot play it, a
        band that is negative or given without ``certify``, a device that is not there
        or is asked for exact cells or vectors, too little memory for one member of a
        GAN, a store of another configuration or on a full disk.

    See Also
    --------
    gandyn.stability.certify_sweep : Proves the cells of a sweep that was made before.
    gandyn.store.open_sweep : Reads a saved sweep, finished or not.

    Notes
    -----
    A certificate takes a millisecond or a few. A matrix game is proved as a whole: its
    singular values, by which the verdicts are found, are irrational. Beyond 40 numbers
    in x, y and memory a multiplier on the circle stays ``unproved``.

    Verdicts of GANs are of the norm of the field v along the run, in units of its first
    value: it settles (``converges``, ended ``settled``), grows beyond ``escape``
    (``diverges`` in the way in which the path first left, ``left_box``), or breaks
    (``overflow``; ``not_a_number`` leaves the cell undecided). Where the steps run out
    (``budget``) a trend of |v| over their second half that is four standard errors
    from none, and more than a factor of two, still counts if |v| never left the
    linear regime; otherwise the cell is undecided, as is one that keeps oscillating.
    Their ``rate`` is the growth of log |v| per step early on, in the last two thirds
    of the linear regime (|v| below 30 times and above ``tolerance``), by regression;
    ``norm`` is |v| at the end over |v| at the start.

    The bits of a game do not depend on threads, tiles or workers. Those of GANs are the
    same for the same tiles, width of chunks, device, engine, versions and number of
    torch's threads; other widths give the same numbers to rounding.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Extragradient
    >>> result = sweep(Extragradient(), Bilinear(1.0),
    ...                {"lr": [0.5, 0.9, 1.0], "A": [1.0, 2.0]}, certify=True)
    >>> result.verdict.values
    array([[1, 8],
           [1, 2],
           [8, 2]], dtype=int8)
    >>> result.certificate.values  # 4 is a radius of exactly 1
    array([[0, 4],
           [0, 0],
           [4, 0]], dtype=int8)
    >>> result.certificate.attrs["flag_meanings"].split()[4]
    'proved_on_circle'
    """
    check_limits(1, 2.0, threads)
    common = {"start": start, "steps": steps, "escape": escape}
    common = {name: value for name, value in common.items() if value is not None}
    if isinstance(game, Game):
        plan = _of_game(rule, game, axes, method, certify, band, device, common)
        if training:
            _refuse(next(iter(training)), "a game")
    else:
        for name, given in (("method", method != "auto"), ("certify", certify),
                            ("band", band is not None)):  # fmt: skip
            if given:
                raise FieldError(f"{name} is for games of numbers: leave it out")
        plan = _of_gan(rule, game, axes, device, {**common, **training})
    if store is None:
        own = {"tile": tile, "executor": executor, "overwrite": overwrite or None}
        for name, value in own.items():
            if value is not None:
                raise FieldError(f'{name} goes with store="FILE.zarr"')
        with watching(progress, "sweep") as report:
            return plan.run(threads or os.cpu_count() or 1, progress=report)
    from gandyn.store import open_sweep, run_stored

    with watching(progress, "sweep", "tile") as report:
        run_stored(
            plan, store, executor,
            threads=threads, tile=tile, overwrite=overwrite, progress=report,
        )  # fmt: skip
    return open_sweep(store)


def _of_game(
    rule: Rule,
    game: Game,
    axes: Mapping[str, Axis | Sequence[float]],
    method: str,
    certify: bool,
    band: float | None,
    device: Any,
    common: dict[str, Any],
) -> Plan:
    if band is not None and not certify:
        raise FieldError("band goes with certify=True")
    if device is not None and method == "exact":
        raise FieldError("method 'exact' takes no steps: leave out device")
    method = method if device is None else "simulate"
    plan = plan_sweep(rule, game, axes, method=method, **common)
    if device is not None:
        from gandyn.gans.training.tensor_sweep import TensorPlan

        plan = TensorPlan(plan.task, device)
    if not certify:
        return plan
    from gandyn.stability.certificates.cells import BAND, CertifiedPlan

    return CertifiedPlan(plan, BAND if band is None else band)


def _of_gan(
    rule: Rule, gan: Any, axes: Any, device: Any, options: dict[str, Any]
) -> Plan:
    from gandyn.gans.training.phase import GanPlan

    for name in options:
        if name not in (*_TRAINING, "start", "steps", "escape"):
            _refuse(name, "a GAN")
    return GanPlan(rule, gan, axes, device=device, **options)


def _refuse(name: str, kind: str) -> None:
    """Raise for an option that is unknown, or that one kind of sweep does not have."""
    if name in _TRAINING:
        raise FieldError(f"{name} does not go with {kind}")
    raise UnknownName("option of a sweep", name, _TRAINING)
