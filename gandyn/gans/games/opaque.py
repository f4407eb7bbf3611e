"""Losses that call autograd themselves, and so are closed to ``torch.func``."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from gandyn.gans.games.member import Given, Member

_Two = tuple[Tensor, Tensor]


class AutogradMember(Member):
    """One GAN, differentiated by plain autograd: one at a time, never traced.

    ``torch.func`` cannot go into losses that call ``torch.autograd.grad`` or
    ``requires_grad_``, as gradient penalties do. Here it needn't: a player's gradient
    is one operation to it, whose derivatives are those of autograd, in
    reverse mode throughout.
    """

    alone = True

    def gx(self, x: Tensor, y: Tensor, given: Given) -> Tensor:
        """Return the gradient of L_x in x."""
        return _Gradient.apply(self, 0, given, x, y)  # type: ignore[no-any-return]

    def gy(self, x: Tensor, y: Tensor, given: Given) -> Tensor:
        """Return the gradient of L_y in y."""
        return _Gradient.apply(self, 1, given, x, y)  # type: ignore[no-any-return]

    def cross(self, x: Tensor, y: Tensor, given: Given) -> _Two:
        """Return (∂L_x/∂y, ∂L_y/∂x)."""
        found = []
        for player in (0, 1):
            ends = _leaves(x, y)
            (slope,) = torch.autograd.grad(
                self._loss(player, *ends, given),
                ends[1 - player],
                materialize_grads=True,
            )
            found.append(slope)
        return found[0], found[1]

    def jvp(self, x: Tensor, y: Tensor, u: Tensor, w: Tensor, given: Given) -> _Two:
        """Return J·(u, w)."""
        return (
            self.pushed(0, x, y, u, w, given),
            self.pushed(1, x, y, u, w, given),
        )

    def vjp(self, x: Tensor, y: Tensor, u: Tensor, w: Tensor, given: Given) -> _Two:
        """Return Jᵀ·(u, w)."""
        along_x, along_y = self.pulled(0, x, y, u, given)
        more_x, more_y = self.pulled(1, x, y, w, given)
        return along_x + more_x, along_y + more_y

    def matrix(self, x: Tensor, y: Tensor, given: Given) -> Tensor:
        """Return J, of shape (n + m, n + m), row by row."""
        rows = []
        for player in (0, 1):
            ends = _leaves(x, y)
            for entry in self._gradient(player, *ends, given):
                parts = torch.autograd.grad(
                    entry, ends, retain_graph=True, materialize_grads=True
                )
                rows.append(torch.cat(parts))
        return torch.stack(rows)

    def value(self, player: int, x: Tensor, y: Tensor, given: Given) -> Tensor:
        """Return a player's gradient, without a graph."""
        with torch.enable_grad():
            ends = _leaves(x, y)
            return self._gradient(player, *ends, given, graph=False)

    def pushed(
        self, player: int, x: Tensor, y: Tensor, u: Tensor, w: Tensor, given: Given
    ) -> Tensor:
        """Return the rows of J·(u, w) of a player.

        Jᵀp is linear in p, and the transpose of that map is J.
        """
        with torch.enable_grad():
            ends = _leaves(x, y)
            slope = self._gradient(player, *ends, given)
            p = torch.zeros_like(slope, requires_grad=True)
            found = torch.autograd.grad(
                slope, ends, p, create_graph=True, materialize_grads=True
            )
            kept = [(f, t) for f, t in zip(found, (u, w), strict=True) if f.grad_fn]
            if not kept:
                return torch.zeros_like(slope)
            rows, along = zip(*kept, strict=True)
            (product,) = torch.autograd.grad(rows, p, along, materialize_grads=True)
        return product

    def pulled(
        self, player: int, x: Tensor, y: Tensor, p: Tensor, given: Given
    ) -> _Two:
        """Return the product of a player's rows of J, transposed, with a vector."""
        with torch.enable_grad():
            ends = _leaves(x, y)
            slope = self._gradient(player, *ends, given)
            a, b = torch.autograd.grad(slope, ends, p, materialize_grads=True)
        return a, b

    def _gradient(
        self, player: int, x: Tensor, y: Tensor, given: Given, graph: bool = True
    ) -> Tensor:
        with self.stops.held():
            loss = self._loss(player, x, y, given)
            (slope,) = torch.autograd.grad(
                loss, (x, y)[player], create_graph=graph, materialize_grads=True
            )
        return slope

    def _loss(self, player: int, x: Tensor, y: Tensor, given: Given) -> Tensor:
        return (self.loss_x, self.loss_y)[player](x, y, given)

    def _call(self, name: str, x: Tensor, y: Tensor, given: Given) -> Any:
        # losses may mark a batch's tensors as requiring grad: not those of the pools
        own = pytree.tree_map(lambda part: part.detach(), given.batch)
        return super()._call(name, x, y, given._replace(batch=own))


class _Gradient(torch.autograd.Function):
    """A player's gradient as one operation."""

    @staticmethod
    def forward(
        member: AutogradMember, player: int, given: Given, x: Tensor, y: Tensor
    ) -> Tensor:
        """Return it."""
        return member.value(player, x, y, given)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        """Keep the point."""
        ctx.member, ctx.player, ctx.given, x, y = inputs
        ctx.save_for_backward(x, y)
        ctx.save_for_forward(x, y)

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Tensor:
        """Return the player's rows of J times the tangents."""
        x, y = ctx.saved_tensors
        u, w = (
            torch.zeros_like(at) if t is None else t
            for at, t in zip((x, y), tangents[3:], strict=True)
        )
        rows = ctx.member.pushed, ctx.player, ctx.given
        return _Outside.apply(*rows, x, y, u, w)  # type: ignore[no-any-return]

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> Any:  # type: ignore[override]
        """Return the product with the player's rows of J, transposed."""
        x, y = ctx.saved_tensors
        columns = ctx.member.pulled, ctx.player, ctx.given
        return None, None, None, *_Outside.apply(*columns, x, y, slope)


class _Outside(torch.autograd.Function):
    """A product with J, computed outside of every transform of ``torch.func``."""

    @staticmethod
    def forward(product: Any, player: int, given: Given, *vectors: Tensor) -> Any:
        """Return it."""
        return product(player, *vectors, given)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        """Keep nothing: there are no derivatives of a third order."""


def _leaves(x: Tensor, y: Tensor) -> _Two:
    return x.detach().requires_grad_(), y.detach().requires_grad_()
