"""The page on how gandyn is built: its files exist, its picture has every room."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

import gandyn

ROOT = Path(__file__).parents[1]
PACKAGE = Path(gandyn.__file__).parent


def test_files_of_the_walk_exist() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    named = set(re.findall(r"`((?:\w+/)*\w+\.py)`", page))
    files = [f"gandyn/{path.relative_to(PACKAGE)}" for path in PACKAGE.rglob("*.py")]
    assert len(named) > 20
    assert [
        one for one in named if not any(f"/{f}".endswith(f"/{one}") for f in files)
    ] == []


def test_the_picture_has_every_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    rooms = importlib.import_module("rooms")
    package, *inner = rooms.layers_of(ROOT / "pyproject.toml").values()
    found = {path.stem for path in PACKAGE.iterdir() if path.suffix in {".py", ""}}
    assert {room for layer in package for room in layer} == found - {
        "__init__",
        "__pycache__",
    }
    for room, layers in zip(("stability", "gans"), inner, strict=True):
        drawn = rooms.picture("Rooms", layers)
        inside = [path.name for path in (PACKAGE / room).iterdir() if path.is_dir()]
        assert all(f">{one}</text>" in drawn for one in inside if one[0] != "_")


def test_the_rooms_of_gans_are_told() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    _, _, part = page.partition("`gans` has seven rooms")
    told = re.findall(r"^\| `(\w+)` \|", part.partition("## ")[0], re.MULTILINE)
    found = [p.name for p in (PACKAGE / "gans").iterdir() if p.is_dir()]
    assert sorted(told) == sorted(one for one in found if one[0] != "_")
