"""Cross-checks that the project shows, one per file, found by looking.

A suite is a module with a function ``run(progress) -> Outcome``.
"""

from __future__ import annotations

import importlib
import pkgutil

from benchmarks.crosschecks._outcome import Outcome
from gandyn._progress import Progress
from gandyn.errors import UnknownName


def names() -> list[str]:
    """Return the names of the suites.

    >>> "teacher" in names()
    True
    """
    found = (info.name for info in pkgutil.iter_modules(__path__))
    return sorted(name for name in found if not name.startswith("_"))


def run_suite(name: str, progress: Progress | None = None) -> Outcome:
    """Run a suite.

    Parameters
    ----------
    name : str
    progress : callable, optional
        Called with what is done and what there is to do.

    Raises
    ------
    UnknownName
        With the nearest names.
    """
    if name not in names():
        raise UnknownName("suite", name, names())
    suite = importlib.import_module(f"{__name__}.{name}")
    outcome: Outcome = suite.run(progress or (lambda done, total: None))
    return outcome


__all__ = ["Outcome", "names", "run_suite"]
