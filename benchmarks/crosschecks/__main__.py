"""Run one of the project's own cross-checks, and write what the documentation shows.

``python -m benchmarks.crosschecks dirac --write`` stores its result in
``docs/results``; the exit code is 1 where prediction and measurement do not agree.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from pathlib import Path
from typing import Any

from benchmarks.crosschecks import names, run_suite
from gandyn.crosscheck.reports import write_result

RESULTS = Path(__file__).parents[2] / "docs" / "results"


def main() -> int:
    """Return 0, or 1 if prediction and measurement do not agree."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.crosschecks", description=__doc__
    )
    parser.add_argument("suite", choices=names())
    parser.add_argument("--write", action="store_true", help="into docs/results")
    options = parser.parse_args()
    done = run_suite(options.suite, _report)
    found: dict[str, Any] = {"agrees": done.agrees, "suite": options.suite}
    found |= {"summary": done.summary, "details": done.details}
    print(json.dumps({"agrees": done.agrees, **done.summary}, indent=1))
    if options.write:
        target = RESULTS / f"crosscheck_{options.suite}.json"
        line = shlex.join(["python", "-m", "benchmarks.crosschecks", *sys.argv[1:]])
        write_result(target, found, line)
        if done.plane is not None:
            from gandyn.plot import crosscheck as plot

            plot.crosscheck_plane(done.plane).figure.savefig(target.with_suffix(".png"))
    return 0 if done.agrees else 1


def _report(done: int, total: int) -> None:
    print(f"{done} of {total}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
