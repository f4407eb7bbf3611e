"""Update rules, one file per family; every public class here is found by looking."""

from __future__ import annotations

from gandyn._catalogue import discover
from gandyn.rules._base import Rule

CATALOGUE: dict[str, type[Rule]] = discover(__name__, list(__path__), Rule)
"""Every rule by its name."""
globals().update(CATALOGUE)

__all__ = ["CATALOGUE", "Rule", *CATALOGUE]  # noqa: PLE0604
