"""``gandyn crosscheck``: prediction beside measurement on a real GAN."""

from __future__ import annotations

import json
import shlex
from typing import Any

import click

from gandyn.cli import _output
from gandyn.cli._config import Common, settle
from gandyn.cli._options import _assignments
from gandyn.cli._progress import progress
from gandyn.errors import GandynError

FAILED = 1
SUFFIXES = (".json", *_output.PICTURES)


class Crosscheck(Common, kw_only=True):
    """Settings of ``gandyn crosscheck``."""

    gan: str = "teacher(points=32, regulariser=R1)"
    field: str = "lr"
    low: float = 1e-2
    high: float = 10.0
    x: str = ""
    y: str = ""
    seed: int = 0
    tolerance: float = 0.02
    output: tuple[str, ...] = ()


_DEFAULT = Crosscheck()


@click.command("crosscheck")
@click.option("--rule", help=f"Update rule.  [default: {_DEFAULT.rule}]")
@click.option("--gan", help=f"GAN with a known equilibrium.  [default: {_DEFAULT.gan}]")
@click.option("--field", help=f"The field that varies.  [default: {_DEFAULT.field}]")
@click.option(
    "--from", "low", type=float, help=f"Its least value.  [default: {_DEFAULT.low}]"
)
@click.option(
    "--to", "high", type=float, help=f"Its largest value.  [default: {_DEFAULT.high}]"
)
@click.option("--x", metavar="NAME=LOW:HIGH:NUM[:log]", help="A plane instead: axis x.")
@click.option("--y", metavar="NAME=LOW:HIGH:NUM[:log]", help="And axis y.")
@click.option("--seed", type=int, help=f"Of the GAN.  [default: {_DEFAULT.seed}]")
@click.option(
    "--tolerance",
    type=float,
    help=f"Relative, of value and angle.  [default: {_DEFAULT.tolerance}]",
)
@click.option(
    "--set",
    metavar="FIELD=VALUE",
    multiple=True,
    callback=_assignments,
    help="Change a field of the rule or the GAN; may be repeated.",
)
@click.option("-o", "--output", metavar="FILE", multiple=True, help=", ".join(SUFFIXES))
@click.option("--overwrite", is_flag=True, default=None, help="Replace outputs.")
@click.option("--config", metavar="FILE", help="Settings in TOML.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(
    ctx: click.Context, config: str | None, as_json: bool, **flags: Any
) -> None:
    """Compare what the linearisation of a GAN predicts with what the GAN does.

    In one field: the critical value and the frequency there. In a plane of two: which
    cells settle. The exit code is 1 where they do not agree.
    """
    settings = settle(Crosscheck, config, flags)
    paths = _output.check_outputs(settings.output, SUFFIXES, settings.overwrite)
    agrees, found, picture = _compared(settings)
    found = {"agrees": agrees, **found}
    line = shlex.join(["gandyn", *ctx.meta.get("gandyn.args", [])])
    writers = _output.picture_writers(lambda: _draw(picture))
    writers[".json"] = lambda path: _write(path, found, line)
    _output.write_all(paths, writers)
    if as_json:
        click.echo(json.dumps({"command": "crosscheck", **found}))
    else:
        click.echo("agrees" if agrees else "does not agree")
        click.echo(json.dumps(found["summary"], indent=1))
        _output.report_written(paths)
    if not agrees:
        ctx.exit(FAILED)


def _compared(settings: Crosscheck) -> tuple[bool, dict[str, Any], Any]:
    from gandyn import spec
    from gandyn.crosscheck import crosscheck, crosscheck_grid
    from gandyn.gans import parse_gan

    changes = {
        name: spec.parse_value(value) if isinstance(value, str) else value
        for name, value in settings.set.items()
    }
    rule, gan = spec.parse_rule(settings.rule), parse_gan(settings.gan)
    rule, gan = spec.set_fields(rule, gan, changes)  # type: ignore[arg-type,assignment]
    game, point = gan.game(settings.seed), gan.equilibrium(settings.seed)
    setup = {"rule": repr(rule), "gan": repr(gan), "seed": settings.seed}
    with progress("crosscheck") as report:
        if settings.x or settings.y:
            plane = crosscheck_grid(rule, game, point, _axes(settings), progress=report)
            plane.cells.attrs["game"] = repr(gan)
            details = plane.as_dict()
            names = ("confusion", "confusion_far", "agreement", "agreement_far")
            summary = {**setup, **{name: details[name] for name in names}}
            return plane.agrees, {"summary": summary, "details": details}, plane
        line = crosscheck(
            rule, game, point, settings.field, low=settings.low, high=settings.high,
            tolerance=settings.tolerance, progress=report,
        )  # fmt: skip
    details = line.as_dict()  # type: ignore[union-attr]
    told = ("predicted", "measured", "value_off", "angle_off", "tolerance")
    summary = {**setup, **{name: details[name] for name in told}}
    return bool(details["agrees"]), {"summary": summary, "details": details}, line


def _axes(settings: Crosscheck) -> dict[str, Any]:
    from gandyn.spec import parse_assignment, parse_axis

    if not (settings.x and settings.y):
        raise GandynError("a plane needs both --x and --y")
    pairs = [parse_assignment(text) for text in (settings.x, settings.y)]
    return {name: parse_axis(values) for name, values in pairs}


def _draw(picture: Any) -> Any:
    from gandyn.plot import crosscheck as plot

    plane = hasattr(picture, "curves")
    return (plot.crosscheck_plane if plane else plot.crosscheck_growth)(picture)


def _write(path: Any, found: dict[str, Any], line: str) -> None:
    from gandyn.crosscheck.reports import write_result

    write_result(path, found, line)
