"""``gandyn info``: what there is, and what its fields mean."""

from __future__ import annotations

import inspect
import platform
from collections.abc import Callable, Mapping
from typing import Any

import click

from gandyn.cli import _options, _output
from gandyn.cli._group import Command
from gandyn.errors import MissingExtra, UnknownName

_PACKAGES = ("numpy", "scipy", "numba", "xarray", "zarr", "matplotlib", "torch")
_EXAMPLES = _options.examples(
    "gandyn info rules", "gandyn info extragradient", "gandyn info laws drift --json"
)


def _rules() -> Mapping[str, Any]:
    from gandyn.rules import CATALOGUE

    return CATALOGUE


def _games() -> Mapping[str, Any]:
    from gandyn.games import CATALOGUE

    return CATALOGUE


def _parts(field: str) -> Mapping[str, Any]:
    """Return what a field of the Dirac-GAN takes: its losses, its regularisers."""
    from gandyn._node import members, node_fields
    from gandyn.games.dirac import DiracGAN

    return members(node_fields(DiracGAN)[field])


def _gans() -> Mapping[str, Any]:
    from gandyn.gans import CATALOGUE

    return CATALOGUE


def _laws() -> Mapping[str, Any]:
    from gandyn.testing import LAWS

    return LAWS


def _problems() -> Mapping[str, Any]:
    from gandyn.bench.problem import standard_suite

    return standard_suite()


_FAMILIES: dict[str, Callable[[], Mapping[str, Any]]] = {
    "rules": _rules,
    "games": _games,
    "losses": lambda: _parts("loss"),
    "regularisers": lambda: _parts("regulariser"),
    "laws": _laws,
    "gans": _gans,
    "problems": _problems,
}
"""What there is of each kind, by name; those that take long to import come last."""
_LEFT_OUT = ("aliases", "summary", "reference", "tolerance")
"""Columns that a table has no room for: JSON and a member's own page have them."""


@click.command("info", cls=Command, epilog=_EXAMPLES)
@click.argument("words", nargs=-1, metavar=f"[{'|'.join(_FAMILIES)}] [NAME]")
@_options.as_json
def command(words: tuple[str, ...], as_json: bool) -> None:
    """List all there is of a kind, or describe one of them.

    A description has the fields and what they take. Without arguments the versions are
    listed, for a bug report.
    """
    if len(words) > 2:
        raise click.UsageError("give at most a family and a name")
    if not words:
        found: dict[str, Any] = versions()
    elif len(words) == 1 and words[0] in _FAMILIES:
        found = {
            name: _row(words[0], member)
            for name, member in _FAMILIES[words[0]]().items()
        }
    else:
        found = _member(*words)
    _output.tell(found, as_json, lambda: _print(found))


def versions() -> dict[str, str]:
    """Return the versions and the machine, for a bug report or a result."""
    from importlib import metadata

    import gandyn

    found = {"gandyn": gandyn.__version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    found["machine"] = f"{platform.machine()} {platform.system()}"
    return found


def _member(*words: str) -> dict[str, Any]:
    *family, name = words
    if family and family[0] not in _FAMILIES:
        raise UnknownName("family", family[0], _FAMILIES)
    kind, member = _find(family or list(_FAMILIES), name)
    row = _row(kind, member)
    if kind == "problems":
        record = {key: _text(value) for key, value in member.record().items()}
        return {"row": {"name": member.name, **record}}
    if not isinstance(member, type):
        return {"row": row}
    return {
        "name": member.__name__,
        "aliases": list(getattr(member, "aliases", ())),
        "row": row,
        "doc": inspect.getdoc(member) or "",
        "fields": _fields(member),
    }


def _find(families: list[str], name: str) -> tuple[str, Any]:
    """Return the first member of that name or alias, and its family."""
    known: set[str] = set() if len(families) == 1 else set(families)
    for family in families:
        try:
            found = _FAMILIES[family]()
        except MissingExtra:
            if len(families) == 1:
                raise
            continue
        names = {
            alias: member
            for key, member in found.items()
            for alias in (*vars(member).get("aliases", ()), key)
        }
        same = [alias for alias in names if _plain(alias) == _plain(name)]
        if same:
            return family, names[same[-1]]
        known |= names.keys()
    one = {"losses": "loss"}.get(families[0], families[0][:-1])
    raise UnknownName(one if len(families) == 1 else "name", name, known)


def _plain(name: str) -> str:
    return "".join(c for c in name if c not in "-_ ").lower()


def _row(family: str, member: Any) -> dict[str, str]:
    """Return what a table says of a member, all of it text."""
    if family in ("rules", "games"):
        from gandyn import catalogue

        make = catalogue.rule_row if family == "rules" else catalogue.game_row
        return make(member)._asdict()
    if family == "laws":
        said = ("id", "trait", "statement", "tolerance", "reference")
        return {name: str(getattr(member, name)) for name in said}
    if family == "problems":
        record = {"game": member.record().get("gan"), **member.record()}
        told = ("class", "measure", "game")
        return {"name": member.name, **{name: _text(record[name]) for name in told}}
    doc = (inspect.getdoc(member) or "").partition("\n")[0]
    aliases = ", ".join(vars(member).get("aliases", ()))
    fields = ", ".join(_fields(member))
    return {"name": member.__name__, "aliases": aliases, "what": doc, "fields": fields}


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else str(value)


def _fields(cls: Any) -> dict[str, dict[str, str]]:
    import dataclasses

    from gandyn._node import domains, members, node_fields, switches

    found = {}
    for field in dataclasses.fields(cls):
        if field.name in node_fields(cls):
            family = members(node_fields(cls)[field.name])
            takes = f"one of {', '.join(family)}"
        elif field.name in domains(cls):
            takes = domains(cls)[field.name].text
        else:
            takes = "True or False" if field.name in switches(cls) else "a word"
        given = field.default is not dataclasses.MISSING
        default = repr(field.default) if given else "none, must be given"
        found[field.name] = {"takes": takes, "default": default}
    return found


def _print(found: dict[str, Any]) -> None:
    if "row" not in found:
        _print_rows(found)
        return
    for name, heading in _headings(found["row"], without=("summary", "what")).items():
        if name != "fields":
            click.echo(f"{heading + ':':<23} {found['row'][name] or '-'}")
    if "fields" in found:
        click.echo(f"\n{found['doc']}\n\nFields")
        for name, field in found["fields"].items():
            click.echo(f"  {name}: {field['takes']}  [default: {field['default']}]")


def _print_rows(found: dict[str, Any]) -> None:
    rows = list(found.values())
    if not isinstance(rows[0], dict):  # versions
        _output.print_table(found.items())
        return
    names = {name: None for row in rows for name in row}
    headings = _headings(dict.fromkeys(names, ""), without=_LEFT_OUT)
    table = [[row.get(name) or "-" for name in headings] for row in rows]
    _output.print_table([list(headings.values()), *table])


def _headings(row: Mapping[str, str], without: tuple[str, ...]) -> dict[str, str]:
    from gandyn.catalogue import HEADINGS

    return {
        name: HEADINGS.get(name, name.capitalize())
        for name in row
        if name not in without
    }
