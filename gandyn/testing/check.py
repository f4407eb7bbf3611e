"""Checking an update rule against the laws that it declares."""

from __future__ import annotations

import inspect
import unittest
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from gandyn._arguments import checked
from gandyn._node import Node
from gandyn._specification import specify
from gandyn.errors import FieldError, GandynError, UnknownName
from gandyn.testing._law import Law
from gandyn.testing._play import StepRaised
from gandyn.testing._search import Found, search
from gandyn.testing._snippets import count_numbers, snippet
from gandyn.testing.laws import LAWS
from gandyn.testing.report import LawReport, LawResult

EXAMPLES = 40
"""Cases of each law, by default."""
_MOST = 10**6
_PATIENCE = 8
"""How many times more cases are tried to break a law that is declared absent."""


class NotARule(GandynError):
    """What was given is not an update rule: no broken law, but bad input."""


@checked
def check_update_rule(
    rule: Any,
    *,
    laws: str | Iterable[str] = "declared",
    expected_failed: Mapping[str, str] | None = None,
    max_examples: int = EXAMPLES,
) -> LawReport:
    """Check an update rule against the laws, each on many small games.

    Laws that a rule's traits declare must hold; those that it declares absent
    (a trait that is False) must break somewhere, or the trait is reported; those that
    it leaves open (a trait that is None or missing) are not looked at.

    Parameters
    ----------
    rule : Rule
        An instance; anything with ``init(game, x, y)`` and
        ``step(game, x, y, memory)`` will do.
    laws : "declared" or iterable of str
        All laws, or the ids of some.
    expected_failed : mapping of str to str, optional
        Ids of laws that are known not to hold, with the reason.
    max_examples : int
        Cases of each law.

    Returns
    -------
    LawReport
        The same for the same rule: the search is not random from run to run.

    Raises
    ------
    FieldError
        If no law is named, or no example is to be drawn.
    NotARule
        If it is no update rule: a class, an object without ``init`` and ``step``, or
        with another number of arguments.
    UnknownName
        If there is no such law.

    Examples
    --------
    >>> from gandyn.rules import Rule
    >>> class Ascent(Rule):
    ...     lr_x: float = 0.1
    ...     lr_y: float = 0.1
    ...     def step(self, game, x, y, memory):
    ...         y = y + self.lr_y * game.gy(x, y)
    ...         return x - self.lr_x * game.gx(x, y), y, memory
    >>> report = check_update_rule(Ascent(), laws=["drift"])
    >>> report.ok, report["drift"].outcome
    (False, 'failed')
    """
    _check_rule(rule)
    expected = dict(expected_failed or {})
    chosen = list(LAWS) if laws == "declared" else _ids(laws)
    _ids(expected)
    if not chosen:
        raise FieldError("laws: name one at least, or say 'declared'")
    if not 1 <= max_examples <= _MOST:
        raise FieldError(
            f"max_examples must be between 1 and {_MOST}, got {max_examples}"
        )
    results = [
        check_law(LAWS[name], rule, int(max_examples), expected.get(name))
        for name in chosen
    ]
    return LawReport(repr(rule), tuple(results))


@checked
def check_law(
    law: Law, rule: Any, max_examples: int = EXAMPLES, expected: str | None = None
) -> LawResult:
    """Return what becomes of one law; ``expected`` says why it may fail."""
    declared = law.declared(rule)
    if declared is None:
        return _result(law, "not applicable", _left_open(rule))
    reason = law.applies(rule)
    if reason:
        return _result(law, "not applicable", reason)
    examples = max_examples if declared else _PATIENCE * max_examples
    found = search(law, rule, examples, shrink=declared)
    if isinstance(found.problem, StepRaised):
        return _failure(law, "error", rule, found)
    if not found.examined:
        why = found.refusal or "no case suits it"
        return _result(law, "not applicable", f"no case could be examined: {why}")
    if not declared:
        return _absent(law, found)
    if expected is None:
        return _failure(law, "failed", rule, found) if found.case is not None else (
            _result(law, "passed", "", found.examined)
        )  # fmt: skip
    if found.case is not None:
        return _result(law, "expected failure", expected, found.examined)
    message = f"expected to fail ({expected}), yet no case broke it"
    return _result(law, "unexpectedly passed", message, found.examined)


def _left_open(rule: Any) -> str:
    """Return that a trait is left open, and what would have the law looked at."""
    remedy = "declare it in the rule's class"
    if hasattr(type(rule), "implements") and hasattr(rule, "optimizer"):
        remedy = "say implements= the rule that the optimizer is to be"
        if rule.implements is not None:
            remedy = "check the rule that it implements"
    return f"the trait is left open: {remedy}"


def _absent(law: Law, found: Found) -> LawResult:
    if found.case is not None:
        message = "the trait is declared absent, and it is"
        return _result(law, "not applicable", message, found.examined)
    message = (
        f"declared absent ({law.trait} = False), yet it held in all "
        f"{found.examined} cases: declare it"
    )
    return _result(law, "unexpectedly passed", message, found.examined)


