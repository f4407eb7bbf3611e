"""Players as torch tensors, and back."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


def tensor(value: Any) -> Any:
    """Return a number, an array or a tensor as a new tensor that can be moved."""
    import torch

    if isinstance(value, torch.Tensor):
        return value.detach().clone().requires_grad_()
    return torch.tensor(np.asarray(value)).requires_grad_()


def gradient(value: Any, parameter: Any) -> Any:
    """Return a gradient as a tensor like its parameter."""
    import torch

    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    return torch.tensor(np.asarray(value)).to(parameter.dtype)


def back(parameter: Any, like: Any) -> Any:
    """Return a tensor as what it was made from: a float, an array or a tensor."""
    import torch

    if isinstance(like, torch.Tensor):
        return parameter.detach().clone()
    array = parameter.detach().numpy().copy()
    return array if isinstance(like, np.ndarray) else float(array)


@contextmanager
def peers_own_words() -> Iterator[None]:
    """Leave a peer's warnings, about torch and itself, unheard."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
