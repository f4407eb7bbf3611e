"""Rules, games and axes as text: what the command line and its files write.

A specification is the constructor call that ``repr`` prints, read as data: names,
numbers, strings and lists only, never evaluated.
"""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import numpy as np

from gandyn import _userfile
from gandyn._node import Node, find_field, replace
from gandyn._reader import Reader, parse_tree
from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.rules import Rule

NodeT = TypeVar("NodeT", bound=Node)

_FILE = re.compile(r"^(?P<path>.+\.py):(?P<spec>.+)$", re.DOTALL)


def parse_rule(text: str) -> Rule:
    """Return the update rule that a specification describes.

    Parameters
    ----------
    text : str
        A name (``"alternating"``; case, dashes and underscores are free), a call
        (``"Lookahead(Extragradient(lr=0.3), k=5)"``), or a class of a user's own file
        (``"my_rules.py:Mine(lr=0.1)"``), which is imported and so runs.

    Raises
    ------
    UnknownName
        If a class or field does not exist, with the nearest names.
    FieldError
        If a field has a value outside its domain.
    GandynError
        If the text is not such a call, with the position of what cannot be read.

    Examples
    --------
    >>> parse_rule("gauss-seidel(lr=0.5, lr_y=1)")
    Traceback (most recent call last):
    ...
    gandyn.errors.FieldError: Alternating: give lr, or lr_x and lr_y, not both
    >>> parse_rule("gauss-seidel(0.5, k_y=2)").lr_x
    0.5
    """
    return _parse_node(Rule, text)


def given(text: str, node: Node) -> set[str]:
    """Return the paths of the fields that a specification of a node gives.

    Parameters
    ----------
    text : str
        What `parse_rule` or `parse_game` has read.
    node : Node
        What it came to.

    Examples
    --------
    >>> text = "Lookahead(Extragradient(lr=0.1), k=5)"
    >>> sorted(given(text, parse_rule(text)))
    ['inner.lr_x', 'inner.lr_y', 'k']
    """
    match = _FILE.match(text)
    return set(
        _given(parse_tree("specification", match["spec"] if match else text), node)
    )


def _given(tree: ast.expr, node: Node) -> Iterator[str]:
    if not isinstance(tree, ast.Call):
        return
    names = [field.name for field in dataclasses.fields(node)]  # type: ignore[arg-type]
    places = zip(names, tree.args, strict=False)
    for name, value in [
        *places,
        *((key.arg or "", key.value) for key in tree.keywords),
    ]:
        inner = getattr(node, name, None)
        if isinstance(inner, Node):
            yield from (f"{name}.{path}" for path in _given(value, inner))
        elif name == "lr" and name not in names:
            yield from ("lr_x", "lr_y")
        else:
            yield name


def parse_game(text: str) -> Game:
    """Return the game that a specification describes.

    Parameters
    ----------
    text : str
        As for `parse_rule`, or the losses of two scalar players with their parameters:
        ``"losses('x*y + a*x**2/2', '-x*y', a=0.5)"``, which is
        `gandyn.games.from_losses`. A game of matrices takes the name of their file,
        ``"Bilinear('A.npz')"`` or ``"LinearGame('J.npz', split=3)"``, which is its
        ``from_file``.

    Examples
    --------
    >>> parse_game("dirac(loss='non-saturating', regulariser=R1(0.3))")
    DiracGAN(loss=NonSaturating(), regulariser=R1(gamma=0.3))
    """
    return _parse_node(Game, text)


def parse_value(text: str) -> Any:
    """Return a number, word, string or list that stands alone, such as ``"1e-3"``."""
    text = text.strip()
    return Reader("value", text, {}).value(parse_tree("value", text))


def parse_assignment(text: str) -> tuple[str, str]:
    """Split ``"name=value"`` at the last sign; the name may have ties.

    >>> parse_assignment("lr_x=0.1:1:10")
    ('lr_x', '0.1:1:10')
    >>> parse_assignment("lr_x, lr_y=10*lr_x=0.1:1:10")
    ('lr_x, lr_y=10*lr_x', '0.1:1:10')
    """
    name, equals, value = text.rpartition("=")
    if not (equals and name.strip() and value.strip()):
        raise GandynError(f"cannot read {text!r}: write NAME=VALUE")
    return name.strip(), value.strip()


def parse_axis(text: str) -> Any:
    """Return the axis that a text describes.

    Parameters
    ----------
    text : str
        ``LOW:HIGH:NUM`` or ``LOW:HIGH:NUM:log`` gives an `Axis`; numbers with commas
        between give themselves, as an array.

    Examples
    --------
    >>> parse_axis("0.1, 0.2, 0.5")
    array([0.1, 0.2, 0.5])
    >>> parse_axis("0.01:1:3:log").values
    array([0.01, 0.1 , 1.  ])
    """
    from gandyn.dynamics import Axis  # compiles kernels' modules: only when needed

    parts = [part.strip() for part in text.split(":")]
    if len(parts) == 1:
        return np.array([_number(part, text) for part in text.split(",")])
    if len(parts) not in (3, 4):
        raise GandynError(f"cannot read the axis {text!r}: {_AXIS_REMEDY}")
    try:
        num = int(parts[2])
    except ValueError:
        raise GandynError(
            f"cannot read the axis {text!r}: {parts[2]!r} is not a whole number of "
            f"points; {_AXIS_REMEDY}"
        ) from None
    low, high = _number(parts[0], text), _number(parts[1], text)
    return Axis(low, high, num, *parts[3:])


_AXIS_REMEDY = "write LOW:HIGH:NUM, LOW:HIGH:NUM:log or A,B,C,..."


def _number(part: str, text: str) -> float:
    try:
        return float(part)
    except ValueError:
        raise GandynError(
            f"cannot read the axis {text!r}: {part.strip()!r} is not a number; "
            f"{_AXIS_REMEDY}"
        ) from None


def set_fields(rule: Rule, game: Game, changes: Mapping[str, Any]) -> tuple[Rule, Game]:
    """Return a rule and a game with fields changed by the names that sweeps use.

    Parameters
    ----------
    rule, game
    changes : mapping of str to value
        Names are fields of either (``"lr"``, ``"inner.k"``, ``"gamma"``), or start with
        ``"rule."`` or ``"game."`` where both have one.

    Raises
    ------
    UnknownName
        If neither has such a field.
    GandynError
        If both have.

    Examples
    --------
    >>> from gandyn.games import DiracGAN
    >>> from gandyn.rules import Simultaneous
    >>> rule, game = set_fields(Simultaneous(), DiracGAN(regulariser="R1"),
    ...                         {"lr": 0.5, "gamma": 0.25})
    >>> rule, game.regulariser
    (Simultaneous(lr_x=0.5, lr_y=0.5), R1(gamma=0.25))
    """
    nodes: dict[str, Any] = {"rule": rule, "game": game}
    for name, value in changes.items():
        owner, paths = find_field(nodes, name)
        nodes[owner] = replace(nodes[owner], dict.fromkeys(paths, value))
    return nodes["rule"], nodes["game"]


def _parse_node(family: type[NodeT], text: str) -> NodeT:
    kind = family.__name__.lower()
    text = text.strip()
    match = _FILE.match(text)
    own: dict[str, type[Node]] = {}
    if match:
        own, text = _userfile.load_classes(match["path"], Node), match["spec"]
    reader = Reader(kind, text, own)
    return reader.node(parse_tree(kind, text), family)
