"""Pages written from the package itself: the catalogue and the API reference."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from bars import escape_bars

from gandyn import games, rules
from gandyn._node import Node, fields, members, node_fields

MODULES = ("dynamics", "games", "rules", "plot", "spec", "elementary", "errors")
TRAITS = {
    "linear": "affine, for a rule wherever the field is",
    "autonomous": "the same map at every step",
    "orthogonal": "decouples by SVD",
    "second_order": "needs second derivatives",
    "zero_sum": "zero-sum",
}


def write_pages(folder: Path) -> None:
    """Write ``catalogue.rst`` and ``api.rst``; a page that is up to date is left."""
    folder.mkdir(exist_ok=True)
    for name, text in (("catalogue", catalogue_page()), ("api", api_page())):
        path = folder / f"{name}.rst"
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")


def catalogue_page() -> str:
    """Return the tables of all rules, games and the parts that games are made of."""
    parts: dict[type[Node], None] = {}
    for cls in games.CATALOGUE.values():
        parts.update(dict.fromkeys(node_fields(cls).values()))
    traits = ", ".join(f"*{name}*: {text}" for name, text in TRAITS.items())
    blocks = [
        _heading("Rules and games", "="),
        "Each can be given by its name or one of its other names; upper and lower "
        "case, dashes and underscores make no difference.",
        f"Traits: {traits}.",
        _heading("Update rules", "-"),
        _table(rules.CATALOGUE.values()),
        _heading("Games", "-"),
        _table(games.CATALOGUE.values()),
    ]
    for family in parts:
        blocks += [
            _heading(f"Parts of games: {family.__name__}", "-"),
            escape_bars(inspect.getdoc(family) or ""),
            _table(members(family).values()),
        ]
    return "\n\n".join(blocks) + "\n"


def api_page() -> str:
    """Return the reference: every public name of every public module."""
    blocks = [
        _heading("API reference", "="),
        "What is used most can be imported from ``gandyn`` itself: ``simulate``, "
        "``sweep``, ``Axis``, ``Orbit``, ``Game`` and ``Rule``.",
    ]
    for name in MODULES:
        module = importlib.import_module(f"gandyn.{name}")
        blocks += [
            _heading(module.__name__, "-"),
            f".. automodule:: {module.__name__}\n   :no-members:",
            f".. currentmodule:: {module.__name__}",
            ".. autosummary::\n   :toctree: api\n\n"
            + "\n".join(f"   {public}" for public in public_names(module)),
        ]
    return "\n\n".join(blocks) + "\n"


def public_names(module: ModuleType) -> list[str]:
    """Return the classes and functions that a module offers."""
    names = getattr(module, "__all__", None) or [
        name
        for name, value in vars(module).items()
        if getattr(value, "__module__", None) == module.__name__
    ]
    return [
        name
        for name in names
        if not name.startswith("_") and callable(getattr(module, name))
    ]


def _table(classes: Iterable[Any]) -> str:
    head = ["Name", "Other names", "What it is", "Fields", "Traits"]
    rows = [head, *(_row(cls) for cls in classes)]
    lines = [".. list-table::", "   :header-rows: 1", "   :widths: 18 18 34 15 15", ""]
    for row in rows:
        lines += [
            f"   {'*' if i == 0 else ' '} - {cell}".rstrip()
            for i, cell in enumerate(row)
        ]
    return "\n".join(lines)


def _row(cls: Any) -> list[str]:
    public = cls.__name__ in (*rules.CATALOGUE, *games.CATALOGUE)
    package = cls.__module__.rpartition(".")[0]
    name = f":class:`~{package}.{cls.__name__}`" if public else f"``{cls.__name__}``"
    summary = inspect.getdoc(cls) or ""
    return [
        name,
        ", ".join(cls.aliases),
        escape_bars(summary.partition("\n")[0]),
        ", ".join(f"``{field}``" for field in fields(cls())),
        ", ".join(t.replace("_", "-") for t in TRAITS if getattr(cls, t, False)),
    ]


def _heading(text: str, line: str) -> str:
    return f"{text}\n{line * len(text)}"
