"""Every built-in rule under every law: the matrix of the documentation.

``python -m benchmarks.law_matrix --write`` runs all checks, a few minutes on one core,
and stores the outcomes in ``docs/law_matrix.json``, from which the page is made.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from gandyn.rules import CATALOGUE
from gandyn.testing import EXAMPLES, LAWS, check_law, check_update_rule

FILE = Path(__file__).parents[1] / "docs" / "law_matrix.json"
ABSENT = "absent"
"""Declared absent, and found to be."""


def outcomes(name: str) -> dict[str, str]:
    """Return what becomes of every law for a rule with its default fields."""
    report = check_update_rule(CATALOGUE[name]())
    return {result.law: outcome(result) for result in report.results}


def outcome(result: Any) -> str:
    """Return an outcome, a trait that was declared and found absent by its own word."""
    absent = result.outcome == "not applicable" and result.examples > 0
    return ABSENT if absent else result.outcome


def law_outcome(name: str, law: str) -> str:
    """Return what becomes of one law for a rule with its default fields."""
    return outcome(check_law(LAWS[law], CATALOGUE[name]()))


def main() -> int:
    """Return 0, or 1 if a rule breaks a law that it declares."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.law_matrix")
    parser.add_argument("--write", action="store_true", help="store the outcomes")
    options = parser.parse_args()
    rules = {}
    for name in CATALOGUE:
        rules[name] = outcomes(name)
        print(name, file=sys.stderr, flush=True)
    text = json.dumps({"examples": EXAMPLES, "rules": rules}, indent=1)
    if options.write:
        FILE.write_text(text + "\n", "utf-8")
    else:
        print(text)
    seen = {o for row in rules.values() for o in row.values()}
    return int(not seen <= {"passed", ABSENT, "not applicable"})


if __name__ == "__main__":
    sys.exit(main())
