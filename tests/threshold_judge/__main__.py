"""Compare the package's thresholds with the judge's, and print a table."""

from __future__ import annotations

import argparse
import sys

from tests.threshold_judge.comparing import ALIKE, WHOLE, compare, summary
from tests.threshold_judge.judging import DENSE


def main() -> None:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--games", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--points", type=int, default=DENSE)
    parser.add_argument("--rules", choices=("alike", "whole", "all"), default="all")
    own = parser.parse_args()
    names = [
        *(ALIKE if own.rules != "whole" else []),
        *(WHOLE if own.rules != "alike" else []),
    ]
    results = []
    for one in compare(own.seed, own.games, names, own.points):
        results.append(one)
        if one.verdict != "agrees":
            _say(f"{one.verdict}: {one.rule} on game {one.game}: {one.detail}")
        if len(results) % (25 * len(names)) == 0:
            _say(summary(results))
    _say(summary(results))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
