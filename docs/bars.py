"""Let docstrings write a modulus as |λ|, which reST would take for a substitution."""

from __future__ import annotations

import re
from typing import Any

_TOKEN = re.compile(
    r"""
    (?P<kept>
        ^\.\.\ math::.*\n(?:[ \t]+.*\n|\n)*   # a block of mathematics
      | ^>>>.*\n(?:.+\n)*                     # an example
      | ``.+?`` | `[^`]+`                     # a literal, or the text of a role
    )
    | \|
    """,
    re.MULTILINE | re.VERBOSE,
)


def escape_bars(text: str) -> str:
    r"""Return text with a backslash before each bar outside mathematics and code.

    >>> print(escape_bars("stable iff |λ| < 1, :math:`|λ| < 1`, ``a | b``"))
    stable iff \|λ\| < 1, :math:`|λ| < 1`, ``a | b``
    """
    return _TOKEN.sub(lambda found: found["kept"] or r"\|", text)


def escape_docstring(
    app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    """Handle ``autodoc-process-docstring``, before numpydoc does."""
    lines[:] = escape_bars("\n".join([*lines, ""])).split("\n")
