"""Layers whose weights have spectral norm 1, as functions of their parameters."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import _SpectralNorm
from torch.nn.utils.spectral_norm import SpectralNorm

SETTLING = 100
"""Power iterations that a layer starts with."""


class SpectralLinear(nn.Linear):
    """A linear layer whose weight is divided by its largest singular value.

    The value is exact, and so are its derivatives, where it is simple and not 0.

    References
    ----------
    Miyato, Kataoka, Koyama, Yoshida, *Spectral Normalization for Generative
    Adversarial Networks*, ICLR 2018.

    Examples
    --------
    >>> layer = SpectralLinear(3, 2).double()
    >>> weight = _unit_weight(layer.weight.detach())
    >>> round(float(torch.linalg.matrix_norm(weight, 2)), 6)
    1.0
    """

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the inputs' image."""
        return functional.linear(inputs, _unit_weight(self.weight), self.bias)


class SpectralConv2d(nn.Conv2d):
    """A convolution whose kernel, as a matrix of filters, has spectral norm 1."""

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the inputs' image."""
        return self._conv_forward(inputs, _unit_weight(self.weight), self.bias)


class PowerNormalised(nn.Module):
    """A layer that estimates its spectral norm by the power iteration.

    The singular vectors u and v are buffers, constants to the derivatives:
    σ = uᵀWv. They are frozen until `gandyn.gans.TorchGame.for_step` moves them on by
    one iteration, so what a step plays is a game, and the state is the trainer's.
    """

    weight: Tensor
    u: Tensor
    v: Tensor

    def register(self) -> None:
        """Register the buffers u and v, settled for the weight as it is."""
        rows = self.weight.detach().flatten(1)
        u, v = first_vector(rows[:, 0]), torch.zeros_like(rows[0])
        for _ in range(SETTLING):
            u, v = self.iterate(rows, u)
        self.register_buffer("u", u)
        self.register_buffer("v", v)

    @staticmethod
    def iterate(weight: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
        """Return (u, v) after one iteration."""
        rows = weight.flatten(1)
        v = functional.normalize(rows.T @ u, dim=0)
        return functional.normalize(rows @ v, dim=0), v

    def normalised(self) -> Tensor:
        """Return W / uᵀWv."""
        return self.weight / (self.u @ self.weight.flatten(1) @ self.v)


class PowerLinear(PowerNormalised, nn.Linear):
    """A linear layer that is divided by the power iteration's spectral norm."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.register()

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the inputs' image."""
        return functional.linear(inputs, self.normalised(), self.bias)


class PowerConv2d(PowerNormalised, nn.Conv2d):
    """A convolution that is divided by the power iteration's spectral norm."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.register()

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the inputs' image."""
        return self._conv_forward(inputs, self.normalised(), self.bias)


class PowerIteration(NamedTuple):
    """Where a layer's estimate of its spectral norm is, in a module that holds it."""

    u: str
    """The buffers' names."""
    v: str
    axis: int
    """Which axis of the weight is that of the rows."""

    def iterate(self, weight: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
        """Return (u, v) after one iteration."""
        return PowerNormalised.iterate(weight.movedim(self.axis, 0), u)


def power_iterations(module: nn.Module) -> dict[str, PowerIteration]:
    """Return the power iterations inside a module, by their weights' names.

    Those of torch, `torch.nn.utils.parametrizations.spectral_norm` and the older
    `torch.nn.utils.spectral_norm`, are frozen, as by ``eval()``: their singular vectors
    are moved by whoever holds the state. In eval mode they are constants already.
    """
    found: dict[str, PowerIteration] = {}
    for name, layer in module.named_modules():
        prefix = name + "." if name else ""
        if isinstance(layer, PowerNormalised):
            found[prefix + "weight"] = PowerIteration(prefix + "u", prefix + "v", 0)
        elif isinstance(layer, _SpectralNorm) and layer.training:
            layer.eval()
            if hasattr(layer, "_u"):  # a vector has a norm, without any iteration
                place = prefix.rpartition(".")[0].rpartition(".")[0] + ".original"
                own = PowerIteration(prefix + "_u", prefix + "_v", layer.dim)
                found[place] = own
        for hook in layer._forward_pre_hooks.values():
            if isinstance(hook, SpectralNorm) and layer.training:
                layer.training = False  # the hook asks the layer
                name = prefix + hook.name
                own = PowerIteration(f"{name}_u", f"{name}_v", hook.dim)
                found[f"{name}_orig"] = own
    return found


def first_vector(like: Tensor) -> Tensor:
    """Return the vector that power iterations start from, always the same."""
    rng = torch.Generator().manual_seed(0)
    return torch.randn(len(like), generator=rng, dtype=torch.float64).to(like)


def _unit_weight(weight: Tensor) -> Tensor:
    """Return a weight over the largest singular value of its rows.

    Where a weight isn't finite the result is not either, and no error is raised.
    """
    rows = weight.flatten(1)
    finite = torch.where(rows.isfinite(), rows, torch.zeros_like(rows))
    return weight / torch.linalg.matrix_norm(finite, 2)
