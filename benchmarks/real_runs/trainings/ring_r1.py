"""A ring of eight with R1."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

from benchmarks.real_runs.trainings.ring_plain import RingPlain


@dataclasses.dataclass(frozen=True)
class RingR1(RingPlain):
    """The non-saturating loss with R1, and both players' Adam at β1 = 0."""

    gamma: float = 0.1
    betas: tuple[float, float] = (0.0, 0.99)
    changes: ClassVar[dict[str, dict[str, Any]]] = {
        "learning rates × 2": {"lr": 2.0},
        "learning rates × 16": {"lr": 16.0},
        "R1 off": {"gamma": 0.0},
    }
