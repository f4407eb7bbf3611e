"""Reads a specification's syntax tree: names, literals and calls, no evaluation."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from gandyn._node import (
    Node,
    NodeT,
    find_member,
    is_structural,
    members,
    node_fields,
)
from gandyn._userfile import file_spec, load_classes
from gandyn.errors import GandynError, UnknownName

_CONSTANTS = {
    "true": True,
    "false": False,
    "inf": float("inf"),
    "nan": float("nan"),
}
"""Words that stand for a value wherever one may be written."""
LOSSES = ("losses", "from_losses", "Game.from_losses")
"""Calls of a game given by its losses: what people write, and what its `repr` is."""

_QUOTED_OR_DASH = re.compile(r"('[^']*'|\"[^\"]*\")|(?<=\w)-(?=[A-Za-z])")


def parse_tree(kind: str, text: str) -> ast.expr:
    """Return the syntax tree of a specification; dashes in names are underscores."""
    plain = _QUOTED_OR_DASH.sub(lambda m: m[1] or "_", text)
    try:
        return ast.parse(plain, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        where = getattr(error, "offset", None) or 1
        why = error.args[0] if error.args else "too deeply nested"
        raise GandynError(
            f"cannot read the {kind} {text!r} at character {where}: {why}; "
            "write a name or a call such as Name(field=0.1)"
        ) from None


def parse_node(family: type[NodeT], text: str) -> NodeT:
    """Return the node of a family that a specification describes."""
    kind, file = family.__name__.lower(), file_spec(text)
    own: dict[str, type[Node]] = {}
    if file is not None:
        own, text = load_classes(file.path, Node, file.digest), file.rest
    reader = Reader(kind, text.strip(), own)
    return reader.node(parse_tree(kind, reader.text), family)


@dataclasses.dataclass(frozen=True)
class Reader:
    """Turns the syntax tree of one specification into values."""

    kind: str
    text: str
    own: Mapping[str, type[Node]]

    def node(self, tree: ast.expr, family: type[NodeT]) -> NodeT:
        """Return the node of a family that a name, string or call stands for."""
        call = tree if isinstance(tree, ast.Call) else None
        if call and family.__name__ == "Game" and ast.unparse(call.func) in LOSSES:
            return self._from_losses(call)  # type: ignore[return-value]
        name = self._name(call.func if call else tree)
        if file_spec(name) is not None:  # quoted, within a class of another file
            return parse_node(family, name)
        cls = self.own.get(name) or self._known(family, name)
        if not issubclass(cls, family):
            raise self.error(tree, f"{name} is not a {family.__name__}")
        if call and hasattr(cls, "from_file") and _starts_with_text(call):
            return self._from_file(call, cls)
        return cls(**self._arguments(call, cls)) if call else cls()

    def _known(self, family: type[NodeT], name: str) -> type[NodeT]:
        try:
            return find_member(family, name)
        except UnknownName:
            if not self.own:
                raise
            kind = family.__name__.lower()
            raise UnknownName(kind, name, {*members(family), *self.own}) from None

    def _name(self, tree: ast.expr) -> str:
        if isinstance(tree, ast.Name):
            return tree.id
        if isinstance(tree, ast.Constant) and isinstance(tree.value, str):
            return tree.value
        raise self.error(tree, "a name is needed here")

    def _arguments(self, call: ast.Call, cls: type[Node]) -> dict[str, Any]:
        names = [f.name for f in dataclasses.fields(cls)]  # type: ignore[arg-type]
        if len(call.args) > len(names):
            raise self.error(
                call.args[len(names)],
                f"{cls.__name__} has only {len(names)} fields ({', '.join(names)})",
            )
        pairs = [*zip(names, call.args, strict=False)]
        pairs += [(k.arg or "**", k.value) for k in call.keywords]
        known = {*names, "lr"} if {"lr_x", "lr_y"} <= {*names} else {*names}
        given: dict[str, Any] = {}
        for name, tree in pairs:
            if name not in known:
                raise UnknownName(f"field of {cls.__name__}", name, known)
            if name in given:
                raise self.error(tree, f"{name} is given twice")
            given[name] = self._field(cls, name, tree)
        return given

    def _field(self, cls: type[Node], name: str, tree: ast.expr) -> Any:
        if name in node_fields(cls):
            return self.node(tree, node_fields(cls)[name])
        value = self.value(tree)
        if name != "lr" and is_structural(cls, name) and isinstance(value, float):
            raise self.error(tree, f"{name} takes a whole number or True or False")
        return value

    def value(self, tree: ast.expr) -> Any:
        """Return the literal that a tree stands for."""
        if isinstance(tree, ast.Constant):
            if isinstance(tree.value, bool | int | float | str):
                return tree.value
        elif isinstance(tree, ast.UnaryOp):
            inner = self.value(tree.operand)
            if isinstance(inner, int | float):
                if isinstance(tree.op, ast.USub):
                    return -inner
                if isinstance(tree.op, ast.UAdd):
                    return inner
        elif isinstance(tree, ast.List | ast.Tuple):
            return self._array(tree)
        elif isinstance(tree, ast.Name) and tree.id.lower() in _CONSTANTS:
            return _CONSTANTS[tree.id.lower()]
        raise self.error(tree, "a number, True, False or a quoted string is needed")

    def _array(self, tree: ast.List | ast.Tuple) -> np.ndarray:
        try:
            return np.array([self.value(item) for item in tree.elts], dtype=float)
        except ValueError:
            raise self.error(
                tree, "numbers are needed, in rows of one length"
            ) from None

    def _from_file(self, call: ast.Call, cls: Any) -> Any:
        allowed = list(inspect.signature(cls.from_file).parameters)
        if len(call.args) > 1:
            raise self.error(call.args[1], "after the file, options by name only")
        options = {k.arg or "**": self.value(k.value) for k in call.keywords}
        for name in options:
            if name not in allowed[1:]:
                raise UnknownName(f"option of {cls.__name__}", name, allowed[1:])
        return cls.from_file(self.value(call.args[0]), **options)

    def _from_losses(self, call: ast.Call) -> Any:
        losses = [self.value(tree) for tree in call.args]
        if len(losses) not in (1, 2) or not all(isinstance(s, str) for s in losses):
            raise self.error(call, "losses(...) takes one or two quoted formulas")
        from gandyn.games.symbolic import from_losses

        params = {k.arg or "**": self.value(k.value) for k in call.keywords}
        if isinstance(params.get("equilibria"), np.ndarray):
            params["equilibria"] = params["equilibria"].tolist()
        return from_losses(*losses, **params)

    def error(self, tree: ast.expr, message: str) -> GandynError:
        """Return an error that shows where in the text it is."""
        where = tree.col_offset + 1
        source = ast.unparse(tree)
        return GandynError(
            f"cannot read the {self.kind} {self.text!r} at character {where} "
            f"({source}): {message}"
        )


def _starts_with_text(call: ast.Call) -> bool:
    """Tell whether the first argument is a quoted string: the name of a file."""
    first = call.args[0] if call.args else None
    return isinstance(first, ast.Constant) and isinstance(first.value, str)
