"""The law of adapters: an optimizer is the rule that it is said to be."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from gandyn.testing._cases import scalar_cases, vector_cases
from gandyn.testing._law import Law, Tolerance
from gandyn.testing._play import current_rates, play, with_rates

_STEPS = 3


class Implements(Law):
    """An implementation and its rule."""

    id = "implements"
    statement = "The orbit is that of the rule that it claims to implement."
    trait = "implements"
    tolerance = Tolerance(2.0**-32, 2.0**-34)

    def declared(self, rule: Any) -> bool | None:
        """Tell whether there is a claim."""
        return True if getattr(rule, "implements", None) is not None else None

    def cases(self, rule: Any) -> Any:
        """Return games of numbers and of vectors with a state."""
        return st.one_of(scalar_cases(rule), vector_cases(rule))

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Play both at the same learning rates."""
        claimed = with_rates(rule.implements, current_rates(rule))
        got = play(rule, game, x, y, _STEPS)
        expected = play(claimed, game, x, y, _STEPS)
        for t, (a, b) in enumerate(zip(got, expected, strict=True)):
            self.same(a[:2], b[:2], f"the state after {t} steps of {claimed!r}")
