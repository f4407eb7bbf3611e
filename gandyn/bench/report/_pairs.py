"""Solvers two at a time: who takes fewer calls, and how surely."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from gandyn import _canvas as colours
from gandyn.bench.profiles import wins
from gandyn.bench.report._picture import Panel, Picture, Table, codes, levels
from gandyn.bench.report._profiles import named
from gandyn.bench.report._words import heading, label_of
from gandyn.bench.results import Result
from gandyn.bench.uncertainty import improvement

_DARK = 55
"""Percentages above which text on a cell is black: cividis is light there."""

_FEWER = "fewer calls in % of instances"


def pair_matrix(result: Result, solvers: Sequence[str] = ()) -> Picture:
    """Return in which share of the instances the row takes fewer calls."""
    found = wins(result, named(result, solvers))
    table = _pairs(found.solvers) | {_FEWER: _apart(100 * found.share)}
    note = "the rest of two facing cells: equal, or both fail"
    size, panel = len(found.solvers), Panel("than", "solver")
    title = heading(result, "Row takes fewer calls than column", note)
    return Picture(title, table, _draw_matrix, (5.8, 2.6 + 0.3 * size), [panel])


def improvement_bars(result: Result, solvers: Sequence[str] = ()) -> Picture:
    """Return how probably one solver is better than another, with intervals.

    Of stochastic problems only. The first solver is drawn, which is the best on them if
    none are named; the table has all pairs.

    Raises
    ------
    GandynError
        If there is no stochastic problem to read.
    """
    found = improvement(result, named(result, solvers, result.stochastic))
    table = _pairs(found.solvers) | {
        "probability": _apart(found.probability),
        "from": _apart(found.low),
        "to": _apart(found.high),
    }
    note = (
        f"{len(found.problems)} stochastic problems; bars: 95 % intervals for other "
        "draws of the noise"
    )
    first, size = found.solvers[0], (5.6, 2.2 + 0.26 * len(found.solvers))
    title = heading(result, f"{label_of(first)}: probability of improvement", note)
    panel = Panel("probability", "than", ("solver", first))
    return Picture(title, table, _draw_bars, size, [panel])


def _pairs(names: Sequence[str]) -> dict[str, np.ndarray]:
    """Return all pairs of solvers, row by row, each with itself too."""
    words, size = np.array(names, dtype=object), len(names)
    return {"solver": np.repeat(words, size), "than": np.tile(words, size)}


def _apart(matrix: np.ndarray) -> np.ndarray:
    """Return the entries row by row, with no number on the diagonal."""
    return np.where(np.eye(len(matrix), dtype=bool), np.nan, matrix).ravel()


def _draw_matrix(figure: Figure, table: Table) -> None:
    ax, names = figure.add_subplot(), levels(table["solver"])
    size = len(names)
    values = table[_FEWER].reshape(size, size)
    for i, j in np.argwhere(np.isfinite(values)):
        ink = colours.BLACK if values[i, j] > _DARK else colours.WHITE
        text = f"{values[i, j]:.0f}"
        ax.text(j, i, text, ha="center", va="center", color=ink, fontsize="xx-small")
    image = ax.imshow(values, cmap="cividis", vmin=0, vmax=100, aspect="auto")
    words = [label_of(name) for name in names]
    ax.set_xticks(range(size), words, rotation=45, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(size), words)
    ax.tick_params(labelsize="x-small", length=0)
    bar = figure.colorbar(image, ax=ax, orientation="horizontal", aspect=40)
    bar.set_label("% of instances (problems count alike)", fontsize="small")


def _draw_bars(figure: Figure, table: Table) -> None:
    """Draw the rows of the first solver."""
    ax, first = figure.add_subplot(), str(table["solver"][0])
    own = (table["solver"] == first) & (table["than"] != first)
    at, names = codes(table["than"])[own], levels(table["than"])[1:]
    ax.axvline(0.5, color=colours.GREY, lw=1)
    ax.hlines(at, table["from"][own], table["to"][own], colours.BLUE, lw=4, alpha=0.5)
    ax.plot(table["probability"][own], at, "o", color=colours.BLUE, ms=5)
    ax.set_yticks(at, [label_of(name) for name in names], fontsize="small")
    ax.set(xlim=(0, 1), xlabel=f"P({label_of(first)} takes fewer calls), ties one half")
    ax.invert_yaxis()
