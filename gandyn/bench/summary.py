"""A result's tables as plain data, for a file or another program."""

from __future__ import annotations

import math
from typing import Any

from gandyn.bench.generated import generated
from gandyn.bench.profiles import caveat, reasons, robustness
from gandyn.bench.ranking import rank_tables
from gandyn.bench.results import Result


def summary(result: Result) -> dict[str, Any]:
    """Return rank tables, robustness, what network GANs generate, and failures.

    Parameters
    ----------
    result : Result

    Returns
    -------
    dict
        Fit for JSON: None stands for a number that is none.

    Raises
    ------
    GandynError
        If no problem has been run by all contenders.
    """
    return {
        "remark": caveat(result),
        "tuned per": result.per,
        **{key: result.manifest[key] for key in ("suite", "protocol", "versions")},
        "tables": [
            {**table._asdict(), "rows": [row.record() for row in table.rows]}
            for table in rank_tables(result)
        ],
        "robustness": robustness(result),
        "generated": [_plain(row._asdict()) for row in generated(result)],
        "failures": failures(result),
    }


def failures(result: Result) -> list[dict[str, str]]:
    """Return problem, contender and the last line of each failure."""
    return [
        {"problem": problem, "contender": name, "last line": reason}
        for (problem, name), reason in reasons(result).items()
    ]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in row.items()
    }
