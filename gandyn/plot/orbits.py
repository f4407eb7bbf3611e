"""One orbit: where it goes, and how fast it gets there."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from gandyn import _canvas as colours
from gandyn._canvas import axes_or_new
from gandyn.errors import GandynError
from gandyn.plot._titles import flag_words, title

_MEASURES = {
    "distance": "distance to the equilibrium (dimensionless)",
    "field_norm": "norm of the field |v| (dimensionless)",
}
"""What can be drawn against the cost, with its label."""

_COSTS = {
    "oracle_calls": "oracle calls (gradients and second-order products)",
    "steps": "steps",
}
"""What progress can be counted in, with its label."""


def trajectory(orbit: Any, ax: Axes | None = None, *, component: int = 0) -> Axes:
    """Draw the states of an orbit in the plane of the two players.

    Parameters
    ----------
    orbit : Orbit
        From `gandyn.simulate`.
    ax : matplotlib Axes, optional
    component : int
        Which component of each player is drawn, where players are vectors.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    GandynError
        If a player has no such component, or the orbit no finite state.
    """
    (x, label_x), (y, label_y) = (
        _component(name, getattr(orbit, name), component) for name in "xy"
    )
    finite = np.isfinite(x) & np.isfinite(y)
    if not finite.any():
        raise GandynError("the orbit has no finite state to draw")
    x, y = x[finite], y[finite]
    ax = axes_or_new(ax)
    ax.plot(x, y, color=colours.GREY, lw=0.6, zorder=1)
    dots = ax.scatter(x, y, c=np.flatnonzero(finite), s=9, cmap="cividis", zorder=2)
    ax.plot(x[0], y[0], "o", mfc="none", mec=colours.VERMILION, ms=10, label="start")
    ax.plot(x[-1], y[-1], "s", mfc="none", mec=colours.BLUE, ms=10, label="last state")
    bar = ax.get_figure().colorbar(dots, ax=ax)  # type: ignore[union-attr]
    bar.set_label("step")
    ax.set(xlabel=label_x, ylabel=label_y)
    ax.legend(title=_verdict(orbit), loc="best", fontsize="small")
    ax.set_title(title(orbit.rule, orbit.game), fontsize="medium")
    return ax


def convergence(
    orbit: Any,
    ax: Axes | None = None,
    *,
    measure: str | None = None,
    against: str = "oracle_calls",
) -> Axes:
    """Draw the distance to the equilibrium, or the norm of the field, on a log scale.

    Parameters
    ----------
    orbit : Orbit
        From `gandyn.simulate`.
    ax : matplotlib Axes, optional
    measure : {"distance", "field_norm"}, optional
        The distance unless the game has no reference equilibrium.
    against : {"oracle_calls", "steps"}
        The fair count of cost, or the steps of the rule.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    GandynError
        If a name is none of these, or there is nothing positive to draw.
    """
    if measure is None:
        known = np.isfinite(np.atleast_1d(orbit.distance)).any()
        measure = "distance" if known else "field_norm"
    if measure not in _MEASURES or against not in _COSTS:
        raise GandynError(
            f"measure is one of {', '.join(_MEASURES)} and against one of "
            f"{', '.join(_COSTS)}; got {measure!r} and {against!r}"
        )
    values = np.asarray(getattr(orbit, measure), dtype=float)
    drawn = np.where(np.isfinite(values) & (values > 0), values, np.nan)
    if np.isnan(drawn).all():
        raise GandynError(f"the {measure} of this orbit is nowhere positive and finite")
    cost = np.arange(len(values))
    if against == "oracle_calls":
        cost = cost * sum(orbit.oracle_calls.values())
    ax = axes_or_new(ax)
    ax.semilogy(cost, drawn, color=colours.BLUE, lw=1.5, label=_verdict(orbit))
    ax.set(xlabel=_COSTS[against], ylabel=_MEASURES[measure])
    ax.grid(True, color="0.9")
    ax.legend(loc="best", fontsize="small")
    ax.set_title(title(orbit.rule, orbit.game), fontsize="medium")
    return ax


def _component(name: str, values: Any, component: int) -> tuple[np.ndarray, str]:
    states = np.asarray(values, dtype=float)
    if states.ndim == 1:
        return states, f"{name} (dimensionless)"
    if not 0 <= component < states.shape[1]:
        raise GandynError(
            f"player {name} has components 0 to {states.shape[1] - 1}, not {component}"
        )
    return states[:, component], f"{name}[{component}] (dimensionless)"


def _verdict(orbit: Any) -> str:
    words = flag_words(orbit.verdict)
    rate = float(orbit.rate)
    return f"{words}, rate {rate:.3g} per step" if np.isfinite(rate) else words
