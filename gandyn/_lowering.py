"""How numba sees a node: the only magic in the package.

An instance is lowered to a NamedTuple of its numbers. The tuple's class remembers the
node class and its structure, so that ``value.step(...)`` inside a kernel compiles the
method found on the node class. A swept field is lowered to an empty `Slot`, which
`bind` replaces by the lane's own value.
"""

from __future__ import annotations

import inspect
import math
from collections import namedtuple
from collections.abc import Mapping
from itertools import count
from typing import Any, cast

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import (
    intrinsic,
    overload_attribute,
    overload_method,
)

from gandyn._duals import TANGENTS, DualType, dual, multiply_add, pack, unpack
from gandyn._node import Node, fields, is_structural
from gandyn.errors import GandynError

BLOCK = 64
"""Cells in the inner loop: eight AVX-512 vectors, and small enough for the L1 cache."""

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

INTERLEAVED = 4
"""Vectors of lanes that a step is worked out for at a time."""

ALIGNED = 64
"""Bytes of the widest vector, and of a cache line."""

NUMBER = ir.DoubleType()

MAX_SLOTS = 16
SLOTS = tuple(namedtuple(f"Slot{i}", ()) for i in range(MAX_SLOTS))
globals().update({slot.__name__: slot for slot in SLOTS})

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
            values[name] = SLOTS[slots[prefix + name]]()
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
        place = _places(context, builder, lanes, args[1], args[2])

        def filled(kind: Any, node: Any) -> Any:
            if not isinstance(kind, types.BaseNamedTuple):
                return node
            if kind.instance_class in SLOTS:
                return builder.load(place(SLOTS.index(kind.instance_class)))
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
    if kind.instance_class in SLOTS:
        return types.float64
    return types.BaseTuple.from_types([_bound(t) for t in kind], kind.instance_class)


def _places(context: Any, builder: Any, kind: Any, flat: Any, lane: Any) -> Any:
    """Return the function that gives the address of a slot of a lane."""
    if isinstance(kind, types.Array):
        flat = context.make_array(kind)(context, builder, flat).data

    def place(slot: int) -> Any:
        offset = builder.add(lane, ir.Constant(lane.type, slot * BLOCK))
        return builder.gep(flat, [offset])

    return place


@intrinsic
def load(context: Any, memory: Any, flat: Any, lane: Any) -> Any:
    """Return a lane's (x, y, memory) from a flat block."""
    return _reading(memory, flat, lane, copies=1)


@intrinsic
def load_dual(context: Any, memory: Any, flat: Any, lane: Any) -> Any:
    """Return a lane's (x, y, memory) as duals, their tangents one and two states on."""
    return _reading(memory, flat, lane, copies=1 + TANGENTS)


def _reading(memory: Any, flat: Any, lane: Any, copies: int) -> Any:
    result = _state(memory, types.float64 if copies == 1 else dual)

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        place = _places(context, builder, flat, args[1], args[2])
        slots = count()

        def read(kind: Any) -> Any:
            if isinstance(kind, types.BaseTuple):
                return context.make_tuple(builder, kind, [read(part) for part in kind])
            slot = next(slots)
            parts = [
                builder.load(place(copy * _width(result) + slot))
                for copy in range(copies)
            ]
            return parts[0] if copies == 1 else pack(builder, parts)

        return read(result)

    return result(memory, flat, lane), codegen


def _state(memory: Any, number: Any) -> Any:
    """Return the type of (x, y, memory) made of these numbers."""

    def like(kind: Any) -> Any:
        if not isinstance(kind, types.BaseTuple):
            return number
        return types.BaseTuple.from_types([like(part) for part in kind])

    return types.BaseTuple.from_types([number, number, like(memory)])


@intrinsic
def store(context: Any, state: Any, flat: Any, lane: Any) -> Any:
    """Write a lane's (x, y, memory) into a flat block, and the tangents of duals."""
    copies = 1 + TANGENTS if any(isinstance(t, DualType) for t in _leaves(state)) else 1

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        place = _places(context, builder, flat, args[1], args[2])
        slots = count()

        def write(kind: Any, value: Any) -> None:
            if isinstance(kind, types.BaseTuple):
                for i, part in enumerate(kind):
                    write(part, builder.extract_value(value, i))
                return
            slot, number = next(slots), types.float64 if copies == 1 else dual
            value = context.cast(builder, value, kind, number)
            parts = [value] if copies == 1 else unpack(builder, value)
            for copy, part in enumerate(parts):
                builder.store(part, place(copy * _width(state) + slot))

        write(state, args[0])
        return context.get_dummy_value()

    return types.none(state, flat, lane), codegen


def _leaves(kind: Any) -> list[Any]:
    if isinstance(kind, types.BaseTuple):
        return [leaf for part in kind for leaf in _leaves(part)]
    return [kind]


def _width(kind: Any) -> int:
    return len(_leaves(kind))


