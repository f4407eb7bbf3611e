"""``gandyn phase``: what happens at which learning rates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gandyn._progress import shown
from gandyn.cli import _boundaries, _diagrams, _options, _output, _stored
from gandyn.cli._config import settle
from gandyn.cli._group import Command, PartlyDone
from gandyn.cli._measured import VARIABLES, Phase, gan_options, own_options, prepare
from gandyn.errors import GandynError, UnknownName

_DEFAULT = Phase()
_EXAMPLES = _options.examples(
    "gandyn phase --rule alternating -o diagram.png -o diagram.nc",
    "gandyn phase --rule adam --x lr_x=1e-3:1:64:log --y beta1_x=0:0.9:64",
    "gandyn phase --rule 'extragradient(ratio_y=0)' --game bilinear --x lr=0.1:3:64 "
    "--y ratio_x=0:3:64",
    "gandyn phase --gan 'dirac(regulariser=R1(0.3))' --steps 2000 -o measured.png",
    "gandyn phase --x lr_x=0.1:30:4096:log --y lr_y=0.1:30:4096:log -o big.zarr "
    "--workers 8",
    "gandyn phase --from big.zarr --variable rate -o rate.svg",
)


def _at(ctx: Any, param: Any, texts: tuple[str, ...]) -> dict[str, float]:
    """Read ``NAME=VALUE`` of a plane: a click callback."""
    found = {}
    for text in texts:
        name, _, value = text.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError:
            raise click.BadParameter(f"write NAME=VALUE, not {text!r}") from None
    return found


@click.command("phase", cls=Command, epilog=_EXAMPLES)
@_options.rule(_DEFAULT.rule)
@_options.game
@_options.start
@click.option(
    "--x", metavar=_options.AXIS, help=f"Axis to the right.  [default: {_DEFAULT.x}]"
)
@click.option(
    "--y", metavar=_options.AXIS, help=f"Axis upwards.  [default: {_DEFAULT.y}]"
)
@click.option(
    "--axis",
    metavar=_options.AXIS,
    multiple=True,
    help="A further axis, or NAME=A,B,C; a picture then shows a plane: --at.",
)
@click.option("--steps", type=int, help="Steps of a cell before it is looked at.")
@click.option(
    "--method", help=f"auto, exact or simulate.  [default: {_DEFAULT.method}]"
)
@click.option("--threads", type=int, help="Threads.  [default: all processors]")
@click.option(
    "--certify",
    is_flag=True,
    default=None,
    help="Prove the cells near the unit circle: the variable certificate.",
)
@click.option(
    "--variable",
    help="What pictures show: verdict, ended, rate, radius, rotation, amplitude, "
    f"lyapunov, certificate.  [default: {_DEFAULT.variable}]",
)
@click.option(
    "--style", help=f"Colours and hatches of pictures.  [default: {_DEFAULT.style}]"
)
@click.option(
    "--at",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_at,
    help="The plane that pictures show of more than two axes; may be repeated.",
)
@_boundaries.option
@gan_options
@_stored.store_options
@click.option(
    "--from", "source", metavar="FILE", help="Draw a saved sweep, .nc or .zarr, again."
)
@_options.output(_diagrams.SUFFIXES, "Pictures and data", _DEFAULT.output)
@_options.config
@_options.as_json
def command(config: str | None, as_json: bool, **flags: Any) -> None:
    """Draw the phase diagram of an update rule on a game.

    Every cell of a grid of two or more fields gets a verdict: converges, diverges (in
    a spiral, flipping or monotonically), periodic, quasi-periodic, chaotic, neutral or
    undecided. With --gan every cell is a real GAN that is trained. With -o FILE.zarr
    the cells are kept as they are decided, and --resume goes on with them.
    """
    settings = settle(Phase, config, flags)
    _boundaries.check_mode(settings.boundary)
    if settings.source is not None:
        settings = _stored.source_settings(settings, flags)
        dataset, paths = _redraw(settings)
    else:
        dataset, paths = _run(settings)
    written = [str(path) for path in paths]
    _diagrams.tell(_diagrams.summary_of(dataset, written), as_json)


def _redraw(settings: Phase) -> tuple[Any, list[Path]]:
    paths = _output.check_outputs(
        settings.output, _diagrams.SUFFIXES, settings.overwrite
    )
    from gandyn.store import open_sweep

    dataset = open_sweep(str(settings.source))
    if settings.variable not in dataset:
        raise UnknownName("variable", settings.variable, map(str, dataset.data_vars))
    _check_style(settings.style)
    dims, mode = [str(dim) for dim in dataset["verdict"].dims], settings.boundary
    _diagrams.check_plane(dims, settings.at, paths)
    _write(dataset, paths, settings, lambda: _boundaries.of_saved(dataset, mode))
    return dataset, paths


def _write(dataset: Any, paths: list[Path], settings: Phase, find: Any) -> None:
    """Write what was asked for, with the boundary where a plane is written."""
    curves = None
    if len(dataset["verdict"].dims) == 2 and any(
        path.suffix.lower() in _boundaries.SUFFIXES for path in paths
    ):
        found = find()
        _boundaries.tell(found)
        curves = found.curves
        if curves is not None and settings.boundary != "none":
            dataset = _boundaries.kept(dataset, curves, paths)
    _diagrams.write(
        dataset, paths, settings.variable, settings.style, settings.at, curves
    )


def _run(settings: Phase) -> tuple[Any, list[Path]]:
    paths, store = _stored.outputs(settings)
    settings, rule, game = prepare(settings)
    axes = _options.axes((settings.x, settings.y, *settings.axis))
    names = [name.partition(",")[0].strip() for name in axes]
    _diagrams.check_plane(names, settings.at, paths)
    _check_variable(settings, rule, game)
    _check_style(settings.style)
    from gandyn import sweep

    options = own_options(settings)
    if store is None:
        with shown("phase") as report:
            dataset = sweep(rule, game, axes, progress=report, **options)
    else:
        dataset = _stored_sweep(rule, game, axes, store, settings, options)
    mode = settings.boundary
    _write(
        dataset, paths, settings, lambda: _boundaries.of_plane(rule, game, axes, mode)
    )
    return dataset, paths


def _stored_sweep(
    rule: Any,
    game: Any,
    axes: dict[str, Any],
    store: Path,
    settings: Phase,
    options: dict[str, Any],
) -> Any:
    from gandyn import sweep
    from gandyn.store import Unfinished

    _stored.note_how_to_go_on()
    try:
        with _stored.executor(settings) as pool, shown("phase", "tile") as report:
            return sweep(
                rule, game, axes, store=store, tile=settings.tile, executor=pool,
                overwrite=settings.overwrite and not settings.resume,
                progress=report, **options,
            )  # fmt: skip
    except Unfinished as error:
        again = click.get_current_context().meta["gandyn.again"]
        raise PartlyDone(f"{error}. {again}") from error


def _check_style(name: str) -> None:
    if name != _DEFAULT.style:
        from gandyn.plot.styles import find_style

        find_style(name)


def _check_variable(settings: Phase, rule: Any, game: Any) -> None:
    from gandyn.dynamics.results import DESCRIPTIONS

    known = VARIABLES if settings.gan else (*DESCRIPTIONS, "certificate")
    if settings.variable not in known:
        raise UnknownName("variable", settings.variable, known)
    if settings.variable == "certificate" and not settings.certify:
        raise GandynError("the variable certificate goes with --certify")
    if settings.variable == "radius":
        if not rule.autonomous:
            raise GandynError(
                f"there is no radius: {type(rule).__name__} changes with time, and so "
                "has no one multiplier; draw --variable verdict or lyapunov"
            )
        if not game.equilibria():
            raise GandynError(
                f"there is no radius: {type(game).__name__} has no known equilibrium"
            )
