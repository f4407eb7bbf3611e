"""The law of implicit steps: they solve their equation."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from gandyn.games.bilinear import Bilinear
from gandyn.testing import strategies
from gandyn.testing._cases import on
from gandyn.testing._law import ROUNDING, UNIT, Broken, Law
from gandyn.testing._play import call, play, vector

_UNITS = 16
"""Rounding units that count as solved beside the tolerance, as in `ProximalPoint`."""


class EquationSolved(Law):
    """An implicit step and its equation."""

    id = "implicit"
    statement = (
        "The next state solves the equation that the step declares, to the rule's tol "
        "of the state's size √(1 + |z|²)."
    )
    reference = "Rockafellar, Monotone operators and the proximal point algorithm, 1976"
    trait = "residual"

    def declared(self, rule: Any) -> bool | None:
        """Tell whether an equation is declared."""
        residual = getattr(rule, "residual", None)
        game = Bilinear(1.0)
        return True if residual and residual(game, 1.0, 1.0, 1.0, 1.0) else None

    def cases(self, rule: Any) -> Any:
        """Return smooth games with a state, and settings of the solver too."""
        game = st.one_of(
            strategies.polynomial_games(),
            strategies.dirac_gans(),
            strategies.games("wide"),
        )
        return on(rule, game, settings=strategies.settings(rule, solver=True))

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Put the state after a step into the equation."""
        p, q = play(rule, game, x, y, 1)[-1][:2]
        left = np.linalg.norm(vector(call(rule, "residual", game, x, y, p, q)))
        tol = getattr(rule, "tol", ROUNDING.relative)
        reach = np.hypot(tol, _UNITS * UNIT)
        allowed = reach * np.sqrt(1 + np.sum(vector((x, y)) ** 2))
        # the square of what is left is compared, and the sums are rounded
        if not left <= allowed * (1 + ROUNDING.relative):
            raise Broken(f"the equation leaves {left:.3g}, allowed is {allowed:.3g}")
