"""Packages whose public names are imported when they are first used."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import sys
from collections.abc import Callable
from typing import Any


def lazy(package: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], Any]:
    """Return ``__getattr__``, ``__dir__`` and ``__all__`` of a package.

    Its names, and where they come from, are the imports of the ``__init__.pyi`` beside
    it, which type checkers read too: one list for both.
    """
    stub = pkgutil.get_data(package, "__init__.pyi")
    assert stub is not None  # it is installed with the package
    where = {
        alias.asname or alias.name: (found.module, alias.name)
        for found in ast.parse(stub).body
        if isinstance(found, ast.ImportFrom)
        for alias in found.names
    }

    def find(name: str) -> Any:
        if name not in where:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, origin = where[name]
        if module == package:
            return importlib.import_module(f"{package}.{origin}")
        value = getattr(importlib.import_module(module or package), origin)
        setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        own = vars(sys.modules[package])
        return sorted({*own["__all__"], *(name for name in own if name[:2] == "__")})

    return find, names, list(where)
