"""What a recorded step of a loop amounts to, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple


class Step(NamedTuple):
    """One step of an optimizer, and what it stepped on.

    Attributes
    ----------
    player : str
    sources : set of int
        The backward passes whose gradients were in it; negative: from before.
    again : set of int
        Those among them on which the player had stepped already, or from before.
    counts : dict of str to int
        The players' steps until then.
    tensors, missing : int
        Tensors of parameters, and those without a gradient.
    zero, finite : bool
        Whether all gradients were 0; whether all were finite.
    """

    player: str
    sources: set[int]
    again: set[int]
    counts: dict[str, int]
    tensors: int
    missing: int
    zero: bool
    finite: bool


def findings(
    players: list[str],
    steps: list[Step],
    touched: Mapping[int, set[str]],
    moved: Mapping[str, float],
    rates: Mapping[str, float],
    outside: set[str],
) -> list[str]:
    """Return what is remarkable, each thing once.

    Parameters
    ----------
    players : list of str
        The generator first.
    steps : list of Step
    touched : mapping of int to set of str
        Whom each backward pass gave gradients.
    moved, rates : mapping of str to float
        Relative changes, and learning rates.
    outside : set of str
        Whose parameters changed outside their optimizer.
    """
    owners = backward_owners(steps, touched)
    told = [
        *_still(players, steps, moved, rates),
        *_gradients(steps),
        *(line for step in steps for line in _origins(step, touched, owners)),
        *_reached(players[0], owners, touched),
    ]
    told += [
        f"{name}'s parameters changed outside its optimizer: clipping, averaging or "
        "loading"
        for name in players
        if name in outside
    ]
    return list(dict.fromkeys(told))


def backward_owners(
    steps: list[Step], touched: Mapping[int, set[str]]
) -> dict[int, str]:
    """Return whose loss each backward pass is of: who first steps on it."""
    owners = {
        number: next(iter(names)) for number, names in touched.items()
        if len(names) == 1
    }  # fmt: skip
    for step in steps:
        for number in step.sources:
            owners.setdefault(number, step.player)
    return owners


def _still(
    players: list[str],
    steps: list[Step],
    moved: Mapping[str, float],
    rates: Mapping[str, float],
) -> Iterator[str]:
    movers = {step.player for step in steps}
    for name in players:
        own = [step for step in steps if step.player == name]
        if name not in movers:
            yield f"{name} does not move: its optimizer made no step"
        elif not moved[name]:
            if all(step.zero for step in own):
                missing = all(step.missing == step.tensors for step in own)
                why = "it has no gradient" if missing else "its gradient is exactly 0"
            else:
                why = "its learning rate is 0" if not rates[name] else "no reason seen"
            yield f"{name} does not move: {why}"


def _gradients(steps: list[Step]) -> Iterator[str]:
    for step in steps:
        if not step.finite:
            yield f"{step.player} steps on gradients that are not finite"
        if 0 < step.missing < step.tensors:
            yield (
                f"{step.player}: {step.missing} of {step.tensors} tensors get no "
                "gradient: its loss does not depend on them"
            )


def _origins(
    step: Step, touched: Mapping[int, set[str]], owners: Mapping[int, str]
) -> Iterator[str]:
    """Say which gradients a player stepped on that are not of its own loss."""
    name = step.player
    if step.again:
        yield (
            f"{name} steps on gradients that are older than its last step: its "
            "zero_grad is missing, unless gradients are accumulated"
        )
    foreign = {one for one in step.sources if one >= 0 and owners[one] != name}
    own = {one for one in step.sources if one >= 0} - foreign
    for number in sorted(foreign):
        other = owners[number]
        if own:
            yield (
                f"{name} steps on gradients of {other}'s loss as well: call {name}'s "
                "zero_grad before its own backward"
            )
        else:
            yield f"{name} and {other} step on gradients of one backward pass"


def _reached(
    generator: str, owners: Mapping[int, str], touched: Mapping[int, set[str]]
) -> Iterator[str]:
    for number, owner in owners.items():
        if number >= 0 and owner != generator and generator in touched[number]:
            yield (
                f"the backward pass of {owner}'s loss reaches {generator}: the fakes "
                "are not detached, which costs time"
            )
