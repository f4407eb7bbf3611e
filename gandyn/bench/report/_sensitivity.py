"""Which settings of a solver work: tiles of settings, nothing interpolated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from scipy.spatial import cKDTree

from gandyn import _canvas as colours
from gandyn.bench.protocol import TARGET
from gandyn.bench.report._picture import Panel, Picture, Table, levels
from gandyn.bench.report._words import heading, label_of, power
from gandyn.bench.results import Result
from gandyn.bench.sensitivities import Field, Sensitivity, sensitivity

_FINE = 300
"""Pixels of tiles along an axis."""

_MAP = "cividis"

_NARROW = 20
"""Ratio of a log axis' ends below which powers of ten are too few labels."""

_SHARE = "share of runs"

_Fields = Sequence[Field]
_Draw = Callable[[Axes, Table, _Fields], None]


def sensitivity_map(result: Result, solver: str, target: float = TARGET) -> Picture:
    """Return the share of runs that reach a target over a solver's hyperparameters.

    One hyperparameter: a strip per problem. Two: a tile per setting, of the points that
    are nearest to it in the declared ranges. More: points in the first two, whose
    neighbours differ in the others too. With several, shares are means over problems.

    Raises
    ------
    GandynError
        If the solver has no settings that problems share.
    """
    found = sensitivity(result, solver, target)
    fields, count = found.fields, found.fields[0].values.size
    if len(fields) == 1:
        table, y = _by_problem(found), "problem"
        draw: _Draw = _draw_strips
        note = f"{count} settings, each as wide as it is the nearest"
        size = (5.6, 2.6 + 0.2 * len(found.problems))
    else:
        table, y, size = _by_setting(found), fields[1].name, (5.6, 5.0)
        others = ", ".join(field.name for field in fields[2:])
        draw = _draw_points if others else _draw_tiles
        note = f"{count} settings (points), a tile is what is nearest to one"
        if others:
            note = f"{count} settings, which differ in {others} too"
    text = f"{label_of(solver)} on {len(found.problems)} of {len(result.problems)} "
    label = f"share of runs that reach {power(target)}"
    return Picture(
        heading(result, f"{text}problems", note),
        table,
        partial(_draw, draw=draw, fields=fields, label=label),
        size,
        [Panel(fields[0].name, y)],
    )


def _by_problem(found: Sensitivity) -> Table:
    """Return a row per problem and setting, from the least value of the field on."""
    (field,), (count, size) = found.fields, found.share.shape
    order = np.argsort(field.values)
    return {
        "problem": np.repeat(np.array(found.problems, dtype=object), size),
        field.name: np.tile(field.values[order], count),
        _SHARE: found.share[:, order].ravel(),
    }


def _by_setting(found: Sensitivity) -> Table:
    """Return a row per setting, shares as means over problems."""
    own = {field.name: field.values for field in found.fields}
    return own | {_SHARE: found.share.mean(axis=0)}


def _draw(
    figure: Figure, table: Table, draw: _Draw, fields: _Fields, label: str
) -> None:
    ax = figure.add_subplot()
    draw(ax, table, fields)
    bar = ScalarMappable(cmap=_MAP)
    bar.set_clim(0, 1)
    figure.colorbar(bar, ax=ax, orientation="horizontal", aspect=40, label=label)


def _draw_strips(ax: Axes, table: Table, fields: _Fields) -> None:
    (field,), problems = fields, levels(table["problem"])
    share = table[_SHARE].reshape(len(problems), -1)
    own = field._replace(values=table[field.name][: share.shape[1]])
    middles = (own.unit[1:] + own.unit[:-1]) / 2
    edges = field.range.at(np.concatenate([[0], middles, [1]]))
    rows = np.arange(len(problems) + 1) - 0.5
    ax.pcolormesh(edges, rows, share, cmap=_MAP, vmin=0, vmax=1, rasterized=True)
    ax.set_yticks(rows[1:] - 0.5, problems, fontsize="x-small")
    ax.hlines(rows[1:-1], *field.range[:2], color=colours.WHITE, lw=0.8)
    ax.invert_yaxis()
    _scale(ax, "x", field)


def _draw_tiles(ax: Axes, table: Table, fields: _Fields) -> None:
    x, y = (field._replace(values=table[field.name]) for field in fields)
    axis = (np.arange(_FINE) + 0.5) / _FINE
    places = np.stack(np.meshgrid(axis, axis), axis=-1)
    _, nearest = cKDTree(np.stack([x.unit, y.unit], axis=-1)).query(places)
    edges = np.linspace(0.0, 1.0, _FINE + 1)
    ends, share = (x.range.at(edges), y.range.at(edges)), table[_SHARE][nearest]
    ax.pcolormesh(*ends, share, cmap=_MAP, vmin=0, vmax=1, rasterized=True)
    ax.plot(x.values, y.values, "o", ms=4, mfc=colours.WHITE, mec=colours.BLACK)
    _scale(ax, "x", x)
    _scale(ax, "y", y)


def _draw_points(ax: Axes, table: Table, fields: _Fields) -> None:
    x, y, *_ = fields
    ax.scatter(
        table[x.name], table[y.name], s=90, c=table[_SHARE], cmap=_MAP, vmin=0, vmax=1,
        edgecolors=colours.BLACK, linewidths=0.6,
    )  # fmt: skip
    _scale(ax, "x", x)
    _scale(ax, "y", y)


def _scale(ax: Axes, axis: str, field: Field) -> None:
    low, high, scale = field.range
    getattr(ax, f"set_{axis}scale")(scale)
    getattr(ax, f"set_{axis}lim")(low, high)
    getattr(ax, f"set_{axis}label")(field.name)
    own = getattr(ax, f"{axis}axis")
    own.set_major_formatter("{x:g}")
    if scale == "log":
        own.set_minor_formatter("{x:g}" if high < _NARROW * low else NullFormatter())
