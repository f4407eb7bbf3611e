"""A picture: its numbers as a tidy table, and the one way in which they are drawn."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

_DIGITS = 4
"""Significant digits of numbers in a page: more than a picture shows."""

_POINTS = 72
"""Units of a figure's SVG in an inch."""

_SVG = {"svg.fonttype": "none", "svg.hashsalt": "gandyn"}
"""Text stays text, and the same figure has the same bytes."""

_UNSAID = dict.fromkeys(("Creator", "Date", "Format", "Type"))
"""Metadata that are left out: they name the day and fetchable addresses."""

Table = Mapping[str, np.ndarray]
"""Columns of one length: a row is one observation."""


class Panel(NamedTuple):
    """How one axes shows rows of a table: what a pointer over it is told.

    A column of words stands at its places among the words, in order of appearance.

    Attributes
    ----------
    x, y : str
        Columns of the coordinates; empty for an axis that does not matter.
    rows : tuple of str
        A column and the word that its rows have here; empty for all rows.
    series : str
        The column that tells step functions apart; empty for points.
    reach : float
        How far from a row the pointer may be, as a share of the panel.
    """

    x: str
    y: str
    rows: tuple[str, str] | tuple[()] = ()
    series: str = ""
    reach: float = math.inf


@dataclass(frozen=True)
class Picture:
    """The numbers of a picture as a tidy table, and its one drawing.

    Attributes
    ----------
    title : str
        What stands above it.
    table : mapping of str to ndarray
        Columns of one length.
    draw : callable
        Takes an empty figure and the table, and draws; it returns nothing.
    size : (float, float)
        Width and height in inches.
    panels : sequence of Panel
        Of the first axes of the figure, in their order.
    named : int
        Of step functions: how many of the first ones have a colour.
    """

    title: str
    table: Table
    draw: Callable[[Figure, Table], None]
    size: tuple[float, float]
    panels: Sequence[Panel]
    named: int = 0

    @cached_property
    def figure(self) -> Figure:
        """The picture, drawn; pyplot does not know it."""
        figure = Figure(figsize=self.size, layout="constrained")
        self.draw(figure, self.table)
        figure.suptitle(self.title, fontsize="small")
        return figure

    def embedded(self, name: str) -> tuple[str, dict[str, Any]]:
        """Return the picture for a page: its SVG, and its table with the panels.

        Ids in it begin with the name, so that pictures do not meet in one page.
        """
        figure, written = self.figure, io.StringIO()
        with mpl.rc_context(_SVG):
            figure.savefig(written, format="svg", metadata=_UNSAID)
        svg = written.getvalue()
        svg = re.sub(r"<[^>]*>", lambda tag: _own_ids(tag[0], name), _bare(svg))
        axes = [_limits(ax, self.size) for ax in figure.axes[: len(self.panels)]]
        panels = [
            one | panel._asdict() | {"reach": _number(panel.reach)}
            for one, panel in zip(axes, self.panels, strict=True)
        ]
        data = {"columns": packed(self.table), "panels": panels, "named": self.named}
        return svg, data


def levels(column: np.ndarray) -> list[str]:
    """Return the words of a column in the order of their first appearance."""
    return list(dict.fromkeys(column.tolist()))


def codes(column: np.ndarray) -> np.ndarray:
    """Return the places of a column's words among its levels."""
    known = {word: i for i, word in enumerate(levels(column))}
    return np.array([known[word] for word in column.tolist()], dtype=int)


def packed(table: Table) -> dict[str, Any]:
    """Return a table as JSON holds it: words once, numbers in a few digits.

    >>> packed({"of": np.array(["a", "a"], object), "is": np.array([np.inf, 1 / 3])})
    {'of': {'levels': ['a'], 'codes': [0, 0]}, 'is': {'values': [None, 0.3333]}}
    """
    return {
        name: {"levels": levels(column), "codes": codes(column).tolist()}
        if column.dtype == object
        else {"values": [_number(value) for value in column.tolist()]}
        for name, column in table.items()
    }


def _number(value: float) -> float | None:
    if not math.isfinite(value):
        return None
    short = float(f"{value:.{_DIGITS}g}")
    return int(short) if short.is_integer() else short


def _bare(svg: str) -> str:
    """Return an SVG element as a page holds it: without declarations and addresses."""
    inside = svg[svg.index("<svg") :]
    return re.sub(r' (xmlns(:\w+)?|version|width|height)="[^"]*"', "", inside, count=5)


def _own_ids(tag: str, name: str) -> str:
    return re.sub(r'( id="|url\(#|href="#)', rf"\g<1>{name}.", tag)


def _limits(ax: Any, size: tuple[float, float]) -> dict[str, Any]:
    """Return where an axes is in the SVG, from the top left, and what it spans."""
    place = ax.get_position()
    width, height = (_POINTS * side for side in size)
    return {
        "box": [
            width * place.x0, height * (1 - place.y1),
            width * place.width, height * place.height,
        ],
        "limits": [list(map(float, ax.get_xlim())), list(map(float, ax.get_ylim()))],
        "scales": [ax.get_xscale(), ax.get_yscale()],
    }  # fmt: skip
