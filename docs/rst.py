"""Pieces of reStructuredText."""

from __future__ import annotations


def heading(text: str, line: str) -> str:
    """Return a heading, underlined."""
    return f"{text}\n{line * len(text)}"


def list_table(head: list[str], rows: list[list[str]]) -> str:
    """Return a table with a row of headings."""
    lines = [".. list-table::", "   :header-rows: 1", "   :class: catalogue", ""]
    for row in [head, *rows]:
        lines += [
            f"   {'*' if i == 0 else ' '} - {cell}".rstrip()
            for i, cell in enumerate(row)
        ]
    return "\n".join(lines)
