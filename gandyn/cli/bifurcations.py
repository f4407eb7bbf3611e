"""``gandyn bifurcations``: the thresholds of one field, each with its normal form."""

from __future__ import annotations

import functools
from typing import Any

import click
import msgspec

from gandyn.cli import _options, _output
from gandyn.cli._config import WithGame, settle
from gandyn.cli._group import Command
from gandyn.errors import UnknownName

_COLUMNS = ("field", "kind", "angle", "others", "coefficient", "criticality", "status")


class _Bifurcations(WithGame, kw_only=True):
    """Settings of ``gandyn bifurcations``."""

    field: str = "lr"
    low: float = msgspec.field(default=1e-3, name="from")
    high: float = msgspec.field(default=10.0, name="to")
    point: tuple[float, float] | None = None
    picture: str = "moduli"


_DEFAULT = _Bifurcations()
_PICTURES = {"moduli": "spectrum_path", "locus": "root_locus"}
"""What can be drawn, and the function of `gandyn.plot` that does."""
_EXAMPLES = _options.examples(
    "gandyn bifurcations --rule alternating --game 'dirac(regulariser=R1(0.3))'",
    "gandyn bifurcations --field gamma --from 0.01 --to 3 --set lr=1",
    "gandyn bifurcations --rule 'lookahead(gda, k=5)' -o multipliers.png",
)


@click.command("bifurcations", cls=Command, epilog=_EXAMPLES)
@_options.rule(_DEFAULT.rule)
@_options.game
@click.option("--field", help=f"The field that varies.  [default: {_DEFAULT.field}]")
@click.option("--from", type=float, help=f"Its least value.  [default: {_DEFAULT.low}]")
@click.option(
    "--to", type=float, help=f"Its largest value.  [default: {_DEFAULT.high}]"
)
@click.option(
    "--point",
    metavar="X,Y",
    callback=_options.pair,
    help="The equilibrium at the least value.  [default: the game's first]",
)
@click.option(
    "--picture",
    help="moduli against the field, or their locus in the complex plane.  "
    f"[default: {_DEFAULT.picture}]",
)
@_options.output(_output.PICTURES, "The multipliers along the field")
@_options.config
@_options.as_json
def command(config: str | None, as_json: bool, **flags: Any) -> None:
    """List where an equilibrium gains or loses stability.

    For each value of the field at which a multiplier crosses the unit circle: the kind
    of bifurcation, the angle per step in radians, the largest modulus of the other
    multipliers, the normal-form coefficient and what it says.
    """
    settings = settle(_Bifurcations, config, flags)
    if settings.picture not in _PICTURES:
        raise UnknownName("picture", settings.picture, _PICTURES)
    paths = _output.check_outputs(settings.output, _output.PICTURES, settings.overwrite)
    rule, game = _options.build(settings, "gandyn bifurcations")
    asked = (
        rule, game, settings.field, settings.low, settings.high, settings.point
    )  # fmt: skip
    if paths:
        from gandyn.stability import multiplier_path

        path = multiplier_path(*asked)
        found = path.crossings
        draw = functools.partial(_draw, settings, path, rule, game)
        _output.write_all(paths, _output.picture_writers(draw))
    else:
        from gandyn.stability import critical_learning_rates

        found = critical_learning_rates(*asked)
    from gandyn.spec import specify

    summary = {
        "command": "bifurcations",
        "rule": specify(rule),
        "game": specify(game),
        "field": settings.field,
        "from": settings.low,
        "to": settings.high,
        **found.as_dict(),
        "written": [str(path) for path in paths],
    }
    _output.tell(summary, as_json, lambda: _print(rule, game, summary))


def _draw(settings: _Bifurcations, path: Any, rule: Any, game: Any) -> Any:
    from gandyn import plot
    from gandyn.plot._titles import title

    ax = getattr(plot, _PICTURES[settings.picture])(path)
    ax.set_title(title(rule, game, frozenset([settings.field])), fontsize="medium")
    return ax


def _print(rule: Any, game: Any, summary: dict[str, Any]) -> None:
    click.echo(f"{rule!r}\non {game!r}")
    found = summary["bifurcations"]
    if found:
        head = [summary["field"], *_COLUMNS[1:]]
        _output.print_table([head, *(_row(one) for one in found)])
    else:
        span = f"{summary['from']:g} and {summary['to']:g}"
        click.echo(f"no multiplier crosses the circle between {span}")
    if not summary["complete"]:
        click.echo(f"incomplete: {summary['remark']}")
    if summary["undecided"]:
        click.echo(f"on the circle within rounding all along: {summary['undecided']}")


def _row(one: dict[str, Any]) -> list[str]:
    numbers = {"angle": ".6f", "others": ".6f", "coefficient": ".6g"}
    cells = [f"{one['value']:.12g}"]
    for name in _COLUMNS[1:]:
        value = one[name]
        if name in numbers:
            value = "-" if value is None else format(value, numbers[name])
        cells.append(value or "-")
    return cells
