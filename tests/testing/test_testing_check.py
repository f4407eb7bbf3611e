"""What a check reports: outcomes told apart, as data, text, JSON and HTML."""

from __future__ import annotations

import json
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Any, ClassVar

import pytest

from gandyn.errors import UnknownName
from gandyn.games import Bilinear
from gandyn.rules import Adam, Consensus, FollowTheRidge, Rule, Simultaneous
from gandyn.testing import (
    LAWS,
    Broken,
    NotARule,
    Unsuitable,
    check_law,
    check_update_rule,
    law_checks,
    parametrize_with_laws,
)
from gandyn.testing.adapters import TorchPair
from tests.mutants import HalfConsensus, InPlace, SwappedSign

ROOT = Path(__file__).parents[2]


class Plain:
    """A step without a base class: no traits, no learning rates of its own."""

    def init(self, game: Any, x: Any, y: Any) -> Any:
        return ()

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        return x - game.gx(x, y) / 8, y - game.gy(x, y) / 8, memory


class Raising(Plain):
    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        raise RuntimeError("no step today")


class Pair(Plain):
    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        return x, y


class TooFew:
    def init(self, game: Any, x: Any, y: Any) -> Any:
        return ()

    def step(self, game: Any, x: Any, y: Any) -> Any:
        return x, y


class Modest(Simultaneous):
    """Declares less than it has."""

    aliases: ClassVar[tuple[str, ...]] = ()
    scales: ClassVar[bool | None] = False


def outcome(rule: Any, law: str, **options: Any) -> str:
    return check_update_rule(rule, laws=[law], **options)[law].outcome


def test_laws_say_what_they_are() -> None:
    assert len(LAWS) >= 24
    for name, law in LAWS.items():
        assert name == law.id
        assert law.statement.endswith(".")
        assert law.reference
        assert str(law.tolerance)
        assert not law.trait or hasattr(Rule, law.trait)


def test_outcomes_are_told_apart() -> None:
    assert outcome(Simultaneous(), "drift") == "passed"
    assert outcome(HalfConsensus(), "drift") == "failed"
    assert outcome(Raising(), "shapes") == "error"
    assert outcome(Pair(), "shapes") == "error"
    assert outcome(Plain(), "identity") == "not applicable"
    assert outcome(Plain(), "translation") == "not applicable"
    assert outcome(FollowTheRidge(), "energy") == "not applicable"
    reasons = {"drift": "a different γ"}
    assert outcome(HalfConsensus(), "drift", expected_failed=reasons) == (
        "expected failure"
    )
    assert outcome(Consensus(), "drift", expected_failed=reasons) == (
        "unexpectedly passed"
    )


def test_a_trait_declared_absent_is_looked_for() -> None:
    assert outcome(Adam(), "scale") == "not applicable"
    result = check_law(LAWS["scale"], Modest())
    assert result.outcome == "unexpectedly passed"
    assert "declare it" in result.message


@pytest.mark.parametrize(
    ("thing", "message"),
    [
        (3, "no method init"),
        (Simultaneous, r"Simultaneous\(\)"),
        (TooFew(), r"step must take \(game, x, y, memory\)"),
    ],
    ids=["number", "class", "arity"],
)
def test_what_is_no_rule_is_refused(thing: Any, message: str) -> None:
    with pytest.raises(NotARule, match=message):
        check_update_rule(thing)


def test_unknown_laws_are_refused() -> None:
    with pytest.raises(UnknownName, match="drift"):
        check_update_rule(Simultaneous(), laws=["drifts"])
    with pytest.raises(UnknownName, match="drift"):
        check_update_rule(Simultaneous(), expected_failed={"drifft": "why"})


def test_an_error_names_what_was_raised_and_where() -> None:
    result = check_update_rule(Raising(), laws=["shapes"])["shapes"]
    assert result.message == "step raised RuntimeError: no step today"
    assert "Raising" in result.snippet


def test_a_report_is_data_text_json_and_html() -> None:
    report = check_update_rule(SwappedSign(), laws=["drift", "shapes", "energy"])
    assert not report.ok
    assert [r.law for r in report.bad] == ["drift"]
    data = json.loads(report.to_json())
    assert data["ok"] is False
    assert data["counts"]["failed"] == 1
    assert data["laws"][0]["outcome"] == "failed"
    assert "paste and run" in str(report)
    assert "shapes: passed" in report.details()
    assert "<b>failed</b>" in report._repr_html_()
    assert "<script" not in report._repr_html_()
    assert repr(report) == f"<LawReport {report.summary()}>"
    cases = report["shapes"].examples
    assert repr(report["shapes"]) == f"<LawResult shapes: passed, {cases} cases>"
    assert "<b>failed</b>" in report["drift"]._repr_html_()
    assert repr(LAWS["shapes"]) == f"<Law shapes: {LAWS['shapes'].statement}>"
    assert "<code>shapes</code>" in LAWS["shapes"]._repr_html_()


def test_a_check_is_the_same_every_time() -> None:
    first, second = (check_update_rule(SwappedSign(), laws=["swap"]) for _ in range(2))
    assert first == second


def test_a_counterexample_raises_when_called() -> None:
    with pytest.raises(Broken, match="expected"):
        LAWS["drift"].check(SwappedSign(), game=Bilinear(), x=1.0, y=0.0, ratio=1.0)
    with pytest.raises(Unsuitable):
        LAWS["clock"].check(FollowTheRidge(), game=Bilinear())


def test_checks_for_any_test_runner() -> None:
    checks = {check.law.id: check for _, check in law_checks(InPlace())}
    assert list(checks) == list(LAWS)
    checks["drift"](Simultaneous())
    with pytest.raises(AssertionError, match="paste and run"):
        checks["inputs"](InPlace())
    with pytest.raises(unittest.SkipTest, match="left open"):
        checks["scale"](Plain())


@parametrize_with_laws(
    [Simultaneous(lr=0.25), HalfConsensus()],
    expected_failed=lambda rule: {"drift": "½"} if rule == HalfConsensus() else {},
)
def test_parametrised_by_rules_and_laws(rule: Any, law_check: Any) -> None:
    if law_check.law.id in ("shapes", "drift"):
        law_check(rule, max_examples=20)


def test_gandyn_does_not_import_hypothesis() -> None:
    code = "import sys, gandyn, gandyn.rules; print('hypothesis' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout == "False\n"


def test_without_hypothesis_the_remedy_is_named() -> None:
    code = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "try: import gandyn.testing\n"
        "except ImportError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert "pip install 'gandyn[test]'" in done.stdout


def test_tests_are_named_by_optimizer_and_apart():
    pytest.importorskip("torch")
    rules = [
        TorchPair("torch.optim.SGD", lr=0.5),
        TorchPair("torch.optim.SGD", lr=0.25),
        TorchPair("torch.optim.Adam"),
        Simultaneous(),
    ]
    cases = parametrize_with_laws(rules).args[1]
    names = [case.id.removesuffix("-nan") for case in cases if case.id.endswith("-nan")]
    assert names == [
        "torch.optim.SGD(lr_x=0.5, lr_y=0.5)",
        "torch.optim.SGD(lr_x=0.25, lr_y=0.25)",
        "torch.optim.Adam",
        "Simultaneous",
    ]
    assert len({case.id for case in cases}) == len(cases)
