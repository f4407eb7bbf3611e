"""Fields of the objective that differ between the members of an ensemble."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from gandyn._node import leaves, replace
from gandyn.gans.objective import Objective


def chosen(
    values: Mapping[str, Tensor], own: set[str], members: int | slice | Tensor
) -> dict[str, Tensor]:
    """Return values, of the named ones only those of some members."""
    return {k: v[members] if k in own else v for k, v in values.items()}


def swept(objective: Objective, like: Tensor) -> dict[str, Tensor]:
    """Return the fields with a value for each member, as tensors."""
    found = {
        path: torch.as_tensor(value).to(like)
        for path, value in leaves(objective).items()
        if isinstance(value, Tensor | np.ndarray) and value.ndim
    }
    replace(objective, {k: v.detach().cpu().numpy() for k, v in found.items()})
    return found
