"""Laws of longer runs: they can be stopped, stored and taken up again."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np

from gandyn._trees import flatten, refill
from gandyn.testing._cases import scalar_cases
from gandyn.testing._law import EXACT, Broken, Law
from gandyn.testing._play import play

_STEPS = 4


class SplitRuns(Law):
    """Split runs equal one run, also through serialisation."""

    id = "split"
    statement = (
        "A run that is stopped, written to JSON, and taken up by a copy of the rule "
        "ends where the uninterrupted run ends: all state is in (x, y, memory)."
    )
    tolerance = EXACT

    def cases(self, rule: Any) -> Any:
        """Return scalar games with a state."""
        return scalar_cases(rule)

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Stop after half the steps."""
        for u, w in ((x, y), (np.array([x]), np.array([y]))):
            whole = play(rule, game, u, w, _STEPS)[-1]
            half = play(rule, game, u, w, _STEPS // 2)[-1]
            play(rule, game, w, u, 1)
            again = _through_json(half)
            state = play(copy.deepcopy(rule), game, u, w, _STEPS // 2, again)[-1]
            self.same(state, whole, "the run in two parts")


class MemoryIsNumbers(Law):
    """Memory is nested tuples of real numbers, of the players' shapes or scalars."""

    id = "memory"
    statement = "Memory is nested tuples of floats shaped like a player, or scalars."
    tolerance = EXACT

    def cases(self, rule: Any) -> Any:
        """Return scalar games with a state."""
        return scalar_cases(rule)

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Look at every leaf of the memory, for numbers and for arrays."""
        for u, w in ((x, y), (np.array([x, 1.0]), np.array([y, 1.0]))):
            for state in play(rule, game, u, w, 1):
                for leaf in flatten(state[2]):
                    array = np.asarray(leaf)
                    if array.dtype.kind != "f" or array.shape not in ((), np.shape(u)):
                        raise Broken(f"the memory holds {leaf!r}")


def _through_json(state: Any) -> Any:
    lists = [np.asarray(leaf).tolist() for leaf in flatten(state)]
    back = json.loads(json.dumps(lists))
    again = (
        np.asarray(value, dtype=leaf.dtype) if isinstance(leaf, np.ndarray) else value
        for value, leaf in zip(back, flatten(state), strict=True)
    )
    return refill(state, again)
