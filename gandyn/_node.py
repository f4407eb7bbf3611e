"""Values with methods: the one definition that games and rules are written in."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import functools
import inspect
import math
import numbers
import re
from collections.abc import Callable, Mapping
from typing import (
    Annotated,
    Any,
    NamedTuple,
    TypeVar,
    cast,
    dataclass_transform,
    get_type_hints,
)

import numpy as np

from gandyn._records import html_table
from gandyn.errors import FieldError, UnknownName


class Domain(NamedTuple):
    """The values that a numeric field accepts."""

    text: str
    low: float = -math.inf
    open_low: bool = False
    high: float = math.inf
    structural: bool = False
    open_high: bool = False

    def accepts(self, value: Any) -> bool:
        """Tell whether a number, or every entry of an array, lies in the domain."""
        if isinstance(value, numbers.Real):
            return self._accepts_number(value)
        if self.structural:
            return False
        if not isinstance(value, np.ndarray):  # symbols and tensors: not checked
            return _is_arithmetic(value)
        if value.dtype.kind == "O":
            return value.size > 0 and all(self.accepts(v) for v in value.flat)
        if value.dtype.kind not in "iuf" or not value.size:
            return False
        return all(self._accepts_number(v) for v in (value.min(), value.max()))

    def _accepts_number(self, value: Any) -> bool:
        if self.structural and not isinstance(value, numbers.Integral):
            return False
        above = value > self.low if self.open_low else value >= self.low
        below = value < self.high if self.open_high else value <= self.high
        try:
            return bool(above and below and math.isfinite(value))
        except OverflowError:  # a whole number beyond all floats
            return False


def _is_arithmetic(value: Any) -> bool:
    """Tell whether something that is no number of Python's can be computed with as one.

    Symbols, tensors, jets, balls and traced numbers can; so could complex numbers,
    decimals and times, which are no real number that a step could take.
    """
    other = complex | decimal.Decimal | datetime.timedelta | np.generic | type
    if isinstance(value, other):
        return False
    names = ("__add__", "__sub__", "__mul__", "__truediv__", "__neg__")
    return all(hasattr(value, name) for name in names)


_FINITE = Domain("a finite number")
Real = Annotated[Any, _FINITE]
"""A field that takes any finite number."""
Positive = Annotated[Any, Domain("positive and finite", 0.0, open_low=True)]
"""A field that must be > 0, such as a learning rate."""
NonNegative = Annotated[Any, Domain("zero or positive, and finite", 0.0)]
"""A field that must be >= 0, such as the strength of a regulariser."""
Fraction01 = Annotated[Any, Domain("between 0 and 1", 0.0, high=1.0)]
"""A field in [0, 1], such as an averaging weight."""
Decay = Annotated[Any, Domain("at least 0 and below 1", 0.0, high=1.0, open_high=True)]
"""A field in [0, 1): what a running average keeps of its past."""
Count = Annotated[int, Domain("a whole number of at least 1", 1, structural=True)]
"""A field that counts; it is structure, fixed when a kernel is compiled."""

_FunctionT = TypeVar("_FunctionT", bound=Callable[..., Any])


def _per_class(function: _FunctionT) -> _FunctionT:
    return cast(_FunctionT, functools.cache(function))


NodeT = TypeVar("NodeT", bound="Node")


@dataclass_transform(frozen_default=True, kw_only_default=False)
class Node:
    """A frozen bag of numbers with pure methods.

    Subclasses list their fields as annotated class attributes with defaults; they are
    frozen dataclasses without further decoration. Numbers can be swept by name;
    ``bool`` and :data:`Count` fields are structure, fixed when a kernel is compiled;
    a field that is itself a `Node` is reached by a dotted path (``inner.lr_x``).
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        dataclasses.dataclass(frozen=True, repr=False, eq=False)(cls)

    def __post_init__(self) -> None:
        for name, family in node_fields(type(self)).items():
            value = getattr(self, name)
            if isinstance(value, str):  # a nested node may be given by its name
                object.__setattr__(self, name, find_member(family, value)())
            elif not isinstance(value, family):
                raise FieldError(
                    f"{type(self).__name__}: {name} must be a {family.__name__} or "
                    f"the name of one, got {value!r}"
                )
        for name in switches(type(self)):
            value = getattr(self, name)
            if not isinstance(value, numbers.Real | np.bool) or value not in (0, 1):
                raise FieldError(
                    f"{type(self).__name__}: {name} must be True or False, "
                    f"got {value!r}"
                )
        for name, domain in domains(type(self)).items():
            value = getattr(self, name)
            if not domain.accepts(value):
                raise FieldError(
                    f"{type(self).__name__}: {name} must be {domain.text}, "
                    f"got {value!r}"
                )

    def __repr__(self) -> str:
        parts = (f"{name}={_spell(value)}" for name, value in fields(self).items())
        return f"{type(self).__name__}({', '.join(parts)})"

    def _repr_html_(self) -> str:
        rows = [{"field": n, "value": _spell(v)} for n, v in fields(self).items()]
        return html_table(rows, type(self).__name__)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Node) or type(self) is not type(other):
            return NotImplemented
        theirs = fields(other)
        return all(_same(value, theirs[name]) for name, value in fields(self).items())

    def __hash__(self) -> int:
        return hash((type(self), *(_hashable(v) for v in fields(self).values())))


