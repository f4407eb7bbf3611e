"""Stability of two players that learn against each other.

Nothing heavy is imported until it is used: the names are those of ``__init__.pyi``,
each imported when it is first asked for.
"""

from __future__ import annotations

from gandyn._lazy import lazy

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy(__name__)
__all__ += ["__version__"]
