"""Groups of modules as functions of one parameter vector each."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel

from gandyn.gans.games.layers import (
    SETTLING,
    PowerIteration,
    first_vector,
    power_iterations,
)
from gandyn.gans.games.weight_norms import unfuse

ROLES = ("generator", "discriminator")
"""The players' names; their parameters in the container begin so."""
Modules = nn.Module | Mapping[str, nn.Module] | Sequence[nn.Module]
"""What one player's parameters may be in."""


class Flat:
    """A module, or a group of modules, as a function of one parameter vector.

    The vector holds the parameters that require grad in the order of
    ``named_parameters``, each row by row; the others are constants. The modules are
    copied; their buffers stay as they are.

    Parameters
    ----------
    modules : nn.Module, or mapping or sequence of nn.Module
    dtype : torch.dtype
    device : torch.device

    Attributes
    ----------
    module : nn.Module
        The copy; of a group, the ``nn.ModuleDict`` or ``nn.ModuleList`` that holds it.
    form : nn.Module, dict, list or tuple
        The copies in the form that was given.

    Examples
    --------
    >>> flat = Flat(nn.Linear(2, 1), torch.float64, torch.device("cpu"))
    >>> flat.size, flat.names
    (3, ('weight', 'bias'))
    >>> flat(torch.tensor([1.0, 2.0, 3.0]).double(), torch.ones(1, 2).double())
    tensor([[6.]], dtype=torch.float64)
    """

    def __init__(
        self, modules: Modules, dtype: torch.dtype, device: torch.device
    ) -> None:
        self.form: Any = copied(modules)
        self.module = one_module(self.form).to(device=device, dtype=dtype)
        named = trained(self.module)
        self.names = tuple(named)
        self.shapes = tuple(p.shape for p in named.values())
        self.sizes = tuple(p.numel() for p in named.values())
        self.size = sum(self.sizes)

    def __call__(self, vector: Tensor, *inputs: Tensor) -> Tensor:
        """Return the module's output with these parameters."""
        return functional_call(self.module, self.split(vector), inputs)

    def split(self, vector: Tensor) -> dict[str, Tensor]:
        """Return the parameters by name, as views of a vector of shape (P,)."""
        # torch's batch normalisation has wrong gradients with weights that are strided
        own = vector.contiguous().split(self.sizes)
        parts = zip(self.names, own, self.shapes, strict=True)
        return {name: part.reshape(shape) for name, part, shape in parts}

    def vector(self) -> Tensor:
        """Return the module's own parameters as a vector."""
        own = trained(self.module).values()
        return torch.cat([p.detach().reshape(-1) for p in own])


def trained(module: nn.Module) -> dict[str, Tensor]:
    """Return the parameters that are a player's: all but the frozen ones.

    A frozen one is an ``nn.Parameter`` that doesn't require grad; a tensor that was put
    in a parameter's place is not.
    """
    return {
        name: p
        for name, p in module.named_parameters()
        if p.requires_grad or not isinstance(p, nn.Parameter)
    }


def one_module(group: Any) -> nn.Module:
    """Return a group of modules as one, whose parameters have the group's names."""
    if isinstance(group, nn.Module):
        return group
    many = isinstance(group, Mapping)
    return nn.ModuleDict(group) if many else nn.ModuleList(group)


def copied(modules: Any) -> Any:
    """Return deep copies of modules, of tensors that torch itself won't copy too."""
    memo: dict[int, Any] = {}
    for one in parts_of(modules):
        for module in one.modules():
            for value in vars(module).values():
                if isinstance(value, Tensor) and not value.is_leaf:
                    # what hooks leave behind, such as a normalised weight
                    memo[id(value)] = value.detach().clone()
    return copy.deepcopy(modules, memo)


def parts_of(modules: Any) -> list[nn.Module]:
    """Return the modules of a group."""
    if isinstance(modules, nn.Module):
        return [modules]
    return list(modules.values() if isinstance(modules, Mapping) else modules)


def ensemble(vectors: Sequence[Tensor]) -> Tensor:
    """Return the vectors of several members as one player, of shape (P, members).

    In memory the parameters of a member lie together.

    Examples
    --------
    >>> x = ensemble([torch.zeros(3), torch.ones(3)])
    >>> x.shape, x.stride()
    (torch.Size([3, 2]), (1, 3))
    """
    return torch.stack(list(vectors)).T


