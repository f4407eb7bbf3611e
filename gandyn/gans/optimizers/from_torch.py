"""Live ``torch.optim`` optimizers as a rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from gandyn.errors import GandynError, UnknownName
from gandyn.gans.optimizers.adaptive import (
    AdamOptimizer,
    AMSGradOptimizer,
    Groups,
    Optimizer,
    RMSpropOptimizer,
    SGDOptimizer,
)
from gandyn.gans.optimizers.pair import OptimizerPair

_Modules = nn.Module | Iterable[nn.Module] | Mapping[str, nn.Module]
_ROLES = {"x": "generator", "y": "discriminator"}
_PLAY = ("k_x", "k_y", "accumulation", "alternating", "y_first")


def optimizer_rule(
    generator: _Modules,
    discriminator: _Modules,
    optimizer_x: torch.optim.Optimizer,
    optimizer_y: torch.optim.Optimizer,
    *,
    max_norm_x: float = 0.0,
    max_norm_y: float = 0.0,
    **play: Any,
) -> OptimizerPair:
    """Return the rule that two optimizers of torch are, with their parameter groups.

    SGD, Adam, AdamW (either with ``amsgrad``) and RMSprop, with all their options. Only
    read; what they have gathered so far is `optimizer_memory`.

    Parameters
    ----------
    generator, discriminator : nn.Module, or several
        The optimizers' own modules, not copies.
    optimizer_x, optimizer_y : torch.optim.Optimizer
        Of the generator and of the discriminator.
    max_norm_x, max_norm_y : float
        What ``clip_grad_norm_`` is called with; 0 where it isn't.
    **play
        ``k_x``, ``k_y``, ``accumulation``, ``alternating``, ``y_first`` of
        `OptimizerPair`.

    Raises
    ------
    GandynError
        If an optimizer has other parameters than its player, or is of a class that is
        not known.

    Examples
    --------
    >>> generator, critic = nn.Linear(2, 2), nn.Linear(2, 1)
    >>> rule = optimizer_rule(
    ...     generator, critic,
    ...     torch.optim.Adam(generator.parameters(), 2e-4, betas=(0.5, 0.999)),
    ...     torch.optim.SGD(critic.parameters(), 0.1), k_y=5)
    >>> rule.lr_x, rule.optimizer_x.beta1, rule.k_y
    (0.0002, 0.5, 5)
    """
    for name in play:
        if name not in _PLAY:
            raise UnknownName("field of OptimizerPair", name, _PLAY)
    names = {"x": _named("x", generator), "y": _named("y", discriminator)}
    _check_apart(names)
    fields: dict[str, Any] = dict(play)
    for key, optimizer, bound in (
        ("x", optimizer_x, max_norm_x),
        ("y", optimizer_y, max_norm_y),
    ):
        other = names["y" if key == "x" else "x"]
        groups = _groups(key, optimizer, names[key], other)
        rate, node = _node(key, optimizer, groups, bound)
        fields |= {f"lr_{key}": rate, f"optimizer_{key}": node}
    return OptimizerPair(**fields)


class _Group(NamedTuple):
    """A parameter group: its options, and the places of its parameters."""

    options: Mapping[str, Any]
    places: tuple[int, ...]
    sizes: tuple[int, ...]


def _live(modules: _Modules) -> list[tuple[str, Tensor]]:
    """Return the parameters that are trained by name, in the order of the vector."""
    if isinstance(modules, nn.Module):
        parts = {"": modules}
    elif isinstance(modules, Mapping):
        parts = {f"{name}.": part for name, part in modules.items()}
    else:
        parts = {f"{i}.": part for i, part in enumerate(modules)}
    return [
        (prefix + name, p)
        for prefix, module in parts.items()
        for name, p in module.named_parameters()
        if p.requires_grad
    ]


def _named(key: str, modules: _Modules) -> list[tuple[str, Tensor]]:
    found = _live(modules)
    if not found:
        raise GandynError(f"the {_ROLES[key]} has no parameters to train")
    return found


def _check_apart(names: Mapping[str, list[tuple[str, Tensor]]]) -> None:
    own = {id(p) for _, p in names["x"]}
    for name, p in names["y"]:
        if id(p) in own:
            raise GandynError(
                f"the discriminator's parameter {name} is the generator's too: a "
                "parameter belongs to one player"
            )


def _groups(
    key: str,
    optimizer: torch.optim.Optimizer,
    own: list[tuple[str, Tensor]],
    other: list[tuple[str, Tensor]],
) -> list[_Group]:
    """Return the groups of an optimizer, whose parameters must be the player's."""
    if not isinstance(optimizer, torch.optim.Optimizer):
        raise GandynError(
            f"the {_ROLES[key]}'s optimizer must be one of torch.optim, got "
            f"{type(optimizer).__name__}"
        )
    role, places = _ROLES[key], {id(p): i for i, (_, p) in enumerate(own)}
    theirs = {id(p): name for name, p in other}
    groups, free = [], dict(enumerate(own))
    for group in optimizer.param_groups:
        mine = []
        for p in group["params"]:
            if id(p) in places:
                mine.append(places[id(p)])
                free.pop(places[id(p)], None)
            elif p.requires_grad or id(p) in theirs:
                what = theirs.get(id(p))
                said = f"the other player's {what}" if what else "none of its modules'"
                raise GandynError(
                    f"the {role}'s optimizer has a parameter of shape "
                    f"{tuple(p.shape)} that is {said}: make it of the parameters of "
                    "the very modules that are given, not of copies"
                )
        if mine:
            sizes = tuple(own[place][1].numel() for place in mine)
            groups.append(_Group(group, tuple(mine), sizes))
    if free:
        name = next(iter(free.values()))[0]
        raise GandynError(
            f"the {role}'s parameter {name} is not in its optimizer: add it, or "
            "freeze it with requires_grad_(False)"
        )
    return groups


