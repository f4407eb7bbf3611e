"""No circle among the modules, not even by what functions import."""

from __future__ import annotations

import ast
import graphlib
from pathlib import Path

import pytest

import gandyn

PACKAGE = Path(gandyn.__file__).parent


def imported(package: Path) -> dict[str, set[str]]:
    """Return which modules of a package each of them names in an import."""
    files = {_name(path, package): path for path in package.rglob("*.py")}
    return {
        module: {
            name
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            for name in _names(node, files)
            if name != module
        }
        for module, path in files.items()
    }


def _name(path: Path, package: Path) -> str:
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _names(node: ast.AST, files: dict[str, Path]) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names} & set(files)
    if isinstance(node, ast.ImportFrom) and node.module in files:
        deeper = (f"{node.module}.{alias.name}" for alias in node.names)
        return {name if name in files else node.module for name in deeper}
    return set()


def test_no_circle() -> None:
    found = imported(PACKAGE)
    assert "gandyn.dynamics.orbits" in found["gandyn.dynamics"]
    graphlib.TopologicalSorter(found).prepare()


def test_a_circle_is_found(tmp_path: Path) -> None:
    package = tmp_path / "rooms"
    package.mkdir()
    (package / "__init__.py").write_text("from rooms import one\n", "utf-8")
    (package / "one.py").write_text("from rooms.two import later\n", "utf-8")
    lazy = "def later():\n    from rooms import one\n"
    (package / "two.py").write_text(lazy, "utf-8")
    with pytest.raises(graphlib.CycleError, match=r"rooms\.one"):
        graphlib.TopologicalSorter(imported(package)).prepare()
