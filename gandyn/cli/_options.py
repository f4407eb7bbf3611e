"""Options that several commands share, and what they build."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from gandyn.cli._config import Common
from gandyn.errors import GandynError

_DEFAULT = Common()


def _start(ctx: Any, param: Any, text: str | None) -> tuple[float, ...] | None:
    if text is None:
        return None
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        raise click.BadParameter(f"write X,Y, two numbers, not {text!r}") from None
    return x, y


def _assignments(ctx: Any, param: Any, texts: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (equals and name.strip() and value.strip()):
            raise click.BadParameter(f"write FIELD=VALUE, not {text!r}")
        found[name.strip()] = value.strip()
    return found


_OPTIONS = (
    click.option(
        "--rule",
        help="Update rule: a name, Name(field=0.1, ...), or file.py:Name.  "
        f"[default: {_DEFAULT.rule}]",
    ),
    click.option(
        "--game",
        help="Game, written like a rule, or losses('x*y', '-x*y').  "
        f"[default: {_DEFAULT.game}]",
    ),
    click.option(
        "--set",
        metavar="FIELD=VALUE",
        multiple=True,
        callback=_assignments,
        help="Change a field of the rule or the game; may be repeated.",
    ),
    click.option(
        "--jacobian",
        metavar="FILE",
        help="A linear game instead: its game Jacobian, as .npy, .npz or .mat.",
    ),
    click.option(
        "--split", type=int, metavar="N", help="Coordinates of player x in --jacobian."
    ),
    click.option(
        "--start", metavar="X,Y", callback=_start, help="First state of the players."
    ),
    click.option(
        "--overwrite", is_flag=True, default=None, help="Replace existing outputs."
    ),
    click.option(
        "--config", metavar="FILE", help="Settings in TOML, named like these flags."
    ),
    click.option(
        "--json", "as_json", is_flag=True, help="Print one JSON object on stdout."
    ),
)


def common_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of every command that runs a rule on a game."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def build(config: Common) -> tuple[Any, Any]:
    """Return the rule and the game that the settings describe.

    Raises
    ------
    GandynError
        If a name, a field or a file is wrong.
    """
    from gandyn import spec

    rule = spec.parse_rule(config.rule)
    if config.jacobian is None:
        if config.split is not None:
            raise GandynError("--split goes with --jacobian FILE")
        game = spec.parse_game(config.game)
    else:
        from gandyn.games.linear import LinearGame

        game = LinearGame.from_file(config.jacobian, config.split)
    changes = {
        name: spec.parse_value(value) if isinstance(value, str) else value
        for name, value in config.set.items()
    }
    return spec.set_fields(rule, game, changes)
