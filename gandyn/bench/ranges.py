"""The declared ranges of hyperparameters: one table, by the name of a field."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import numpy as np

from gandyn._node import Node, resolve
from gandyn.errors import FieldError
from gandyn.rules import Rule

_SCALES = ("linear", "log")
_SIDES = ("_x", "_y")


class Range(NamedTuple):
    """An interval that a field is drawn from, evenly on its scale."""

    low: float
    high: float
    scale: str = "linear"

    def at(self, unit: np.ndarray) -> np.ndarray:
        """Return the values at places between 0 and 1."""
        if self.scale == "log":
            low, high = math.log(self.low), math.log(self.high)
            values = np.exp(low + (high - low) * unit)
            return np.clip(values, self.low, self.high)
        return self.low + (self.high - self.low) * unit


RANGES = {
    "lr": Range(1e-3, 4.0, "log"),
    "beta": Range(-0.9, 0.9),
    "momentum": Range(0.0, 0.9),
    "gamma": Range(0.01, 4.0, "log"),
    "lam": Range(0.01, 4.0, "log"),
    "theta": Range(0.0, 2.0),
    "ratio": Range(0.5, 4.0, "log"),
    "alpha": Range(0.05, 0.95),
    "beta1": Range(0.0, 0.95),
    "beta2": Range(0.5, 0.999),
    "beta_abs": Range(0.0, 0.95),
    "beta_arg": Range(0.0, math.pi),
    "p": Range(0.1, 10.0, "log"),
    "a": Range(0.0, 1.0),
}
"""By field; a pair ``name_x``, ``name_y`` is drawn as one value of ``name``.

``momentum`` is that of other packages which refuse a negative one.
"""

_OWN = {
    "AlexGDA": {"gamma": Range(1.0, 3.0), "delta": Range(1.0, 3.0)},
    "ExponentialAverage": {"beta": Range(0.0, 0.99)},
    "NegativeMomentum": {"beta": Range(-0.9, 0.0)},
    "SmoothedGDA": {"beta": Range(0.01, 1.0, "log")},
    "ExtraAnchoredGradientV": {"lr": Range(1e-3, 0.9, "log")},
}
"""Of single rules, over `RANGES`."""


def declared(
    rule: Any, fixed: Collection[str] = ()
) -> dict[str, tuple[Range, tuple[str, ...]]]:
    """Return the ranges of a solver's free fields, with the paths that each sets.

    Fixed are the paths given, and fields with another value than by default. A class
    may declare its own ranges: ``ranges = {"lr": (1e-3, 1.0, "log")}``.

    Raises
    ------
    FieldError
        If a range of a class's own is empty, not finite or has another scale.
    UnknownName
        If it is of no field.

    Examples
    --------
    >>> from gandyn.rules import NegativeMomentum
    >>> for name, (interval, paths) in declared(NegativeMomentum()).items():
    ...     print(name, interval[:2], paths)
    lr (0.001, 4.0) ('lr_x', 'lr_y')
    beta (-0.9, 0.0) ('beta_x', 'beta_y')
    """
    cls = type(rule)
    own = getattr(cls, "ranges", None)
    table = _OWN.get(cls.__name__, {}) if own is None else _checked(cls, own)
    free = [path for path in _free(rule) if path not in fixed]
    found: dict[str, tuple[Range, tuple[str, ...]]] = {}
    for path in free:
        name = _common(path, free)
        keys = [path, name, name.rpartition(".")[2]]
        keys += [keys[-1][:-2]] if keys[-1][-2:] in _SIDES else []
        both = table if own is not None else RANGES | table
        interval = next((both[key] for key in keys if key in both), None)
        if interval is not None:
            paths = found.get(name, (interval, ()))[1]
            found[name] = (interval, (*paths, path))
    for name in table.keys() - found.keys():
        resolve(rule, name)  # a field that is fixed, or none at all
    return found


def _free(node: Node, prefix: str = "") -> list[str]:
    """Return the paths of numeric fields that have their default values."""
    found = []
    for field in dataclasses.fields(node):  # type: ignore[arg-type]
        value = getattr(node, field.name)
        if isinstance(value, Rule):
            found += _free(value, f"{prefix}{field.name}.")
        elif isinstance(value, float) and value == field.default:
            found.append(prefix + field.name)
    return found


def _common(path: str, free: list[str]) -> str:
    """Return ``name`` of a pair ``name_x``, ``name_y``, both free; else the path."""
    stem, side = path[:-2], path[-2:]
    both = side in _SIDES and {f"{stem}_x", f"{stem}_y"} <= set(free)
    return stem if both else path


def _checked(cls: type, own: Mapping[str, Any]) -> dict[str, Range]:
    found = {}
    for name, values in own.items():
        interval = Range(*values)
        ends = interval.low, interval.high
        sound = all(map(math.isfinite, ends)) and ends[0] < ends[1]
        if interval.scale not in _SCALES or (interval.scale == "log" and ends[0] <= 0):
            sound = False
        if not sound:
            raise FieldError(
                f"{cls.__name__}: the range of {name} must be (low, high, 'linear') or "
                f"(low > 0, high, 'log'), got {values!r}"
            )
        found[name] = interval
    return found
