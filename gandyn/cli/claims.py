"""``gandyn claims``: what is said about GANs, predicted, measured and drawn."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from gandyn._files import make_folder, write_json
from gandyn._progress import shown
from gandyn.cli import _options, _output
from gandyn.cli._group import Command, Group, PartlyDone

_FAILED = 1
_FILE = "claims.json"
_NAMES = "a name of the list, or file.py:NAME for a Claim of your own"
DIGITS = 10
"""Of a number in a table: most tolerances are coarser than the last of them."""


@click.group(
    "claims",
    cls=Group,
    invoke_without_command=True,
    epilog=_options.examples(
        "gandyn claims",
        "gandyn claims show gradient_clipping",
        "gandyn claims run --all -o claims",
    ),
)
@_options.as_json
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Predict, measure and draw what is said about GANs.

    Without a command all claims are listed, with the kinds of their numbers and what
    the run that gandyn was released with has found.
    """
    if ctx.invoked_subcommand:
        if as_json:
            raise click.UsageError(f"write --json after {ctx.invoked_subcommand}")
        return
    from gandyn.claims import CLAIMS, last_run

    outcomes = last_run(CLAIMS)
    rows = {
        name: {"title": one.title, "kinds": list(one.kinds), "state": one.describe()}
        for name, one in outcomes.items()
    }
    found = {"command": "claims", "claims": rows}
    _output.tell(found, as_json, lambda: _print_list(rows))


def _print_list(rows: Mapping[str, Mapping[str, Any]]) -> None:
    table = [
        [name, ", ".join(row["kinds"]), row["state"], row["title"]]
        for name, row in rows.items()
    ]
    _output.print_table([["Name", "Kinds", "Last run", "Title"], *table])


@command.command(
    "run",
    cls=Command,
    epilog=_options.examples(
        "gandyn claims run bilinear_spiral critic_steps -o claims",
        "gandyn claims run --all --slow -o claims --overwrite",
        "gandyn claims run my_claims.py:MINE --json",
    ),
)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--all", "every", is_flag=True, help="All claims of gandyn.")
@click.option("--slow", is_flag=True, help="Also the quantities that take long.")
@_options.folder(f"Folder of {_FILE} and of one figure a claim.")
@_options.as_json
@click.pass_context
def run(
    ctx: click.Context,
    names: tuple[str, ...],
    every: bool,
    slow: bool,
    output: str | None,
    overwrite: bool | None,
    as_json: bool,
) -> None:
    """Predict and measure claims, and draw them.

    NAME is one of the list, or file.py:NAME for a module-level Claim of your own; the
    file is imported, and so runs. The exit code is 1 if a claim fails, and each point
    at which it does is printed.
    """
    if not (names or every):
        raise click.UsageError(f"say which claims: --all, or {_NAMES}")
    from gandyn import claims

    own = ctx.meta.get("gandyn.args", [])
    chosen = {**(claims.CLAIMS if every else {}), **claims.find_claims(names)}
    folder = None if output is None else Path(output)
    paths = _targets(folder, chosen, bool(overwrite))
    with shown("claims", "point") as report:
        outcomes = claims.run(chosen, slow=slow, progress=report)
    rows = {name: one.as_dict() for name, one in outcomes.items()}
    if folder is not None:
        _write(folder / _FILE, rows, shlex.join(["gandyn", *own]))
        _draw(chosen, paths)
    holds = all(one.state != "fails" for one in outcomes.values())
    written = list(map(str, paths.values()))
    found = {"command": "claims run", "holds": holds, "claims": rows}
    found |= {"written": written}
    _output.tell(found, as_json, lambda: _print_outcomes(outcomes))
    if not holds:
        ctx.exit(_FAILED)


def _targets(
    folder: Path | None, chosen: Mapping[str, Any], overwrite: bool
) -> dict[str, Path]:
    """Return what is written, by the claim's name, and check all of it."""
    if folder is None:
        return {}
    make_folder(folder, parents=False)
    files = [_FILE, *(f"{name}.png" for name in chosen)]
    places = [str(folder / file) for file in files]
    paths = _output.check_outputs(places, (".json", ".png"), overwrite)
    return dict(zip([_FILE, *chosen], paths, strict=True))


def _write(path: Path, rows: dict[str, Any], line: str) -> None:
    from gandyn.cli.info import versions

    write_json(path, {"command": line, "versions": versions(), "claims": rows})


