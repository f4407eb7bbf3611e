"""What a check found, as data and as text."""

from __future__ import annotations

import html
import json
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from gandyn._records import Record

_ASIDE = "not applicable"
OUTCOMES = (
    "passed",
    "failed",
    "error",
    _ASIDE,
    "expected failure",
    "unexpectedly passed",
)
"""What becomes of a law."""
_BAD = ("failed", "error", "unexpectedly passed")
"""Outcomes that make a report not ok."""


class LawResult(Record, eq=True):
    """What became of one law.

    Attributes
    ----------
    law : str
        The law's id.
    outcome : str
        ``"passed"``, ``"failed"`` (a counterexample was found), ``"error"`` (the rule
        itself raised), ``"not applicable"``, ``"expected failure"`` or
        ``"unexpectedly passed"`` (expected to fail, or declared absent, yet no case
        broke it).
    statement, reference, trait, tolerance : str
        Of the law.
    examples : int
        Cases examined.
    message : str
        Why.
    snippet : str
        Code that reproduces a failure or an error; empty otherwise.
    numbers : int
        How many numbers the counterexample has.
    """

    law: str
    outcome: str
    statement: str
    reference: str
    trait: str
    tolerance: str
    examples: int = 0
    message: str = ""
    snippet: str = ""
    numbers: int = 0

    @property
    def name(self) -> str:
        """The law's id, with its trait if that is another word."""
        other = self.trait and self.trait.replace("_", "-") != self.law
        return f"{self.law} ({self.trait})" if other else self.law

    def __repr__(self) -> str:
        return f"<LawResult {self.law}: {self.outcome}, {self.examples} cases>"

    def _repr_html_(self) -> str:
        return _table([self])

    def __str__(self) -> str:
        name = self.name if self.outcome == _ASIDE else self.law
        text = f"{name}: {self.outcome}"
        if self.outcome == "passed":
            return f"{text} ({self.examples} cases)"
        if self.outcome in _BAD:
            text += f"\n  law: {self.statement} [{self.reference}]"
        text += f"\n  {self.message}" if self.message else ""
        if self.snippet and self.outcome in _BAD:
            text += "\n  paste and run:\n\n" + _indented(self.snippet, 4) + "\n"
        return text


class LawReport(Record, eq=True):
    """The outcome of every law for one rule.

    Attributes
    ----------
    rule : str
        The rule, as a constructor call.
    results : tuple of LawResult
        In the order of the laws.

    Examples
    --------
    >>> from gandyn.rules import Simultaneous
    >>> from gandyn.testing import check_update_rule
    >>> report = check_update_rule(Simultaneous(), laws=["fixed-points", "identity"])
    >>> report.ok, report.count("passed")
    (True, 2)
    """

    rule: str
    results: tuple[LawResult, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing failed, raised, or passed unexpectedly."""
        return not self.bad

    @property
    def bad(self) -> tuple[LawResult, ...]:
        """The results that make the report not ok."""
        return tuple(r for r in self.results if r.outcome in _BAD)

    def __getitem__(self, law: str) -> LawResult:
        return next(r for r in self.results if r.law == law)

    def count(self, outcome: str) -> int:
        """Return how many laws had an outcome."""
        return sum(r.outcome == outcome for r in self.results)

    def to_json(self) -> str:
        """Return the report as one JSON object."""
        counts = {outcome: self.count(outcome) for outcome in OUTCOMES}
        results = [one.as_dict() for one in self.results]
        return json.dumps(
            {"rule": self.rule, "ok": self.ok, "counts": counts, "laws": results},
            ensure_ascii=False,
        )

    def summary(self) -> str:
        """Return the counts in one line."""
        parts = [f"{n} {o}" for o in OUTCOMES if (n := self.count(o))]
        return f"{self.rule}: {', '.join(parts)}"

    def __repr__(self) -> str:
        return f"<LawReport {self.summary()}>"

    def __str__(self) -> str:
        return "\n".join([self.summary(), *map(str, self.bad)])

    def details(self) -> str:
        """Return every law's outcome as text; those that do not apply by the reason."""
        tried = [str(r) for r in self.results if r.outcome != _ASIDE]
        return "\n".join([self.summary(), *tried, *self._set_aside()])

    def _set_aside(self) -> Iterator[str]:
        names: dict[str, list[str]] = {}
        for r in self.results:
            if r.outcome == _ASIDE:
                names.setdefault(r.message, []).append(r.name)
        for message, laws in names.items():
            listed = textwrap.fill(", ".join(laws), 86, break_on_hyphens=False)
            yield f"{_ASIDE}: {message}\n{_indented(listed, 2)}"

    def _repr_html_(self) -> str:
        return (
            f"<p><code>{html.escape(self.summary())}</code></p>{_table(self.results)}"
        )


def _table(results: Iterable[LawResult]) -> str:
    rows = "".join(_row(result) for result in results)
    head = "<tr><th>Law</th><th>Outcome</th><th>Cases</th><th>What</th></tr>"
    return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"


def _row(result: LawResult) -> str:
    what = html.escape(result.message or result.statement)
    if result.snippet:
        what += f"<pre>{html.escape(result.snippet)}</pre>"
    weight = "<b>{}</b>" if result.outcome in _BAD else "{}"
    cells: list[Any] = [
        f"<code>{html.escape(result.law)}</code>",
        weight.format(html.escape(result.outcome)),
        result.examples,
        what,
    ]
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _indented(text: str, by: int) -> str:
    return "\n".join(" " * by + line if line else line for line in text.splitlines())
