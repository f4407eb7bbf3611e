"""``gandyn info``: which rules and games there are, and what their fields mean."""

from __future__ import annotations

import inspect
import json
import platform
from typing import Any

import click

from gandyn.errors import UnknownName

FAMILIES = ("rules", "games")
PACKAGES = ("numpy", "scipy", "numba", "xarray", "zarr", "matplotlib", "torch")


@click.command("info")
@click.argument("words", nargs=-1, metavar="[rules|games] [NAME]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(words: tuple[str, ...], as_json: bool) -> None:
    """List rules and games, or describe one with its fields and their domains.

    Without arguments: versions, for a bug report.
    """
    if len(words) > 2:
        raise click.UsageError("give at most a family and a name")
    if not words:
        found = _versions()
    elif words[-1] in FAMILIES and len(words) == 1:
        found = _family(words[0])
    else:
        found = _member(*words)
    if as_json:
        click.echo(json.dumps(found))
    else:
        _print(found)


def _versions() -> dict[str, Any]:
    from importlib import metadata

    import gandyn

    versions = {"gandyn": gandyn.__version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = "not installed"
    versions["machine"] = f"{platform.machine()} {platform.system()}"
    return versions


def _family(family: str) -> dict[str, dict[str, str]]:
    from gandyn import catalogue

    table = catalogue.rule_table if family == "rules" else catalogue.game_table
    return {row.name: row._asdict() for row in table()}


def _member(*words: str) -> dict[str, Any]:
    *family, name = words
    if family and family[0] not in FAMILIES:
        raise UnknownName("family", family[0], FAMILIES)
    cls = _find(family or list(FAMILIES), name)
    return {
        "name": cls.__name__,
        "aliases": list(getattr(cls, "aliases", ())),
        "row": _row(cls),
        "doc": inspect.getdoc(cls) or "",
        "fields": _fields(cls),
    }


def _find(families: list[str], name: str) -> type:
    from gandyn._node import find_member, members
    from gandyn.games import Game
    from gandyn.rules import Rule

    classes = {"rules": Rule, "games": Game}
    for family in families:
        try:
            return find_member(classes[family], name)
        except UnknownName:
            continue
    known = [name for family in families for name in members(classes[family])]
    raise UnknownName(" or ".join(f[:-1] for f in families), name, known)


def _row(cls: Any) -> dict[str, str]:
    from gandyn import catalogue
    from gandyn.rules import Rule

    make = catalogue.rule_row if issubclass(cls, Rule) else catalogue.game_row
    return make(cls)._asdict()


def _fields(cls: Any) -> dict[str, dict[str, str]]:
    import dataclasses

    from gandyn._node import domains, members, node_fields

    found = {}
    for field in dataclasses.fields(cls):
        if field.name in node_fields(cls):
            family = members(node_fields(cls)[field.name])
            takes = f"one of {', '.join(family)}"
        elif field.name in domains(cls):
            takes = domains(cls)[field.name].text
        else:
            takes = "True or False"
        given = field.default is not dataclasses.MISSING
        default = repr(field.default) if given else "none, must be given"
        found[field.name] = {"takes": takes, "default": default}
    return found


def _print(found: dict[str, Any]) -> None:
    if "fields" not in found:
        _print_table(found)
        return
    for name, heading in _headings(found["row"], without=("summary",)).items():
        click.echo(f"{heading + ':':<23} {found['row'][name] or '-'}")
    click.echo(f"\n{found['doc']}\n\nFields")
    for name, field in found["fields"].items():
        click.echo(f"  {name}: {field['takes']}  [default: {field['default']}]")


def _print_table(found: dict[str, Any]) -> None:
    rows = list(found.values())
    if not isinstance(rows[0], dict):  # versions
        table = [list(pair) for pair in found.items()]
    else:
        headings = _headings(rows[0], without=("aliases", "summary"))
        table = [list(headings.values())]
        table += [[row[name] or "-" for name in headings] for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        cells = (f"{cell:<{n}}" for cell, n in zip(line, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def _headings(row: dict[str, str], without: tuple[str, ...]) -> dict[str, str]:
    from gandyn.catalogue import HEADINGS

    return {name: HEADINGS[name] for name in row if name not in without}
