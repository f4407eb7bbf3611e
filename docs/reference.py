"""The API reference: every public name of every public module."""

from __future__ import annotations

import ast
import importlib
import inspect
import itertools
import pkgutil
from pathlib import Path
from types import ModuleType

from rst import heading, list_table

import gandyn

PARTS = (
    "bench.report",
    "dynamics.accessor",
    "gans.spectra.diagnostics",
    "gans.spectra.equilibria",
    "gans.spectra.krylov",
    "gans.spectra.linearisation",
    "plot.styles",
    "testing.adapters",
    "testing.laws",
    "testing.strategies",
)
"""Modules inside rooms whose names are used by their path."""


def api_page() -> str:
    """Return the reference, a section for each public module."""
    blocks = [heading("API reference", "=")]
    for module in public_modules():
        blocks += [
            heading(module.__name__, "-"),
            f".. automodule:: {module.__name__}\n   :no-members:",
            *_listed(module),
        ]
    return "\n\n".join(blocks) + "\n"


def public_modules() -> list[ModuleType]:
    """Return gandyn and its rooms; the command line has a page of its own."""
    rooms = {info.name for info in pkgutil.iter_modules(gandyn.__path__)} - {"cli"}
    names = sorted(name for name in {*rooms, *PARTS} if not name.startswith("_"))
    return [gandyn, *(importlib.import_module(f"gandyn.{name}") for name in names)]


def public_names(module: ModuleType) -> list[str]:
    """Return what a module lists, or else the functions and classes that it defines."""
    names = getattr(module, "__all__", None) or [
        name
        for name, value in vars(module).items()
        if getattr(value, "__module__", None) == module.__name__ and callable(value)
    ]
    return [name for name in names if not name.startswith("_")]


def _listed(module: ModuleType) -> list[str]:
    """Return what has pages of its own, the constants, and what lives elsewhere."""
    pages, constants, links = [], [], []
    for name in public_names(module):
        value = getattr(module, name)
        if home := _home(module, name):
            links.append([f"``{name}``", home])
        elif inspect.isclass(value) or inspect.isroutine(value):
            pages.append(f"   {name}")
        else:
            constants.append(f".. py:data:: {name}\n\n   {_said(module, name)}")
    blocks = [f".. currentmodule:: {module.__name__}"]
    if links:
        blocks.append(list_table(["Name", "Where it is described"], links))
    if pages:
        blocks.append("\n".join([".. autosummary::\n   :toctree: api\n", *pages]))
    return [*blocks, *constants]


def _home(module: ModuleType, name: str) -> str:
    """Return a link to the page of what is at home in another room, or nothing."""
    value = getattr(module, name)
    if inspect.ismodule(value):
        return f":mod:`{value.__name__}`"
    if module is not gandyn:
        return ""
    room = ".".join(str(getattr(value, "__module__", "")).split(".")[:2])
    if not room.startswith("gandyn.") or room.startswith("gandyn._"):
        return ""
    return f":py:obj:`{room}.{name}`"


def _said(module: ModuleType, name: str) -> str:
    """Return the text behind a constant, in whichever file of the room defines it."""
    for path in sorted(Path(inspect.getfile(module)).parent.rglob("*.py")):
        body = ast.parse(path.read_text("utf-8")).body
        for node, behind in itertools.pairwise(body):
            targets = getattr(node, "targets", [getattr(node, "target", None)])
            named = name in (getattr(target, "id", "") for target in targets)
            if named and isinstance(behind, ast.Expr):
                return " ".join(ast.literal_eval(behind.value).split())
    raise LookupError(f"nothing is said of {module.__name__}.{name}")
