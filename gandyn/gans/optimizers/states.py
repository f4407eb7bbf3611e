"""What a ``torch.optim`` optimizer has gathered, as the memory of a rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from gandyn.errors import GandynError
from gandyn.gans.optimizers.adaptive import (
    AdamOptimizer,
    AMSGradOptimizer,
    Optimizer,
    RMSpropOptimizer,
    SGDOptimizer,
)
from gandyn.gans.optimizers.from_torch import _live, _Modules, optimizer_rule


def optimizer_memory(
    generator: _Modules,
    discriminator: _Modules,
    optimizer_x: torch.optim.Optimizer,
    optimizer_y: torch.optim.Optimizer,
) -> tuple[Any, Any]:
    """Return what two optimizers have gathered, as the memory of their rule.

    ``State(x, y, memory, step, game.state)`` then goes on where they are.

    Parameters
    ----------
    generator, discriminator, optimizer_x, optimizer_y
        As for `optimizer_rule`.

    Raises
    ------
    GandynError
        If the state does not fit the parameters; the first that differs is named.

    Examples
    --------
    >>> from torch import nn
    >>> generator, critic = nn.Linear(2, 2), nn.Linear(2, 1)
    >>> adam = torch.optim.Adam(generator.parameters())
    >>> generator(torch.ones(2)).sum().backward()
    >>> adam.step()
    >>> sgd = torch.optim.SGD(critic.parameters(), 0.1)
    >>> (m, v, c1, c2), nothing = optimizer_memory(generator, critic, adam, sgd)
    >>> m.shape, round(c1, 12), nothing
    (torch.Size([6]), 0.1, ())
    """
    rule = optimizer_rule(generator, discriminator, optimizer_x, optimizer_y)
    x = _Gathered(optimizer_x, _live(generator)).moments(rule.optimizer_x)
    return x, _Gathered(optimizer_y, _live(discriminator)).moments(rule.optimizer_y)


def load_optimizer(
    optimizer: torch.optim.Optimizer, modules: _Modules, state: Mapping[str, Any]
) -> None:
    """Load a ``state_dict`` after a look at whether it belongs to these modules.

    Torch itself takes moments of any shape, and fails in a later step or not at all.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
    modules : nn.Module, or several
        Whose parameters it has.
    state : mapping
        What ``optimizer.state_dict()`` gave.

    Raises
    ------
    GandynError
        If it does not fit; the first parameter that differs is named.

    Examples
    --------
    >>> from torch import nn
    >>> one, other = nn.Linear(2, 1), nn.Linear(3, 1)
    >>> adam = torch.optim.Adam(one.parameters())
    >>> one(torch.ones(2)).backward()
    >>> adam.step()
    >>> theirs = torch.optim.Adam(other.parameters())
    >>> load_optimizer(theirs, other, adam.state_dict()) # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    gandyn.errors.GandynError: ...exp_avg of weight has shape (1, 2), the parameter...
    """
    named = _live(modules)
    known = {id(p): name for name, p in named}
    if not {"state", "param_groups"} <= set(state):
        raise GandynError(
            "a state_dict of an optimizer has state and param_groups, this one "
            f"{', '.join(map(str, state)) or 'nothing'}: give optimizer.state_dict()"
        )
    theirs, ours = state["param_groups"], optimizer.param_groups
    counts = [[len(g["params"]) for g in groups] for groups in (theirs, ours)]
    if counts[0] != counts[1]:
        raise GandynError(
            f"the state_dict is of another model: its groups have {counts[0]} "
            f"parameters, the optimizer's {counts[1]}"
        )
    for their, our in zip(theirs, ours, strict=True):
        for key, p in zip(their["params"], our["params"], strict=True):
            _check_shapes(known.get(id(p), str(key)), p, state["state"].get(key, {}))
    optimizer.load_state_dict(dict(state))


def _check_shapes(name: str, p: Tensor, kept: Mapping[str, Any]) -> None:
    for key, value in kept.items():
        if isinstance(value, Tensor) and value.ndim and value.shape != p.shape:
            raise GandynError(
                f"the optimizer's state is of another model: {key} of {name} has shape "
                f"{tuple(value.shape)}, the parameter {tuple(p.shape)}"
            )


class _Gathered:
    """The state of an optimizer, read along a player's vector."""

    def __init__(
        self, optimizer: torch.optim.Optimizer, named: Sequence[tuple[str, Tensor]]
    ) -> None:
        self.named = named
        self.kept = [optimizer.state.get(p, {}) for _, p in named]
        for (name, p), kept in zip(named, self.kept, strict=True):
            _check_shapes(name, p, kept)
        self.options = {
            id(p): group for group in optimizer.param_groups for p in group["params"]
        }

    def moments(self, node: Optimizer) -> Any:
        """Return the moments as an optimizer of this kind keeps them."""
        if isinstance(node, AdamOptimizer):
            return (self._vector("exp_avg"), self._vector("exp_avg_sq"), *self._ones())
        if isinstance(node, AMSGradOptimizer):
            keys = ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"]
            return (*map(self._vector, keys), *self._ones())
        if isinstance(node, RMSpropOptimizer):
            keys = ["square_avg"] + ["grad_avg"] * node.centered
            keys += ["momentum_buffer"] * bool(node.momentum)
            return tuple(map(self._vector, keys))
        assert isinstance(node, SGDOptimizer)
        if not node.momentum:
            return ()
        begun = [float(kept.get("momentum_buffer") is not None) for kept in self.kept]
        buffer = self._vector("momentum_buffer")
        return (buffer,) if not node.dampening else (buffer, self._spread(begun))

    def _ones(self) -> tuple[Any, Any]:
        """Return the averages of a constant 1: the bias corrections."""
        found = []
        for i in (0, 1):
            own = []
            for (_, p), kept in zip(self.named, self.kept, strict=True):
                beta = float(self.options[id(p)]["betas"][i])
                own.append(1 - beta ** float(kept.get("step", 0.0)))
            found.append(self._spread(own))
        return found[0], found[1]

    def _spread(self, values: list[float]) -> Any:
        """Return a number for each parameter along the vector; one if all agree."""
        if len(set(values)) == 1:
            return values[0]
        pairs = zip(self.named, values, strict=True)
        return torch.cat([p.detach().new_full((p.numel(),), v) for (_, p), v in pairs])

    def _vector(self, key: str) -> Tensor:
        """Return what is kept under a key, 0 where nothing is yet."""
        parts = []
        for (_, p), kept in zip(self.named, self.kept, strict=True):
            value = kept.get(key)
            like = p.detach()
            parts.append((torch.zeros_like(like) if value is None else value).flatten())
        return torch.cat(parts).clone()
