"""One player's setting used for both, in every rule that has settings of each player.

Made by a program: the equal settings that most rules have by default hide this mistake
from everything that does not draw unequal ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gandyn._node import fields
from gandyn.rules import CATALOGUE, Rule


def one_setting(cls: type[Rule], stem: str, kept: str) -> Any:
    """Return a rule whose steps use ``stem_x`` for both players, or ``stem_y``."""
    lost = "y" if kept == "x" else "x"

    def right(self: Any) -> Any:
        value = getattr(self, f"{stem}_{kept}")
        return cls(**{**fields(self), f"{stem}_{lost}": value})

    def init(self: Any, game: Any, x: Any, y: Any) -> Any:
        return right(self).init(game, x, y)

    def step(self: Any, game: Any, x: Any, y: Any, memory: Any) -> Any:
        return right(self).step(game, x, y, memory)

    name = f"{cls.__name__}_{stem}_{kept}_for_both"
    body = {"init": init, "step": step, "aliases": (), "__module__": __name__}
    return type(name, (cls,), body)()


def one_settings() -> Iterator[Any]:
    """Yield a mutant for each player's setting of each rule of the catalogue."""
    for cls in CATALOGUE.values():
        names = fields(cls())
        for stem in [
            n[:-2] for n in names if n.endswith("_x") and n[:-2] + "_y" in names
        ]:
            for kept in "xy":
                yield one_setting(cls, stem, kept)
