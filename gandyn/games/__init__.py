"""Games, one file per family, with the losses and regularisers of GANs.

Every public class in this folder is found by looking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gandyn._catalogue import discover
from gandyn.games._base import Game, ScalarGame
from gandyn.games.losses import Loss
from gandyn.games.regularisers import Regulariser
from gandyn.games.symbolic import from_losses

CATALOGUE: dict[str, type[Game]] = discover(__name__, list(__path__), Game)
"""Every game by its name."""
LOSSES: dict[str, type[Loss]] = discover(__name__, list(__path__), Loss)
"""Every loss of GANs by its name."""
REGULARISERS: dict[str, type[Regulariser]] = discover(
    __name__, list(__path__), Regulariser
)
"""Every regulariser of GANs by its name."""
globals().update(CATALOGUE | LOSSES | REGULARISERS)

if TYPE_CHECKING:  # what is found by looking, type checkers can't see

    def __getattr__(name: str) -> Any: ...


__all__ = [  # noqa: PLE0604
    "CATALOGUE",
    "Game",
    "LOSSES",
    "Loss",
    "REGULARISERS",
    "Regulariser",
    "ScalarGame",
    "from_losses",
    *CATALOGUE,
    *LOSSES,
    *REGULARISERS,
]
