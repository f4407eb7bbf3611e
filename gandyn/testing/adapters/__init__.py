"""Optimizers of other packages as update rules, one file per package.

An adapter takes an optimizer by its dotted name or as a callable, and is then a value
with ``init(game, x, y)`` and ``step(game, x, y, memory)`` like any rule: it is checked
by `gandyn.testing.check_update_rule` and can be played wherever a rule is. The
optimizer is made anew for each step and its state is put back from the memory, so a
step is a pure function. Nothing of a peer is imported before it is used.

An adapter says nothing of the optimizer unless it is told what it is: with
``implements=`` a rule, the optimizer must have that rule's orbits and symmetries.
"""

from __future__ import annotations

from gandyn._catalogue import discover
from gandyn.testing.adapters._base import Adapter

ADAPTERS: dict[str, type[Adapter]] = discover(__name__, list(__path__), Adapter)
"""Every adapter by its name."""

globals().update(ADAPTERS)
__all__ = ["ADAPTERS", "Adapter", *ADAPTERS]  # noqa: PLE0604
