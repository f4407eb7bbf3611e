"""``gandyn crosscheck``: prediction beside measurement on a real GAN."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

import click
import msgspec

from gandyn._progress import shown
from gandyn.cli import _options, _output
from gandyn.cli._config import WithRule, settle
from gandyn.cli._group import Command
from gandyn.errors import GandynError

_FAILED = 1
_SUFFIXES = (".json", *_output.PICTURES)


class _Crosscheck(WithRule, kw_only=True):
    """Settings of ``gandyn crosscheck``."""

    gan: str = "teacher(points=32, regulariser=R1)"
    field: str = "lr"
    low: float = msgspec.field(default=1e-2, name="from")
    high: float = msgspec.field(default=10.0, name="to")
    x: str = ""
    y: str = ""
    seed: int = 0
    tolerance: float = 0.02


_DEFAULT = _Crosscheck()
_EXAMPLES = _options.examples(
    "gandyn crosscheck --rule alternating --gan 'dirac(regulariser=R1(0.3))'",
    "gandyn crosscheck --field gamma --from 0.05 --to 1 --set lr=0.5 -o gamma.png",
    "gandyn crosscheck --x lr_x=0.1:2:16:log --y lr_y=0.1:2:16:log -o plane.json",
)


@click.command("crosscheck", cls=Command, epilog=_EXAMPLES)
@_options.rule(_DEFAULT.rule)
@click.option(
    "--gan",
    help="GAN with a known equilibrium: a name, or Name(field=0.1, ...).  "
    f"[default: {_DEFAULT.gan}]",
)
@_options.changes("the rule or the GAN")
@click.option("--field", help=f"The field that varies.  [default: {_DEFAULT.field}]")
@click.option("--from", type=float, help=f"Its least value.  [default: {_DEFAULT.low}]")
@click.option(
    "--to", type=float, help=f"Its largest value.  [default: {_DEFAULT.high}]"
)
@click.option("--x", metavar=_options.AXIS, help="A plane instead: axis x.")
@click.option("--y", metavar=_options.AXIS, help="And axis y.")
@click.option("--seed", type=int, help=f"Of the GAN.  [default: {_DEFAULT.seed}]")
@click.option(
    "--tolerance",
    type=float,
    help=f"Relative, of value and angle.  [default: {_DEFAULT.tolerance}]",
)
@_options.output(_SUFFIXES, "All numbers, or a picture")
@_options.config
@_options.as_json
@click.pass_context
def command(
    ctx: click.Context, config: str | None, as_json: bool, **flags: Any
) -> None:
    """Compare what is predicted of a GAN with what it does.

    The prediction is that of the GAN's linearisation. In one field it is the critical
    value and the angle per step there, in radians; in a plane of two it is which cells
    settle. The exit code is 1 where they do not agree.
    """
    settings = settle(_Crosscheck, config, flags)
    paths = _output.check_outputs(settings.output, _SUFFIXES, settings.overwrite)
    agrees, found, picture = _compared(settings)
    found = {"agrees": agrees, **found}
    line = shlex.join(["gandyn", *ctx.meta.get("gandyn.args", [])])
    writers = _output.picture_writers(lambda: _draw(picture))
    writers[".json"] = lambda path: _write(path, found, line)
    _output.write_all(paths, writers)
    written = [str(path) for path in paths]
    summary = {"command": "crosscheck", **found, "written": written}
    _output.tell(summary, as_json, lambda: _print(found, picture))
    if not agrees:
        ctx.exit(_FAILED)


def _compared(settings: _Crosscheck) -> tuple[bool, dict[str, Any], Any]:
    from gandyn import spec
    from gandyn.crosscheck import crosscheck, crosscheck_grid
    from gandyn.gans import parse_gan

    own = _options.own_rule(settings.rule, "gandyn crosscheck")
    changes, gan = _options.values(settings.set), parse_gan(settings.gan)
    rule, gan = spec.set_fields(own, gan, changes)  # type: ignore[arg-type,assignment]
    game, point = gan.game(settings.seed), gan.equilibrium(settings.seed)
    setup = {"rule": spec.specify(rule), "gan": repr(gan), "seed": settings.seed}
    is_plane = bool(settings.x or settings.y)
    with shown("crosscheck", "cell" if is_plane else "step") as report:
        if is_plane:
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


def _axes(settings: _Crosscheck) -> dict[str, Any]:
    if not (settings.x and settings.y):
        raise GandynError("a plane needs both --x and --y")
    return _options.axes((settings.x, settings.y))


def _draw(picture: Any) -> Any:
    from gandyn.plot import crosscheck as plot

    plane = hasattr(picture, "curves")
    return (plot.crosscheck_plane if plane else plot.crosscheck_growth)(picture)


def _write(path: Any, found: dict[str, Any], line: str) -> None:
    from gandyn.crosscheck.reports import write_result

    write_result(path, found, line)


def _print(found: dict[str, Any], picture: Any) -> None:
    summary = found["summary"]
    click.echo(f"{summary['rule']}\non {summary['gan']}, seed {summary['seed']}")
    (_print_plane if "confusion" in summary else _print_field)(summary, picture)
    click.echo("agrees" if found["agrees"] else "does not agree")


def _print_field(summary: dict[str, Any], line: Any) -> None:
    told, measured = summary["predicted"], summary["measured"]
    rows = [["", "predicted", "measured", "off"]]
    for name, label in (("value", told["field"]), ("angle", "angle, rad a step")):
        one, off = measured[name], summary[f"{name}_off"]
        rows.append([label, f"{told[name]:.9g}", _with_error(one), _percent(off)])
    within = _percent(summary["tolerance"])
    click.echo(f"{told['kind']}, to be measured within {within} of the prediction")
    _output.print_table(rows)


def _print_plane(summary: dict[str, Any], plane: Any) -> None:
    far = summary["confusion_far"]
    heads = list(far["stable"])
    click.echo(f"cells farther than {plane.near:.0%} from the predicted boundary")
    rows = [[name, *map(str, far[name].values())] for name in far]
    _output.print_table([["predicted", *heads], *rows])
    shares = [_percent(summary[name]) for name in ("agreement_far", "agreement")]
    click.echo(f"{shares[0]} of them agree, {shares[1]} of all cells")


def _with_error(one: Mapping[str, Any]) -> str:
    if one["value"] is None:
        return "not measured"
    error = "" if one["error"] is None else f" ± {one['error']:.1g}"
    return f"{one['value']:.9g}{error}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.3g} %"
