"""Branches of fixed points, cycles and invariant curves against a field."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from gandyn import _canvas as colours
from gandyn._canvas import axes_or_new
from gandyn.errors import GandynError
from gandyn.plot._titles import field_label
from gandyn.plot.paths import CROSSINGS

_KINDS = {
    "Equilibrium": (colours.BLUE, "fixed point"),
    "PeriodicOrbit": (colours.GREEN, "cycle"),
    "InvariantCurve": (colours.VERMILION, "invariant curve, least and largest"),
    "LimitCycle": (colours.VERMILION, "limit cycle, least and largest"),
}
"""Colour and name of what a branch consists of, by the class of its points."""


def bifurcation_diagram(
    branches: Iterable[Any],
    ax: Axes | None = None,
    *,
    coordinate: int = 0,
    orbits: tuple[Any, Any] | None = None,
) -> Axes:
    """Draw branches against their field: solid where stable, dashed where unstable.

    Parameters
    ----------
    branches : iterable of Branch
        From `gandyn.stability`, all of one field.
    ax : matplotlib Axes, optional
    coordinate : int
        Which coordinate of (x, y, memory) is drawn.
    orbits : pair of arrays, optional
        Values of the field and states seen there, drawn as dots below the branches.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    GandynError
        If there is no branch, or they are of different fields.
    """
    branches = list(branches)
    names = {branch.field for branch in branches}
    if len(names) != 1:
        words = ", ".join(sorted(names)) or "none"
        raise GandynError(
            f"a bifurcation diagram needs branches of one field, got {words}"
        )
    ax = axes_or_new(ax, (8.0, 5.0))
    if orbits is not None:
        ax.plot(*orbits, ",", color="0.45", rasterized=True, zorder=1)
        ax.plot([], [], ".", color="0.45", label="orbits, simulated")
    for branch in branches:
        _draw_branch(ax, branch, branch.levels(coordinate))
    _draw_bifurcations(ax, branches, coordinate)
    ax.set(xlabel=field_label(names.pop()), ylabel=_coordinate_label(coordinate))
    _legend(ax, loc="upper left", bbox_to_anchor=(1.02, 1.0), borderaxespad=0.0)
    return ax


def cycle_amplitude(
    branch: Any,
    born: Any,
    ax: Axes | None = None,
    *,
    measured: tuple[Any, Any] | None = None,
) -> Axes:
    r"""Draw the amplitude of an invariant curve beside the law of its bifurcation.

    The law, :math:`\sqrt{2(|λ|-1)/(-a)}` with |λ| - 1 by its speed, is exact to leading
    order in the distance from the bifurcation.

    Parameters
    ----------
    branch : Branch of InvariantCurve
        From `gandyn.stability.continue_invariant_curve`.
    born : Bifurcation
        The Neimark–Sacker point that it comes from.
    ax : matplotlib Axes, optional
    measured : pair of arrays, optional
        Values of the field and amplitudes of orbits there.

    Returns
    -------
    matplotlib Axes
    """
    ax = axes_or_new(ax, (7.0, 4.5))
    ends = np.array([born.value, *branch.values])
    values = np.linspace(ends.min(), ends.max(), 200)
    law = np.array([born.amplitude(value) for value in values])
    ax.plot(values, law, ":", color="black", label="normal form, leading order")
    _draw_branch(
        ax, branch, branch.along("amplitude")[:, None], "invariant curve, computed"
    )
    if measured is not None:
        style = {"marker": "o", "mfc": "none", "mec": colours.BLUE, "ls": ""}
        ax.plot(*measured, label="orbits, simulated", **style)
    _draw_bifurcations(ax, [born], 0, height=0.0)
    ax.set(xlabel=field_label(branch.field), ylim=(0, None))
    ax.set_ylabel("root mean square distance of the players (dimensionless)")
    _legend(ax, loc="best")
    return ax


def _draw_branch(ax: Axes, branch: Any, lines: Any, name: str = "") -> None:
    colour, kind = _KINDS[type(branch.points[0]).__name__]
    kind = f"period {branch.points[0].period}" if kind == "cycle" else kind
    kind = name or kind
    stable = np.asarray(branch.stable, dtype=bool)
    for line in np.atleast_2d(np.asarray(lines).T):
        for mask, style, word in ((stable, "-", "stable"), (~stable, "--", "unstable")):
            if mask.any():
                drawn = np.where(_with_neighbour(mask), line, np.nan)
                label = f"{kind}, {word}"
                ax.plot(branch.values, drawn, style, color=colour, label=label)


def _with_neighbour(mask: np.ndarray) -> np.ndarray:
    """Return a mask that also covers the next point, so that pieces touch."""
    return mask | np.concatenate([[False], mask[:-1]])


def _draw_bifurcations(
    ax: Axes, sources: Iterable[Any], coordinate: int, height: float | None = None
) -> None:
    for source in sources:
        for one in getattr(source, "bifurcations", [source]):
            if not hasattr(one, "kind"):
                continue
            marker, colour, name = CROSSINGS[one.kind]
            levels = _levels(one, coordinate) if height is None else [height]
            ax.plot(
                [one.value] * len(levels), levels, marker, ls="", color=colour,
                mec="black", ms=8, zorder=5, clip_on=False,
                label=f"{name}, {one.field} = {one.value:.6g}",
            )  # fmt: skip


def _levels(one: Any, coordinate: int) -> Any:
    """Return where a bifurcation is drawn: at its state, or at a curve's extremes."""
    if hasattr(one, "point"):
        return one.point.levels(coordinate)
    return one.state[coordinate : coordinate + 1]


def _coordinate_label(coordinate: int) -> str:
    name = {0: "x", 1: "y"}.get(coordinate, f"coordinate {coordinate}")
    return f"{name} (dimensionless)"


def _legend(ax: Axes, **place: Any) -> None:
    """Draw the legend with every label once."""
    handles, labels = ax.get_legend_handles_labels()
    first = {label: handle for handle, label in zip(handles, labels, strict=True)}
    ax.legend(first.values(), first.keys(), fontsize="small", **place)
