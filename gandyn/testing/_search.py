"""Looking for a case that breaks a law, and making it small."""

from __future__ import annotations

from random import Random
from typing import Any, NamedTuple

from hypothesis import Phase, find, reject, settings
from hypothesis.errors import Flaky, NoSuchExample, Unsatisfiable

from gandyn.testing._law import Broken, Case, Law
from gandyn.testing._play import StepRaised, Unsuitable


class Found(NamedTuple):
    """What a search found.

    Attributes
    ----------
    examined : int
        Cases that the law was examined on.
    case : dict or None
        The smallest case that broke the law, or at which the rule raised.
    problem : Exception or None
        What was raised there, `Broken` or `StepRaised`.
    refusal : str
        Why cases were unsuitable; empty if none was.
    """

    examined: int
    case: Case | None
    problem: Exception | None
    refusal: str


def search(law: Law, rule: Any, max_examples: int, shrink: bool = True) -> Found:
    """Return the smallest case that breaks a law, if one is found."""
    seen = _Seen(law, rule)
    phases = [Phase.generate, Phase.shrink] if shrink else [Phase.generate]
    options = settings(
        max_examples=max_examples, deadline=None, database=None, phases=phases
    )
    case: Case | None = None
    try:
        case = find(law.cases(rule), seen, settings=options, random=Random(law.id))
    except (NoSuchExample, Unsatisfiable):
        pass
    except Flaky:  # a rule that is not the same function twice
        case = seen.last
    if case is None:
        return Found(seen.examined, None, None, seen.refusal)
    return Found(seen.examined, seen.last, seen.problem, seen.refusal)


class _Seen:
    """The predicate of the search, and what it saw."""

    def __init__(self, law: Law, rule: Any) -> None:
        self.law, self.rule = law, rule
        self.examined, self.refusal = 0, ""
        self.last: Case | None = None
        self.problem: Exception | None = None

    def __call__(self, case: Case) -> bool:
        try:
            self.law.check(self.rule, **case)
        except Unsuitable as refusal:
            self.refusal = str(refusal)
            reject()
        except (Broken, StepRaised) as problem:
            self.examined += 1
            if self.problem is not None and type(problem) is not type(self.problem):
                return False  # shrinking keeps to one kind of problem
            self.last, self.problem = case, problem
            return True
        self.examined += 1
        return False
