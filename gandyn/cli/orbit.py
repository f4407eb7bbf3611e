"""``gandyn orbit``: one run from one start."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import click

from gandyn.cli import _options, _output
from gandyn.cli._config import WithGame, settle
from gandyn.cli._group import Command
from gandyn.errors import UnknownName


class _Orbit(WithGame, kw_only=True):
    """Settings of ``gandyn orbit``."""

    start: tuple[float, float] | None = None
    steps: int = 1000
    picture: str = "trajectory"


_DEFAULT = _Orbit()
_SUFFIXES = (*_output.PICTURES, ".csv")
_DRAWINGS = ("trajectory", "convergence")
_EXAMPLES = _options.examples(
    "gandyn orbit --rule 'extragradient(lr=0.5)' --game bilinear",
    "gandyn orbit --rule adam --start 0.5,0.5 --steps 5000 -o orbit.png -o orbit.csv",
    "gandyn orbit --game \"losses('x*y + a*x**2/2', '-x*y', a=0.5)\" --json",
)


@click.command("orbit", cls=Command, epilog=_EXAMPLES)
@_options.rule(_DEFAULT.rule)
@_options.game
@_options.start
@click.option("--steps", type=int, help=f"Steps to take.  [default: {_DEFAULT.steps}]")
@click.option(
    "--picture",
    help=f"What a picture shows: {' or '.join(_DRAWINGS)}.  "
    f"[default: {_DEFAULT.picture}]",
)
@_options.output(_SUFFIXES, "Pictures and every state")
@_options.config
@_options.as_json
def command(config: str | None, as_json: bool, **flags: Any) -> None:
    """Run an update rule on a game from one start.

    What the orbit does is printed; a picture of it and every state can be written.
    """
    settings = settle(_Orbit, config, flags)
    paths = _output.check_outputs(settings.output, _SUFFIXES, settings.overwrite)
    if settings.picture not in _DRAWINGS:
        raise UnknownName("picture", settings.picture, _DRAWINGS)
    rule, game = _options.build(settings, "gandyn orbit")
    from gandyn.dynamics import simulate

    orbit = simulate(rule, game, settings.start, settings.steps)
    writers = _output.picture_writers(lambda: _draw(orbit, settings.picture))
    writers[".csv"] = lambda path: _write_csv(orbit, path)
    _output.write_all(paths, writers)
    summary = _summary(orbit, [str(path) for path in paths])
    _output.tell(summary, as_json, lambda: _print(orbit, summary))


def _draw(orbit: Any, picture: str) -> Any:
    from gandyn import plot

    return getattr(plot, picture)(orbit)


def _summary(orbit: Any, written: list[str]) -> dict[str, Any]:
    from gandyn.spec import specify

    numbers = {
        name: getattr(orbit, name)
        for name in ("rate", "rotation", "amplitude", "lyapunov", "residual")
    }
    return {
        "command": "orbit",
        "rule": specify(orbit.rule),
        "game": specify(orbit.game),
        "verdict": orbit.verdict,
        "ended": orbit.ended,
        "steps": orbit.steps,
        "period": orbit.period,
        # JSON has no NaN and no infinity
        **{k: v if math.isfinite(v) else None for k, v in numbers.items()},
        "oracle_calls": orbit.oracle_calls,
        "written": written,
    }


_UNITS = {
    "steps": "",
    "period": "steps",
    "rate": "log growth per step",
    "rotation": "turns per step",
    "amplitude": "root mean square distance from the mean",
    "lyapunov": "largest Lyapunov exponent, per step",
}


def _print(orbit: Any, summary: dict[str, Any]) -> None:
    click.echo(f"{orbit.rule!r}\non {orbit.game!r}")
    click.echo(f"{'verdict':>12}  {summary['verdict']} ({summary['ended']})")
    for name, units in _UNITS.items():
        value = summary[name]
        text = "unknown" if value is None else f"{value:.6g} {units}".rstrip()
        text = "none" if (name, value) == ("period", 0) else text
        click.echo(f"{name:>12}  {text}")
    if summary["ended"] == "unsolved" and summary["residual"] is not None:
        left = f"{summary['residual']:.3g} of the step's equation, relative"
        click.echo(f"{'residual':>12}  {left}")
    calls = ", ".join(f"{n} {name}" for name, n in summary["oracle_calls"].items())
    click.echo(f"{'calls':>12}  {calls} per step")


def _write_csv(orbit: Any, path: Path) -> None:
    import numpy as np

    columns = {"step": np.arange(orbit.steps + 1)}
    for name in ("x", "y"):
        states = np.asarray(getattr(orbit, name))
        if states.ndim == 1:
            columns[name] = states
        else:
            columns |= {f"{name}{i}": part for i, part in enumerate(states.T)}
    columns |= {"distance": orbit.distance, "field_norm": orbit.field_norm}
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows(zip(*(c.tolist() for c in columns.values()), strict=True))
