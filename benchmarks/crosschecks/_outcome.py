"""What a cross-check of the project's returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from gandyn.crosscheck import GridCheck


class Outcome(NamedTuple):
    """Plain numbers, whether prediction and measurement agree, and a plane to draw."""

    agrees: bool
    summary: dict[str, Any]
    details: dict[str, Any]
    plane: GridCheck | None = None
