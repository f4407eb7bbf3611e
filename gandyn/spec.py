"""Rules, games and axes as text: what the command line and its files write.

A specification is the constructor call that ``repr`` prints, read as data: names,
numbers, strings and lists only, never evaluated. `specify` writes it with every digit.
"""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from gandyn._arguments import checked
from gandyn._node import Node, NodeT, find_field, replace
from gandyn._optimizers import is_dotted, parse_member, parse_optimizer
from gandyn._reader import Reader, parse_node, parse_tree
from gandyn._specification import specify
from gandyn._userfile import file_spec
from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.rules import Rule

if TYPE_CHECKING:
    import xarray as xr


@checked
def parse_rule(text: str) -> Any:
    """Return the update rule that a specification describes, whatever its origin.

    Parameters
    ----------
    text : str
        A name (``"alternating"``; case, dashes and underscores are free) or a call
        (``"Lookahead(Extragradient(lr=0.3), k=5)"``) of gandyn's own rules.

        What a user's file defines (``"my_rules.py:Mine(lr=0.1)"``): a rule, a torch
        optimizer, a function of a learning rate that returns an optax transformation,
        a function of (x, y, gx, gy), or any class or object with ``init`` and
        ``step``. The file is imported, and so runs; ``my_rules.py@d1f0c7a39b24:Mine``
        is that file only if the SHA-256 of its content begins so.

        An optimizer of another package by its dotted name
        (``"torch.optim.Adam(lr=0.1, betas=(0.5, 0.9), alternating=True)"``), with
        fields of its adapter (``lr``, ``lr_x``, ``lr_y``, ``alternating``, ``y_first``,
        ``implements``) and options of the optimizer.

    Returns
    -------
    Rule or Adapter
        An adapter of `gandyn.testing.adapters` for what is no rule of gandyn's kind, or
        the user's own object.

    Raises
    ------
    UnknownName
        If a class, optimizer, field or option does not exist, with the nearest names.
    FieldError
        If a field has a value outside its domain.
    MissingExtra
        If an optimizer's package is not installed.
    GandynError
        If the text is not such a call, with the position of what cannot be read, or
        the file's content is another.

    Examples
    --------
    >>> parse_rule("gauss-seidel(lr=0.5, lr_y=1)")
    Traceback (most recent call last):
    ...
    gandyn.errors.FieldError: Alternating: give lr, or lr_x and lr_y, not both
    >>> parse_rule("gauss-seidel(0.5, k_y=2)").lr_x
    0.5
    >>> parse_rule("optax.sgd(momentum=0.5, alternating=True)").options
    (('momentum', 0.5),)
    """
    file = file_spec(text)
    if file is not None:
        return parse_member(text, file)
    return parse_optimizer(text) if is_dotted(text) else parse_node(Rule, text)


@checked
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
    file = file_spec(text)
    return set(_given(parse_tree("specification", file.rest if file else text), node))


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


@checked
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
    return parse_node(Game, text)


@checked
def read(dataset: xr.Dataset) -> tuple[Rule, Game]:
    """Return the rule and the game of a sweep, from what the dataset says of itself.

    Parameters
    ----------
    dataset : xarray.Dataset
        Of `gandyn.sweep`, or read from a file that ``gandyn phase`` wrote.

    Raises
    ------
    GandynError
        If the dataset is no sweep of a game; if a class comes from a user's file that
        is not there or has changed since.

    Examples
    --------
    >>> from gandyn import sweep
    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Alternating
    >>> game = Bilinear([[1.0, 0.5]])
    >>> found = sweep(Alternating(), game, {"lr_x": [0.1, 0.2], "lr_y": [0.1, 0.2]})
    >>> read(found) == (Alternating(), game)
    True
    """
    for name in ("rule", "game"):
        if name not in dataset.attrs:
            raise GandynError(f"the dataset has no attribute {name!r}: it is no sweep")
    rule, game = dataset.attrs["rule"], dataset.attrs["game"]
    if "sampling" in dataset.attrs:
        raise GandynError(
            f"the dataset was measured on the GAN {game}: "
            "gandyn.gans.parse_gan(dataset.attrs['game']) returns it"
        )
    return parse_rule(rule), parse_game(game)


@checked
def parse_value(text: str) -> Any:
    """Return a number, word, string or list that stands alone, such as ``"1e-3"``."""
    text = text.strip()
    return Reader("value", text, {}).value(parse_tree("value", text))


@checked
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


@checked
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


@checked
def set_fields(
    rule: Rule, game: NodeT, changes: Mapping[str, Any]
) -> tuple[Rule, NodeT]:
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


__all__ = [
    "given",
    "parse_assignment",
    "parse_axis",
    "parse_game",
    "parse_rule",
    "parse_value",
    "read",
    "set_fields",
    "specify",
]
