"""Pictures of results: a result and an Axes in, the Axes out.

matplotlib is imported here and in the benchmark's report only. Without ``ax`` a
function draws on a figure of its own, which pyplot does not know; ``save(ax,
"picture.svg")`` writes it.
"""

from __future__ import annotations

from gandyn._canvas import save
from gandyn.plot.advice import rehearsal
from gandyn.plot.attractors import basins, lyapunov, rotation_staircase
from gandyn.plot.branches import bifurcation_diagram, cycle_amplitude
from gandyn.plot.claims import claim_picture
from gandyn.plot.gans import curvatures, gan_spectrum, path_angle
from gandyn.plot.orbits import convergence, trajectory
from gandyn.plot.paths import root_locus, spectrum_path
from gandyn.plot.phase import phase_diagram
from gandyn.plot.portrait import phase_portrait
from gandyn.plot.spectra import spectrum

__all__ = [
    "basins",
    "bifurcation_diagram",
    "claim_picture",
    "convergence",
    "curvatures",
    "cycle_amplitude",
    "gan_spectrum",
    "lyapunov",
    "path_angle",
    "phase_diagram",
    "phase_portrait",
    "rehearsal",
    "root_locus",
    "rotation_staircase",
    "save",
    "spectrum",
    "spectrum_path",
    "trajectory",
]