def _draw(chosen: Mapping[str, Any], paths: Mapping[str, Path]) -> None:
    from gandyn import plot

    with shown("figures", "figure") as report:
        for i, (name, claim) in enumerate(chosen.items(), 1):
            try:
                plot.save(plot.claim_picture(claim), paths[name], overwrite=True)
            except Exception as error:
                words = f"{type(error).__name__}: {error}"
                text = f"cannot draw {name}: {words} (written: {paths[_FILE]})"
                raise PartlyDone(text) from error
            report(i, len(chosen))


def _print_outcomes(outcomes: Mapping[str, Any]) -> None:
    _output.print_table(
        [name, one.describe(), one.title] for name, one in outcomes.items()
    )
    for name, one in outcomes.items():
        for words in one.errors:
            click.echo(f"{name}: {words}")
        for check in one.checks:
            if not check.holds:
                click.echo(
                    f"{name}: {check.quantity} at {_point(check.point)}: predicted "
                    f"{check.predicted:.{DIGITS}g}, measured "
                    f"{check.measured:.{DIGITS}g}, which is no {check.kind} within "
                    f"{check.allowed:.2g}"
                )
    states = [one.state for one in outcomes.values()]
    counts = ", ".join(
        f"{states.count(state)} {words}"
        for state, words in (("holds", "hold"), ("fails", "fail"), ("not run",) * 2)
        if state in states
    )
    click.echo(f"{len(states)} claims: {counts}")


@command.command(
    "show",
    cls=Command,
    epilog=_options.examples(
        "gandyn claims show mode_coverage",
        "gandyn claims show my_claims.py:MINE --run",
    ),
)
@click.argument("name")
@click.option("--run", "again", is_flag=True, help="Measure now what isn't slow.")
@_options.as_json
def _show(name: str, again: bool, as_json: bool) -> None:
    """Say what a claim says, how it is derived, and what was measured.

    NAME is one of the list, or file.py:NAME for a module-level Claim of your own. The
    numbers are those of the run that gandyn was released with, unless --run is given.
    """
    from gandyn import claims

    chosen = claims.find_claims([name])
    if again:
        with shown("claims", "point") as report:
            outcomes = claims.run(chosen, progress=report)
    else:
        outcomes = claims.last_run(chosen)
    [(name, claim)], [outcome] = chosen.items(), outcomes.values()
    found = {
        "command": "claims show",
        "name": name,
        "statement": claim.statement,
        "reference": claim.reference,
        "derivation": claim.derivation,
        "quantities": [_quantity(one) for one in claim.quantities],
        **outcome.as_dict(),
    }
    _output.tell(found, as_json, lambda: _print_claim(claim, outcome))


def _quantity(one: Any) -> dict[str, Any]:
    told = ("name", "kind", "tolerance", "reason", "parameters", "slow")
    return {name: getattr(one, name) for name in told}


def _print_claim(claim: Any, outcome: Any) -> None:
    from gandyn.claims import KINDS

    click.echo(f"{claim.title}\n\n{_wrap(claim.statement)}\n")
    click.echo(f"{_wrap(claim.reference)}\n\nDerivation\n")
    click.echo(f"{claim.derivation}\n\nQuantities")
    for one in claim.quantities:
        slow = ", slow" if one.slow else ""
        click.echo(f"\n{one.name} ({', '.join(one.parameters)}){slow}")
        allowed = f"{KINDS[one.kind]}, within {one.tolerance:g}: {one.reason}"
        click.echo(_wrap(f"{one.kind}: {allowed}", "  "))
        checks = [check for check in outcome.checks if check.quantity == one.name]
        if checks:
            rows = [_cells(check) for check in checks]
            heads = ["predicted", "measured", "", "point"]
            _output.print_table([heads, *rows], indent="  ")
    click.echo(f"\n{outcome.describe()}")
    for words in outcome.errors:
        click.echo(words)


def _cells(check: Any) -> list[str]:
    numbers = (f"{value:.{DIGITS}g}" for value in (check.predicted, check.measured))
    return [*numbers, "holds" if check.holds else "fails", _point(check.point)]


def _point(point: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={json.dumps(value)}" for name, value in point.items())


def _wrap(text: str, indent: str = "") -> str:
    return click.wrap_text(text, 80, initial_indent=indent, subsequent_indent=indent)