def _result(law: Law, outcome: str, message: str, examples: int = 0) -> LawResult:
    return LawResult(
        law.id, outcome, law.statement, law.reference, law.trait, str(law.tolerance),
        examples, message,
    )  # fmt: skip


def _failure(law: Law, outcome: str, rule: Any, found: Found) -> LawResult:
    case = found.case or {}
    return LawResult(
        law.id, outcome, law.statement, law.reference, law.trait, str(law.tolerance),
        found.examined, str(found.problem), snippet(law.id, rule, case),
        count_numbers(case),
    )  # fmt: skip


class LawCheck:
    """One law as a callable that raises where it does not hold.

    Called with a rule it raises AssertionError with the counterexample if the law is
    broken or the rule raises, and `unittest.SkipTest` if the law does not apply.
    """

    def __init__(self, law: Law, expected: str | None = None) -> None:
        self.law, self.expected, self.__name__ = law, expected, law.id

    def __repr__(self) -> str:
        return f"LawCheck({self.law.id!r})"

    def __call__(self, rule: Any, max_examples: int = EXAMPLES) -> None:
        """Check the law on a rule."""
        _check_rule(rule)
        result = check_law(self.law, rule, max_examples, self.expected)
        if result.outcome in ("failed", "error", "unexpectedly passed"):
            raise AssertionError(f"{rule!r}\n{result}")
        if result.outcome == "not applicable":
            raise unittest.SkipTest(f"{result.name}: {result.message}")


@checked
def law_checks(
    rule: Any, expected_failed: Mapping[str, str] | None = None
) -> Iterator[tuple[Any, LawCheck]]:
    """Yield (rule, check) for every law, to be run by any test runner.

    Examples
    --------
    >>> from gandyn.rules import Simultaneous
    >>> pairs = list(law_checks(Simultaneous()))
    >>> pairs[0][1](pairs[0][0])
    """
    _check_rule(rule)
    expected = dict(expected_failed or {})
    _ids(expected)
    for name, law in LAWS.items():
        yield rule, LawCheck(law, expected.get(name))


@checked
def parametrize_with_laws(
    rules: Iterable[Any],
    *,
    expected_failed: Callable[[Any], Mapping[str, str]] | None = None,
) -> Any:
    """Return a pytest decorator: one test for every rule and law.

    Parameters
    ----------
    rules : iterable of Rule
    expected_failed : callable, optional
        Given a rule, the laws that it is known to break, with the reasons.

    Examples
    --------
    >>> from gandyn.rules import Simultaneous
    >>> @parametrize_with_laws([Simultaneous()])
    ... def test_laws(rule, law_check):
    ...     law_check(rule)
    """
    import pytest

    cases, given = [], list(rules)
    for rule, name in zip(given, _labels(given), strict=True):
        expected = expected_failed(rule) if expected_failed else None
        for _, check in law_checks(rule, expected):
            cases.append(pytest.param(rule, check, id=f"{name}-{check.law.id}"))
    return pytest.mark.parametrize(("rule", "law_check"), cases)


def _labels(rules: list[Any]) -> list[str]:
    """Return a name for each rule: its class or optimizer, all of it where two share.

    >>> from gandyn.rules import Alternating, Simultaneous
    >>> _labels([Simultaneous(0.5, 0.5), Simultaneous(0.25, 0.25), Alternating()])[1:]
    ['Simultaneous(lr_x=0.25, lr_y=0.25)', 'Alternating']
    """
    short = [_short_name(rule) for rule in rules]
    return [
        _whole_name(rule) if short.count(name) > 1 else name
        for rule, name in zip(rules, short, strict=True)
    ]


def _short_name(rule: Any) -> str:
    played = getattr(rule, "optimizer", None)
    if isinstance(played, str):
        return played
    return str(getattr(played, "__name__", type(rule).__name__))


def _whole_name(rule: Any) -> str:
    """Return all that tells a rule apart, but no address: test workers must agree."""
    return specify(rule) if isinstance(rule, Node) else _short_name(rule)


def _ids(laws: Iterable[str]) -> list[str]:
    names = [laws] if isinstance(laws, str) else list(laws)
    for name in names:
        if not isinstance(name, str) or name not in LAWS:
            raise UnknownName("law", str(name), LAWS)
    return names


def _check_rule(rule: Any) -> None:
    """Raise `NotARule` unless the object has ``init`` and ``step`` as they must be."""
    if isinstance(rule, type):
        raise NotARule(
            f"{rule.__name__} is a class: give an instance, {rule.__name__}()"
        )
    for method, names in (("init", "game, x, y"), ("step", "game, x, y, memory")):
        function = getattr(rule, method, None)
        if not callable(function):
            raise NotARule(
                f"{rule!r} is no update rule: it has no method {method}({names})"
            )
        try:
            inspect.signature(function).bind(*names.split(", "))
        except TypeError as error:
            raise NotARule(
                f"{type(rule).__name__}.{method} must take ({names}): {error}"
            ) from None
