"""Compare the package's thresholds with the judge's, and print a table."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tests.threshold_judge.comparing import (
    ALIKE,
    OPPONENTS,
    WHOLE,
    Compared,
    compare,
    summary,
)
from tests.threshold_judge.judging import DENSE

KINDS = {"alike": ALIKE, "whole": WHOLE, "opponents": OPPONENTS}


def main() -> None:
    """Run the comparison; write its rows, one JSON object a line, and go on there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--games", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--points", type=int, default=DENSE)
    parser.add_argument("--rules", choices=(*KINDS, "all"), default="all")
    parser.add_argument(
        "-o", "--output", type=Path, help="rows; an earlier run's are kept, and done"
    )
    own = parser.parse_args()
    kinds = KINDS if own.rules == "all" else {own.rules: KINDS[own.rules]}
    names = [name for kind in kinds.values() for name in kind]
    results = _whole_games(own.output, names)
    first = 1 + max((one.game for one in results), default=-1)
    for k in range(first, own.games):
        found = list(compare(own.seed, range(k, k + 1), names, own.points))
        for one in found:
            if one.verdict != "agrees":
                _say(f"{one.verdict}: {one.rule} on game {one.game}: {one.detail}")
        results += found
        if own.output:
            with own.output.open("a") as lines:
                lines.writelines(json.dumps(one._asdict()) + "\n" for one in found)
        if (k + 1) % 25 == 0:
            _say(summary(results))
    _say(summary(results))


def _whole_games(output: Path | None, names: list[str]) -> list[Compared]:
    """Return the rows of a file: games are written whole."""
    if output is None or not output.exists():
        return []
    rows = [Compared(**json.loads(line)) for line in output.read_text().splitlines()]
    assert {row.rule for row in rows} <= set(names), f"{output} is of other rules"
    return rows


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
