"""Options that commands share, each said once, and what they build."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import click

from gandyn.cli._config import WithGame
from gandyn.errors import GandynError, UnknownName

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

OWN = "a name, Name(field=0.1, ...) or file.py:Name"
"""How a rule of gandyn's kind is given."""
ANY = (
    "a name, Name(field=0.1, ...), file.py:Name or an optimizer such as "
    "torch.optim.Adam(betas=(0.5, 0.9))"
)
"""How a rule of any origin is given."""
AXIS = "NAME=LOW:HIGH:NUM[:log]"


def options(*decorators: Decorator) -> Decorator:
    """Return one decorator that adds options, in the order in which help shows them."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return add


def pair(ctx: Any, param: Any, text: str | None) -> tuple[float, ...] | None:
    """Read ``X,Y``: a click callback."""
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


def _names(family: str) -> Callable[[Any, Any, str], list[str]]:
    """Return what completes a name of ``rules`` or ``games`` in the shell."""

    def complete(ctx: Any, param: Any, incomplete: str) -> list[str]:
        known = importlib.import_module(f"gandyn.{family}").CATALOGUE
        begun = incomplete.lower()
        return [name for name in known if name.lower().startswith(begun)]

    return complete


def _rule(text: str, **more: Any) -> Decorator:
    return click.option("--rule", help=text, shell_complete=_names("rules"), **more)


def rule(default: str) -> Decorator:
    """Return the option ``--rule`` of a command that runs one rule."""
    return _rule(f"Update rule: {OWN}.  [default: {default}]")


any_rule = _rule(f"Update rule: {ANY}.  [required]")


def rules(what: str, default: str) -> Decorator:
    """Return the option ``--rule`` of a command that takes several."""
    return _rule(f"{what}; may be repeated.  [default: {default}]", multiple=True)


def changes(of: str = "the rule or the game") -> Decorator:
    """Return the option ``--set``."""
    return click.option(
        "--set",
        metavar="FIELD=VALUE",
        multiple=True,
        callback=_assignments,
        help=f"Change a field of {of}; may be repeated.",
    )


def _game(text: str, **more: Any) -> Decorator:
    return click.option("--game", help=text, shell_complete=_names("games"), **more)


_THEIRS = "a name, Name(field=0.1, ...), file.py:Name, or losses('x*y', '-x*y')"
"""How a game is given."""


def games(what: str, default: str) -> Decorator:
    """Return the option ``--game`` of a command that takes several."""
    text = f"{what}: {_THEIRS}; may be repeated.  [default: {default}]"
    return _game(text, multiple=True)


game = options(
    _game(f"Game: {_THEIRS}.  [default: {WithGame().game}]"),
    changes(),
    click.option(
        "--jacobian",
        metavar="FILE",
        help="A linear game instead: its game Jacobian, as .npy, .npz or .mat.",
    ),
    click.option(
        "--split", type=int, metavar="N", help="Coordinates of player x in --jacobian."
    ),
)
start = click.option(
    "--start", metavar="X,Y", callback=pair, help="First state of the players."
)
config = click.option(
    "--config", metavar="FILE", help="Settings in TOML, named like these flags."
)
as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on stdout."
)
_overwrite = click.option(
    "--overwrite", is_flag=True, default=None, help="Replace existing outputs."
)


def output(
    suffixes: Iterable[str], what: str, default: Iterable[str] = ()
) -> Decorator:
    """Return the options ``--output`` and ``--overwrite`` of files."""
    shown = f"  [default: {' and '.join(default)}]" if default else ""
    return options(
        click.option(
            "-o",
            "--output",
            metavar="FILE",
            multiple=True,
            help=f"{what}: {', '.join(suffixes)}; may be repeated.{shown}",
        ),
        _overwrite,
    )


def folder(help_text: str) -> Decorator:
    """Return the options ``--output`` and ``--overwrite`` of a folder."""
    place = click.option("-o", "--output", metavar="DIR", help=help_text)
    return options(place, _overwrite)


def examples(*lines: str) -> str:
    """Return the end of a command's help: command lines to paste."""
    return "\n".join(["\b", "Examples:", *(f"  $ {line}" for line in lines)])


def axes(texts: Iterable[str]) -> dict[str, Any]:
    """Return the axes that texts ``NAME=LOW:HIGH:NUM`` describe, by their names.

    Raises
    ------
    GandynError
        If one cannot be read, with its name, or two have one name.
    """
    from gandyn.spec import parse_assignment, parse_axis

    found: dict[str, Any] = {}
    for text in texts:
        name, values = parse_assignment(text)
        if name in found:
            raise GandynError(f"two axes are called {name}: give each field one axis")
        try:
            found[name] = parse_axis(values)
        except GandynError as error:
            raise GandynError(f"{name}: {error}") from error
    return found


def build(settings: WithGame, task: str) -> tuple[Any, Any]:
    """Return the rule and the game that the settings describe.

    Raises
    ------
    GandynError
        If a name, a field or a file is wrong, or the rule is foreign code.
    """
    from gandyn import spec

    if settings.jacobian is None:
        if settings.split is not None:
            raise GandynError("--split goes with --jacobian FILE")
        game = spec.parse_game(settings.game)
    else:
        from gandyn.games.linear import LinearGame

        game = LinearGame.from_file(settings.jacobian, settings.split)
    return spec.set_fields(own_rule(settings.rule, task), game, values(settings.set))


def values(texts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what ``--set`` and a file's table assign, as values."""
    from gandyn.spec import parse_value

    return {
        name: parse_value(value) if isinstance(value, str) else value
        for name, value in texts.items()
    }


def own_rule(text: str, task: str) -> Any:
    """Return the rule of a text, for what needs more than to call its step.

    Raises
    ------
    GandynError
        If it is another package's optimizer or a user's object: who runs it, and the
        rule of the same name that gandyn has.
    """
    from gandyn._node import find_member
    from gandyn.rules import Rule
    from gandyn.spec import parse_rule

    found = parse_rule(text)
    if isinstance(found, Rule):
        return found
    name = text.partition("(")[0].strip()
    try:
        twin = find_member(Rule, name.rpartition(".")[2]).__name__  # type: ignore[type-abstract]
    except UnknownName:
        twin = ""
    raise GandynError(
        f"{task} compiles and differentiates a gandyn.Rule, and {name} is foreign "
        f"code: gandyn check --rule and gandyn bench run --rule take it"
        + (f"; gandyn has its own {twin}" if twin else "")
    )
