"""Optimizers of other packages and of users' files, read as rules: no evaluation."""

from __future__ import annotations

import ast
import dataclasses
import re
from pathlib import Path
from typing import Any

import numpy as np

from gandyn._node import Node
from gandyn._reader import Reader, parse_node, parse_tree
from gandyn._userfile import FileSpec, load_module
from gandyn.errors import GandynError, UnknownName
from gandyn.rules import Rule

_FIELDS = {"lr", "lr_x", "lr_y", "alternating", "y_first", "implements"}
"""What is the adapter's; any other keyword is an option of the optimizer."""

_DOTTED = re.compile(r"\s*[^\W\d]\w*\s*\.\s*[^\W\d]")


def is_dotted(text: str) -> bool:
    """Tell whether a specification begins with a dotted name."""
    return bool(_DOTTED.match(text))


def parse_optimizer(text: str) -> Any:
    """Return the adapter of a package's optimizer; its other known options are fields.

    See `gandyn.spec.parse_rule`, which has the errors too.
    """
    tree = parse_tree("rule", text)
    reader = Reader("rule", text, {})
    call = tree if isinstance(tree, ast.Call) else None
    name = _dotted(reader, call.func if call else tree)
    return _played(_adapter(name), name, keywords(reader, call))


def parse_member(text: str, file: FileSpec) -> Any:
    """Return the rule that a specification of a user's file describes.

    That is a class of gandyn's kind, or anything else that the file has: an optimizer
    or a function that an adapter takes, a class to be made, or an object as it is.
    """
    tree = parse_tree("rule", file.rest)
    call = tree if isinstance(tree, ast.Call) else None
    func = call.func if call else tree
    found = _NOTHING
    if isinstance(func, ast.Name):
        own = vars(load_module(file.path, file.digest))
        found = own.get(func.id, _NOTHING)
        if found is _NOTHING:
            _check_holds_nodes(file.path, func.id, own)
    if found is _NOTHING or (isinstance(found, type) and issubclass(found, Node)):
        return parse_node(Rule, text)  # type: ignore[type-abstract]
    reader = Reader("rule", file.rest, {})
    return _adapted(found, reader, call, ast.unparse(func))


_NOTHING = object()
"""What a file does not have: it may well have None."""


def _check_holds_nodes(path: Path, name: str, own: dict[str, Any]) -> None:
    """Raise an error that lists what a file has, unless it has gandyn's classes."""
    here = own["__name__"]
    mine = {k: v for k, v in own.items() if getattr(v, "__module__", None) == here}
    classes = [value for value in mine.values() if isinstance(value, type)]
    if mine and not any(issubclass(cls, Node) for cls in classes):
        raise UnknownName(f"rule of {path}", name, mine)


def _adapted(found: Any, reader: Reader, call: ast.Call | None, name: str) -> Any:
    from gandyn.testing.adapters import adapter_of

    adapter, given = adapter_of(found), keywords(reader, call)
    if adapter is not None:
        return _played(adapter, found, given)
    if isinstance(found, type):
        return _made(found, given)
    if call is not None:
        raise reader.error(call, f"{name} is no class: it takes no fields")
    if hasattr(found, "init") and hasattr(found, "update"):
        raise GandynError(
            f"{name} is a transformation that has its learning rate inside: write a "
            f"function of the learning rate instead, def {name}(lr): return ..."
        )
    return found


def _made(cls: type, given: dict[str, Any]) -> Any:
    try:
        return cls(**given)
    except Exception as error:
        kind = type(error).__name__
        raise GandynError(f"{cls.__name__}() raised {kind}: {error}") from error


def _played(adapter: Any, optimizer: Any, given: dict[str, Any]) -> Any:
    """Return an adapter of an optimizer, with what is given as fields and options."""
    if not hasattr(adapter, "free"):
        if not {"implements"} >= given.keys():
            raise GandynError(
                f"{optimizer.__name__} is a function of gradients: it takes no fields, "
                "its learning rates are its own"
            )
        return adapter(optimizer, **given)
    own = _FIELDS & {"lr", *(field.name for field in dataclasses.fields(adapter))}
    fields = {key: value for key, value in given.items() if key in own}
    options = {key: value for key, value in given.items() if key not in own}
    return adapter.free(optimizer, options, **fields)


def _adapter(name: str) -> Any:
    """Return the adapter of an optimizer, or the first one of its package."""
    from gandyn.testing.adapters import ADAPTERS

    known = {one: cls for cls in ADAPTERS.values() for one in cls.known}
    packages = {cls.package: cls for cls in reversed(known.values())}
    found = known.get(name) or packages.get(name.partition(".")[0])
    if found is None:
        raise UnknownName("optimizer", name, known)
    return found


def _dotted(reader: Reader, tree: ast.expr) -> str:
    inner: ast.expr = tree
    while isinstance(inner, ast.Attribute):
        inner = inner.value
    if not isinstance(inner, ast.Name):
        raise reader.error(tree, "a dotted name is needed here")
    return ast.unparse(tree)


def keywords(reader: Reader, call: ast.Call | None) -> dict[str, Any]:
    """Return the arguments of a call, all of them given by name."""
    if call is None:
        return {}
    if call.args:
        raise reader.error(call.args[0], "options are given by name: momentum=0.5")
    found: dict[str, Any] = {}
    for name, tree in ((k.arg or "**", k.value) for k in call.keywords):
        if name in found:
            raise reader.error(tree, f"{name} is given twice")
        if name == "implements":
            found[name] = reader.node(tree, Rule)  # type: ignore[type-abstract]
            continue
        value = reader.value(tree)
        found[name] = tuple(value.tolist()) if isinstance(value, np.ndarray) else value
    return found
