"""What titles and labels say of a benchmark's result."""

from __future__ import annotations

import textwrap

from gandyn.bench.results import Result

_LONGEST_NAME = 40
_LINE = 84
"""Characters of a line of a title."""


def heading(result: Result, text: str, *notes: str) -> str:
    """Return a title with the terms, notes, and what is missing of the result."""
    lines = [text, result.terms, *filter(None, notes)]
    if result.remark:
        lines.append(f"INCOMPLETE: {result.caveat}")
    return "\n".join(part for line in lines for part in textwrap.wrap(line, _LINE))


def power(target: float) -> str:
    """Return a target as it is written.

    >>> power(1e-4)
    '1e-4'
    """
    return f"{target:.0e}".replace("e-0", "e-")


def label_of(name: str) -> str:
    """Return a name as a label: not too long, and no formula.

    >>> len(label_of("a" * 60)), len(label_of("$x$"))
    (40, 5)
    """
    whole = len(name) <= _LONGEST_NAME
    short = name if whole else name[: _LONGEST_NAME - 1] + "…"
    return short.replace("$", r"\$")
