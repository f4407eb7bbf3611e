"""Two results beside each other: what became slower, faster, lost or new."""

from __future__ import annotations

import numpy as np

from gandyn._arguments import checked
from gandyn._records import Record
from gandyn.bench.protocol import TARGETS
from gandyn.bench.results import Result
from gandyn.errors import GandynError


class _Change(Record, eq=True):
    """One solver on one problem, in calls of the tuned setting's slowest start.

    Attributes
    ----------
    problem, solver : str
    target : float
    before, after : float
        Infinite for a target that is not reached.
    """

    problem: str
    solver: str
    target: float
    before: float
    after: float

    @property
    def is_worse(self) -> bool:
        """Whether it takes more calls than before."""
        return self.after > self.before


@checked
def compare(before: Result, after: Result) -> list[_Change]:
    """Return what changed between two results of the same protocol.

    Pairs of problem and solver that only one of them has are left out.

    Raises
    ------
    GandynError
        If they were tuned in other ways, or have no pair in common.
    """
    one, two = (result.manifest["protocol"] for result in (before, after))
    other = sorted(key for key in one | two if one.get(key) != two.get(key))
    if other:
        raise GandynError(f"the results differ in protocol: {', '.join(other)}")
    common = [pair for pair in before.runs if pair in after.runs]
    if not common:
        raise GandynError("the results have no problem and solver in common")
    changes = []
    for pair in common:
        old, new = (result.reported(*pair).max(axis=-1) for result in (before, after))
        for k in np.flatnonzero(old != new):
            changes.append(_Change(*pair, TARGETS[k], float(old[k]), float(new[k])))
    return changes
