"""Games, one file per family; every public class in this folder is found by looking."""

from __future__ import annotations

from gandyn._catalogue import discover
from gandyn.games._base import Game, ScalarGame

CATALOGUE: dict[str, type[Game]] = discover(__name__, list(__path__), Game)
globals().update(CATALOGUE)

__all__ = ["CATALOGUE", "Game", "ScalarGame", *CATALOGUE]  # noqa: PLE0604
