"""Runs of claims: what one finds of each, and what the committed one has found."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from gandyn._records import Record, plain
from gandyn.claims._claim import Check, Claim, Quantity

LAST_RUN = Path(__file__).with_name("last_run.json")
"""Made by ``gandyn claims run --all --slow -o DIR``, as DIR/claims.json."""


class Outcome(Record):
    """What a run found of one claim.

    Attributes
    ----------
    title : str
    kinds : tuple of str
    checks : tuple of Check
        Prediction and measurement at each point that was run.
    errors : tuple of str
        Points at which the prediction or the measurement raised, and what.
    not_run : int
        Default points that were left out.
    """

    title: str
    kinds: tuple[str, ...]
    checks: tuple[Check, ...]
    errors: tuple[str, ...]
    not_run: int

    derived = ("state",)

    @property
    def state(self) -> str:
        """Return ``"holds"``, ``"fails"`` or, where nothing was run, ``"not run"``."""
        if self.errors or not all(check.holds for check in self.checks):
            return "fails"
        return "holds" if self.checks else "not run"

    def describe(self) -> str:
        """Return the state in words.

        Examples
        --------
        >>> Outcome("t", ("exact",), (), (), 2).describe()
        'not run'
        """
        if self.state == "not run":
            return self.state
        held = sum(check.holds for check in self.checks)
        words = f"{self.state}: {held} of {len(self.checks) + len(self.errors)} points"
        return f"{words}, {self.not_run} not run" if self.not_run else words


def run(
    claims: Mapping[str, Claim],
    slow: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Outcome]:
    """Predict and measure claims at their default points.

    A claim whose own code raises fails, and the others are run all the same.

    Parameters
    ----------
    claims : mapping of str to Claim
    slow : bool
        Whether slow quantities are among them.
    progress : callable, optional
        Called with the points done and the points in all.

    Returns
    -------
    dict of str to Outcome

    Examples
    --------
    >>> from gandyn.claims import find_claims, run
    >>> run(find_claims(["same_extremum"]))["same_extremum"].describe()
    'holds: 6 of 6 points'
    """
    jobs = {name: list(_points(claim)) for name, claim in claims.items()}
    chosen = {
        name: [(one, point) for one, point in own if slow or not one.slow]
        for name, own in jobs.items()
    }
    total, done, outcomes = sum(map(len, chosen.values())), 0, {}
    for name, claim in claims.items():
        checks, errors = [], []
        for quantity, point in chosen[name]:
            try:
                checks.append(quantity.check(**point))
            except Exception as error:
                errors.append(f"{quantity.name} at {point}: {_words(error)}")
            done += 1
            if progress:
                progress(done, total)
        not_run = len(jobs[name]) - len(chosen[name])
        outcomes[name] = _outcome(claim, checks, errors, not_run)
    return outcomes


def last_run(claims: Mapping[str, Claim]) -> dict[str, Outcome]:
    """Return what the run that is committed with the package has found.

    A check counts only where the claim still has the quantity with that kind and that
    tolerance and the point; a point without one is not run.

    Parameters
    ----------
    claims : mapping of str to Claim

    Returns
    -------
    dict of str to Outcome
    """
    stored = json.loads(LAST_RUN.read_text("utf-8"))["claims"]
    outcomes = {}
    for name, claim in claims.items():
        row = stored.get(name, {"checks": [], "errors": []})
        known = {
            _key(one.quantity, one.point): one for one in map(_read, row["checks"])
        }
        keys = [_key(one.name, point) for one, point in _points(claim)]
        checks = [known[key] for key in keys if key in known]
        checks = [one for one in checks if _is_current(claim, one)]
        missing = len(keys) - len(checks) - len(row["errors"])
        outcomes[name] = _outcome(claim, checks, row["errors"], missing)
    return outcomes


def _points(claim: Claim) -> Iterator[tuple[Quantity, dict[str, Any]]]:
    for quantity in claim.quantities:
        for point in quantity.points:
            yield quantity, point


def _outcome(
    claim: Claim, checks: list[Check], errors: list[str], not_run: int
) -> Outcome:
    return Outcome(claim.title, claim.kinds, tuple(checks), tuple(errors), not_run)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _key(quantity: str, point: Mapping[str, Any]) -> str:
    return json.dumps([quantity, plain(point)], sort_keys=True)


def _read(row: Mapping[str, Any]) -> Check:
    words = (row[name] for name in ("quantity", "point", "kind"))
    numbers = (row[name] for name in ("predicted", "measured", "allowed"))
    return Check(*words, *(math.nan if one is None else one for one in numbers))


def _is_current(claim: Claim, check: Check) -> bool:
    quantity = claim.quantity(check.quantity)
    allowed = quantity.allowed(check.predicted)
    return (check.kind, check.allowed) == (quantity.kind, allowed)
