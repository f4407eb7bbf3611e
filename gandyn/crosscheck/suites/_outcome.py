"""What a suite returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Report = Callable[[int, int], None]


class Outcome(NamedTuple):
    """The result of a suite: plain numbers, whether it holds, and what to draw."""

    agrees: bool
    summary: dict[str, Any]
    details: dict[str, Any]
    picture: Any = None
