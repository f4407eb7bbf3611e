"""The page of laws: what each says, and which rule keeps which."""

from __future__ import annotations

import json
from pathlib import Path

from bars import escape_bars
from rst import heading, list_table

from gandyn.testing import LAWS

FILE = Path(__file__).with_name("law_matrix.json")
MARKS = {"passed": "✓", "absent": "–", "not applicable": ""}
NOTES = (
    "A law with a trait is about rules that declare it; the others are about every "
    "rule. How to check a rule of your own: :doc:`/check-your-rule`."
)


def laws_page() -> str:
    """Return the table of laws, and the matrix of rules and laws."""
    stored = json.loads(FILE.read_text("utf-8"))
    numbers = {law: str(i) for i, law in enumerate(LAWS, 1)}
    blocks = [
        heading("Laws of update rules", "="),
        NOTES,
        list_table(
            ["No.", "Law", "Statement", "Trait", "Tolerance", "Reference"],
            [[numbers[law], *_cells(law)] for law in LAWS],
        ),
        heading("Rules and laws", "-"),
        f"✓: held in {stored['examples']} cases, shrunk from none. –: declared absent, "
        "and a case was found that breaks it. Empty: the rule does not declare it, or "
        "the law does not apply. Every rule has its default fields. Made by "
        "``python -m benchmarks.law_matrix --write``.",
        list_table(
            ["Rule", *numbers.values()],
            [
                [f":class:`~gandyn.rules.{rule}`", *(MARKS[row[law]] for law in LAWS)]
                for rule, row in stored["rules"].items()
            ],
        ),
    ]
    return "\n\n".join(blocks) + "\n"


def _cells(law: str) -> list[str]:
    one = LAWS[law]
    trait = f"``{one.trait}``" if one.trait else ""
    text = [one.statement, trait, str(one.tolerance), one.reference]
    return [f"``{law}``", *map(escape_bars, text)]
