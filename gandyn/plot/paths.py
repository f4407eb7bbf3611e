"""Multipliers on their way: against a field, and in the complex plane."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from gandyn import _canvas as colours
from gandyn._canvas import axes_or_new
from gandyn.plot._titles import field_label
from gandyn.plot.spectra import draw_unit_circle

CROSSINGS = {
    "neimark-sacker": ("o", colours.VERMILION, "Neimark–Sacker"),
    "flip": ("s", colours.ORANGE, "flip"),
    "fold": ("D", colours.PURPLE, "fold"),
    "transcritical": ("X", colours.PURPLE, "transcritical"),
    "pitchfork": ("P", colours.PURPLE, "pitchfork"),
}
"""Marker, colour and name of each kind of bifurcation, in every picture."""

_WIDE = 20.0
"""Values that span a larger ratio are drawn on a log axis."""


def spectrum_path(path: Any, ax: Axes | None = None) -> Axes:
    """Draw the moduli of a fixed point's multipliers against a field.

    Parameters
    ----------
    path : MultiplierPath
        From `gandyn.stability.multiplier_path`.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = axes_or_new(ax, (7.5, 4.5))
    _shade_stable(ax, path)
    real = np.abs(path.multipliers.imag) < 1e-12
    for column, on_axis in zip(path.multipliers.T, real.T, strict=True):
        size = np.abs(column)
        ax.plot(path.values, np.where(on_axis, size, np.nan), "--", color=colours.BLUE)
        ax.plot(path.values, np.where(on_axis, np.nan, size), color=colours.BLUE)
    for label, style in (("|λ| of a pair", "-"), ("|λ| of a real multiplier", "--")):
        if (real if style == "--" else ~real).any():
            ax.plot([], [], style, color=colours.BLUE, label=label)
    ax.axhline(1.0, color="0.4", lw=1)
    _mark(ax, path, lambda one: (one.value, 1.0))
    ax.set_xscale(_scale(path))
    ax.set_xlim(path.values[0], path.values[-1])
    ax.set_ylim(0, min(2.0, 1.05 * max(1.1, path.radius.max())))
    ax.set(xlabel=field_label(path.field), ylabel="modulus |λ| (per step)")
    ax.legend(loc="best", fontsize="small")
    return ax


def root_locus(path: Any, ax: Axes | None = None) -> Axes:
    """Draw the way of a fixed point's multipliers through the complex plane.

    Parameters
    ----------
    path : MultiplierPath
        From `gandyn.stability.multiplier_path`.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = axes_or_new(ax, (6.5, 6.0))
    draw_unit_circle(ax, 1.1 * min(2.0, max(1.0, np.abs(path.multipliers).max())))
    for column in path.multipliers.T:
        ax.plot(column.real, column.imag, color=colours.GREY, lw=0.8, zorder=1)
        dots = ax.scatter(
            column.real, column.imag, c=path.values, s=7, cmap="cividis",
            norm=_scale(path), zorder=2,
        )  # fmt: skip
    bar = ax.get_figure().colorbar(dots, ax=ax, shrink=0.8)  # type: ignore[union-attr]
    bar.set_label(field_label(path.field))
    first = path.multipliers[0]
    ax.plot(first.real, first.imag, "o", mfc="none", mec="black", ms=9, ls="",
            label=f"at {path.field} = {path.values[0]:.4g}")  # fmt: skip
    _mark(ax, path, lambda one: (one.multiplier.real, one.multiplier.imag), pairs=True)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.01), ncols=2, fontsize="small")
    return ax


def _scale(path: Any) -> str:
    low, high = path.values[[0, -1]]
    return "log" if low > 0 and high / low > _WIDE else "linear"


def _shade_stable(ax: Axes, path: Any) -> None:
    stable = path.radius < 1
    if stable.any() and not stable.all():
        edges = ax.get_xaxis_transform()
        ax.fill_between(path.values, 0, 1, where=stable, transform=edges, lw=0,
                        color=colours.SKY, alpha=0.25, label="stable")  # fmt: skip


def _mark(ax: Axes, path: Any, place: Any, pairs: bool = False) -> None:
    named: set[str] = set()
    for one in path.crossings:
        marker, colour, name = CROSSINGS[one.kind]
        x, y = place(one)
        label = f"{name}, {path.field} = {one.value:.6g}"
        style = {"marker": marker, "color": colour, "ls": "", "ms": 8, "mec": "black"}
        ax.plot(x, y, label=None if label in named else label, zorder=4, **style)
        if pairs and y:
            ax.plot(x, -y, zorder=4, **style)
        named.add(label)
