"""Bokeh, imported when a page is written, and what its figures share."""

from __future__ import annotations

from typing import Any

from gandyn.errors import MissingExtra
from gandyn.plot._bench_words import shortened

TOOLS = "pan,wheel_zoom,box_zoom,reset,save"
WIDTH = 1000


def bokeh() -> Any:
    """Return Bokeh.

    Raises
    ------
    MissingExtra
        If it is not installed.
    """
    try:
        import bokeh
        import bokeh.core.properties
        import bokeh.embed
        import bokeh.models
        import bokeh.palettes
        import bokeh.plotting
        import bokeh.resources
    except ModuleNotFoundError as error:
        raise MissingExtra("bokeh", "bench") from error
    return bokeh


def label(name: str) -> str:
    """Return a name as Bokeh shows it: not too long, and no formula.

    >>> label("a$$b$$")
    'a$ $b$ $'
    """
    return shortened(name).replace("$$", "$ $")


def name_ticks(axis: Any, names: list[str]) -> None:
    """Put names at 0, 1, 2, ...: two that look alike stay two."""
    axis.ticker = list(range(len(names)))
    axis.major_label_overrides = {i: label(name) for i, name in enumerate(names)}
