"""The complex plane of multipliers, with the unit circle."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes


def draw_unit_circle(ax: Axes, reach: float) -> None:
    """Draw the unit circle and the axes of a plane that reaches so far each way."""
    angle = np.linspace(0, 2 * np.pi, 361)
    ax.plot(np.cos(angle), np.sin(angle), color="0.4", lw=1, label="unit circle")
    ax.axhline(0, color="0.85", lw=0.8, zorder=0)
    ax.axvline(0, color="0.85", lw=0.8, zorder=0)
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    ax.set(xlabel="real part of λ (per step)", ylabel="imaginary part of λ (per step)")
