"""The phase diagram: what happens at which learning rates."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import (
    BoundaryNorm,
    CenteredNorm,
    ListedColormap,
    Normalize,
    TwoSlopeNorm,
)
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from gandyn import _canvas as colours
from gandyn._canvas import axes_or_new
from gandyn.errors import GandynError
from gandyn.plot._cells import hatch_cells, plane, prepare_axes
from gandyn.plot._titles import flag_words, title, unit_words
from gandyn.plot.styles import Style, find_style
from gandyn.stability import saved_boundary

_CENTRED = ("rate", "lyapunov")
"""Variables whose sign decides between settling and not."""

_LABEL_WIDTH = 48
"""Characters of a colour bar's label that fit beside it."""

_CLIP = 0.98
"""Share of the finite values inside the colour range; outliers are marked by arrows."""

_ROUNDING = 1e-13
"""A predicted radius this near 1 counts as 1: no boundary is drawn through noise."""


_TWO_QUESTIONS = (
    "Colours: how an orbit ends,\nmaybe far from equilibrium.",
    "Lines: where the equilibrium\nitself loses stability.",
)
"""Beyond a Neimark–Sacker line an orbit may well flip: what it does is no continuation
of what the equilibrium does."""

_LINES = {
    "neimark-sacker": ("-", "Neimark–Sacker"),
    "flip": ("--", "flip"),
    "fold": ("-.", "fold"),
    "transcritical": (":", "transcritical"),
    "pitchfork": ((0, (3, 1, 1, 1, 1, 1)), "pitchfork"),
}
"""Line style and name of every kind of stability boundary."""


def phase_diagram(
    dataset: Any,
    ax: Axes | None = None,
    *,
    variable: str = "verdict",
    boundary: Sequence[Any] | None = None,
    style: str = "okabe-ito",
) -> Axes:
    """Draw one variable of a sweep over two fields.

    The first dim runs along x, the second along y. Cells end halfway to their
    neighbours, geometrically on a log axis. Over them run the exact curves on which
    the equilibrium loses its stability, if they are given, with a line style per kind.
    Without them, where the sweep carries a predicted spectral radius that crosses 1, a
    line is interpolated between the cells. The lines are about the equilibrium alone:
    beyond them a cell's colour says where an orbit from one start ends, which its basin
    decides.

    Parameters
    ----------
    dataset : xarray.Dataset
        From `gandyn.sweep`, with two dims; select a plane of a larger one first.
    ax : matplotlib Axes, optional
    variable : str
        ``"verdict"`` and other flags are drawn as kinds with their share of the cells,
        everything else (``"rate"``, ``"radius"``, ``"rotation"``, ``"amplitude"``,
        ``"lyapunov"``, ...) as a map with a colour bar. ``rate`` and ``lyapunov`` are
        centred at 0, ``radius`` at 1.
    boundary : sequence of BoundaryCurve, optional
        From `gandyn.boundary` with the same two fields, by default those that the
        sweep carries; of each curve the parts are drawn where no other multiplier is
        outside the circle.
    style : str
        Colours and hatches of the verdicts; one of `gandyn.plot.styles.STYLES`.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    GandynError
        If there is no such variable, the sweep has not two dims, or the curves are in
        other fields.
    UnknownName
        If there is no such style, with the nearest names.
    """
    values, chosen = plane(dataset, variable), find_style(style)
    ax = axes_or_new(ax, (8.5, 5.0))
    edges = prepare_axes(ax, values)
    if boundary is None:
        boundary = saved_boundary(dataset)
    if boundary is None:
        border = _draw_contour(ax, dataset)
    else:
        border = _draw_curves(ax, boundary, [str(dim) for dim in values.dims])
    if "flag_meanings" in values.attrs:
        kinds = _draw_kinds(ax, values, edges, chosen)
        ax.legend(
            handles=[*kinds, *_explained(border), *border],
            title=f"{variable} (share of cells)",
            loc="upper left",
            bbox_to_anchor=(1.02, 1.0),
            borderaxespad=0.0,
            handleheight=1.4,
        )
    else:
        marks = _draw_map(ax, values, edges) + border
        if marks:
            ax.legend(handles=marks, loc="upper right", fontsize="small")
    ax.set_title(_title(dataset, values), fontsize="medium")
    return ax


def _draw_kinds(ax: Axes, values: Any, edges: Any, style: Style) -> list[Any]:
    meanings = values.attrs["flag_meanings"].split()
    flags = [int(flag) for flag in values.attrs["flag_values"]]
    codes = values.values
    present = [(f, m) for f, m in zip(flags, meanings, strict=True) if f in codes]
    styles = [style.of(meaning, flag) for flag, meaning in present]
    index = np.searchsorted([flag for flag, _ in present], codes)
    ax.pcolormesh(
        *edges,
        index.T,
        cmap=ListedColormap([colour for colour, _ in styles]),
        norm=BoundaryNorm(np.arange(len(present) + 1) - 0.5, len(present)),
        rasterized=True,
    )
    handles = []
    for (flag, meaning), (colour, hatch) in zip(present, styles, strict=True):
        if hatch:
            hatch_cells(ax, edges, codes == flag, hatch)
        label = f"{flag_words(meaning)} ({_share(np.mean(codes == flag))})"
        handles.append(Patch(fc=colour, ec="0.15", hatch=hatch, lw=0.5, label=label))
    return handles


