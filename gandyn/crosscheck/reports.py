"""Cross-checks as JSON, with what is needed to run them again."""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import Any

import numpy as np
import scipy
import torch

from gandyn import __version__
from gandyn._files import write_json


def _environment(command: str) -> dict[str, Any]:
    """Return versions, machine and the command."""
    cuda = torch.cuda.is_available()
    return {
        "command": command,
        "device": torch.cuda.get_device_name() if cuda else "cpu",
        "machine": f"{platform.machine()} {platform.system()}",
        "threads": torch.get_num_threads(),
        "versions": {
            "gandyn": __version__,
            "python": ".".join(map(str, sys.version_info[:3])),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "torch": torch.__version__,
        },
    }


def write_result(path: Path, found: dict[str, Any], command: str) -> None:
    """Write a result with its environment, whole or not at all."""
    write_json(path, {**_environment(command), **found})
