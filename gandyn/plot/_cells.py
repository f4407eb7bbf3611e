"""Cells of a diagram: where their edges are, and how one kind of them is hatched."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from gandyn.errors import GandynError
from gandyn.plot._titles import field_label, tied_words


def plane(dataset: Any, variable: str) -> Any:
    """Return a variable of a sweep if it is a plane, with its dims in order.

    Raises
    ------
    GandynError
        If the sweep has no such variable or not two dims, with the selection to make.
    """
    if variable not in dataset:
        known = ", ".join(map(str, dataset.data_vars))
        raise GandynError(
            f"the sweep has no variable {variable!r}: choose from {known}"
        )
    values = dataset[variable]
    if values.ndim != 2:
        extra = ", ".join(f"{dim}=0" for dim in values.dims[2:])
        raise GandynError(
            f"a diagram needs 2 dims and {variable} has {values.ndim} "
            f"({', '.join(map(str, values.dims))}); select a plane first, for "
            f"example dataset.isel({extra})"
            if extra
            else f"a diagram needs 2 dims, {variable} has {values.ndim}"
        )
    return values


def cell_edges(values: np.ndarray, scale: str) -> np.ndarray:
    """Return the n + 1 edges of n cells: midpoints, geometric on a log axis.

    >>> cell_edges(np.array([1.0, 2.0, 4.0]), "linear")
    array([0.5, 1.5, 3. , 5. ])
    >>> cell_edges(np.array([1.0, 4.0, 16.0]), "log")
    array([ 0.5,  2. ,  8. , 32. ])
    """
    t = np.log2(values) if scale == "log" else np.asarray(values, dtype=float)
    middle = (t[1:] + t[:-1]) / 2
    edges = np.concatenate([[2 * t[0] - middle[0]], middle, [2 * t[-1] - middle[-1]]])
    return np.exp2(edges) if scale == "log" else edges


def prepare_axes(ax: Axes, values: Any) -> tuple[np.ndarray, np.ndarray]:
    """Set scales, labels and limits of a plane, and return the edges of its cells."""
    found = []
    for name, axis in zip(values.dims, "xy", strict=True):
        coord = values[name]
        scale = coord.attrs.get("scale", "linear")
        edges = cell_edges(coord.values, scale)
        getattr(ax, f"set_{axis}scale")("log" if scale == "log" else "linear")
        getattr(ax, f"set_{axis}lim")(edges[0], edges[-1])
        label = field_label(str(name), coord.attrs.get("units", "1"))
        if "ties" in coord.attrs:
            label += f"\n{tied_words(coord.attrs['ties'])}"
        getattr(ax, f"set_{axis}label")(label)
        if scale != "log" and np.array_equal(coord.values, np.round(coord.values)):
            locator = MaxNLocator("auto", integer=True)
            getattr(ax, f"{axis}axis").set_major_locator(locator)
        if scale == "log" and edges[-1] / edges[0] >= 2:
            _label_plainly(getattr(ax, f"{axis}axis"), edges[-1] / edges[0])
        found.append(edges)
    return found[0], found[1]


def _label_plainly(axis: Any, span: float) -> None:
    """Label a log axis by plain numbers, which need no typesetting: that loads slowly.

    Within a decade or two powers of 10 would be too few.
    """
    if span < 100:
        between = (1.0, 2.0, 5.0) if span >= 10 else (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
        axis.set_major_locator(LogLocator(subs=between))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())


def hatch_cells(
    ax: Axes, edges: tuple[np.ndarray, np.ndarray], where: np.ndarray, hatch: str
) -> None:
    """Draw one hatch over all cells where a mask of shape (x, y) is true."""
    boxes = [
        _box(edges[0][i : i + 2], edges[1][[start, stop]])
        for i, column in enumerate(where)
        for start, stop in _runs(column)
    ]
    if boxes:
        path = Path.make_compound_path(*boxes)
        ax.add_patch(
            PathPatch(path, facecolor="none", edgecolor="0.15", lw=0, hatch=hatch)
        )


def _runs(mask: np.ndarray) -> list[tuple[int, int]]:
    steps = np.diff(np.concatenate([[0], mask.astype(np.int8), [0]]))
    starts, stops = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    return list(zip(starts.tolist(), stops.tolist(), strict=True))


def _box(x: np.ndarray, y: np.ndarray) -> Path:
    corners = [(x[0], y[0]), (x[1], y[0]), (x[1], y[1]), (x[0], y[1]), (x[0], y[0])]
    return Path(corners, closed=True)
