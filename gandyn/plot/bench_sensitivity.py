"""Which settings of a solver work: tiles of settings, nothing interpolated."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.ticker import NullFormatter
from scipy.spatial import cKDTree

from gandyn.bench.protocol import TARGET
from gandyn.bench.results import Result
from gandyn.bench.sensitivities import Field, Sensitivity, sensitivity
from gandyn.plot import _canvas as colours
from gandyn.plot._bench_words import heading, power, shown
from gandyn.plot._canvas import axes_or_new

FINE = 300
"""Pixels of tiles along an axis."""

MAP = "cividis"

NARROW = 20
"""Ratio of a log axis' ends below which powers of ten are too few labels."""


def sensitivity_map(
    result: Result, solver: str, ax: Axes | None = None, *, target: float = TARGET
) -> Axes:
    """Draw the share of runs that reach a target over a solver's hyperparameters.

    One hyperparameter: a strip per problem. Two: a tile per setting, of the points that
    are nearest to it in the declared ranges. More: points in the first two, whose
    neighbours differ in the others too.

    Parameters
    ----------
    result : Result
    solver : str
    ax : matplotlib Axes, optional
    target : float

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    GandynError
        If the solver has no settings that problems share.
    """
    found = sensitivity(result, solver, target)
    draw, size = (_strips, (8.0, 2.2 + 0.28 * len(found.problems)))
    if len(found.fields) > 1:
        draw, size = (_tiles if len(found.fields) == 2 else _points), (7.5, 6.0)
    ax = axes_or_new(ax, size)
    note = draw(ax, found)
    bar = ScalarMappable(cmap=MAP)
    bar.set_clim(0, 1)
    ax.figure.colorbar(bar, ax=ax, label=f"share of runs that reach {power(target)}")
    text = f"{shown(solver)} on {len(found.problems)} of {len(result.problems)} "
    ax.set_title(heading(result, f"{text}problems", note), fontsize="small")
    return ax


def _strips(ax: Axes, found: Sensitivity) -> str:
    (field,) = found.fields
    order = np.argsort(field.values)
    unit = field.unit[order]
    edges = field.range.at(np.concatenate([[0], (unit[1:] + unit[:-1]) / 2, [1]]))
    rows = np.arange(len(found.problems) + 1) - 0.5
    share = found.share[:, order]
    ax.pcolormesh(edges, rows, share, cmap=MAP, vmin=0, vmax=1, rasterized=True)
    ax.set_yticks(rows[1:] - 0.5, found.problems)
    ax.hlines(rows[1:-1], *field.range[:2], color=colours.WHITE, lw=0.8)
    ax.invert_yaxis()
    _scaled(ax, "x", field)
    return f"{unit.size} settings, each as wide as it is the nearest"


def _tiles(ax: Axes, found: Sensitivity) -> str:
    x, y = found.fields
    axis = (np.arange(FINE) + 0.5) / FINE
    places = np.stack(np.meshgrid(axis, axis), axis=-1)
    _, nearest = cKDTree(np.stack([x.unit, y.unit], axis=-1)).query(places)
    edges = np.linspace(0.0, 1.0, FINE + 1)
    share = found.share.mean(axis=0)[nearest]
    ends = x.range.at(edges), y.range.at(edges)
    ax.pcolormesh(*ends, share, cmap=MAP, vmin=0, vmax=1, rasterized=True)
    ax.plot(x.values, y.values, "o", ms=4, mfc=colours.WHITE, mec=colours.BLACK)
    _scaled(ax, "x", x)
    _scaled(ax, "y", y)
    return f"{x.values.size} settings (points), a tile is what is nearest to one"


def _points(ax: Axes, found: Sensitivity) -> str:
    x, y, *rest = found.fields
    share = found.share.mean(axis=0)
    ax.scatter(
        x.values, y.values, s=110, c=share, cmap=MAP, vmin=0, vmax=1,
        edgecolors=colours.BLACK, linewidths=0.6,
    )  # fmt: skip
    _scaled(ax, "x", x)
    _scaled(ax, "y", y)
    others = ", ".join(field.name for field in rest)
    return f"{x.values.size} settings, which differ in {others} too"


def _scaled(ax: Axes, axis: str, field: Field) -> None:
    low, high, scale = field.range
    getattr(ax, f"set_{axis}scale")(scale)
    getattr(ax, f"set_{axis}lim")(low, high)
    getattr(ax, f"set_{axis}label")(field.name)
    own = getattr(ax, f"{axis}axis")
    own.set_major_formatter("{x:g}")
    if scale == "log":
        own.set_minor_formatter("{x:g}" if high < NARROW * low else NullFormatter())