def fields(node: Node) -> dict[str, Any]:
    """Return the node's own fields and their values, in order of declaration.

    Raises
    ------
    FieldError
        If it is none, and knows what to call instead.
    """
    if hasattr(node, "instead"):  # a game of modules, which is no node
        raise FieldError(node.instead)
    return {f.name: getattr(node, f.name) for f in dataclasses.fields(node)}  # type: ignore[arg-type]


def _hints(cls: type[Any], include_extras: bool = True) -> dict[str, Any]:
    try:
        return get_type_hints(cls, include_extras=include_extras)
    except Exception as error:  # whatever the text of an annotation comes to
        raise FieldError(
            f"{cls.__name__}: an annotation cannot be resolved ({error}): use names "
            "that its module has, such as gandyn.Positive"
        ) from error


@_per_class
def domains(cls: type[Any]) -> dict[str, Domain]:
    """Return the domain of every numeric field of a class."""
    found = {}
    for name, hint in _hints(cls).items():
        if name not in {f.name for f in dataclasses.fields(cls)}:  # type: ignore[arg-type]
            continue
        if hint is float:  # what a user's rule of ten lines writes
            hint = Positive if name.startswith("lr_") else Real
        elif hint is int:
            hint = Count
        found.update(
            {name: m for m in getattr(hint, "__metadata__", ()) if type(m) is Domain}
        )
    return found


@_per_class
def node_fields(cls: type[Any]) -> dict[str, type[Node]]:
    """Return the fields of a class that hold a node, with the family it must be of."""
    hints = _hints(cls, include_extras=False)
    names = [f.name for f in dataclasses.fields(cls)]  # type: ignore[arg-type]
    return {
        name: hints[name]
        for name in names
        if isinstance(hints.get(name), type) and issubclass(hints[name], Node)
    }


def members(family: type[NodeT]) -> dict[str, type[NodeT]]:
    """Return the public classes of a family by name, in order of definition.

    A class is public if neither it nor its module starts with an underscore. A user's
    class does not take the name of one of gandyn's away.
    """
    found: dict[str, type[NodeT]] = {}
    for cls in family.__subclasses__():
        path = (cls.__module__.rpartition(".")[2], cls.__name__)
        hidden = any(part.startswith("_") for part in path)
        own = {} if hidden else {cls.__name__: cls}
        for name, member in (own | members(cls)).items():
            if name not in found or member.__module__.startswith("gandyn."):
                found[name] = member
    return found


def methods(family: type[Node]) -> set[str]:
    """Return the names of all methods of a family, and of the nodes that it holds."""
    known: set[str] = set()
    families, seen = [family], set()
    while families:
        one = families.pop()
        if one in seen:
            continue
        seen.add(one)
        for cls in (one, *members(one).values()):
            known |= {name for name, _ in inspect.getmembers(cls, inspect.isfunction)}
            families += node_fields(cls).values()
    return known


def find_member(family: type[NodeT], name: str) -> type[NodeT]:
    """Return the class of that name or alias; case, dashes and underscores are free.

    Raises
    ------
    UnknownName
        With the nearest names.
    """
    classes = members(family)
    known: dict[str, type[NodeT]] = {}
    for cls in classes.values():
        for alias in cls.__dict__.get("aliases", ()):  # those of a parent are its own
            known.setdefault(_plain(alias), cls)
    known.update({_plain(key): cls for key, cls in classes.items()})
    if _plain(name) not in known:
        raise UnknownName(family.__name__.lower(), name, classes)
    return known[_plain(name)]


