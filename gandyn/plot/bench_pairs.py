"""Solvers two at a time: who takes fewer calls, and how surely."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from gandyn.bench.profiles import wins
from gandyn.bench.results import Result
from gandyn.bench.uncertainty import Improvement, improvement
from gandyn.plot import _canvas as colours
from gandyn.plot._bench_words import heading, shown
from gandyn.plot._canvas import axes_or_new
from gandyn.plot.bench import named

DARK = 0.55
"""Shares above which text on a cell is black: cividis is light there."""


def pair_matrix(
    result: Result, ax: Axes | None = None, *, solvers: Sequence[str] = ()
) -> Axes:
    """Draw in which share of the instances the row takes fewer calls."""
    found = wins(result, named(result, solvers))
    size = len(found.solvers)
    ax = axes_or_new(ax, (3.5 + 0.55 * size, 2.8 + 0.5 * size))
    values = 100 * np.where(np.eye(size, dtype=bool), np.nan, found.share)
    image = ax.imshow(values, cmap="cividis", vmin=0, vmax=100, aspect="auto")
    for i, j in np.argwhere(np.isfinite(values)):
        colour = colours.BLACK if values[i, j] > 100 * DARK else colours.WHITE
        text = f"{values[i, j]:.0f}"
        ax.text(j, i, text, ha="center", va="center", color=colour, fontsize="small")
    names = [shown(name) for name in found.solvers]
    ax.set_xticks(range(size), names, rotation=45, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(size), names)
    ax.tick_params(labelsize="small", length=0)
    ax.figure.colorbar(image, ax=ax, label="% of instances (problems count alike)")
    note = "the rest of two facing cells: equal, or both fail"
    ax.set_title(heading(result, "Row takes fewer calls than column", note))
    ax.title.set_fontsize("small")
    return ax


def improvement_bars(
    result: Result, ax: Axes | None = None, *, solvers: Sequence[str] = ()
) -> Axes:
    """Draw how probably the first solver is better than each other, with intervals.

    Of stochastic problems only; the first is the best on them, if none are named.

    Raises
    ------
    GandynError
        If there is no stochastic problem to read.
    """
    found = improvement(result, named(result, solvers, result.stochastic))
    ax = axes_or_new(ax, (8.0, 2.2 + 0.3 * len(found.solvers)))
    _draw(found, ax)
    note = (
        f"{len(found.problems)} stochastic problems; bars: 95 % intervals for other "
        "draws of the noise"
    )
    first = shown(found.solvers[0])
    ax.set_title(heading(result, f"{first}: probability of improvement", note))
    ax.title.set_fontsize("small")
    return ax


def _draw(found: Improvement, ax: Axes) -> None:
    """Draw the first row, the first solver itself aside."""
    middle, low, high = (
        table[0, 1:] for table in (found.probability, found.low, found.high)
    )
    at = np.arange(middle.size)[::-1]
    ax.axvline(0.5, color=colours.GREY, lw=1)
    ax.hlines(at, low, high, color=colours.BLUE, lw=4, alpha=0.5)
    ax.plot(middle, at, "o", color=colours.BLUE, ms=5)
    ax.set_yticks(at, [shown(name) for name in found.solvers[1:]])
    first = shown(found.solvers[0])
    ax.set(xlim=(0, 1), xlabel=f"P({first} takes fewer calls), ties one half")
