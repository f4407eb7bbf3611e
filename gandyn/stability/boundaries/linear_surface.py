"""Maps of linear rules on linear games over a box, without derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gandyn._node import Node, NodeT
from gandyn.dynamics.exact.matrix_entries import homogeneous, map_entries
from gandyn.rules import Rule
from gandyn.stability.boundaries.continuation import Plane
from gandyn.stability.maps.maps import RuleMap

_Entries = Callable[[np.ndarray], list[list[Any]]]
"""The entries of the maps at places of shape (2, points), in the unit box."""


def entries_over(plane: Plane) -> _Entries | None:
    """Return the maps of places in a box, None where they have to be differentiated.

    Both fields are the rule's, which is linear, and the game is linear and of two
    numbers. Values inside the box are in their domains because its corners are.
    """
    map: Any = plane.map
    if not isinstance(map, RuleMap):
        return None
    rule, game = map.rule, map.game
    plain = type(rule).__post_init__ is Rule.__post_init__
    if not (plain and rule.linear and game.linear and game.shape == ((), ())):
        return None
    targets = [target for one in map.parameters for target in one.targets]
    if any(owner != "rule" or "." in path for owner, path in targets):
        return None
    field = homogeneous(game, {})
    for corner in ((0.0, 0.0), (1.0, 1.0)):
        map.at(plane.values(corner))

    def entries(places: np.ndarray) -> list[list[Any]]:
        own: dict[str, Any] = {}
        for one, values in zip(map.parameters, plane.values(places), strict=True):
            own |= one.changes(values)["rule"]
        return map_entries(_unchecked(rule, own), field)

    return entries


def _unchecked(node: NodeT, changes: dict[str, Any]) -> NodeT:
    """Return a copy with fields changed to values that are known to be sound."""
    copy: Node = object.__new__(type(node))
    copy.__dict__.update(node.__dict__)
    copy.__dict__.update(changes)
    return copy  # type: ignore[return-value]
