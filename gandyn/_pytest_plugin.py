"""What pytest shows of laws: a mark on their tests, and a section in the summary.

It changes no outcome and selects nothing; gandyn itself is not imported by it.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

_MARK = "gandyn_law"
_OUTCOMES = {"passed": "kept", "failed": "broken", "error": "broken"} | {
    "skipped": "not applicable"
}


def pytest_configure(config: Any) -> None:
    """Register the mark."""
    config.addinivalue_line(
        "markers", f"{_MARK}(id): checks one law of an update rule (added by gandyn)"
    )


@pytest.hookimpl(tryfirst=True)  # before ``-m`` selects
def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Mark the tests of `gandyn.testing.parametrize_with_laws`."""
    for item in items:
        given = getattr(getattr(item, "callspec", None), "params", {})
        check: Any = given.get("law_check")
        if type(check).__module__.startswith("gandyn.testing") and "rule" in given:
            law = check.law.id
            item.add_marker(getattr(pytest.mark, _MARK)(law))
            item.user_properties.append((_MARK, (repr(given["rule"]), law)))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Count what became of the laws of each rule."""
    found: dict[str, Counter[str]] = {}
    broken: dict[str, list[str]] = {}
    for outcome, word in _OUTCOMES.items():
        for report in terminalreporter.stats.get(outcome, ()):
            properties = dict(getattr(report, "user_properties", ()))
            if _MARK in properties:
                rule, law = properties[_MARK]
                found.setdefault(rule, Counter())[word] += 1
                if word == "broken":
                    broken.setdefault(rule, []).append(law)
    if not found:
        return
    terminalreporter.section("laws of update rules")
    for rule, counts in found.items():
        shown = ", ".join(f"{n} {word}" for word, n in counts.items())
        names = f" ({', '.join(broken[rule])})" if rule in broken else ""
        terminalreporter.write_line(f"{rule}: {shown}{names}")
