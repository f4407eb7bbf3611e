"""``gandyn explore``: a page to play with, in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gandyn.cli import _options, _output
from gandyn.cli._config import Settings, WithGame, settle
from gandyn.cli._group import Command
from gandyn.errors import GandynError

RULES = (
    "alternating", "simultaneous", "extragradient", "past-extragradient",
    "optimistic-gradient", "heavy-ball", "negative-momentum", "nesterov", "lookahead",
    "consensus", "symplectic-gradient-adjustment", "proximal-point", "adam",
)  # fmt: skip
GAMES = (WithGame().game, "bilinear", "quadratic", "adolphs-saddle")


class _Explore(Settings, kw_only=True):
    """Settings of ``gandyn explore``."""

    file: str | None = None
    rule: tuple[str, ...] = RULES
    game: tuple[str, ...] = GAMES
    output: tuple[str, ...] = ("explorer.html",)
    overwrite: bool = False


_DEFAULT = _Explore()
_SUFFIXES = (".html",)
_EXAMPLES = _options.examples(
    "gandyn explore -o explorer.html",
    "gandyn explore --rule 'lookahead(extragradient, k=5)' --game 'dirac(loss=hinge)'",
    "gandyn explore --rule my_rules.py:Mine --rule adam --game forsaken -o mine.html",
    "gandyn explore sweep.nc -o sweep.html",
)


@click.command("explore", cls=Command, epilog=_EXAMPLES)
@click.argument("file", metavar="[FILE]", required=False)
@_options.rules(
    "Update rule: a name, Name(field=0.1, ...) or file.py:Name", f"{len(RULES)} rules"
)
@_options.games("Game of two numbers", f"{len(GAMES)} games")
@_options.output(_SUFFIXES, "The page", _DEFAULT.output)
@_options.config
@_options.as_json
def command(config: str | None, as_json: bool, **flags: Any) -> None:
    """Write a page to play with: one file, no server.

    It shows the phase plane with the exact boundary, and of the cell under the pointer
    the orbit and the multipliers; every other field has a slider. The page computes by
    the rules' own definitions, traced. With FILE, a sweep of gandyn phase such as one
    of vectors, it shows what was computed before.
    """
    settings = settle(_Explore, config, flags)
    paths = _output.check_outputs(settings.output, _SUFFIXES, settings.overwrite)
    if settings.file is None:
        text, shown = _live(settings)
    elif flags["rule"] or flags["game"]:
        raise GandynError("a saved sweep has its rule and game: give FILE alone")
    else:
        text, shown = _saved(settings.file)
    writer = {".html": lambda path: path.write_text(text, "utf-8")}
    _output.write_all(paths, writer)
    summary = {
        "command": "explore", **shown, "bytes": len(text.encode()),
        "written": [str(path) for path in paths],
    }  # fmt: skip
    _output.tell(summary, as_json, lambda: _print(summary))


def _live(settings: _Explore) -> tuple[str, dict[str, Any]]:
    from gandyn.explore import explorer
    from gandyn.spec import parse_game

    rules = [_options.own_rule(text, "gandyn explore") for text in settings.rule]
    games = [parse_game(text) for text in settings.game]
    shown = {"rules": [repr(rule) for rule in rules], "games": [repr(g) for g in games]}
    return explorer(rules, games), shown


def _saved(path: str) -> tuple[str, dict[str, Any]]:
    from gandyn.explore import saved_explorer
    from gandyn.store import open_sweep
    from gandyn.store.reading import SUFFIXES

    if Path(path).suffix.lower() not in SUFFIXES:
        raise GandynError(
            f"{path} is no sweep: give a .nc or .zarr file of gandyn phase; a rule is "
            "given by --rule"
        )
    with open_sweep(path) as dataset:
        text = saved_explorer(dataset.load())
    return text, {"sweep": path, "cells": int(dataset["verdict"].size)}


def _print(summary: dict[str, Any]) -> None:
    if "sweep" in summary:
        words = f"{summary['cells']} cells of {summary['sweep']}"
    else:
        counts = ((kind, len(summary[f"{kind}s"])) for kind in ("rule", "game"))
        words = " on ".join(f"{n} {kind}{'s' * (n > 1)}" for kind, n in counts)
    click.echo(f"{words}: {summary['bytes'] / 1000:.0f} kB")
