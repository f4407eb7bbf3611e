"""``gandyn phase``: what happens at which learning rates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from gandyn._progress import shown
from gandyn.cli import _options, _output
from gandyn.cli._config import settle
from gandyn.cli._group import Command
from gandyn.cli._measured import VARIABLES, Phase, gan_options, measure, prepare
from gandyn.errors import GandynError, UnknownName

_DEFAULT = Phase()
_SUFFIXES = (*_output.PICTURES, ".nc", ".zarr")
_EXAMPLES = _options.examples(
    "gandyn phase --rule alternating -o diagram.png -o diagram.nc",
    "gandyn phase --rule adam --x lr_x=1e-3:1:64:log --y beta1_x=0:0.9:64",
    "gandyn phase --rule 'extragradient(ratio_y=0)' --game bilinear --x lr=0.1:3:64 "
    "--y ratio_x=0:3:64",
    "gandyn phase --gan 'dirac(regulariser=R1(0.3))' --steps 2000 -o measured.png",
)


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
    help="A further axis, or NAME=A,B,C; results then go to .nc or .zarr only.",
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
@gan_options
@_options.output(_SUFFIXES, "Pictures and data", _DEFAULT.output)
@_options.config
@_options.as_json
def command(config: str | None, as_json: bool, **flags: Any) -> None:
    """Draw the phase diagram of an update rule on a game.

    Every cell of a grid of two or more fields gets a verdict: converges, diverges (in
    a spiral, flipping or monotonically), periodic, quasi-periodic, chaotic, neutral or
    undecided. With --gan every cell is a real GAN that is trained.
    """
    settings = settle(Phase, config, flags)
    paths = _output.check_outputs(settings.output, _SUFFIXES, settings.overwrite)
    settings, rule, game = prepare(settings)
    axes = _axes(settings)
    pictures = [path for path in paths if path.suffix.lower() in _output.PICTURES]
    if len(axes) > 2 and pictures:
        raise GandynError(
            f"{pictures[0]}: a picture has 2 axes, not {len(axes)}; write the sweep to "
            ".nc or .zarr, select a plane and draw that"
        )
    _check_variable(settings, rule, game)
    with shown("phase") as report:
        dataset = _sweep(rule, game, axes, settings, report)
    writers = _output.dataset_writers(dataset)
    writers |= _output.picture_writers(
        lambda: _draw(dataset, settings.variable, _curves(rule, game, axes))
    )
    _output.write_all(paths, writers)
    summary = _summary(dataset, [str(path) for path in paths])
    _output.tell(summary, as_json, lambda: _print(rule, game, summary))


def _axes(settings: Phase) -> dict[str, Any]:
    from gandyn.spec import parse_assignment, parse_axis

    axes: dict[str, Any] = {}
    for text in (settings.x, settings.y, *settings.axis):
        name, values = parse_assignment(text)
        if name in axes:
            raise GandynError(f"two axes are called {name}: give each field one axis")
        axes[name] = parse_axis(values)
    return axes


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


def _sweep(
    rule: Any,
    game: Any,
    axes: dict[str, Any],
    settings: Phase,
    report: Callable[[int, int], None],
) -> Any:
    if settings.gan:
        return measure(rule, game, axes, settings, report)
    from gandyn import sweep

    options: dict[str, Any] = {"method": settings.method, "threads": settings.threads}
    if settings.steps is not None:
        options["steps"] = settings.steps
    options |= {"start": settings.start, "certify": settings.certify}
    return sweep(rule, game, axes, progress=report, **options)


def _curves(rule: Any, game: Any, axes: dict[str, Any]) -> Any:
    """Return the exact stability boundary, None where it is not quickly known."""
    from gandyn.games import Game
    from gandyn.stability import boundary

    if not isinstance(game, Game):
        return None

    box = []
    for values in axes.values():
        values = getattr(values, "values", values)
        box.append((float(values[0]), float(values[-1])))
    try:
        first, second = axes
        return boundary(rule, game, (first, second), box, follow=False)
    except GandynError:
        return None


def _draw(dataset: Any, variable: str, curves: Any) -> Any:
    from gandyn import plot

    return plot.phase_diagram(dataset, variable=variable, boundary=curves)


def _summary(dataset: Any, written: list[str]) -> dict[str, Any]:
    verdict = dataset["verdict"]
    summary = {
        "command": "phase",
        "rule": dataset.attrs["rule"],
        "game": dataset.attrs["game"],
        "axes": {str(dim): int(size) for dim, size in verdict.sizes.items()},
        "cells": int(verdict.size),
        "verdicts": _counts(verdict),
        "method": dataset.attrs["method"],
        "written": written,
    }
    if "certificate" in dataset:
        summary["certificates"] = _counts(dataset["certificate"])
    return summary


def _counts(flags: Any) -> dict[str, int]:
    """Return the number of cells of every flag that occurs."""
    names = flags.attrs["flag_meanings"].split()
    cells = {name: int((flags == i).sum()) for i, name in enumerate(names)}
    return {name: count for name, count in cells.items() if count}


def _print(rule: Any, game: Any, summary: dict[str, Any]) -> None:
    click.echo(f"{rule!r}\non {game!r}")
    for name, count in summary["verdicts"].items():
        share = 100 * count / summary["cells"]
        click.echo(f"{name:>18} {count:>8} cells {share:5.1f} %")
    for name, count in summary.get("certificates", {}).items():
        click.echo(f"{name:>18} {count:>8} cells")
