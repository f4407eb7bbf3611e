"""Update rules, one file per family; every public class here is found by looking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gandyn._catalogue import discover
from gandyn.rules._base import Rule

CATALOGUE: dict[str, type[Rule]] = discover(__name__, list(__path__), Rule)
"""Every rule by its name."""
globals().update(CATALOGUE)

if TYPE_CHECKING:  # what is found by looking, type checkers can't see

    def __getattr__(name: str) -> Any: ...


__all__ = ["CATALOGUE", "Rule", *CATALOGUE]  # noqa: PLE0604
