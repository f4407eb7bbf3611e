"""``gandyn check``: whether an update rule keeps the laws that it declares."""

from __future__ import annotations

import json
import re
from typing import Any

import click

from gandyn.errors import GandynError

BROKEN, BAD_INPUT = 1, 2

_MEMBER = re.compile(r"^(?P<path>.+\.py):(?P<name>\w+)$")


@click.command("check")
@click.argument("rule")
@click.option(
    "--law",
    "laws",
    metavar="ID",
    multiple=True,
    help="Only this law; may be repeated.  [default: all that RULE declares]",
)
@click.option(
    "--max-examples",
    type=click.IntRange(min=1),
    default=40,
    show_default=True,
    help="Cases of each law.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on stdout."
)
def command(rule: str, laws: tuple[str, ...], max_examples: int, as_json: bool) -> None:
    """Check RULE against the laws of update rules, each on many small games.

    RULE is a name, Name(field=0.1, ...), or file.py:Name; Name may also be an object
    with the methods init and step, such as an adapter of another package's optimizer.
    The file is imported, and so runs. Exit code 1: a law is broken, and the
    counterexample is printed as Python; 2: RULE is no rule, its step raises, or a law
    that was asked for does not apply to it.
    """
    from gandyn.testing import check_update_rule

    report = check_update_rule(
        _rule(rule), laws=laws or "declared", max_examples=max_examples
    )
    if as_json:
        click.echo(json.dumps({"command": "check", **json.loads(report.to_json())}))
    else:
        click.echo(report.details())
    if report.count("failed") or report.count("unexpectedly passed"):
        raise SystemExit(BROKEN)
    if report.count("error"):
        click.echo("Error: the rule's own code raised an error", err=True)
        raise SystemExit(BAD_INPUT)
    if laws and report.count("not applicable") and not report.count("passed"):
        raise GandynError("no law that was asked for applies to this rule")


def _rule(text: str) -> Any:
    """Return the rule that a specification describes, or a file's own object."""
    from pathlib import Path

    from gandyn import spec
    from gandyn._node import Node
    from gandyn._userfile import load_module

    match = _MEMBER.match(text.strip())
    if match is None:
        return spec.parse_rule(text)
    found = getattr(load_module(Path(match["path"])), match["name"], None)
    if isinstance(found, type) and not issubclass(found, Node):
        return _made(found)
    if found is None or isinstance(found, type):
        return spec.parse_rule(text)
    return found


def _made(cls: type) -> Any:
    try:
        return cls()
    except Exception as error:
        kind = type(error).__name__
        raise GandynError(f"{cls.__name__}() raised {kind}: {error}") from error
