"""The laws, one file per family; every public class here is found by looking."""

from __future__ import annotations

from gandyn._catalogue import discover
from gandyn.testing._law import Law

LAWS: dict[str, Law] = {
    cls.id: cls() for cls in discover(__name__, list(__path__), Law).values()
}
"""Every law by its id."""

__all__ = ["LAWS"]
