"""Attractors along a field, and the starts that go to each of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.patches import Patch

from gandyn import _canvas as colours
from gandyn._canvas import axes_or_new
from gandyn.plot._cells import plane, prepare_axes
from gandyn.plot._titles import field_label, title

_STATUSES = {
    "locked": (".", colours.GREEN, "locked, verified"),
    "periodic": (".", colours.ORANGE, "periodic, verified"),
    "quasi_periodic": (".", colours.SKY, "quasi-periodic"),
    "undecided": ("x", colours.GREY, "undecided"),
}
"""Marker, colour and words of what a rotation number is known of."""
_LABELLED = 8
"""Plateaus whose winding is written beside them, the widest ones."""
_SHADES = {
    "fixed point": (colours.BLUE, "#99C7E0", "#00456B"),
    "manifold": (colours.BLUE,),
    "periodic": (colours.GREEN, "#80CFB9", "#005C43"),
    "quasi_periodic": (colours.SKY, "#BBE1F6", "#2B7FAE"),
    "chaotic": (colours.PURPLE, "#E5BCD3"),
    "neutral": (colours.WHITE,),
    "escape": (colours.VERMILION,),
}
"""Colours of the basins of each kind of attractor, in turn."""
_KIND_MARKS = {"fixed point": "o", "periodic": "s"}
"""Markers of attractors that are points."""


def lyapunov(spectrum: Any, ax: Axes | None = None) -> Axes:
    """Draw Lyapunov exponents against a field.

    Parameters
    ----------
    spectrum : LyapunovSpectrum
        From `gandyn.stability.lyapunov_spectrum`, over an array of values.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = axes_or_new(ax, (8.0, 4.5))
    ax.axhline(0.0, color="0.4", lw=1)
    shades = (colours.BLUE, colours.VERMILION, colours.GREEN, colours.PURPLE)
    exponents = np.atleast_2d(spectrum.exponents)
    finite = np.where(np.isfinite(exponents), exponents, np.nan)
    for i, column in enumerate(finite.T):
        if np.isfinite(column).any():
            colour = shades[i % len(shades)]
            ax.plot(
                spectrum.values, column, color=colour, lw=1, label=f"exponent {i + 1}"
            )
    ax.set(xlabel=field_label(spectrum.field), ylabel="Lyapunov exponent (per step)")
    ax.legend(loc="best", fontsize="small")
    return ax


def rotation_staircase(staircase: Any, ax: Axes | None = None) -> Axes:
    """Draw rotation numbers against a field, with the plateaus that are verified.

    Parameters
    ----------
    staircase : RotationStaircase
        From `gandyn.stability.rotation_staircase`.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = axes_or_new(ax, (8.0, 4.5))
    for status, (marker, colour, words) in _STATUSES.items():
        here = (staircase.status == status) & np.isfinite(staircase.rotation)
        if here.any():
            ax.plot(staircase.values[here], staircase.rotation[here], marker, ms=4,
                    color=colour, label=f"{words} ({here.sum()})")  # fmt: skip
    plateaus = [run for run in staircase.plateaus if run[3] > run[2]]
    widest = sorted(plateaus, key=lambda run: run[2] - run[3])[:_LABELLED]
    for p, q, first, last in widest:
        ax.plot([first, last], [p / q, p / q], color=colours.GREEN, lw=2)
        style = {"textcoords": "offset points", "ha": "center", "fontsize": "small"}
        ax.annotate(f"{p}/{q}", ((first + last) / 2, p / q), xytext=(0, 4), **style)
    ax.set(
        xlabel=field_label(staircase.field), ylabel="rotation number (turns per step)"
    )
    ax.legend(loc="best", fontsize="small")
    return ax


def basins(dataset: Any, ax: Axes | None = None) -> Axes:
    """Draw which attractor each start goes to.

    Parameters
    ----------
    dataset : xarray.Dataset
        From `gandyn.stability.attractors.basins`.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    values = plane(dataset, "basin")
    ax = axes_or_new(ax, (8.5, 5.0))
    edges = prepare_axes(ax, values)
    count = dataset.sizes["attractor"]
    shades = [colours.GREY, *_shades(dataset["kind"].values.tolist())]
    norm = BoundaryNorm(np.arange(-1, count + 1) - 0.5, len(shades))
    ax.pcolormesh(*edges, values.values.T, cmap=ListedColormap(shades), norm=norm,
                  rasterized=True)  # fmt: skip
    handles = []
    for i in range(count):
        one = dataset.isel(attractor=i)
        kind = str(one["kind"].values)
        x, y = float(one["mean_x"]), float(one["mean_y"])
        words = f"{i}: {kind} ({100 * float(one['fraction']):.3g} %)"
        handles.append(Patch(fc=shades[i + 1], ec="0.15", lw=0.5, label=words))
        if kind in _KIND_MARKS and _inside(edges, x, y):
            ax.plot(x, y, _KIND_MARKS[kind], color="white", mec="black", ms=8)
    unsure = float((values == -1).mean())
    if unsure:
        words = f"undecided ({100 * unsure:.3g} %)"
        handles.append(Patch(fc=colours.GREY, ec="0.15", lw=0.5, label=words))
    ax.legend(handles=handles, title="attractor (share of starts)", loc="upper left",
              bbox_to_anchor=(1.02, 1.0), borderaxespad=0.0)  # fmt: skip
    ax.set_title(title(dataset.attrs["rule"], dataset.attrs["game"]), fontsize="medium")
    return ax


def _shades(kinds: list[str]) -> list[str]:
    """Return a colour for each attractor: by its kind, and its place in that."""
    found = []
    for i, kind in enumerate(kinds):
        own = _SHADES[kind]
        found.append(own[kinds[:i].count(kind) % len(own)])
    return found


def _inside(edges: tuple[np.ndarray, np.ndarray], x: float, y: float) -> bool:
    return all(e[0] <= value <= e[-1] for e, value in zip(edges, (x, y), strict=True))