@intrinsic(prefer_literal=True)
def scratch(context: Any, like: Any, copies: Any) -> Any:
    """Return room on the stack for `BLOCK` copies of a state, or for swept fields.

    LLVM sees that such rooms overlap neither each other nor an array, so that the loop
    over lanes needs no check at run time, and no second version for a failed one.
    """
    if not isinstance(copies, types.IntegerLiteral):
        return None
    rows = copies.literal_value * (
        MAX_SLOTS if isinstance(like, types.Array) else _slots(like)
    )

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        room = cgutils.alloca_once(builder, ir.ArrayType(NUMBER, rows * BLOCK))
        room.align = ALIGNED
        return builder.bitcast(room, NUMBER.as_pointer())

    return types.CPointer(types.float64)(like, copies), codegen


@intrinsic
def fill(context: Any, flat: Any, slot: Any, array: Any, row: Any, first: Any) -> Any:
    """Copy the block of an array's row that begins at ``first`` into a slot.

    As one wide load and store: numpy's slices compile for seconds, and a loop is
    unrolled before it would be vectorised.
    """
    return _block_copy(flat, slot, array, row, first, into_flat=True)


@intrinsic
def empty(context: Any, flat: Any, slot: Any, array: Any, row: Any, first: Any) -> Any:
    """Copy a slot to the block of an array's row that begins at ``first``."""
    return _block_copy(flat, slot, array, row, first, into_flat=False)


def _block_copy(*kinds: Any, into_flat: bool) -> Any:
    wide = ir.VectorType(NUMBER, BLOCK).as_pointer()

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        flat, slot, array, row, first = args
        kind = signature.args[2]
        fields = context.make_array(kind)(context, builder, array)
        there = cgutils.get_item_pointer(
            context, builder, kind, fields, [row, first], wraparound=False
        )
        start = builder.mul(slot, ir.Constant(slot.type, BLOCK))
        pair = [builder.bitcast(p, wide) for p in (there, builder.gep(flat, [start]))]
        source, target = pair if into_flat else reversed(pair)
        builder.store(builder.load(source, align=8), target, align=8)
        return context.get_dummy_value()

    return types.none(*kinds), codegen


@intrinsic
def orthonormalise(context: Any, memory: Any, flat: Any, lane: Any) -> Any:
    """Make a lane's tangents orthonormal; put their lengths before behind the slots.

    A tangent that has vanished stays 0, and its length is 0 from then on. Written out
    slot by slot, or LLVM would not vectorise the loop over lanes.
    """
    slots = _slots(memory)

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        place = _places(context, builder, flat, args[1], args[2])
        root = context.get_function(math.sqrt, types.float64(types.float64))
        zero, one = ir.Constant(NUMBER, 0.0), ir.Constant(NUMBER, 1.0)

        def inner(a: list[Any], b: list[Any]) -> Any:
            total = builder.fmul(a[0], b[0])
            for s, t in zip(a[1:], b[1:], strict=True):
                total = multiply_add(builder, s, t, total)
            return total

        def unit(vector: list[Any], behind: int) -> list[Any]:
            length = root(builder, [inner(vector, vector)])
            builder.store(length, place(3 * slots + behind))
            gone = builder.fcmp_ordered("==", length, zero)
            inverse = builder.select(gone, zero, builder.fdiv(one, length))
            return [builder.fmul(t, inverse) for t in vector]

        first, second = (
            [builder.load(place(copy * slots + slot)) for slot in range(slots)]
            for copy in (1, 2)
        )
        first = unit(first, 0)
        along = inner(first, second)
        back = builder.fneg(along)
        across = [
            multiply_add(builder, back, s, t)
            for s, t in zip(first, second, strict=True)
        ]
        for slot, part in enumerate((*first, *unit(across, 1)), start=slots):
            builder.store(part, place(slot))
        return context.get_dummy_value()

    return types.none(memory, flat, lane), codegen


@intrinsic
def count_slots(context: Any, memory: Any) -> Any:
    """Return the numbers of a state, x, y and memory's leaves: a constant to LLVM."""
    slots = _slots(memory)

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        return ir.Constant(ir.IntType(64), slots)

    return types.int64(memory), codegen


def _slots(memory: Any) -> int:
    return 2 + _width(memory)


@intrinsic
def wide_vectors(context: Any) -> Any:
    """Let LLVM use the widest vectors of the machine in the calling function.

    LLVM halves them by default on AVX-512 machines; numba's own switch for it acts on
    the whole process.
    """

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        set.add(builder.function.attributes, '"prefer-vector-width"="512"')
        return context.get_dummy_value()

    return types.none(), codegen


@intrinsic(prefer_literal=True)
def interleave(context: Any, vectors: Any) -> Any:
    """Let LLVM work on several vectors of lanes at a time; the last thing in a loop.

    A step is one long chain of dependent operations, and a processor looks ahead for
    other work by less than its length. The loop's last statement before must not be a
    call, or LLVM folds the block away that carries the wish.
    """
    if not isinstance(vectors, types.IntegerLiteral):
        return None

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        count = ir.Constant(ir.IntType(32), vectors.literal_value)
        module, branch = builder.module, builder.branch
        wish = module.add_metadata(["llvm.loop.interleave.count", count])
        loop = module.add_metadata([wish])
        loop.operands = (loop, wish)  # a loop's name is a node that names itself first

        def marked(target: Any) -> Any:
            del builder.branch
            back = branch(target)
            back.set_metadata("llvm.loop", loop)
            return back

        builder.branch = marked
        return context.get_dummy_value()

    return types.none(vectors), codegen
