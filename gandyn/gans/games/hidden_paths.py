"""Whether the game Jacobian sees all that losses do with the parameters."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from gandyn.errors import GandynError
from gandyn.gans.games.member import Given, Member
from gandyn.gans.games.modules import Pair

_WIDTHS = (6e-6, 5e-7, 1.5e-8)
"""Widths of central differences over the size of the parameters: near the cube root of
epsilon rounding and curvature are least; the finer ones pass between the kinks of
piecewise linear networks, where a gradient penalty's field jumps."""
_MISSED = 1e-3
"""The share of J's product by which all differences of the field may be off."""
_ROUNDING = 1e-6
"""The share of the field's own size below which a difference says nothing."""


def check_jacobian(member: Member, given: Given, reads: str) -> None:
    """Compare J along a direction with differences of the field, in float64.

    Parameters
    ----------
    member : Member
    given : Given
    reads : str
        The method by which the losses read numbers out of tensors, if they do.

    Raises
    ------
    GandynError
        If J is not what the differences tend to.
    """
    member, given = _double(member, given)
    x, y = member.pair.generator.vector(), member.pair.discriminator.vector()
    rng = torch.Generator().manual_seed(0)
    raw = torch.randn(len(x) + len(y), generator=rng, dtype=torch.float64).to(x)
    u, w = (raw / raw.norm()).split([len(x), len(y)])
    try:
        exact = torch.cat(member.jvp(x, y, u, w, given))
        field = torch.cat(member.field(x, y, given)).norm()
    except RuntimeError:  # code that knows float32 only
        return
    gaps, size = [], float(torch.cat([x, y]).norm().clamp(min=1))

    def field_at(h: float) -> Tensor:
        return torch.cat(member.field(x + h * u, y + h * w, given))

    for h in (size * width for width in _WIDTHS):
        gaps.append(float(((field_at(h) - field_at(-h)) / (2 * h) - exact).norm()))
    if not min(gaps) <= _MISSED * float(exact.norm()) + _ROUNDING * float(field):
        what = f"read numbers out of tensors ({reads}()): " if reads else ""
        off = min(gaps) / max(float(exact.norm()), float(field))
        raise GandynError(
            f"the losses hide a path from the parameters: {what}the game Jacobian is "
            f"off by {off:.1e}. Keep tensors; detach() what a player shall not "
            "descend; call t.requires_grad_() instead of Variable(t, "
            "requires_grad=True); write to no parameter: clipped weights are "
            "Projected(rule) and losses.project"
        )


def _double(member: Member, given: Given) -> tuple[Member, Given]:
    """Return a copy that computes in float64."""
    pair, place = member.pair, given.step.device
    copy = Pair(pair.generator.form, pair.discriminator.form, torch.float64, place)
    batch, norms = pytree.tree_map(_wider, (given.batch, dict(given.norms)))
    own = type(member)(copy, member.losses, member.stops, member.draws)
    return own, given._replace(batch=batch, norms=norms)


def _wider(value: Tensor) -> Tensor:
    return value.double() if value.is_floating_point() else value
