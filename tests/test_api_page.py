"""The API page of the documentation names every public name, and no other."""

from __future__ import annotations

import ast
import importlib
import re
import sys
from pathlib import Path

import pytest

import gandyn

ROOT = Path(__file__).parents[1]
PACKAGE = Path(gandyn.__file__).parent
ROOMS = (
    "gandyn",
    "gandyn.bench",
    "gandyn.claims",
    "gandyn.crosscheck",
    "gandyn.dynamics",
    "gandyn.explore",
    "gandyn.games",
    "gandyn.gans",
    "gandyn.plot",
    "gandyn.rules",
    "gandyn.spec",
    "gandyn.stability",
    "gandyn.testing",
)


@pytest.fixture(scope="module")
def described() -> dict[str, set[str]]:
    """Return the names that the page lists, by the module that they are listed of."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(ROOT / "docs"), *sys.path])
        page = importlib.import_module("reference").api_page()
    sections = re.split(r"\.\. currentmodule:: (\S+)", page)[1:]
    return {
        name: {
            *re.findall(r"^   \* - ``(\w+)``$", text, re.MULTILINE),
            *re.findall(r"^   (\w+)$", text, re.MULTILINE),
            *re.findall(r"^\.\. py:data:: (\w+)$", text, re.MULTILINE),
        }
        for name, text in zip(sections[::2], sections[1::2], strict=True)
    }


def listing_packages() -> list[str]:
    """Return every public package that lists its names."""
    listing = re.compile(r"^(\w+, )*__all__\b", re.MULTILINE)
    names = (
        ".".join(path.parent.relative_to(PACKAGE.parent).parts)
        for path in PACKAGE.rglob("__init__.py")
        if listing.search(path.read_text("utf-8"))
    )
    return [name for name in names if "._" not in name]


@pytest.mark.parametrize("name", sorted({*ROOMS, *listing_packages()}))
def test_every_public_name_is_described(
    name: str, described: dict[str, set[str]]
) -> None:
    module = importlib.import_module(name)
    if hasattr(module, "__all__"):
        public = {one for one in module.__all__ if not one.startswith("_")}
        assert described[name] == public
    else:
        assert described[name]
        assert all(hasattr(module, one) for one in described[name])


@pytest.mark.parametrize("name", ["gandyn", "gandyn.stability"])
def test_every_name_of_a_stub_is_described(
    name: str, described: dict[str, set[str]]
) -> None:
    folder = PACKAGE.joinpath(*name.split(".")[1:])
    stub = ast.parse((folder / "__init__.pyi").read_text("utf-8"))
    imports = (node for node in stub.body if isinstance(node, ast.ImportFrom))
    assert described[name] == {a.asname for node in imports for a in node.names}


def test_links_lead_to_pages(described: dict[str, set[str]]) -> None:
    page = importlib.import_module("reference").api_page()
    links = re.findall(r":py:obj:`(\S+)\.(\w+)`", page)
    assert links
    assert [link for link in links if link[1] not in described[link[0]]] == []
