"""How numba sees a node: the only magic in the package.

An instance is lowered to a NamedTuple of its numbers. The tuple's class remembers the
node class and its structure, so that ``value.step(...)`` inside a kernel compiles the
method found on the node class. A swept field is lowered to an empty `Slot`, which
`bind` replaces by the lane's own value.
"""

from __future__ import annotations

import inspect
from collections import namedtuple
from collections.abc import Mapping
from typing import Any, cast

from numba import types
from numba.extending import (
    intrinsic,
    overload_attribute,
    overload_method,
)

from gandyn._lane_blocks import MAX_SLOTS, places
from gandyn._node import Node, fields, is_structural
from gandyn.errors import GandynError

FAST_MATH = {"nsz"}
"""Signs of zeros may change, no more: LLVM fuses products and sums by how often they
are used, so that the same step would end in other bits in another kernel. Where fusing
pays, it is written out (`fused`)."""

INLINE: dict[str, Any] = {
    "fastmath": FAST_MATH,
    "error_model": "numpy",
    "forceinline": True,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}
"""Compiler options of everything that runs inside the lane loop."""

_SLOTS = tuple(namedtuple(f"Slot{i}", ()) for i in range(MAX_SLOTS))
globals().update({slot.__name__: slot for slot in _SLOTS})

_methods: dict[str, int] = {}
_owners: dict[str, str] = {}
_fields: dict[str, str] = {}
_exposed: set[str] = set()
_attributes: set[str] = set()


def lower(node: Node, slots: Mapping[str, int], prefix: str = "") -> Any:
    """Return a node as the NamedTuple that kernels take.

    Parameters
    ----------
    node : Node
    slots : mapping of dotted path to slot number
        The swept fields, whose values come from the lane instead of the tuple.
    """
    values: dict[str, Any] = {}
    structure: dict[str, Any] = {}
    for name, value in fields(node).items():
        if isinstance(value, Node):
            values[name] = lower(value, slots, f"{prefix}{name}.")
        elif prefix + name in slots:
            values[name] = _SLOTS[slots[prefix + name]]()
        elif is_structural(type(node), name):
            structure[name] = value
        else:
            values[name] = float(value)
    if not values:  # numba cannot call a method of an empty tuple
        values["unit"] = 0.0
    return lowered_class(type(node), tuple(values), structure)(**values)


def lowered_class(
    cls: type[Any], names: tuple[str, ...], structure: dict[str, Any]
) -> Any:
    """Return the NamedTuple class of a class, its methods known to numba."""
    parts = (f"{k}{int(v)}" for k, v in structure.items())
    tag = "_".join([cls.__name__, "Lowered", *parts])
    if tag not in vars(cls):
        _claim(cls, (*names, *structure))
        made = cast(Any, namedtuple(tag, names))  # type: ignore[misc]
        made.node, made.structure = cls, structure
        made.__module__, made.__qualname__ = cls.__module__, f"{cls.__qualname__}.{tag}"
        setattr(cls, tag, made)
        for name, method in inspect.getmembers(cls, inspect.isfunction):
            if not name.startswith("__"):
                _expose_method(name, tuple(inspect.signature(method).parameters)[1:])
        for name in structure:
            _expose_structure(name)
    return vars(cls)[tag]


def _claim(cls: type[Any], names: tuple[str, ...]) -> None:
    """Note the names of a class's fields and methods; no name may be both anywhere.

    Numba looks a method's name up on every NamedTuple, so a field of that name hides
    the method or is hidden by it.
    """
    methods = [
        name
        for name, _ in inspect.getmembers(cls, inspect.isfunction)
        if not name.startswith("__")
    ]
    owners = _owners | dict.fromkeys(methods, cls.__name__)
    claimed = _fields | dict.fromkeys(names, cls.__name__)
    for name in sorted(owners.keys() & claimed.keys()):
        raise GandynError(
            f"{claimed[name]} has a field {name!r}, which is a method of "
            f"{owners[name]}: in kernels a name is one or the other; rename the field"
        )
    _owners.update(dict.fromkeys(methods, cls.__name__))
    _fields.update(dict.fromkeys(names, cls.__name__))


def _expose_method(name: str, parameters: tuple[str, ...]) -> None:
    arity = _methods.setdefault(name, len(parameters))
    if arity != len(parameters):
        raise GandynError(
            f"{name}() takes {len(parameters)} arguments here and {arity} elsewhere: "
            "in kernels one name has one signature; rename the method"
        )
    if name in _exposed:
        return
    _exposed.add(name)

    def find(self: Any) -> Any:
        cls = getattr(self.instance_class, "node", None)
        return getattr(cls, name, None)

    # numba folds the call's arguments by this signature, so it must have the arity
    source = f"lambda {', '.join(('self', *parameters))}: find(self)"
    register = overload_method(
        types.BaseNamedTuple, name, jit_options=INLINE, strict=False
    )
    register(eval(source, {"find": find}))


def _expose_structure(name: str) -> None:
    if name in _attributes:
        return
    _attributes.add(name)

    @overload_attribute(types.BaseNamedTuple, name, jit_options=INLINE, strict=False)
    def attribute(self: Any) -> Any:
        cls = self.instance_class
        value = getattr(cls, "structure", {}).get(name)
        if value is not None:
            return lambda self: value
        if name in cls._fields:  # structure elsewhere, and a number here
            return eval(f"lambda self: self[{cls._fields.index(name)}]")
        return None


@intrinsic
def bind(context: Any, value: Any, lanes: Any, lane: Any) -> Any:
    """Return a lowered node with its slots filled from the lane's own values."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        place = places(context, builder, lanes, args[1], args[2])

        def filled(kind: Any, node: Any) -> Any:
            if not isinstance(kind, types.BaseNamedTuple):
                return node
            if kind.instance_class in _SLOTS:
                return builder.load(place(_SLOTS.index(kind.instance_class)))
            parts = [
                filled(part, builder.extract_value(node, i))
                for i, part in enumerate(kind)
            ]
            return context.make_tuple(builder, _bound(kind), parts)

        return filled(value, args[0])

    return _bound(value)(value, lanes, lane), codegen


def _bound(kind: Any) -> Any:
    """Return the type of a lowered node whose slots are filled."""
    if not isinstance(kind, types.BaseNamedTuple):
        return kind
    if kind.instance_class in _SLOTS:
        return types.float64
    return types.BaseTuple.from_types([_bound(t) for t in kind], kind.instance_class)
