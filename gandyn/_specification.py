"""Rules and games as text that is read back: `repr`, with every digit and its file."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import numpy as np

from gandyn._node import Node, fields

DIGITS = 12
"""Hexadecimal digits of a file's SHA-256 that a specification holds: enough that no two
versions of a file share them by chance."""


def specify(node: Any) -> str:
    """Return the specification of a rule or a game, which `gandyn.spec` reads back.

    Arrays are written out. A class of a user's file has the file before it, with the
    first digits of its content's SHA-256; within another class that is a quoted string.
    One that was written in a notebook or shell has no file: it stands by its name.

    Parameters
    ----------
    node : Rule, Game or Adapter

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> specify(Bilinear([[1.0, 0.5]]))
    'Bilinear(A=[[1.0, 0.5]], b=0.0, c=0.0)'
    """
    return _written(node, None)


def in_file(value: Any, text: str) -> str:
    """Return what stands for a class or function of a user's file: its file before."""
    file = _file_of(value)
    return text if file is None else f"{file}:{text}"


def _written(node: Any, home: str | None) -> str:
    if hasattr(node, "specification"):  # it has a text of its own, as adapters do
        return str(node.specification())
    if not isinstance(node, Node):
        return repr(node)
    file = _file_of(type(node))
    pairs = fields(node).items()
    parts = [f"{name}={_value(value, file or home)}" for name, value in pairs]
    call = f"{type(node).__name__}({', '.join(parts)})"
    return call if file in (None, home) else f"{file}:{call}"


def _value(value: Any, home: str | None) -> str:
    if isinstance(value, Node):
        text = _written(value, home)
        return repr(text) if _file_of(type(value)) not in (None, home) else text
    if isinstance(value, np.ndarray | np.generic):
        return repr(value.tolist())
    return repr(value)


def _file_of(value: Any) -> str | None:
    """Return ``path@digest`` of the user's file that defines a class or function."""
    name = value.__module__ or ""
    if name.partition(".")[0] == "gandyn" or "<" in value.__qualname__:
        return None
    own = vars(sys.modules[name]) if name in sys.modules else {}
    edited = own.get(value.__name__) is not value  # the file was read again since
    if edited or not str(own.get("__file__")).endswith(".py"):
        return None
    place = Path(own["__file__"]).resolve()
    try:
        digest = own.get("__source_digest__") or digest_of(place.read_bytes())
    except OSError:  # deleted since, or inside an archive
        return None
    here = Path.cwd()
    shown = place.relative_to(here) if place.is_relative_to(here) else place
    return f"{shown.as_posix()}@{digest[:DIGITS]}"


def digest_of(source: bytes) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    return hashlib.sha256(source).hexdigest()
