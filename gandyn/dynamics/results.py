"""Sweeps as labelled data, with what is needed to run them again."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Any

import numpy as np

from gandyn import __version__
from gandyn._specification import specify
from gandyn.dynamics.verdicts import ENDINGS, VERDICTS

if TYPE_CHECKING:
    import xarray as xr

    from gandyn.dynamics.outcome import Outcome
    from gandyn.dynamics.task import Task

DESCRIPTIONS = {
    "verdict": ("what the orbit does", "1"),
    "ended": ("why the cell stopped", "1"),
    "rate": ("asymptotic log growth of displacements", "1/step"),
    "radius": ("spectral radius predicted at the reference equilibrium", "1"),
    "period": ("period of a periodic orbit, else 0", "step"),
    "rotation": ("mean rotation", "turn/step"),
    "amplitude": ("root mean square distance from the orbit's mean", "1"),
    "lyapunov": ("largest Lyapunov exponent", "1/step"),
    "steps": ("steps simulated", "step"),
}


def as_dataset(task: Task, outcome: Outcome, radius: np.ndarray) -> xr.Dataset:
    """Return the arrays of a sweep as an `xarray.Dataset`."""
    import numba
    import xarray as xr

    import gandyn.dynamics.accessor  # noqa: F401 - registers dataset.gandyn

    names = [d.name for d in task.dimensions]
    arrays: dict[str, Any] = {**outcome._asdict(), "radius": radius}
    variables: dict[str, tuple[list[str], Any, dict[str, Any]]] = {}
    for name, (text, units) in DESCRIPTIONS.items():
        variables[name] = (names, arrays[name], {"long_name": text, "units": units})
    for name, meanings in (("verdict", VERDICTS), ("ended", ENDINGS)):
        variables[name][2].update(
            flag_values=np.arange(len(meanings), dtype=np.int8),
            flag_meanings=" ".join(meanings),
        )
    coords = {d.name: (d.name, d.values, d.attrs) for d in task.dimensions}
    attrs = {
        "Conventions": "CF-1.11",
        "title": f"{type(task.rule).__name__} on {type(task.game).__name__}",
        "rule": specify(task.rule),
        "game": specify(task.game),
        "start_x": np.asarray(task.start[0], dtype=float),
        "start_y": np.asarray(task.start[1], dtype=float),
        "steps": task.steps,
        "escape": task.escape,
        "method": "exact" if task.exact else "simulate",
        "gandyn_version": __version__,
        "numpy_version": np.__version__,
        "numba_version": numba.__version__,
        "python_version": platform.python_version(),
        "machine": f"{platform.machine()} {platform.system()}",
    }
    return xr.Dataset(variables, coords, attrs)
