"""``gandyn check``: whether an update rule keeps the laws that it declares."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import click

from gandyn.cli import _options, _output
from gandyn.cli._config import AtLeast1, Settings, settle
from gandyn.cli._group import Command
from gandyn.errors import GandynError

BROKEN, BAD_INPUT = 1, 2


class Check(Settings, kw_only=True):
    """Settings of ``gandyn check``."""

    rule: str = ""
    law: tuple[str, ...] = ()
    max_examples: AtLeast1 = 40


_DEFAULT = Check()
_EXAMPLES = _options.examples(
    "gandyn check --rule my_rules.py:Mine",
    "gandyn check --rule 'torch.optim.Adam(implements=adam)'",
    "gandyn check --rule 'lookahead(gda, k=5)' --json",
)


@click.command("check", cls=Command, epilog=_EXAMPLES)
@_options.any_rule
@click.option(
    "--law",
    metavar="ID",
    multiple=True,
    help="Only this law; may be repeated.  [default: all that the rule declares]",
)
@click.option(
    "--max-examples",
    type=click.IntRange(min=1),
    help=f"Cases of each law.  [default: {_DEFAULT.max_examples}]",
)
@_options.config
@_options.as_json
def command(config: str | None, as_json: bool, **flags: Any) -> None:
    """Check an update rule against the laws that it declares.

    Each law is tried on many small games. What a file.py holds may be a rule, a torch
    optimizer, a function of a learning rate that returns an optax transformation, a
    function of (x, y, gx, gy), or anything with the methods init and step. The file is
    imported, and so runs.

    The exit code is 1 if a law is broken, and the counterexample is printed as Python.
    It is 2 if the rule is none, its step raises, or a law that was asked for does not
    apply to it.
    """
    settings = settle(Check, config, flags)
    if not settings.rule:
        raise click.UsageError(f"say which rule is checked: --rule, {_options.ANY}")
    from gandyn._node import Node
    from gandyn.spec import parse_rule, specify
    from gandyn.testing import check_update_rule

    laws, rule = settings.law, parse_rule(settings.rule)
    report = check_update_rule(
        rule, laws=laws or "declared", max_examples=settings.max_examples
    )
    name = specify(rule) if isinstance(rule, Node) else settings.rule
    report = dataclasses.replace(report, rule=name)
    summary = {"command": "check", **json.loads(report.to_json())}
    _output.tell(summary, as_json, lambda: click.echo(report.details()))
    if report.count("failed") or report.count("unexpectedly passed"):
        raise SystemExit(BROKEN)
    if report.count("error"):
        click.echo("Error: the rule's own code raised an error", err=True)
        raise SystemExit(BAD_INPUT)
    if laws and report.count("not applicable") and not report.count("passed"):
        raise GandynError("no law that was asked for applies to this rule")
