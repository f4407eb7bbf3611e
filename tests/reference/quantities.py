"""Which function poses a case, and which cases none poses yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.reference.cases import Case
from tests.reference.distributions import DISTRIBUTIONS
from tests.reference.flows import FLOWS
from tests.reference.losses import LOSSES
from tests.reference.maps import MAPS
from tests.reference.normal_forms import NORMAL_FORMS
from tests.reference.orbits import ORBITS
from tests.reference.translate import has_game, has_rule

OF_STEPS = {**MAPS, **NORMAL_FORMS, **ORBITS}
"""These need a rule and a game."""
WITHOUT_GAME = ("[d/dl log(1-sigmoid(l))", *DISTRIBUTIONS)

NOT_POSED = {
    "EAGC-const": "a constant of a proof, which no orbit attains",
    "LOWER-1": "a bound over all methods, no quantity of one rule",
    "LOWER-2": "a bound over all methods, no quantity of one rule",
}
"""Cases without a counterpart among gandyn's rules and games, and why."""


def find(case: Case) -> Callable[[Case], Any] | None:
    """Return the function that computes the case's quantity, None if none does."""
    if not (has_game(case) or case.quantity.startswith(WITHOUT_GAME)):
        return None
    known = OF_STEPS if has_rule(case) else {**FLOWS, **LOSSES, **DISTRIBUTIONS}
    names = [name for name in known if case.quantity.startswith(name)]
    return known[max(names, key=len)] if names else None
