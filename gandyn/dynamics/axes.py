"""Axes of a sweep, and what their names stand for."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from gandyn._arguments import checked, is_number, is_whole
from gandyn._node import Node, NodeT, domains, is_structural, replace
from gandyn._parameters import Parameter, Tie, find_parameter
from gandyn.errors import FieldError

_START_NAMES = ("start.x", "start.y")

_LONGEST = 10**7
"""Points of an axis; all of them are held by every process."""


@dataclass(frozen=True)
class Axis:
    """Evenly spaced values of one field.

    Parameters
    ----------
    low, high : float
        First and last value.
    num : int
        Number of values, at least 2.
    scale : {"linear", "log"}
        Spacing; a logarithmic axis must be positive.

    Raises
    ------
    FieldError
        If the axis is empty, reversed, has one point or leaves its scale's domain.

    Examples
    --------
    >>> Axis(0.01, 1.0, 3, "log").values
    array([0.01, 0.1 , 1.  ])
    """

    low: float
    high: float
    num: int
    scale: str = "linear"

    def __post_init__(self) -> None:
        if self.scale not in ("linear", "log"):
            raise FieldError(
                f"axis scale must be 'linear' or 'log', got {self.scale!r}"
            )
        if not all(is_number(v) and math.isfinite(v) for v in (self.low, self.high)):
            raise FieldError(f"axis ends must be finite, got {self.low}:{self.high}")
        if not (is_whole(self.num) and 2 <= self.num <= _LONGEST):
            raise FieldError(
                f"axis needs at least 2 points and at most {_LONGEST}, got {self.num}"
            )
        if not self.low < self.high:
            raise FieldError(
                f"axis must rise, got {self.low}:{self.high}; swap its ends"
            )
        if self.scale == "log" and self.low <= 0:
            raise FieldError(f"a logarithmic axis must start above 0, got {self.low}")

    @property
    def values(self) -> np.ndarray:
        """The values, float64, ends exact."""
        if self.scale == "log":
            values = np.geomspace(self.low, self.high, int(self.num))
        else:
            values = np.linspace(self.low, self.high, int(self.num))
        values[0], values[-1] = self.low, self.high
        return values


class Dimension(NamedTuple):
    """One axis of a sweep, resolved."""

    name: str
    values: np.ndarray
    scale: str
    owner: str  # "rule", "game" or "start"
    paths: tuple[str, ...]
    structural: bool
    ties: tuple[Tie, ...] = ()

    @property
    def parameter(self) -> Parameter:
        """The fields that a value of the axis sets, those tied to it included."""
        return Parameter(self.name, self.owner, self.paths, self.ties)

    @property
    def attrs(self) -> dict[str, str]:
        """What a dataset's coordinate says of the axis."""
        tied = {"ties": self.parameter.tied} if self.ties else {}
        return {"scale": self.scale, "owner": self.owner, **tied}


@checked
def resolve_axes(
    rule: Node, game: Node, axes: Mapping[str, Axis | Sequence[float]]
) -> list[Dimension]:
    """Return the dimensions of a sweep, in order.

    Raises
    ------
    FieldError
        If there are fewer than two axes, two that set the same field, or values
        outside a field's domain.
    UnknownName
        If a name is no field of the rule or the game, or one of both.
    """
    if len(axes) < 2:
        raise FieldError(f"a sweep needs two axes or more, got {list(axes)}")
    dimensions = [resolve_axis(rule, game, name, axes[name]) for name in axes]
    used: dict[tuple[str, str], str] = {}
    for dim in dimensions:
        check_free(dim, used)
    return dimensions


def check_free(dim: Dimension, used: dict[tuple[str, str], str]) -> None:
    """Note what an axis sets; raise FieldError if another axis sets some of it."""
    for owner, path in dim.parameter.targets:
        if (owner, path) in used:
            raise FieldError(f"axes {used[owner, path]} and {dim.name} both set {path}")
        used[owner, path] = dim.name


@checked
def resolve_axis(
    rule: Node, game: Node, name: str, axis: Axis | Sequence[float]
) -> Dimension:
    """Return one dimension of a sweep; raises as `resolve_axes` does."""
    values, scale = _axis_values(name, axis)
    if name in _START_NAMES:
        return Dimension(name, values, scale, "start", (name[-1],), False)
    nodes = {"rule": rule, "game": game}
    found = find_parameter(nodes, name)
    for (owner, path), own in found.settings(values).items():
        _check_values(nodes[owner], path, name, own)
    structural = [_leaf_is_structural(nodes[found.owner], p) for p in found.paths]
    return Dimension(
        found.name, values, scale, found.owner, found.paths, all(structural), found.ties
    )


def _axis_values(name: str, axis: Axis | Sequence[float]) -> tuple[np.ndarray, str]:
    if isinstance(axis, Axis):
        return axis.values, axis.scale
    values = np.asarray(axis)
    if values.dtype.kind not in "iuf":
        raise FieldError(f"axis {name} must be numbers, got {reprlib.repr(axis)}")
    values = values.astype(float)
    if values.ndim != 1 or values.size < 2:
        raise FieldError(
            f"axis {name} must be a sequence of 2 or more numbers, "
            f"got shape {values.shape}"
        )
    if not np.all(np.isfinite(values)):
        raise FieldError(f"axis {name} must be finite, got {reprlib.repr(axis)}")
    if not np.all(np.diff(values) > 0):
        raise FieldError(f"axis {name} must rise from value to value")
    return values, "explicit"


def _leaf_is_structural(node: Node, path: str) -> bool:
    *parents, last = path.split(".")
    for parent in parents:
        node = getattr(node, parent)
    return is_structural(type(node), last)


def _check_values(node: Node, path: str, name: str, values: np.ndarray) -> None:
    *parents, last = path.split(".")
    for parent in parents:
        node = getattr(node, parent)
    current: Any = getattr(node, last)
    if isinstance(current, np.ndarray):
        raise FieldError(f"axis {name}: {path} is an array, not a number to sweep")
    domain = domains(type(node)).get(last)
    if domain is None:
        if set(values) <= {0.0, 1.0}:
            return
        raise FieldError(f"axis {name}: {path} is a switch, give 0 and 1")
    for value in values[[0, -1]]:
        whole = domain.structural and value == int(value)
        if not domain.accepts(int(value) if whole else float(value)):
            raise FieldError(f"axis {name}: {path} must be {domain.text}, got {value}")
    if domain.structural and np.any(values != np.round(values)):
        raise FieldError(f"axis {name}: {path} must be {domain.text}")


def with_values(node: NodeT, paths: tuple[str, ...], value: Any) -> NodeT:
    """Return the node with all the paths set to one value."""
    return replace(node, dict.fromkeys(paths, value))
