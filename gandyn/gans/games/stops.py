"""Gradients that losses hold back: from the players, not from the game Jacobian.

A loss says ``fake.detach()`` where a player's gradient shall not see a path. The field
v is made of such gradients, and its Jacobian J is that of v as a function of all
parameters: J sees the path. Torch's ``detach`` would cut it from every derivative, and
the coupling of discriminator and generator with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils import _pytree as pytree

_GET_DATA = torch.Tensor.data.__get__  # type: ignore[attr-defined]


class _Stop(torch.autograd.Function):
    """The identity, whose derivative is 0 while a player's gradient is taken."""

    holding = 0

    @staticmethod
    def forward(value: Tensor) -> Tensor:
        """Return the value."""
        return value.view_as(value)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        """Keep nothing."""

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> Tensor:  # type: ignore[override]
        """Return 0 or the slope."""
        return torch.zeros_like(slope) if _Stop.holding else slope

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor) -> Tensor:  # type: ignore[override]
        """Return the tangent: J is pushed forward, players' gradients never are."""
        return tangent.view_as(tangent)

    @staticmethod
    def vmap(info: Any, in_dims: Any, value: Tensor) -> Any:  # type: ignore[override]
        """Return the values of all members."""
        return _Stop.apply(value), in_dims[0]


class _StopMode(TorchFunctionMode):
    """Has ``detach``, ``data`` and ``no_grad`` hold back players' gradients alone."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0  # of no_grad

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if func is Tensor.detach or func == _GET_DATA:
            return _stopped(args[0])
        if func is torch._C._set_grad_enabled:
            self._depth = max(0, self._depth + (-1 if args[0] else 1))
            return None
        if func is torch.autograd.grad and holds_back(func, args, kwargs):
            kwargs = {**(kwargs or {}), "create_graph": True}
            return pytree.tree_map(_stopped, func(*args, **kwargs))
        found = func(*args, **(kwargs or {}))
        if self._depth and isinstance(found, Tensor | tuple | list):
            return pytree.tree_map(_stopped, found)
        return found


class Stops:
    """How losses hold gradients back.

    Parameters
    ----------
    used : bool
        Whether they do; what is not used costs nothing.
    """

    def __init__(self, used: bool) -> None:
        self.used = used

    def watched(self) -> AbstractContextManager[Any]:
        """Return a context in which losses are computed."""
        return _StopMode() if self.used else nullcontext()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Take a player's gradient: what is held back has none."""
        _Stop.holding += 1
        try:
            yield
        finally:
            _Stop.holding -= 1


def holds_back(func: Any, args: Any, kwargs: Any) -> bool:
    """Tell whether a call of torch holds back gradients."""
    if func is torch.autograd.grad:
        return not (kwargs or {}).get("create_graph", len(args) > 4 and args[4])
    if func is torch._C._set_grad_enabled:
        return not args[0]
    return func is Tensor.detach or func == _GET_DATA


def _stopped(value: Any) -> Any:
    if isinstance(value, Tensor) and value.is_floating_point():
        return _Stop.apply(value)
    return value
