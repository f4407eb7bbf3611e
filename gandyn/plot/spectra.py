"""Multipliers of a linearised update rule, against the unit circle."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from gandyn import _canvas as colours
from gandyn._canvas import axes_or_new
from gandyn.errors import GandynError
from gandyn.plot._titles import title
from gandyn.rules import Rule

_ON_CIRCLE = 1e-9
"""Multipliers this near the circle are drawn as on it: eigenvalues carry rounding."""

_MARKS = {
    "inside": ("o", colours.BLUE, "inside: contracts"),
    "on": ("D", colours.BLACK, f"on the circle to {_ON_CIRCLE:g}"),
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


def draw_unit_circle(ax: Axes, reach: float) -> None:
    """Draw the unit circle and the axes of a plane that reaches so far each way."""
    angle = np.linspace(0, 2 * np.pi, 361)
    ax.plot(np.cos(angle), np.sin(angle), color="0.4", lw=1, label="unit circle")
    ax.axhline(0, color="0.85", lw=0.8, zorder=0)
    ax.axvline(0, color="0.85", lw=0.8, zorder=0)
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    ax.set(xlabel="real part of λ (per step)", ylabel="imaginary part of λ (per step)")


def _draw_multipliers(ax: Axes, values: np.ndarray) -> None:
    excess = np.abs(values) - 1
    places = np.where(
        np.abs(excess) <= _ON_CIRCLE, "on", np.where(excess < 0, "inside", "outside")
    )
    for place, (marker, colour, label) in _MARKS.items():
        here = values[places == place]
        if here.size:
            style = {"ls": "", "marker": marker, "ms": 8, "mec": "white"}
            text = f"{label} ({here.size})"
            ax.plot(here.real, here.imag, color=colour, label=text, zorder=3, **style)
