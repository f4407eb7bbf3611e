"""Weight normalisation whose second derivatives are right."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import _WeightNorm
from torch.nn.utils.weight_norm import WeightNorm


class _Normalised(_WeightNorm):
    """Torch's parametrization, of operations with exact derivatives."""

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        """Return g·v/‖v‖."""
        return _normalised(weight_g, weight_v, self.dim)


class _Hook(WeightNorm):
    """Torch's older hook, of the same."""

    def compute_weight(self, module: nn.Module) -> Any:
        """Return g·v/‖v‖."""
        g, v = (getattr(module, f"{self.name}_{part}") for part in "gv")
        return _normalised(g, v, self.dim)


def unfuse(module: nn.Module) -> None:
    """Have a module's weight normalisation take no fused operation.

    That of torch 2.13 has no forward derivative, and a second one that is wrong.
    """
    if type(module) is _WeightNorm:
        module.__class__ = _Normalised
    for hook in module._forward_pre_hooks.values():
        if type(hook) is WeightNorm:
            hook.__class__ = _Hook


def _normalised(g: Tensor, v: Tensor, dim: int) -> Tensor:
    return v * (g / torch.norm_except_dim(v, 2, dim))
