"""Prediction beside measurement: planes of cells, and growth rates in one field."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from gandyn import _canvas as colours
from gandyn._canvas import axes_or_new
from gandyn.plot._titles import field_label
from gandyn.plot.phase import phase_diagram


def crosscheck_plane(check: Any, ax: Axes | None = None) -> Axes:
    """Draw measured cells, the predicted boundary over them, and what disagrees.

    Parameters
    ----------
    check : GridCheck
        From `gandyn.crosscheck.crosscheck_grid`.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = phase_diagram(check.cells, ax, boundary=check.curves)
    first, second = (str(dim) for dim in check.cells["verdict"].dims)
    wrong = check.disagreements()
    if wrong:
        x, y = ([row[name] for row in wrong] for name in (first, second))
        ax.plot(x, y, "x", color="black", ms=9, mew=3.5)
        ax.plot(x, y, "x", color="white", ms=8, mew=1.8)
    share = 100 * check.agreement(check.near)
    ax.set_title(
        f"{ax.get_title()}\nmeasured cells, predicted boundary: {share:.1f} % of the "
        f"cells farther than {100 * check.near:.0f} % agree, {len(wrong)} cells (×) "
        "do not",
        fontsize="small",
    )
    return ax


def crosscheck_growth(check: Any, ax: Axes | None = None) -> Axes:
    """Draw measured growth rates in one field over the predicted ones.

    Parameters
    ----------
    check : CrossCheck
        From `gandyn.crosscheck.crosscheck`.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = axes_or_new(ax)
    told, values = check.prediction, check.values
    line = np.linspace(values.min(), values.max(), 200)
    ax.axhline(0.0, color=colours.GREY, lw=1)
    ax.plot(line, told.rate(line), color=colours.BLUE, label="log radius, predicted")
    error = np.where(
        np.isfinite(check.readings.rate_error), check.readings.rate_error, 0.0
    )
    ax.errorbar(
        values, check.readings.rate, error, fmt="o", ms=4, color=colours.VERMILION,
        label="growth of |v|, measured",
    )  # fmt: skip
    ax.axvline(told.value, color=colours.BLUE, ls="--", lw=1)
    ax.axvline(check.value.value, color=colours.VERMILION, ls=":", lw=1.5)
    ax.set_xlabel(field_label(told.field, "1"))
    ax.set_ylabel("growth per step")
    ax.set_title(
        f"{told.field}: predicted {told.value:.6g}, measured {check.value.value:.6g} ± "
        f"{check.value.error:.1g}",
        fontsize="medium",
    )
    ax.legend()
    return ax
