"""Styles of verdicts, one file each; every public class here is found by looking."""

from __future__ import annotations

from gandyn._catalogue import discover
from gandyn.errors import UnknownName
from gandyn.plot.styles._base import Style

STYLES: dict[str, Style] = {
    cls.name: cls() for cls in discover(__name__, list(__path__), Style).values()
}
"""Every style by its name."""

__all__ = ["STYLES", "Style", "find_style"]


def find_style(name: str) -> Style:
    """Return a style by its name.

    Raises
    ------
    UnknownName
        With the nearest names.

    Examples
    --------
    >>> find_style("okabe-ito").of("converges", 1)
    ('#0072B2', '')
    """
    if name not in STYLES:
        raise UnknownName("style", name, STYLES)
    return STYLES[name]
