"""The pages of laws: the stored matrix is that of today's rules and laws."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.law_matrix import law_outcome
from gandyn.rules import CATALOGUE
from gandyn.testing import EXAMPLES, LAWS

ROOT = Path(__file__).parents[1]
STORED = json.loads((ROOT / "docs" / "law_matrix.json").read_text("utf-8"))
AGAIN = "run python -m benchmarks.law_matrix --write"
SAMPLE = [
    ("Adam", "scale"),
    ("Alternating", "energy"),
    ("Alternating", "potential"),
    ("AlignedSymplecticGradientAdjustment", "float32"),
    ("ProximalPoint", "float32"),
    ("RungeKutta2", "order"),
    ("Simultaneous", "volume"),
]


def test_the_matrix_has_every_rule_and_every_law() -> None:
    assert STORED["examples"] == EXAMPLES
    assert list(STORED["rules"]) == list(CATALOGUE), AGAIN
    for name, row in STORED["rules"].items():
        assert list(row) == list(LAWS), f"{name}: {AGAIN}"


def test_no_rule_breaks_a_law_that_it_declares() -> None:
    found = {outcome for row in STORED["rules"].values() for outcome in row.values()}
    assert found == {"passed", "absent", "not applicable"}


def test_stored_traits_are_those_declared_today() -> None:
    for name, row in STORED["rules"].items():
        rule = CATALOGUE[name]()
        for law, outcome in row.items():
            declared = LAWS[law].declared(rule)
            if outcome != "not applicable":
                assert (outcome == "passed") is declared, (name, law, AGAIN)
            elif declared is None:
                assert outcome == "not applicable", (name, law, AGAIN)


@pytest.mark.parametrize(("rule", "law"), SAMPLE)
def test_a_sample_is_up_to_date(rule: str, law: str) -> None:
    assert law_outcome(rule, law) == STORED["rules"][rule][law], AGAIN


@pytest.mark.slow
@pytest.mark.parametrize("rule", list(CATALOGUE))
def test_all_of_it_is_up_to_date(rule: str) -> None:
    assert {law: law_outcome(rule, law) for law in LAWS} == STORED["rules"][rule]


def test_the_page_has_a_row_for_every_law_and_rule() -> None:
    code = "from laws import laws_page; print(laws_page())"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "docs",
        env={"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        capture_output=True, text=True, encoding="utf-8", check=True,
    )  # fmt: skip
    for law in LAWS:
        assert f"``{law}``" in done.stdout
    for rule in CATALOGUE:
        assert f":class:`~gandyn.rules.{rule}`" in done.stdout


def test_the_rule_of_the_guide_breaks_the_law_that_the_guide_says() -> None:
    page = (ROOT / "docs" / "check-your-rule.md").read_text("utf-8")
    first = page.partition("```python\n")[2].partition("```")[0]
    code = f'{first}\nprint(check_update_rule(Optimistic(), laws=["drift"]))'
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True,
        encoding="utf-8", env={"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    shown = page.partition("```text\n")[2].partition("```")[0]
    for line in shown.splitlines()[3:]:
        assert line.strip() in done.stdout, done.stdout + done.stderr
