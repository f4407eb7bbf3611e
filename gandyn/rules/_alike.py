"""Traits that a rule has where its players have the same settings."""

from __future__ import annotations

from typing import Any

from gandyn._node import Node, leaves


class _WhereAlike:
    """A trait of rules whose players differ in their learning rates at most.

    Of the class it says what the rule can have, of an instance what it has.
    """

    def __get__(self, instance: Any, owner: type) -> bool:
        return instance is None or are_alike(instance)


def are_alike(rule: Node) -> bool:
    """Tell whether the players have the same settings, learning rates aside."""
    own = leaves(rule)
    pairs = [(path, f"{path[:-2]}_y") for path in own if path.endswith("_x")]
    return all(
        bool(own[x] == own[y])
        for x, y in pairs
        if y in own and not x.split(".")[-1].startswith("lr_")
    )