def _explained(border: list[Any]) -> list[Any]:
    """Return what a legend says of lines over colours: they answer two questions."""
    if not border:
        return []
    return [Patch(fc="none", ec="none", label=words) for words in _TWO_QUESTIONS]


def _share(part: float) -> str:
    return f"{100 * part:.0f} %" if part >= 0.005 else "< 0.5 %"


def _draw_map(ax: Axes, values: Any, edges: Any) -> list[Any]:
    name = str(values.name)
    data = np.asarray(values.values, dtype=float)
    norm, cmap = _colours_for(name, data[np.isfinite(data)])
    low, high = norm.vmin, norm.vmax
    drawn = np.clip(data, low, high)  # infinities too; the bar's arrows say so
    mesh = ax.pcolormesh(*edges, drawn.T, cmap=cmap, norm=norm, rasterized=True)
    beyond = bool((data < low).any()), bool((data > high).any())
    extend = {(0, 0): "neither", (1, 0): "min", (0, 1): "max", (1, 1): "both"}
    figure = ax.get_figure()
    bar = figure.colorbar(mesh, ax=ax, extend=extend[beyond])  # type: ignore[union-attr]
    bar.set_label(_label(values))
    if not np.isnan(data).any():
        return []
    ax.set_facecolor(colours.GREY)
    hatch_cells(ax, edges, np.isnan(data), "xx")
    return [Patch(fc=colours.GREY, ec="0.15", hatch="xx", lw=0.5, label="no value")]


def _label(values: Any) -> str:
    text = values.attrs.get("long_name", "")
    units = unit_words(values.attrs.get("units", "1"))
    words = f"{values.name}: {text} ({units})" if text else f"{values.name} ({units})"
    return textwrap.fill(words, _LABEL_WIDTH)


def _colours_for(name: str, finite: np.ndarray) -> tuple[Normalize, str]:
    if finite.size == 0:
        raise GandynError(f"{name} is not a finite number anywhere in this sweep")
    if name == "radius":
        reach = np.quantile(finite, _CLIP)
        return TwoSlopeNorm(1.0, 0.0, reach if reach > 1 else 2.0), "RdBu_r"
    if name in _CENTRED:
        reach = np.quantile(np.abs(finite), _CLIP)
        return CenteredNorm(0.0, reach or 1.0), "RdBu_r"
    low, high = np.quantile(finite, [0, _CLIP])
    return Normalize(low, high if high > low else low + 1.0), "cividis"


def _draw_curves(ax: Axes, curves: Sequence[Any], dims: list[str]) -> list[Any]:
    handles = {}
    limits = ax.axis()
    for curve in curves:
        if sorted(curve.fields) != sorted(dims):
            raise GandynError(
                f"the boundary is in {' and '.join(curve.fields)}, the sweep in "
                f"{' and '.join(dims)}: compute it in the same fields"
            )
        style, name = _LINES[curve.kind]
        order = [curve.fields.index(dim) for dim in dims]
        for part in curve.stable_parts():
            x, y = part[:, order].T
            ax.plot(x, y, color="white", lw=3.4, solid_capstyle="round")
            ax.plot(x, y, color="black", lw=1.5, ls=style)
            handles[name] = Line2D([], [], color="black", lw=1.5, ls=style, label=name)
    ax.axis(limits)
    return [handles[name] for _, name in _LINES.values() if name in handles]


def _draw_contour(ax: Axes, dataset: Any) -> list[Any]:
    if "radius" not in dataset or dataset["radius"].ndim != 2:
        return []
    radius = dataset["radius"]
    excess = np.log(np.maximum(radius.values, np.finfo(float).tiny))
    excess = np.where(np.abs(excess) < _ROUNDING, _ROUNDING, excess)
    if not ((excess < 0).any() and (excess > 0).any()):
        return []
    x, y = (radius[dim].values for dim in radius.dims)
    ax.contour(x, y, excess.T, levels=[0.0], colors=["white"], linewidths=3.0)
    ax.contour(x, y, excess.T, levels=[0.0], colors=["black"], linewidths=1.4)
    return [Line2D([], [], color="black", lw=1.4, label="radius 1, between cells")]


def _title(dataset: Any, values: Any) -> str:
    swept = frozenset(str(dim) for dim in values.dims)
    for coord in values.coords.values():
        ties = coord.attrs.get("ties", "")
        swept |= {tie.partition("=")[0].strip() for tie in ties.split(",") if tie}
    fixed = [
        f"{name} = {float(coord):.4g}"
        for name, coord in values.coords.items()
        if coord.ndim == 0
    ]
    swept |= {str(name) for name, c in values.coords.items() if c.ndim == 0}
    lines = [title(dataset.attrs["rule"], dataset.attrs["game"], swept), *fixed]
    return "\n".join(lines)
