"""What to write in a step instead of what has no derivative by complex steps."""

from __future__ import annotations

import inspect
import re
from typing import Any

_REMEDIES = {
    r"\babs\(|\b(?:np|numpy)\.(?:abs|absolute|fabs)\(": (
        "abs", "select(t, t, -t)"
    ),
    r"\b(?:max|min)\(|\b(?:np|numpy)\.(?:maximum|minimum|max|min)\(": (
        "max or min", "select(a - b, a, b)"
    ),
    r"\.real\b|\b(?:np|numpy)\.real\(": ("the real part", "the number itself"),
    r"\b(?:np|numpy)\.sign\(|\bcopysign\(": ("sign", "sign(t)"),
    r"\b(?:np|numpy)\.clip\(|\.clip\(": ("clip", "clip(t, bound)"),
    r"\bnorm\(|\bhypot\(": ("a norm", "sqrt(inner(game, t, t))"),
    r"\bmath\.\w+\(": ("math", "exp, log, sqrt, sin, cos, tanh"),
    r"\b(?:float|int|round|bool)\(": ("a conversion", "the number itself"),
    r"^\s*(?:el)?if\b.*:|\bif\b.*\belse\b|^\s*while\b": (
        "a branch", "select(t, a, b), a where t >= 0"
    ),
}  # fmt: skip
"""Patterns of a step's source, what they are, and what to write instead."""


def remedy(node: Any) -> str:
    """Return what a node's methods use that is to be written otherwise, as a clause.

    Classes of gandyn are passed over: what they use has its derivative.
    """
    found = {}
    for cls in type(node).__mro__[:-1]:
        if cls.__module__.startswith("gandyn."):
            continue
        try:
            text = inspect.getsource(cls)
        except (OSError, TypeError):  # typed at a prompt
            continue
        for pattern, (what, instead) in _REMEDIES.items():
            if re.search(pattern, text, re.MULTILINE):
                found[what] = instead
    if not found:
        return "write it with arithmetic and gandyn.elementary only"
    parts = [f"{instead} for {what}" for what, instead in found.items()]
    return f"write it with gandyn.elementary: {'; '.join(parts)}"
