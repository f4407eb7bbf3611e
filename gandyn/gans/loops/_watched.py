"""What a monitor reads of one optimizer: a sample of its updates and gradients."""

from __future__ import annotations

import math
import numbers
from typing import Any

import torch
from torch import Tensor

from gandyn.errors import GandynError

EVERY = 20
"""Of so many steps of an optimizer three in a row are looked at, which give the cosine
of two consecutive updates: looking costs a small network as much as half a step."""
COORDINATES = 1 << 16
"""Of the parameters about so many are compared, with a share in every tensor: the
cosine's error is a few thousandths, and large networks cost as much as small ones."""
SCHEDULED = 1.25
"""The factor by which a learning rate may glide before its change is one."""


class Watched:
    """One player's optimizer, looked at from its own hooks.

    Parameters
    ----------
    name : str
        The player's, for messages.
    optimizer : torch.optim.Optimizer

    Raises
    ------
    GandynError
        If it is no optimizer, or has no parameters.
    """

    def __init__(self, name: str, optimizer: Any) -> None:
        if not isinstance(optimizer, torch.optim.Optimizer):
            raise GandynError(
                f"player {name}: {type(optimizer).__name__} is not a torch optimizer: "
                "give the optimizer that moves the player's parameters"
            )
        self.name, self.optimizer = name, optimizer
        self.steps = self.steps_without_gradient = 0
        self._points: list[Tensor] = []
        self._cosines: list[Tensor] = []
        self._gradients: list[Tensor] = []
        self.hyperparameters = read_hyperparameters(optimizer)
        self._settle()
        self._handles = [
            optimizer.register_step_pre_hook(self._before),
            optimizer.register_step_post_hook(self._after),
        ]

    def _settle(self) -> None:
        """Choose the coordinates that are looked at."""
        groups = self.optimizer.param_groups
        self._parameters = [p for group in groups for p in group["params"]]
        total = sum(p.numel() for p in self._parameters)
        if not total:
            raise GandynError(f"player {self.name}: its optimizer has no parameters")
        self._stride = -(-total // COORDINATES)

    def _before(self, *_: Any) -> None:
        if self.steps % EVERY != 1:
            return
        grads = [p.grad for p in self._parameters if p.grad is not None]
        if grads:
            norm = _sample(grads, self._stride).norm()
            self._gradients.append(norm * self._stride**0.5)
        else:
            self.steps_without_gradient += 1

    def _after(self, *_: Any) -> None:
        phase = self.steps % EVERY
        self.steps += 1
        if phase > 2:
            return
        with torch.no_grad():
            self._points.append(_sample(self._parameters, self._stride).detach())
            if phase == 2:
                self._compare()

    def _compare(self) -> None:
        points, self._points = self._points, []
        if len(points) == 3 and points[0].shape == points[2].shape:
            one, two = points[1] - points[0], points[2] - points[1]
            norms = (one.norm() * two.norm()).clamp_min(torch.finfo(one.dtype).tiny)
            self._cosines.append(torch.dot(one, two) / norms)

    def changed(self) -> str:
        """Return which hyperparameters have changed, in words.

        A number by more than a quarter since the last time that something had: slow
        schedules begin nothing anew.
        """
        now = read_hyperparameters(self.optimizer)
        words = _difference(self.hyperparameters, now)
        if words:
            self.hyperparameters, self._points = now, []
            self._settle()
        return words

    def take(self) -> tuple[list[Tensor], list[Tensor]]:
        """Return cosines and gradient norms since the last time, and forget them."""
        found = self._cosines, self._gradients
        self._cosines, self._gradients = [], []
        return found

    def close(self) -> None:
        """Take the hooks off."""
        for handle in self._handles:
            handle.remove()


def read_hyperparameters(optimizer: Any) -> list[dict[str, Any]]:
    """Return what is set of each group, with the number of its parameters."""
    return [
        {name: _plain(value) for name, value in group.items() if name != "params"}
        | {"parameters": len(group["params"])}
        for group in optimizer.param_groups
    ]


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, Tensor) and value.numel() == 1 else value


def _difference(before: list[dict[str, Any]], now: list[dict[str, Any]]) -> str:
    if len(before) != len(now):
        return f"{len(now)} parameter groups, before {len(before)}"
    names = [
        f"{name} {old.get(name)} → {new.get(name)}"
        for old, new in zip(before, now, strict=True)
        for name in {**old, **new}
        if _differ(old.get(name), new.get(name))
    ]
    return ", ".join(dict.fromkeys(names))


def _differ(old: Any, new: Any) -> bool:
    """Return whether a hyperparameter has changed, a float by more than a quarter."""
    if isinstance(old, float) and isinstance(new, float) and old * new > 0:
        return abs(math.log(new / old)) > math.log(SCHEDULED)
    return bool(old != new)


def _sample(tensors: list[Tensor], stride: int) -> Tensor:
    """Return a copy of every so manieth entry of each tensor, one real vector."""
    devices = {t.device for t in tensors}
    parts = [_entries(t, stride) for t in tensors]
    if len(devices) > 1:
        parts = [part.to(parts[0].device) for part in parts]
    return torch.cat(parts) if len(parts) > 1 else parts[0].clone()


def _entries(tensor: Tensor, stride: int) -> Tensor:
    if tensor.is_sparse:
        tensor = tensor.coalesce().values()
    if tensor.is_complex():
        tensor = torch.view_as_real(tensor)
    flat = tensor.reshape(-1)
    return flat if stride == 1 else flat[::stride]


def log_mean(values: list[float]) -> float:
    """Return the logarithm of the geometric mean; NaN of nothing or of a NaN.

    >>> log_mean([1.0, 1.0]), log_mean([])
    (0.0, nan)
    """
    if not values:
        return math.nan
    logs = [math.log(v) if v > 0 else (v if v != 0 else -math.inf) for v in values]
    return sum(logs) / len(logs)


def one_number(name: str, value: Any) -> Any:
    """Return a loss as a detached tensor or a float, without waiting for a device."""
    if isinstance(value, torch.Tensor):
        if value.numel() != 1:
            raise GandynError(
                f"loss {name}: shape {tuple(value.shape)}; give the mean, one number"
            )
        return value.detach().reshape(())
    if not isinstance(value, numbers.Real):
        raise GandynError(
            f"loss {name}: {type(value).__name__} is no number: give the loss itself"
        )
    return float(value)


def read_out(values: list[Any]) -> list[float]:
    """Return numbers of one device at one go: each single one would wait for it."""
    tensors = [v for v in values if isinstance(v, torch.Tensor)]
    if not tensors:
        return values
    kinds = {(v.device, v.dtype) for v in tensors}
    if len(kinds) > 1:
        first = tensors[0].device
        tensors = [v.to(first, torch.double) for v in tensors]
    found = iter(torch.stack(tensors).tolist())
    return [next(found) if isinstance(v, torch.Tensor) else v for v in values]


def mean(values: list[float]) -> float:
    """Return the mean; NaN of nothing."""
    return sum(values) / len(values) if values else math.nan


def spread(values: list[float]) -> float:
    """Return the standard deviation; NaN of fewer than two."""
    if len(values) < 2:
        return math.nan
    middle = mean(values)
    return math.sqrt(sum((v - middle) ** 2 for v in values) / (len(values) - 1))
