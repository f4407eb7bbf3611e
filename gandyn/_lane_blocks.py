"""Blocks of lanes in a kernel's scratch memory, read and written by intrinsics.

A block holds the states of `BLOCK` cells side by side, a slot after the other, so that
LLVM sees constant offsets and wide loads and stores.
"""

from __future__ import annotations

import math
from itertools import count
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from gandyn._duals import TANGENTS, DualType, dual, multiply_add, pack, unpack

BLOCK = 64
"""Cells in the inner loop: eight AVX-512 vectors, and small enough for the L1 cache."""

_FEW = 4
"""Numbers of a state of which several narrow vectors stay in registers."""

MAX_SLOTS = 16
"""Swept fields of a sweep, at the most."""

_ALIGNED = 64
"""Bytes of the widest vector, and of a cache line."""

_NUMBER = ir.DoubleType()
_MODE = ir.IntType(32)


def places(context: Any, builder: Any, kind: Any, flat: Any, lane: Any) -> Any:
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
        place = places(context, builder, flat, args[1], args[2])
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
        place = places(context, builder, flat, args[1], args[2])
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
        room = cgutils.alloca_once(builder, ir.ArrayType(_NUMBER, rows * BLOCK))
        room.align = _ALIGNED
        return builder.bitcast(room, _NUMBER.as_pointer())

    return types.CPointer(types.float64)(like, copies), codegen


@intrinsic
def fill(context: Any, flat: Any, slot: Any, array: Any, row: Any, first: Any) -> Any:
    """Copy the block of an array's row that begins at ``first`` into a slot.

    By ``memcpy``: numpy's slices compile for seconds, a loop is unrolled before it
    would be vectorised, and one load and store as wide as a block keeps LLVM's back end
    busy for longer than all the rest of a kernel.
    """
    return _block_copy(flat, slot, array, row, first, into_flat=True)


@intrinsic
def empty(context: Any, flat: Any, slot: Any, array: Any, row: Any, first: Any) -> Any:
    """Copy a slot to the block of an array's row that begins at ``first``."""
    return _block_copy(flat, slot, array, row, first, into_flat=False)


def _block_copy(*kinds: Any, into_flat: bool) -> Any:
    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        flat, slot, array, row, first = args
        kind = signature.args[2]
        fields = context.make_array(kind)(context, builder, array)
        there = cgutils.get_item_pointer(
            context, builder, kind, fields, [row, first], wraparound=False
        )
        width = ir.Constant(slot.type, BLOCK)
        pair = there, builder.gep(flat, [builder.mul(slot, width)])
        source, target = pair if into_flat else reversed(pair)
        cgutils.raw_memcpy(builder, target, source, width, itemsize=8, align=8)
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
        place = places(context, builder, flat, args[1], args[2])
        root = context.get_function(math.sqrt, types.float64(types.float64))
        zero, one = ir.Constant(_NUMBER, 0.0), ir.Constant(_NUMBER, 1.0)

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


_FLUSH = 0x8040
"""Bits of the control register of x86: subnormal results are 0, and so are operands."""


@intrinsic
def flush_subnormals(context: Any) -> Any:
    """Take numbers below 1e-308 as 0 from here on; return the mode before.

    Orbits that settle and gradients that vanish are full of them, and processors of
    Intel take a hundred cycles for each. Elsewhere than on x86 nothing changes.
    """

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        if not _is_x86(context):
            return ir.Constant(_MODE, 0)
        room = cgutils.alloca_once(builder, _MODE)
        _control(builder, "stmxcsr", room)
        before = builder.load(room)
        _set_mode(builder, builder.or_(before, ir.Constant(_MODE, _FLUSH)))
        return before

    return types.uint32(), codegen


@intrinsic
def restore_mode(context: Any, mode: Any) -> Any:
    """Return to a mode of arithmetic: what a kernel changed is not its caller's."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        if _is_x86(context):
            _set_mode(builder, args[0])
        return context.get_dummy_value()

    return types.none(mode), codegen


def _is_x86(context: Any) -> bool:
    return str(context.codegen().magic_tuple()[0]).startswith(("x86_64", "i686"))


def _set_mode(builder: Any, mode: Any) -> None:
    room = cgutils.alloca_once_value(builder, mode)
    _control(builder, "ldmxcsr", room)


def _control(builder: Any, instruction: str, room: Any) -> None:
    pointer = ir.IntType(8).as_pointer()
    kind = ir.FunctionType(ir.VoidType(), [pointer])
    name = f"llvm.x86.sse.{instruction}"
    function = cgutils.get_or_insert_function(builder.module, kind, name)
    builder.call(function, [builder.bitcast(room, pointer)])


@intrinsic(prefer_literal=True)
def interleave(context: Any, memory: Any, narrow: Any, wide: Any) -> Any:
    """Let LLVM work on several vectors of lanes at a time; the last thing in a loop.

    A step is one long chain of dependent operations, and a processor looks ahead for
    other work by less than its length. So many ``wide`` vectors where it has AVX-512,
    ``narrow`` ones elsewhere, and half of them for states of more than four numbers,
    which registers cannot hold. The loop's last statement before must not be a call, or
    LLVM folds the block away that carries the wish.
    """
    if not all(isinstance(t, types.IntegerLiteral) for t in (narrow, wide)):
        return None

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        features = context.codegen().magic_tuple()[2].split(",")
        few = narrow.literal_value // (1 if _slots(memory) <= _FEW else 2)
        vectors = wide.literal_value if "+avx512f" in features else few
        count = ir.Constant(ir.IntType(32), vectors)
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

    return types.none(memory, narrow, wide), codegen
