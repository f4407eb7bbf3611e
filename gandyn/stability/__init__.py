"""Stability computed, not watched: maps, boundaries, bifurcations, cycles, proofs.

The names are those of ``__init__.pyi``, each imported when it is first used.
"""

from __future__ import annotations

from gandyn._lazy import lazy

__getattr__, __dir__, __all__ = lazy(__name__)
