"""Multipliers of a linearised update rule, against the unit circle."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from gandyn import _canvas as colours
from gandyn._canvas import axes_or_new
from gandyn.errors import GandynError
from gandyn.plot._circle import draw_unit_circle
from gandyn.plot._titles import title
from gandyn.rules import Rule

ON_CIRCLE = 1e-9
"""Multipliers this near the circle are drawn as on it: eigenvalues carry rounding."""

MARKS = {
    "inside": ("o", colours.BLUE, "inside: contracts"),
    "on": ("D", colours.BLACK, f"on the circle to {ON_CIRCLE:g}"),
    "outside": ("^", colours.VERMILION, "outside: grows"),
}
"""Marker, colour and label of multipliers by where they are."""


def spectrum(
    rule: Any, game: Any = None, ax: Axes | None = None, *, point: Any = None
) -> Axes:
    """Draw the multipliers of a rule on a game in the complex plane.

    Parameters
    ----------
    rule : Rule or array of complex
        A rule, or multipliers that were computed before (then without ``game``).
    game : Game, optional
    ax : matplotlib Axes, optional
    point : (x, y), optional
        Where to linearise; the game's first equilibrium if not given.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    GandynError
        If a rule comes without a game, or a multiplier is not finite.
    """
    if isinstance(rule, Rule):
        if game is None:
            raise GandynError(
                "the spectrum of a rule needs a game: spectrum(rule, game)"
            )
        from gandyn.dynamics import multipliers

        values = np.asarray(multipliers(rule, game, point))
    else:
        values = np.atleast_1d(np.asarray(rule, dtype=complex)).ravel()
    if values.size == 0 or not np.isfinite(values).all():
        raise GandynError(f"the spectrum has no finite multipliers: {values}")
    ax = axes_or_new(ax, (8.5, 6.0))
    draw_unit_circle(ax, 1.1 * max(1.0, np.abs(values).max()))
    ax.set_anchor("W")
    _draw_multipliers(ax, values)
    radius = np.abs(values).max()
    words = title(rule, game) + "\n" if isinstance(rule, Rule) else ""
    ax.set_title(f"{words}spectral radius {radius:.6g}", fontsize="medium")
    ax.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0), borderaxespad=0.0)
    return ax


def _draw_multipliers(ax: Axes, values: np.ndarray) -> None:
    excess = np.abs(values) - 1
    places = np.where(
        np.abs(excess) <= ON_CIRCLE, "on", np.where(excess < 0, "inside", "outside")
    )
    for place, (marker, colour, label) in MARKS.items():
        here = values[places == place]
        if here.size:
            style = {"ls": "", "marker": marker, "ms": 8, "mec": "white"}
            text = f"{label} ({here.size})"
            ax.plot(here.real, here.imag, color=colour, label=text, zorder=3, **style)
