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


def _catalogue(family: str) -> dict[str, type]:
    from gandyn import games, rules

    return (games if family == "games" else rules).CATALOGUE


def _family(family: str) -> dict[str, str]:
    return {name: _first_line(cls) for name, cls in _catalogue(family).items()}


def _first_line(cls: type) -> str:
    return (inspect.getdoc(cls) or "").partition("\n")[0]


def _member(*words: str) -> dict[str, Any]:
    *family, name = words
    if family and family[0] not in FAMILIES:
        raise UnknownName("family", family[0], FAMILIES)
    cls = _find(family or list(FAMILIES), name)
    return {
        "name": cls.__name__,
        "aliases": list(getattr(cls, "aliases", ())),
        "doc": inspect.getdoc(cls) or "",
        "fields": _fields(cls),
    }


def _find(families: list[str], name: str) -> type:
    from gandyn._node import find_member
    from gandyn.games import Game
    from gandyn.rules import Rule

    classes = {"rules": Rule, "games": Game}
    for family in families:
        try:
            return find_member(classes[family], name)
        except UnknownName:
            continue
    known = [member for family in families for member in _catalogue(family)]
    raise UnknownName(" or ".join(f[:-1] for f in families), name, known)


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
        width = max(map(len, found), default=0)
        for name, text in found.items():
            click.echo(f"{name:<{width}}  {text}")
        return
    click.echo(found["name"])
    if found["aliases"]:
        click.echo(f"also: {', '.join(found['aliases'])}")
    click.echo(f"\n{found['doc']}\n\nFields")
    for name, field in found["fields"].items():
        click.echo(f"  {name}: {field['takes']}  [default: {field['default']}]")
