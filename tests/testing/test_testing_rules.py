"""All rules of the catalogue pass all the laws that they declare."""

from __future__ import annotations

from typing import Any

import pytest

from gandyn.rules import CATALOGUE, Adam, Extragradient, HeavyBall, Lookahead
from gandyn.testing import LAWS, check_law, check_update_rule

FAST = {"Simultaneous", "Alternating", "Extragradient", "Projected"}
VARIANTS = [
    Lookahead(Extragradient(lr=0.3), k=3),
    Lookahead(HeavyBall()),
    Lookahead(Adam()),
    CATALOGUE["Alternating"](k_x=2, k_y=3, y_first=True),
    CATALOGUE["ClipNorm"](CATALOGUE["AlternatingHeavyBall"]()),
    CATALOGUE["ExponentialAverage"](CATALOGUE["Alternating"](), beta=0.5),
]
FORMULAS = ("spectrum", "drift", "energy", "calls", "contraction", "implicit")
"""Laws of what a rule declares as formulas."""
CASES = [
    pytest.param(cls(), id=name, marks=() if name in FAST else pytest.mark.slow)
    for name, cls in CATALOGUE.items()
]
CASES += [
    pytest.param(rule, id=repr(rule), marks=pytest.mark.slow) for rule in VARIANTS
]


@pytest.mark.parametrize("rule", CASES)
def test_rules_obey_the_laws_they_declare(rule: Any) -> None:
    report = check_update_rule(rule)
    assert report.ok, str(report)
    assert report.count("passed") >= 22


@pytest.mark.parametrize("name", CATALOGUE)
def test_formulas_that_rules_declare_hold_for_all_settings(name: str) -> None:
    rule = CATALOGUE[name]()
    for law in FORMULAS:
        result = check_law(LAWS[law], rule, max_examples=8)
        assert result.outcome in ("passed", "not applicable"), str(result)
