"""Numbers that set fields of a rule or a game: by name, and tied to each other."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from gandyn._node import Node, find_field, is_structural, replace
from gandyn.errors import FieldError

_TIE = re.compile(r"\s*([^=*\s]+)\s*=\s*(?:([^=*\s]+)\s*\*\s*)?([^=*\s]+)\s*")

DECADE = 10.0
"""Intervals over this ratio are crossed evenly in the logarithm."""


class Tie(NamedTuple):
    """A field that is a factor times another one."""

    name: str
    owner: str
    paths: tuple[str, ...]
    factor: float


class Parameter(NamedTuple):
    """A number, the field or fields that it sets, and those that are tied to these."""

    name: str
    owner: str
    paths: tuple[str, ...]
    ties: tuple[Tie, ...] = ()

    @property
    def tied(self) -> str:
        """The ties as they are written, ``"lr_y=10*lr_x"``."""
        return ", ".join(f"{t.name}={t.factor!r}*{self.name}" for t in self.ties)

    @property
    def targets(self) -> list[tuple[str, str]]:
        """Owner and path of every field that is set."""
        return list(self.settings(1.0))

    def settings(self, value: Any) -> dict[tuple[str, str], Any]:
        """Return the values of all fields, by owner and path.

        The value is a number, an array, or anything that a float can be multiplied by.
        """
        found = dict.fromkeys(((self.owner, path) for path in self.paths), value)
        for tie in self.ties:
            own = value if tie.factor == 1 else tie.factor * value
            found.update(dict.fromkeys(((tie.owner, path) for path in tie.paths), own))
        return found

    def changes(self, value: Any) -> dict[str, dict[str, Any]]:
        """Return the values of all fields by path, apart for each owner."""
        found: dict[str, dict[str, Any]] = {}
        for (owner, path), own in self.settings(value).items():
            found.setdefault(owner, {})[path] = own
        return found

    def set_in(self, nodes: Mapping[str, Any], value: Any) -> dict[str, Any]:
        """Return the nodes with the fields set, checked against their domains."""
        found = dict(nodes)
        for owner, own in self.changes(value).items():
            found[owner] = replace(found[owner], own)
        return found


def find_parameter(nodes: Mapping[str, Node], text: str) -> Parameter:
    """Return what a name stands for, with the fields tied to it.

    Parameters
    ----------
    nodes : mapping of str to Node
        By the names that may stand before a field's, ``"rule"`` and ``"game"``.
    text : str
        A field, named as in `sweep`; after it, with commas between, fields that are a
        factor times it: ``"lr_x, lr_y=10*lr_x"``, ``"gamma, lr=2*gamma"``.

    Raises
    ------
    UnknownName
        If a field does not exist.
    FieldError
        If both nodes have a field, a factor is no number, or what is tied is no number,
        or set twice.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Simultaneous
    >>> nodes = {"rule": Simultaneous(), "game": Bilinear()}
    >>> find_parameter(nodes, "lr_x, lr_y=10*lr_x").set_in(nodes, 0.25)["rule"]
    Simultaneous(lr_x=0.25, lr_y=2.5)
    """
    first, *rest = text.split(",")
    if "=" in first or (rest and not first.strip()):
        raise FieldError(
            f"cannot read {text!r}: write a field first and its ties after it, such as "
            "'lr_x, lr_y=10*lr_x'"
        )
    name = first.strip() if rest else first
    ties = tuple(_tie(nodes, part, name) for part in rest)
    found = Parameter(name, *find_field(nodes, name), ties)
    if ties:
        _check(nodes, found)
    return found


def _tie(nodes: Mapping[str, Node], text: str, name: str) -> Tie:
    match = _TIE.fullmatch(text)
    if not match:
        raise FieldError(
            f"cannot read the tie {text.strip()!r}: write FIELD=FACTOR*{name}"
        )
    tied, written, other = match.groups()
    if find_field(nodes, other) != find_field(nodes, name):
        raise FieldError(
            f"{tied} is tied to {other}: ties are to the first field, {name}"
        )
    try:
        factor = float(written or 1.0)
    except ValueError:
        factor = math.nan
    if not math.isfinite(factor) or not factor:
        raise FieldError(
            f"{tied}: the factor {written!r} is no finite number other than 0"
        )
    return Tie(tied, *find_field(nodes, tied), factor)


def _check(nodes: Mapping[str, Node], found: Parameter) -> None:
    """Raise FieldError unless all fields of a parameter are numbers, each set once."""
    seen: dict[tuple[str, str], str] = {}
    for name, owner, path in _every(found):
        if not _is_number(nodes[owner], path):
            raise FieldError(
                f"{name} can't be tied: {path} is a count, a switch or an array"
            )
        if (owner, path) in seen:
            raise FieldError(
                f"{name} can't be tied: {seen[owner, path]} sets {path} already"
            )
        seen[owner, path] = name


def _every(found: Parameter) -> Iterator[tuple[str, str, str]]:
    for name, owner, paths in (found[:3], *(tie[:3] for tie in found.ties)):
        for path in paths:
            yield name, owner, path


def _is_number(node: Any, path: str) -> bool:
    *heads, last = path.split(".")
    for head in heads:
        node = getattr(node, head)
    fixed = is_structural(type(node), last)
    return not fixed and not isinstance(getattr(node, last), np.ndarray)
