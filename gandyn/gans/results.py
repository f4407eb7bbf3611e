"""Measured diagrams as labelled data, with what is needed to run them again."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from gandyn import __version__
from gandyn.dynamics.verdicts import ENDINGS, VERDICTS

if TYPE_CHECKING:
    import xarray as xr

DESCRIPTIONS = {
    "verdict": ("what the GAN was seen to do", "1"),
    "ended": ("why the cell stopped", "1"),
    "rate": ("early log growth of |v|", "1/step"),
    "rate_error": ("standard error of the rate", "1/step"),
    "rotation": ("mean rotation early on", "turn/step"),
    "norm": ("|v| at the end over |v| at the start", "1"),
    "steps": ("steps trained", "step"),
}


def versions() -> dict[str, str]:
    """Return the versions that decide a run's bits."""
    return {"gandyn_version": __version__, "torch_version": str(torch.__version__)}


def as_dataset(
    dims: Any,
    found: dict[str, np.ndarray],
    attributes: dict[str, Any],
    device: torch.device,
) -> xr.Dataset:
    """Return the cells of a measured diagram as an `xarray.Dataset`."""
    import xarray as xr

    import gandyn.dynamics.accessor  # noqa: F401 - registers dataset.gandyn

    names, shape = [d.name for d in dims], [d.values.size for d in dims]
    variables: dict[str, Any] = {
        name: (names, found[name].reshape(shape), {"long_name": text, "units": units})
        for name, (text, units) in DESCRIPTIONS.items()
    }
    for name, meanings in (("verdict", VERDICTS), ("ended", ENDINGS)):
        variables[name][2].update(
            flag_values=np.arange(len(meanings), dtype=np.int8),
            flag_meanings=" ".join(meanings),
        )
    coords = {d.name: (d.name, d.values, d.attrs) for d in dims}
    attrs = {
        "Conventions": "CF-1.11",
        "title": attributes["rule"] + " on " + attributes["game"],
        "method": "measured",
        **attributes,
        "device_name": device_name(device),
        "threads": torch.get_num_threads(),
        "numpy_version": np.__version__,
        "python_version": platform.python_version(),
        "machine": f"{platform.machine()} {platform.system()}",
    }
    return xr.Dataset(variables, coords, attrs)


def device_name(device: torch.device) -> str:
    """Return what a device is called."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return platform.processor() or platform.machine()
