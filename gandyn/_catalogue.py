"""Families of classes, found by looking: nothing is registered twice."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from gandyn._node import NodeT


def discover(package: str, paths: list[str], base: type[NodeT]) -> dict[str, Any]:
    """Import every module of a package and return its public subclasses of a base."""
    found: dict[str, Any] = {}
    for info in pkgutil.iter_modules(paths):
        if info.name.startswith("_"):
            continue
        module = importlib.import_module(f"{package}.{info.name}")
        for name, value in vars(module).items():
            if (
                isinstance(value, type)
                and issubclass(value, base)
                and value is not base
                and value.__module__ == module.__name__
                and not name.startswith("_")
            ):
                found[name] = value
    return found
