"""Property tests for update rules: laws, strategies, and one call that checks a rule.

Needs hypothesis: ``pip install 'gandyn[test]'``.
"""

from __future__ import annotations

from gandyn.errors import MissingExtra

try:
    import hypothesis as _hypothesis  # noqa: F401
except ModuleNotFoundError as error:
    raise MissingExtra("hypothesis", "test") from error

from gandyn.testing import strategies
from gandyn.testing._games import BoundedBilinear, CubicPayoff, TinyMLP
from gandyn.testing._law import Broken, Law, Tolerance
from gandyn.testing._play import StepRaised, Unsuitable
from gandyn.testing.check import (
    EXAMPLES,
    LawCheck,
    NotARule,
    check_law,
    check_update_rule,
    law_checks,
    parametrize_with_laws,
)
from gandyn.testing.laws import LAWS
from gandyn.testing.report import OUTCOMES, LawReport, LawResult

__all__ = [
    "EXAMPLES",
    "LAWS",
    "OUTCOMES",
    "BoundedBilinear",
    "Broken",
    "CubicPayoff",
    "Law",
    "LawCheck",
    "LawReport",
    "LawResult",
    "NotARule",
    "StepRaised",
    "TinyMLP",
    "Tolerance",
    "Unsuitable",
    "check_law",
    "check_update_rule",
    "law_checks",
    "parametrize_with_laws",
    "strategies",
]