@contextmanager
def default_dtype(dtype: torch.dtype) -> Iterator[None]:
    """Have torch make tensors of a type where none is given."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


class _Container(nn.Module):
    """Both players' modules, so that one call swaps the parameters of all of them."""

    def __init__(self, generator: Flat, discriminator: Flat) -> None:
        super().__init__()
        self.generator, self.discriminator = generator.module, discriminator.module
        self.forms = generator.form, discriminator.form

    def forward(self, function: Callable[..., Any], *args: Any) -> Any:
        """Return a function's value on the two groups and more."""
        return function(*self.forms, *args)


class Pair:
    """The two groups of modules, copied to one type and device.

    Batch normalisation in training mode works by the statistics of the batch at hand:
    its running averages feed nothing back, and the copies have none. Power iterations
    of spectral norms are frozen in the copies; their singular vectors are the `state`.

    Parameters
    ----------
    generator, discriminator : nn.Module, or mapping or sequence of nn.Module
    dtype : torch.dtype
    device : torch.device
    """

    def __init__(
        self,
        generator: Modules,
        discriminator: Modules,
        dtype: torch.dtype,
        device: torch.device,
    ) -> None:
        self.generator = Flat(generator, dtype, device)
        self.discriminator = Flat(discriminator, dtype, device)
        self.container = _Container(self.generator, self.discriminator)
        self._powers: dict[str, PowerIteration] = power_iterations(self.container)
        for module in self.container.modules():
            unfuse(module)
            if isinstance(module, nn.modules.batchnorm._NormBase) and module.training:
                _forget(module)

    def call(
        self,
        function: Callable[..., Any],
        x: Tensor,
        y: Tensor,
        state: Mapping[str, Tensor],
        *args: Any,
    ) -> Any:
        """Return ``function(G, D, *args)`` with parameters and a state swapped in."""
        values = dict(state)
        for role, flat, vector in zip(ROLES, self.flats, (x, y), strict=True):
            values |= {f"{role}.{k}": v for k, v in flat.split(vector).items()}
        return self.computed(function, values, *args, dtype=x.dtype)

    def computed(
        self,
        function: Callable[..., Any],
        values: dict[str, Tensor],
        *args: Any,
        dtype: torch.dtype,
    ) -> Any:
        """Return ``function(G, D, *args)`` with tensors by name swapped in."""
        # fused attention has no second derivatives
        with default_dtype(dtype), sdpa_kernel(SDPBackend.MATH):
            return functional_call(self.container, values, (function, *args))

    def state(self) -> dict[str, Tensor]:
        """Return the singular vectors of power iterations, as the modules have them."""
        own = dict(self.container.named_buffers())
        return {
            key: own[key]
            for power in self._powers.values()
            for key in (power.u, power.v)
        }

    def settled(self, x: Tensor, y: Tensor) -> dict[str, Tensor]:
        """Return the state after many iterations at the parameters x and y."""
        own = self.state()
        state = {p.u: first_vector(own[p.u]) for p in self._powers.values()}
        for _ in range(SETTLING):
            state = self.iterated(state, x, y)
        return state

    def iterated(
        self, state: Mapping[str, Tensor], x: Tensor, y: Tensor
    ) -> dict[str, Tensor]:
        """Return the state after one power iteration of every such layer."""
        after: dict[str, Tensor] = {}
        for name, power in self._powers.items():
            role, _, weight = name.partition(".")
            flat, player = getattr(self, role), x if role == ROLES[0] else y
            u = state[power.u]
            if weight not in flat.names:  # frozen
                fixed = self.container.get_parameter(name)
                u, v = power.iterate(fixed, u)
            elif player.ndim == 1:
                u, v = _iterate(flat, weight, power, player, u)
            else:
                dims = (-1, 0 if u.ndim == 2 else None)
                call = vmap(
                    lambda p, u, f=flat, n=weight, one=power: _iterate(f, n, one, p, u),
                    dims,
                )
                u, v = call(player, u)
            after |= {power.u: u, power.v: v}
        return after

    @property
    def flats(self) -> tuple[Flat, Flat]:
        """Both groups."""
        return self.generator, self.discriminator


def _forget(norm: Any) -> None:
    """Take the running averages from a normalisation."""
    if norm.track_running_stats:
        norm.running_mean = norm.running_var = norm.num_batches_tracked = None
        norm.track_running_stats = False


def _iterate(
    flat: Flat, name: str, power: PowerIteration, vector: Tensor, u: Tensor
) -> tuple[Tensor, Tensor]:
    return power.iterate(flat.split(vector)[name], u)
