"""``gandyn explore``: a page to play with, in one file."""

from __future__ import annotations

from typing import Any

import click

from gandyn.cli import _options, _output
from gandyn.cli._config import Settings, WithGame, settle
from gandyn.cli._group import Command

_RULES = (
    "alternating", "simultaneous", "extragradient", "past-extragradient",
    "optimistic-gradient", "heavy-ball", "negative-momentum", "nesterov", "lookahead",
    "consensus", "symplectic-gradient-adjustment", "proximal-point", "adam",
)  # fmt: skip
_GAMES = (WithGame().game, "bilinear", "quadratic", "adolphs-saddle")


class _Explore(Settings, kw_only=True):
    """Settings of ``gandyn explore``."""

    rule: tuple[str, ...] = _RULES
    game: tuple[str, ...] = _GAMES
    output: tuple[str, ...] = ("explorer.html",)
    overwrite: bool = False


_DEFAULT = _Explore()
_SUFFIXES = (".html",)
_EXAMPLES = _options.examples(
    "gandyn explore -o explorer.html",
    "gandyn explore --rule 'lookahead(extragradient, k=5)' --game 'dirac(loss=hinge)'",
    "gandyn explore --rule my_rules.py:Mine --rule adam --game forsaken -o mine.html",
)


@click.command("explore", cls=Command, epilog=_EXAMPLES)
@_options.rules(
    "Update rule: a name, Name(field=0.1, ...) or file.py:Name", f"{len(_RULES)} rules"
)
@_options.games("Game of two numbers", f"{len(_GAMES)} games")
@_options.output(_SUFFIXES, "The page", _DEFAULT.output)
@_options.config
@_options.as_json
def command(config: str | None, as_json: bool, **flags: Any) -> None:
    """Write a page to play with: one file, no server.

    It shows the phase plane with the exact boundary, and of the cell under the pointer
    the orbit and the multipliers; every other field has a slider. The page computes by
    the rules' own definitions, traced.
    """
    settings = settle(_Explore, config, flags)
    paths = _output.check_outputs(settings.output, _SUFFIXES, settings.overwrite)
    from gandyn.explore import explorer
    from gandyn.spec import parse_game

    rules = [_options.own_rule(text, "gandyn explore") for text in settings.rule]
    games = [parse_game(text) for text in settings.game]
    text = explorer(rules, games)
    writer = {".html": lambda path: path.write_text(text, "utf-8")}
    _output.write_all(paths, writer)
    summary = {
        "command": "explore",
        "rules": [repr(rule) for rule in rules],
        "games": [repr(game) for game in games],
        "bytes": len(text.encode()),
        "written": [str(path) for path in paths],
    }
    _output.tell(summary, as_json, lambda: _print(summary))


def _print(summary: dict[str, Any]) -> None:
    rules, games = len(summary["rules"]), len(summary["games"])
    click.echo(f"{rules} rules on {games} games, {summary['bytes'] / 1000:.0f} kB")
