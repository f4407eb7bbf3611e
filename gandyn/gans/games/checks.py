"""What is no game is refused: modules, losses and batches are looked at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from gandyn.errors import GandynError
from gandyn.gans.games.hidden_paths import check_jacobian
from gandyn.gans.games.member import Given, Member
from gandyn.gans.games.modules import ROLES, Pair, parts_of
from gandyn.gans.games.objective import Losses, Objective
from gandyn.gans.games.opaque import AutogradMember
from gandyn.gans.games.reach import check_foreign
from gandyn.gans.games.sampling import seeded
from gandyn.gans.games.stops import Stops
from gandyn.gans.games.watch import Watch, optimizers_refused

_TINY = 1e-30
_SAME = 1e3
"""Roots of epsilon by which two ways to one gradient may differ, in rounding."""


def check_modules(generator: Any, discriminator: Any) -> None:
    """Refuse modules that are no players.

    Raises
    ------
    GandynError
        For a group that is none, has no parameters to train, complex ones, some on
        another device than the rest, or some that the other player has too.
    """
    known: dict[int, str] = {}
    places: dict[torch.device, str] = {}
    for role, group in zip(ROLES, (generator, discriminator), strict=True):
        grouped = isinstance(group, nn.Module | Mapping | list | tuple)
        parts: list[Any] = parts_of(group) if grouped else [group]
        for one in parts:
            if not isinstance(one, nn.Module):
                raise GandynError(
                    f"the {role} must be an nn.Module, or a dict, list or tuple of "
                    f"them, got {type(one).__name__}"
                )
        named = [item for one in parts for item in one.named_parameters()]
        if not any(p.requires_grad for _, p in named):
            kinds = ", ".join(type(one).__name__ for one in parts)
            why = "requires grad" if named else "is there"
            raise GandynError(
                f"the {role} {kinds} has no parameters to train: none {why}"
            )
        for name, p in named:
            _check_parameter(role, name, p)
            places.setdefault(p.device, f"{role}'s {name}")
            if p.requires_grad and known.setdefault(id(p), role) != role:
                raise GandynError(
                    f"both players have the parameter {name}: a parameter is one "
                    "player's; freeze it (requires_grad_(False)) or copy the module"
                )
    if len(places) > 1:
        (a, first), (b, second), *_ = places.items()
        raise GandynError(
            f"the {first} is on {a}, the {second} on {b}: move both with .to()"
        )


def _check_parameter(role: str, name: str, p: Tensor) -> None:
    if isinstance(p, nn.parameter.UninitializedParameter):
        raise GandynError(
            f"the {role}'s {name} has no shape yet: call the lazy module once"
        )
    if p.is_complex():
        raise GandynError(f"the {role} has complex parameters, {name}: use real ones")
    finite = p.is_meta or bool(p.detach().isfinite().all())
    if not finite:
        raise GandynError(f"the {role}'s {name} has values that are not finite")


def tried(pair: Pair, losses: Losses, given: Given) -> Member:
    """Return the member of a game whose losses have been tried at the start.

    Raises
    ------
    GandynError
        See `TorchGame`.
    """
    start = pair.generator.vector(), pair.discriminator.vector()
    watch = Watch()
    x, y = (z.requires_grad_() for z in start)
    plain = Member(pair, losses, Stops(False))
    with _explained(losses), seeded(given.noise), optimizers_refused():
        pair.call(losses.check, x, y, given.norms, given.batch)
    with _explained(losses), seeded(given.noise), optimizers_refused(), watch:
        before = torch.get_rng_state()
        found = plain.both(x, y, given)
        draws = not torch.equal(before, torch.get_rng_state())
    slopes = _slopes(found, (x, y))
    check_foreign(found)
    ends = x.detach(), y.detach()
    member, field = _differentiable(pair, losses, watch.stops, draws, ends, given)
    again = member.both(*ends, given)
    if not all(map(_equal, found, again)):
        raise GandynError(
            "the losses are others when they are computed again with the same "
            "parameters, batch and seed: they must keep nothing between calls, and "
            "draw random numbers from torch"
        )
    for got, want in zip(field, slopes, strict=True):
        off = float((got - want).abs().max() / want.abs().max().clamp(min=_TINY))
        if not off < _SAME * torch.finfo(want.dtype).eps ** 0.5:
            raise GandynError(
                "two ways to the gradients of these losses differ by "
                f"{off:.1e} of the largest entry: a path from the parameters is hidden"
            )
    if not isinstance(losses, Objective):
        check_jacobian(member, given, watch.reads)
    return member


def _differentiable(
    pair: Pair,
    losses: Losses,
    stops: bool,
    draws: bool,
    ends: tuple[Tensor, Tensor],
    given: Given,
) -> tuple[Member, tuple[Tensor, Tensor]]:
    """Return the member that can be differentiated, and its field."""
    member = Member(pair, losses, Stops(stops), draws)
    try:
        return member, member.field(*ends, given)
    except RuntimeError as error:  # torch.func says what it cannot do
        if isinstance(error, torch.OutOfMemoryError):
            raise
        alone = AutogradMember(pair, losses, Stops(stops), draws)
        with _explained(losses):
            return alone, alone.field(*ends, given)


@contextmanager
def _explained(losses: Losses) -> Iterator[None]:
    """Say of what an error of a user's code is."""
    try:
        yield
    except GandynError:
        raise
    except Exception as error:
        kind, said = type(error).__name__, str(error) or "without a word"
        if "requires_grad flags" in said:  # torch's own words
            raise GandynError(
                f"{losses!r} sets requires_grad of parameters: leave that out, each "
                "loss is descended in its own player's parameters only; or freeze them "
                "before the game is made"
            ) from error
        raise GandynError(
            f"{losses!r} cannot be computed on these modules and data: {kind}: {said}"
        ) from error


def _slopes(found: Sequence[Tensor], players: Sequence[Tensor]) -> list[Tensor]:
    """Return both players' gradients, of plain autograd; refuse what has none."""
    slopes = []
    for role, sign, loss, player in zip(ROLES, "xy", found, players, strict=True):
        if not bool(loss.isfinite()):
            value = float(loss.detach())
            raise GandynError(
                f"the {role}'s loss is {value} at the start: it must be finite"
            )
        (slope,) = (
            torch.autograd.grad(loss, player, allow_unused=True, retain_graph=True)
            if loss.requires_grad
            else (None,)
        )
        if slope is None:
            raise GandynError(
                f"the {role}'s loss, loss_{sign}, does not depend on the {role}: "
                "compute it with the modules that the function is given, without "
                f"item(), numpy(), data, detach() or no_grad() between the {role} and "
                "the loss"
            )
        if not bool(slope.isfinite().all()):
            raise GandynError(f"the gradient of the {role}'s loss is not finite")
        slopes.append(slope)
    return slopes


def _equal(a: Tensor, b: Tensor) -> bool:
    rounding = 100 * torch.finfo(a.dtype).eps ** 0.75
    return bool(torch.isclose(a, b, rtol=rounding, atol=rounding, equal_nan=True))
