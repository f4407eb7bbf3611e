"""What the variables of a sweep are, and what is needed to run it again."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Any

import numpy as np

from gandyn import __version__
from gandyn._specification import specify
from gandyn.dynamics.plans import ENDED, VERDICT, Variable

if TYPE_CHECKING:
    from gandyn.dynamics.task import Task

DESCRIPTIONS = {
    "verdict": VERDICT,
    "ended": ENDED,
    "rate": Variable("asymptotic log growth of displacements", "1/step"),
    "radius": Variable("spectral radius predicted at the reference equilibrium"),
    "period": Variable("period of a periodic orbit, else 0", "step", np.int32),
    "rotation": Variable("mean rotation", "turn/step"),
    "amplitude": Variable("root mean square distance from the orbit's mean"),
    "lyapunov": Variable("largest Lyapunov exponent", "1/step"),
    "steps": Variable("steps simulated", "step", np.int32),
}


def settings(task: Task) -> dict[str, Any]:
    """Return what decides the numbers of a sweep, beside its axes and start."""
    import numba

    return {
        "rule": specify(task.rule),
        "game": specify(task.game),
        "steps": task.steps,
        "escape": task.escape,
        "method": "exact" if task.exact else "simulate",
        "gandyn_version": __version__,
        "numpy_version": np.__version__,
        "numba_version": numba.__version__,
    }


def attributes(task: Task) -> dict[str, Any]:
    """Return the attributes of a sweep: enough to run it again."""
    return {
        "Conventions": "CF-1.11",
        "title": f"{type(task.rule).__name__} on {type(task.game).__name__}",
        "start_x": np.asarray(task.start[0], dtype=float),
        "start_y": np.asarray(task.start[1], dtype=float),
        **settings(task),
        "python_version": platform.python_version(),
        "machine": f"{platform.machine()} {platform.system()}",
    }
