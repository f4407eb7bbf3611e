"""The pins and the pins with hashes say the same, and name no index."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def pins(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text("utf-8")
    found = re.findall(r"^([\w.-]+)==([^\s;\\]+)", text, re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in found}


def test_hashed_pins_are_the_pins() -> None:
    pinned, hashed = pins("constraints.txt"), pins("requirements-lock.txt")
    known = pinned.keys() & hashed.keys()
    assert len(known) > 130
    assert {n: hashed[n] for n in known} == {n: pinned[n] for n in known}
    assert hashed.keys() - pinned.keys() <= {"colorama", "pywin32-ctypes"}  # Windows


def test_every_hashed_pin_has_its_hashes_and_no_index_is_named() -> None:
    text = (ROOT / "requirements-lock.txt").read_text("utf-8")
    entries = re.split(r"\n(?=\w)", text.strip())
    assert all("--hash=sha256:" in entry for entry in entries)
    assert not re.search(r"https?:|--(extra-)?index|--find-links|^torch==", text, re.M)
