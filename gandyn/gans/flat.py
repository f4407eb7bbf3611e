"""A module's parameters as one vector, and the module as a function of it."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call


class Flat:
    """A module as a function of one parameter vector.

    The vector holds the module's parameters in the order of ``named_parameters``, each
    row by row. The module is copied; its buffers stay as they are.

    Parameters
    ----------
    module : nn.Module
    dtype : torch.dtype
    device : torch.device

    Examples
    --------
    >>> flat = Flat(nn.Linear(2, 1), torch.float64, torch.device("cpu"))
    >>> flat.size, flat.names
    (3, ('weight', 'bias'))
    >>> flat(torch.tensor([1.0, 2.0, 3.0]).double(), torch.ones(1, 2).double())
    tensor([[6.]], dtype=torch.float64)
    """

    def __init__(
        self, module: nn.Module, dtype: torch.dtype, device: torch.device
    ) -> None:
        self.module = copy.deepcopy(module).to(device=device, dtype=dtype)
        named = dict(self.module.named_parameters())
        self.names = tuple(named)
        self.shapes = tuple(p.shape for p in named.values())
        self.sizes = tuple(p.numel() for p in named.values())
        self.size = sum(self.sizes)

    def __call__(
        self,
        vector: Tensor,
        inputs: Tensor,
        buffers: Mapping[str, Tensor] | None = None,
    ) -> Tensor:
        """Return the module's output with these parameters, and buffers if given."""
        values = {**self.split(vector), **(buffers or {})}
        return functional_call(self.module, values, (inputs,))

    def split(self, vector: Tensor) -> dict[str, Tensor]:
        """Return the parameters by name, as views of a vector of shape (P,)."""
        parts = zip(self.names, vector.split(self.sizes), self.shapes, strict=True)
        return {name: part.reshape(shape) for name, part, shape in parts}

    def vector(self) -> Tensor:
        """Return the module's own parameters as a vector."""
        return flatten(self.module)


def flatten(module: nn.Module) -> Tensor:
    """Return a module's parameters as one vector, in the order of `Flat`."""
    return torch.cat([p.detach().reshape(-1) for p in module.parameters()])


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
