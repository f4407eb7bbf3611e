"""Stability of two players that learn against each other.

Nothing heavy is imported until it is used: the names below are looked up lazily.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_WHERE = {
    "simulate": "gandyn.dynamics",
    "sweep": "gandyn._sweep",
    "Axis": "gandyn.dynamics",
    "Orbit": "gandyn.dynamics",
    "boundary": "gandyn.stability",
    "certify": "gandyn.stability",
    "critical_learning_rates": "gandyn.stability",
    "Game": "gandyn.games",
    "Rule": "gandyn.rules",
    "Positive": "gandyn._node",
    "NonNegative": "gandyn._node",
    "Real": "gandyn._node",
    "Fraction01": "gandyn._node",
    "Decay": "gandyn._node",
    "Count": "gandyn._node",
    "games": "gandyn.games",
    "rules": "gandyn.rules",
    "dynamics": "gandyn.dynamics",
    "stability": "gandyn.stability",
    "testing": "gandyn.testing",
    "gans": "gandyn.gans",
    "crosscheck": "gandyn.crosscheck",
    "plot": "gandyn.plot",
}

__all__ = ["__version__", *_WHERE]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'gandyn' has no attribute {name!r}")
    module = importlib.import_module(_WHERE[name])
    return module if module.__name__.endswith("." + name) else getattr(module, name)
