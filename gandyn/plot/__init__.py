"""Pictures of results: a result and an Axes in, the Axes out.

The only place that imports matplotlib. Without ``ax`` a function draws on a figure of
its own, which pyplot does not know; ``save(ax, "picture.svg")`` writes it.
"""

from __future__ import annotations

from gandyn.plot._canvas import save
from gandyn.plot.orbits import convergence, trajectory
from gandyn.plot.phase import phase_diagram
from gandyn.plot.portrait import phase_portrait
from gandyn.plot.spectra import spectrum

__all__ = [
    "convergence",
    "phase_diagram",
    "phase_portrait",
    "save",
    "spectrum",
    "trajectory",
]
