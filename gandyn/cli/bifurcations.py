"""``gandyn bifurcations``: the thresholds of one field, each with its normal form."""

from __future__ import annotations

import functools
import json
from typing import Any

import click

from gandyn.cli import _output
from gandyn.cli._config import Common, settle
from gandyn.cli._options import _assignments, _start, build
from gandyn.errors import UnknownName

COLUMNS = ("field", "kind", "angle", "others", "coefficient", "criticality", "status")


class Bifurcations(Common, kw_only=True):
    """Settings of ``gandyn bifurcations``."""

    field: str = "lr"
    low: float = 1e-3
    high: float = 10.0
    point: tuple[float, float] | None = None
    picture: str = "moduli"
    output: tuple[str, ...] = ()


_DEFAULT = Bifurcations()
PICTURES = {"moduli": "spectrum_path", "locus": "root_locus"}
"""What can be drawn, and the function of `gandyn.plot` that does."""


@click.command("bifurcations")
@click.argument("rule", required=False)
@click.argument("game", required=False)
@click.option("--field", help=f"The field that varies.  [default: {_DEFAULT.field}]")
@click.option(
    "--from", "low", type=float, help=f"Its least value.  [default: {_DEFAULT.low}]"
)
@click.option(
    "--to", "high", type=float, help=f"Its largest value.  [default: {_DEFAULT.high}]"
)
@click.option(
    "--point",
    metavar="X,Y",
    callback=_start,
    help="The equilibrium at the least value.  [default: the game's first]",
)
@click.option(
    "--set",
    metavar="FIELD=VALUE",
    multiple=True,
    callback=_assignments,
    help="Change a field of the rule or the game; may be repeated.",
)
@click.option(
    "--jacobian",
    metavar="FILE",
    help="A linear game instead: its game Jacobian, as .npy, .npz or .mat.",
)
@click.option(
    "--split", type=int, metavar="N", help="Coordinates of player x in --jacobian."
)
@click.option(
    "--config", metavar="FILE", help="Settings in TOML; --from and --to are low, high."
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    multiple=True,
    help="Draw the multipliers along the field: .png, .svg, .pdf; may be repeated.",
)
@click.option(
    "--picture",
    help="moduli against the field, or their locus in the complex plane.  "
    f"[default: {_DEFAULT.picture}]",
)
@click.option("--overwrite", is_flag=True, default=None, help="Replace existing files.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on stdout."
)
def command(config: str | None, as_json: bool, **flags: Any) -> None:
    """List where an equilibrium of RULE on GAME gains or loses stability.

    For each value of the field at which a multiplier crosses the unit circle: the kind
    of bifurcation, the angle per step in radians, the largest modulus of the other
    multipliers, the normal-form coefficient and what it says.
    """
    settings = settle(Bifurcations, config, flags)
    if settings.picture not in PICTURES:
        raise UnknownName("picture", settings.picture, PICTURES)
    paths = _output.check_outputs(settings.output, _output.PICTURES, settings.overwrite)
    rule, game = build(settings)
    asked = (
        rule, game, settings.field, settings.low, settings.high, settings.point
    )  # fmt: skip
    if paths:
        from gandyn.stability import multiplier_path

        path = multiplier_path(*asked)
        found = path.crossings
        draw = functools.partial(_draw, settings.picture, path)
        _output.write_all(paths, _output.picture_writers(draw))
    else:
        from gandyn.stability import critical_learning_rates

        found = critical_learning_rates(*asked)
    summary = {
        "command": "bifurcations",
        "rule": repr(rule),
        "game": repr(game),
        "field": settings.field,
        "from": settings.low,
        "to": settings.high,
        **found.as_dict(),
        "written": [str(path) for path in paths],
    }
    if as_json:
        click.echo(json.dumps(summary))
    else:
        _print(summary)
        _output.report_written(paths)


def _draw(picture: str, path: Any) -> Any:
    from gandyn import plot

    return getattr(plot, PICTURES[picture])(path)


def _print(summary: dict[str, Any]) -> None:
    click.echo(f"{summary['rule']}\non {summary['game']}")
    found = summary["bifurcations"]
    if not found:
        span = f"{summary['from']:g} and {summary['to']:g}"
        click.echo(f"no multiplier crosses the circle between {span}")
        _print_doubts(summary)
        return
    rows = [[summary["field"], *COLUMNS[1:]], *(_row(one) for one in found)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    for row in rows:
        line = "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True))
        click.echo(line.rstrip())
    _print_doubts(summary)


def _print_doubts(summary: dict[str, Any]) -> None:
    if not summary["complete"]:
        click.echo(f"incomplete: {summary['remark']}")
    if summary["undecided"]:
        click.echo(f"on the circle within rounding all along: {summary['undecided']}")


def _row(one: dict[str, Any]) -> list[str]:
    numbers = {"angle": ".6f", "others": ".6f", "coefficient": ".6g"}
    cells = [f"{one['value']:.12g}"]
    for name in COLUMNS[1:]:
        value = one[name]
        if name in numbers:
            value = "-" if value is None else format(value, numbers[name])
        cells.append(value or "-")
    return cells
