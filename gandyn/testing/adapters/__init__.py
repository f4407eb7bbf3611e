"""Optimizers of other packages as update rules, one file per package.

An adapter takes an optimizer by its dotted name or as a callable, and is then a value
with ``init(game, x, y)`` and ``step(game, x, y, memory)`` like any rule: it is checked
by `gandyn.testing.check_update_rule` and compared by `gandyn.bench`. What compiles or
differentiates a step, such as a sweep, takes gandyn's own rules only. The optimizer
is made anew for each step and its state is put back from the memory, so a step is a
pure function. Nothing of a peer is imported before it is used.

An adapter says nothing of the optimizer unless it is told what it is: with
``implements=`` a rule, the optimizer must have that rule's orbits and symmetries.
"""

from __future__ import annotations

from typing import Any

from gandyn._catalogue import discover
from gandyn.testing.adapters._base import Adapter

ADAPTERS: dict[str, type[Adapter]] = discover(__name__, list(__path__), Adapter)
"""Every adapter by its name."""

globals().update(ADAPTERS)


def adapter_of(value: Any) -> type[Adapter] | None:
    """Return the adapter of a class or function, None if there is none.

    Examples
    --------
    >>> adapter_of(lambda x, y, gx, gy: (x - gx, y - gy)).__name__
    'FromGradients'
    """
    return next((cls for cls in ADAPTERS.values() if cls.takes(value)), None)


__all__ = ["ADAPTERS", "Adapter", "adapter_of", *ADAPTERS]  # noqa: PLE0604
