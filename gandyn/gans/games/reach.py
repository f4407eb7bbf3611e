"""Which parameters losses reach: what belongs to no player, and what no loss moves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from gandyn.errors import GandynError
from gandyn.gans.games.member import Given, Member
from gandyn.gans.games.modules import ROLES
from gandyn.gans.games.sampling import seeded


def check_foreign(losses: Sequence[Tensor]) -> None:
    """Refuse losses of trainable parameters that are no player's.

    Losses that use the script's own modules in place of those that they are given, or
    a third module, are constants in parameters that a training moves.

    Raises
    ------
    GandynError
        With the parameter's shape.
    """
    for sign, loss in zip("xy", losses, strict=True):
        for leaf in _leaves(loss):
            if isinstance(leaf, nn.Parameter):
                raise GandynError(
                    f"loss_{sign} depends on a parameter of shape {tuple(leaf.shape)} "
                    "that is no player's: use the modules that the function is given, "
                    "put other modules into a group, or freeze them "
                    "(requires_grad_(False))"
                )


def unreached(member: Member, given: Given) -> tuple[list[str], list[str]]:
    """Return the parameters of each player that its loss does not descend, by name.

    Torch's optimizers leave them alone, even where they have weight decay.
    """
    pair, own = member.pair, []
    values: dict[str, Tensor] = dict(given.norms)
    for role, flat in zip(ROLES, pair.flats, strict=True):
        parts = flat.split(flat.vector())
        own.append(
            {f"{role}.{n}": p.clone().requires_grad_() for n, p in parts.items()}
        )
        values |= own[-1]
    with seeded(given.noise if member.draws else None), member.stops.watched():
        found = pair.computed(
            member.losses, values, given.batch, given.step, dtype=flat.vector().dtype
        )
    missed = []
    for loss, named in zip(found, own, strict=True):
        with member.stops.held():
            slopes = torch.autograd.grad(
                loss, list(named.values()), allow_unused=True, retain_graph=True
            )
        lost = [n for n, slope in zip(named, slopes, strict=True) if slope is None]
        missed.append([name.partition(".")[2] for name in lost])
    return missed[0], missed[1]


def _leaves(loss: Tensor) -> Iterator[Tensor]:
    """Yield the leaves of a loss's graph."""
    waiting, known = [loss.grad_fn], set()
    while waiting:
        node = waiting.pop()
        if node is None or node in known:
            continue
        known.add(node)
        if hasattr(node, "variable"):
            yield node.variable
        waiting += [parent for parent, _ in node.next_functions]
