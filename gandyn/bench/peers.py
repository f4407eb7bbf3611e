"""Optimizers of other packages by name: ``torch.optim.SGD(momentum=0.5)``."""

from __future__ import annotations

import ast
import dataclasses
import re
from typing import Any

import numpy as np

from gandyn._reader import Reader, parse_tree
from gandyn.errors import UnknownName

FIELDS = {"lr", "lr_x", "lr_y", "alternating", "y_first"}
"""What is the adapter's; any other keyword is an option of the optimizer."""

_DOTTED = re.compile(r"\s*\w+\s*\.\s*\w")


def is_peer(text: str) -> bool:
    """Tell whether a specification begins with a dotted name."""
    return bool(_DOTTED.match(text))


def peers() -> list[str]:
    """Return the specifications of the optimizers that games are played with.

    They are those that the adapters know, each simultaneous and, where its adapter
    can, alternating.

    Examples
    --------
    >>> [name for name in peers() if "SGD" in name]
    ['cooper.optim.ExtraSGD', 'torch.optim.SGD', 'torch.optim.SGD(alternating=True)']
    """
    return [
        name + order
        for name, adapter in _adapters().items()
        for order in ("", "(alternating=True)")[: 1 + adapter.alternates]
    ]


def parse_peer(text: str) -> Any:
    """Return the adapter of an optimizer, whose other known options are fields.

    Parameters
    ----------
    text : str
        A dotted name, or a call with keywords: fields of the adapter (``lr``,
        ``alternating``, ``y_first``) and options of the optimizer, which are numbers,
        words, switches and lists, and are read as data.

    Raises
    ------
    MissingExtra
        If the package is not installed.
    UnknownName
        If there is no such package, optimizer or option.
    GandynError
        If the text is not such a call.

    Examples
    --------
    >>> peer = parse_peer("optax.sgd(momentum=0.5, alternating=True)")
    >>> peer.options, peer.alternating
    ((('momentum', 0.5),), True)
    """
    tree = parse_tree("contender", text)
    reader = Reader("contender", text, {})
    call = tree if isinstance(tree, ast.Call) else None
    name = _dotted(reader, call.func if call else tree)
    given = _keywords(reader, call) if call else {}
    adapter = _adapter(name)
    own = FIELDS & {"lr", *(field.name for field in dataclasses.fields(adapter))}
    fields = {key: value for key, value in given.items() if key in own}
    options = {key: value for key, value in given.items() if key not in own}
    return adapter.free(name, options, **fields)


def _adapters() -> dict[str, Any]:
    """Return the adapters of known optimizers by the optimizer's name."""
    from gandyn.testing.adapters import ADAPTERS

    return {name: cls for cls in ADAPTERS.values() for name in cls.known}


def _adapter(name: str) -> Any:
    """Return the adapter of an optimizer, or the first one of its package."""
    adapters = _adapters()
    packages = {cls.package: cls for cls in reversed(adapters.values())}
    found = adapters.get(name) or packages.get(name.partition(".")[0])
    if found is None:
        raise UnknownName("optimizer", name, adapters)
    return found


def _dotted(reader: Reader, tree: ast.expr) -> str:
    inner: ast.expr = tree
    while isinstance(inner, ast.Attribute):
        inner = inner.value
    if not isinstance(inner, ast.Name):
        raise reader.error(tree, "a dotted name is needed here")
    return ast.unparse(tree)


def _keywords(reader: Reader, call: ast.Call) -> dict[str, Any]:
    if call.args:
        raise reader.error(call.args[0], "options are given by name: momentum=0.5")
    found: dict[str, Any] = {}
    for name, tree in ((k.arg or "**", k.value) for k in call.keywords):
        if name in found:
            raise reader.error(tree, f"{name} is given twice")
        value = reader.value(tree)
        found[name] = tuple(value.tolist()) if isinstance(value, np.ndarray) else value
    return found
