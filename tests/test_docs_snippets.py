"""Python in the README and the docs can be pasted, page by page, from the top."""

from __future__ import annotations

import ast
import builtins
import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
PAGES = [
    page
    for page in (ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*"))
    if page.suffix == ".md" and BLOCK.search(page.read_text("utf-8"))
]


def bound(tree: ast.AST) -> set[str]:
    """Return the names that a snippet imports, defines or assigns."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(a.asname or a.name).partition(".")[0] for a in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_snippets_parse_and_use_nothing_before_its_import(page: Path) -> None:
    known = set(dir(builtins))
    for source in BLOCK.findall(page.read_text("utf-8")):
        code = doctest.script_from_examples(source) if ">>>" in source else source
        tree = ast.parse(code)
        known |= bound(tree)
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert used <= known, f"{sorted(used - known)} in\n{source}"
