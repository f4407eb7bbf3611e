"""What is said about GANs, predicted and measured: one file per claim.

Every module here has a ``CLAIM``, whose name is the module's; none is listed anywhere.
"""

from __future__ import annotations

import importlib
import pkgutil

from gandyn.claims._claim import Check, Claim, Quantity

__all__ = ["CLAIMS", "Check", "Claim", "Quantity"]


def _discover() -> dict[str, Claim]:
    names = (info.name for info in pkgutil.iter_modules(__path__))
    return {
        name: importlib.import_module(f"{__name__}.{name}").CLAIM
        for name in sorted(names)
        if not name.startswith("_")
    }


CLAIMS: dict[str, Claim] = _discover()
"""Every claim by its name."""