def _plain(name: str) -> str:
    return re.sub(r"[-_\s]", "", name).lower()


@_per_class
def switches(cls: type[Any]) -> frozenset[str]:
    """Return the names of a class's ``bool`` fields."""
    hints = _hints(cls, include_extras=False)
    names = {f.name for f in dataclasses.fields(cls)}
    return frozenset(name for name in names if hints.get(name) is bool)


def is_structural(cls: type[Any], name: str) -> bool:
    """Tell whether a field is fixed when a kernel is compiled (counts and switches)."""
    domain = domains(cls).get(name)
    return name in switches(cls) or (domain is not None and domain.structural)


def leaves(node: Node, prefix: str = "") -> dict[str, Any]:
    """Return every field that is not itself a node, by its dotted path."""
    found: dict[str, Any] = {}
    for name, value in fields(node).items():
        if isinstance(value, Node):
            found.update(leaves(value, f"{prefix}{name}."))
        else:
            found[prefix + name] = value
    return found


def replace(node: NodeT, changes: Mapping[str, Any]) -> NodeT:
    """Return a copy of a node with the fields at the given dotted paths changed."""
    own: dict[str, Any] = {}
    nested: dict[str, dict[str, Any]] = {}
    for path, value in changes.items():
        head, _, rest = path.partition(".")
        if rest:
            nested.setdefault(head, {})[rest] = value
        else:
            own[head] = value
    for head, inner in nested.items():
        own[head] = replace(getattr(node, head), inner)
    return dataclasses.replace(node, **own)  # type: ignore[type-var]


def resolve(node: Node, name: str) -> tuple[str, ...]:
    """Return the dotted paths that a field's name stands for.

    A full path stands for itself, a last component that occurs once for its path, and
    ``lr`` for the learning rates of both players.

    Raises
    ------
    UnknownName
        If no field, or more than one, goes by that name.
    """
    found = _resolved(node, name)
    if not found:
        raise UnknownName(f"field of {type(node).__name__}", name, _names(node))
    return found


def _resolved(node: Node, name: str) -> tuple[str, ...]:
    paths = leaves(node)
    if name in paths:
        return (name,)
    prefix, _, last = name.rpartition(".")
    wanted = ("lr_x", "lr_y") if last == "lr" else (last,)
    dotted = prefix + "." if prefix else ""
    found = [p for p in paths if p.startswith(dotted) and p.split(".")[-1] in wanted]
    return tuple(found) if len(found) == len(wanted) else ()


def find_field(nodes: Mapping[str, Node], name: str) -> tuple[str, tuple[str, ...]]:
    """Return which of several nodes has a field, and its dotted paths there.

    A prefix ``owner.`` chooses where more than one has it.

    Raises
    ------
    UnknownName
        If none has it.
    FieldError
        If more than one has it.
    """
    if "=" in name:
        raise FieldError(f"{name!r}: a single field is asked for here, without ties")
    head, _, rest = name.partition(".")
    if head in nodes and rest:
        return head, resolve(nodes[head], rest)
    found = {owner: _resolved(node, name) for owner, node in nodes.items()}
    found = {owner: paths for owner, paths in found.items() if paths}
    if len(found) > 1:
        choices = " or ".join(f"{owner}.{name}" for owner in found)
        raise FieldError(f"{' and '.join(found)} both have {name!r}: write {choices}")
    if not found:
        kinds = " or ".join(type(node).__name__ for node in nodes.values())
        known = {p for node in nodes.values() for p in _names(node)}
        raise UnknownName(f"field of {kinds}", name, known)
    return next(iter(found.items()))


def _names(node: Node) -> set[str]:
    paths = set(leaves(node))
    last = {path.split(".")[-1] for path in paths}
    return paths | last | ({"lr"} if {"lr_x", "lr_y"} <= last else set())


def _spell(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"<array {'x'.join(map(str, value.shape))}>"
    return repr(value)


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return np.array_equal(a, b)
    return bool(a == b)


def _hashable(value: Any) -> Any:
    return value.tobytes() if isinstance(value, np.ndarray) else value