def _adam(options: Mapping[str, Any], decoupled: bool) -> tuple[type, dict[str, Any]]:
    beta1, beta2 = (float(beta) for beta in options["betas"])
    return AMSGradOptimizer if options["amsgrad"] else AdamOptimizer, {
        "beta1": beta1, "beta2": beta2, "eps": float(options["eps"]),
        "decoupled": bool(options.get("decoupled_weight_decay", decoupled)),
    }  # fmt: skip


def _sgd(options: Mapping[str, Any]) -> tuple[type, dict[str, Any]]:
    return SGDOptimizer, {
        "momentum": float(options["momentum"]),
        "dampening": float(options["dampening"]) if options["momentum"] else 0.0,
        "nesterov": bool(options["nesterov"]),
    }


def _rmsprop(options: Mapping[str, Any]) -> tuple[type, dict[str, Any]]:
    return RMSpropOptimizer, {
        "beta2": float(options["alpha"]), "eps": float(options["eps"]),
        "momentum": float(options["momentum"]), "centered": bool(options["centered"]),
    }  # fmt: skip


_READERS: dict[type, Callable[[Mapping[str, Any]], tuple[type, dict[str, Any]]]] = {
    torch.optim.SGD: _sgd,
    torch.optim.Adam: lambda options: _adam(options, False),
    torch.optim.AdamW: lambda options: _adam(options, True),
    torch.optim.RMSprop: _rmsprop,
}
"""For each class of torch the node and its fields, from a group's options."""


def _read(
    key: str, optimizer: torch.optim.Optimizer, group: _Group
) -> tuple[type[Optimizer], dict[str, Any]]:
    reader = _READERS.get(type(optimizer))
    if reader is None:
        known = ", ".join(cls.__name__ for cls in _READERS)
        raise GandynError(
            f"the {_ROLES[key]}'s optimizer is a {type(optimizer).__name__}; known are "
            f"{known}. Another one needs a subclass of "
            "gandyn.gans.optimizers.adaptive.Optimizer with fresh_moments and "
            "direction, given to OptimizerPair"
        )
    cls, fields = reader(group.options)
    fields["weight_decay"] = float(group.options["weight_decay"])
    fields["maximize"] = bool(group.options["maximize"])
    return cls, fields


def _node(
    key: str, optimizer: torch.optim.Optimizer, groups: list[_Group], bound: float
) -> tuple[float, Optimizer]:
    """Return the largest learning rate, and the node of an optimizer."""
    found = [_read(key, optimizer, group) for group in groups]
    rates = [float(group.options["lr"]) for group in groups]
    largest, (cls, fields) = max(rates), found[0]
    if not largest > 0:
        raise GandynError(
            f"the {_ROLES[key]}'s learning rate is 0: give the one that it is to have"
        )
    for i, (other, theirs) in enumerate(found):
        what = "amsgrad" if other is not cls else _clash(fields, theirs)
        if what:
            raise GandynError(
                f"groups 0 and {i} of the {_ROLES[key]}'s optimizer differ in {what}: "
                "they must have the same"
            )
    own = tuple(
        (name, tuple(None if t[name] == value else t[name] for _, t in found))
        for name, value in fields.items()
        if any(t[name] != value for _, t in found)
    )
    parts = None
    if own or len(set(rates)) > 1:
        ratios = tuple(rate / largest for rate in rates)
        parts = Groups(_group_of(groups), ratios, own)
    return largest, cls(**fields, max_norm=bound, groups=parts)


def _clash(fields: Mapping[str, Any], theirs: Mapping[str, Any]) -> str:
    """Return the name of an option in which groups must not differ, but do."""
    for name, value in fields.items():
        switch = isinstance(value, bool) or name == "dampening"
        none = name == "momentum" and (not value or not theirs[name])
        if (switch or none) and theirs[name] != value:
            return name
    return ""


def _group_of(groups: list[_Group]) -> np.ndarray:
    """Return the group of each entry of the vector."""
    where = {
        place: (i, size)
        for i, group in enumerate(groups)
        for place, size in zip(group.places, group.sizes, strict=True)
    }
    return np.concatenate([np.full(n, i) for _, (i, n) in sorted(where.items())])
