"""What all solvers get alike: starts, draws, budget and tuning."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from gandyn.errors import FieldError

_TUNINGS = ("random", "grid", "theory", "self")
"""How settings are chosen; see `gandyn.bench.settings`."""

_MEASURES = ("default", "distance", "residual", "gap")
"""What is to become small; by default each problem's own choice."""

TARGETS = tuple(10.0**-k for k in range(1, 9))
"""Distances, residuals or gaps to reach."""

TARGET = TARGETS[3]
"""The one at which robustness and sensitivity are read, if no other is named."""


@dataclass(frozen=True)
class Protocol:
    """The terms of a benchmark.

    Parameters
    ----------
    tuning : {"random", "grid", "theory", "self"}
    settings : int
        Hyperparameter settings of each solver, the same number for all.
    starts : int
        Initial states of each problem. Where settings are chosen by their runs, the
        first half of the starts chooses, and the others are reported.
    seeds : int
        Draws of the noise from each start, on stochastic problems.
    seed : int
        Of the starts, the random settings and the noise.
    budget : int
        Oracle calls of one run.
    measure : {"default", "distance", "residual", "gap"}

    Raises
    ------
    FieldError
        If a number is below 1 or a word is none of these.

    Examples
    --------
    >>> Protocol(starts=5).tuning_starts
    2
    """

    tuning: str = "random"
    settings: int = 32
    starts: int = 4
    seeds: int = 5
    seed: int = 0
    budget: int = 2000
    measure: str = "default"

    def __post_init__(self) -> None:
        for name, known in (("tuning", _TUNINGS), ("measure", _MEASURES)):
            value = getattr(self, name)
            if value not in known:
                raise FieldError(
                    f"{name} must be one of {', '.join(known)}, got {value!r}"
                )
        for name in ("settings", "starts", "seeds", "budget"):
            value = getattr(self, name)
            if value != int(value) or value < 1:
                raise FieldError(
                    f"{name} must be a whole number of at least 1, got {value}"
                )

    @property
    def chooses(self) -> bool:
        """Whether settings are chosen by how they run."""
        return self.tuning in ("random", "grid")

    @property
    def tuning_starts(self) -> int:
        """How many of the starts choose the setting, and are not reported."""
        return self.starts // 2 if self.chooses else 0

    def record(self) -> dict[str, Any]:
        """Return it as plain data, with what it means for tuning."""
        if not self.chooses:
            tuned_on = "nothing: one setting"
        elif self.tuning_starts:
            tuned_on = f"starts 0 to {self.tuning_starts - 1}, which are not reported"
        else:
            tuned_on = "the start that is reported"
        return {
            **dataclasses.asdict(self), "targets": list(TARGETS), "tuned on": tuned_on
        }  # fmt: skip
