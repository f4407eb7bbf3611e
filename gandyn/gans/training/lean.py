"""The graph of a step, without the operations that change nothing."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import torch
from torch import fx
from torch._guards import TracingContext, tracing
from torch._subclasses import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx

_aten: Any = torch.ops.aten
_SHAPING = (_aten.view.default, _aten._unsafe_view.default, _aten.expand.default)
_NAMES = (
    "add", "bmm", "cat", "clone", "div", "exp", "expand", "mean", "mm", "mul", "neg",
    "permute", "relu", "rsub", "select", "sigmoid", "split_with_sizes", "sqrt", "sub",
    "sum", "tanh", "transpose", "unsqueeze", "view", "where",
)  # fmt: skip
"""Operations that Python may call as torch's own functions and methods, which take half
as long to be called as those of ``torch.ops``."""


def noted(function: Callable[..., Any], args: tuple[Any, ...]) -> fx.GraphModule:
    """Return the operations of a function of tensors, to be replayed to the same bits.

    Left out is what changes nothing: what was computed before from the same tensors,
    as the generator's points in the losses of both players; what nothing depends on, as
    the other player's loss; and what `torch.vmap` leaves behind, views and expansions
    to the shape that is there already, transpositions that are taken back, products
    with 1.
    """
    # without a context torch makes one, with a stack trace, for every single value
    with tracing(TracingContext(FakeTensorMode(allow_fallback_kernels=True))):
        found = make_fx(function)(*args)
    graph = found.graph
    if any(_writes(node) for node in graph.nodes):
        return found  # what is written into must not be a view of something else
    known: dict[Any, fx.Node] = {}
    for node in filter(_pure, graph.nodes):
        own = node.target, repr(node.args), repr(node.kwargs)
        same = _given_back(node) or known.setdefault(own, node)
        if same is not node:
            node.replace_all_uses_with(same)
    for node in reversed(graph.nodes):
        if _pure(node) and not node.users:
            graph.erase_node(node)
    for node in graph.nodes:
        if node.op == "call_function":
            node.target = _door(node.target)
    found.recompile()
    return found


def _writes(node: fx.Node) -> bool:
    schema = getattr(node.target, "_schema", None)
    return schema is not None and schema.is_mutable


def _pure(node: fx.Node) -> bool:
    """Return whether an operation depends on its arguments alone: not if it draws."""
    target = node.target
    if not isinstance(target, torch._ops.OpOverload):
        return target is operator.getitem
    drawn = torch.Tag.nondeterministic_seeded in target.tags
    return target.namespace == "aten" and not drawn


def _given_back(node: fx.Node) -> fx.Node | None:
    """Return what an operation gives back as it is."""
    first = node.args[0] if node.args else None
    if not isinstance(first, fx.Node):
        return None
    if node.target is _aten.transpose.int:
        twice = first.target is node.target and first.args[1:] == node.args[1:]
        return first.args[0] if twice else None  # type: ignore[return-value]
    by_one = node.target is _aten.mul.Scalar and node.args[1] == 1
    if not (node.target in _SHAPING or by_one):
        return None
    layout = _layout(node)
    return first if layout and _layout(first) == layout else None


def _layout(node: fx.Node) -> Any:
    own = node.meta.get("tensor_meta")
    return own and (own.shape, own.stride, own.dtype)


def _door(target: Any) -> Any:
    if not isinstance(target, torch._ops.OpOverload):
        return target
    name = target._schema.name.removeprefix("aten::").removeprefix("_unsafe_")
    if name not in _NAMES:
        return target
    return getattr(torch, name, None) or getattr(torch.Tensor, name)
