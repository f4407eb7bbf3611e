"""Cells whose verdict differs from an earlier commit's, put to the tests' judge.

A diagram may not be faster by being wrong: of each rule's cells that differ, a random
sample is judged by long plain orbits that share no code with the package.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.diagrams import GAME, SIDES, check_out, diagrams
from benchmarks.report import Row, Scale
from gandyn.dynamics.engines.first_step import default_start
from gandyn.dynamics.verdicts import VERDICTS
from gandyn.spec import parse_game, parse_rule
from tests.judge.__main__ import answered
from tests.judge.judging import Cells, judge_group
from tests.judge.truth import Truth, agrees

SAMPLE = 96
SEED = 12


def rows(scale: Scale) -> Iterator[Row]:
    """Yield, of each rule, the share of judged cells in which this code is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        earlier = check_out(scale.earlier, Path(folder) / "earlier")
        for rule, side in SIDES.items():
            yield _of_rule(rule, scale.pick(side, 8), earlier, Path(folder))


def _of_rule(rule: str, side: int, earlier: Path, folder: Path) -> Row:
    now, before = (
        _verdicts(rule, side, root, folder / "verdicts.npy")
        for root in (Path(__file__).parents[1], earlier)
    )
    differing = np.argwhere(now != before)
    count = min(SAMPLE, len(differing))
    chosen = np.random.default_rng(SEED).permutation(differing)[:count]
    seen = _judged(rule, side, chosen, before)
    known = count - seen["unknown"]
    return Row(
        f"{rule} {side}x{side}: wrong now, of the cells that differ and are known",
        (seen["earlier"] + seen["neither"]) / known if known else 0.0, 0.0,
        at_least=False,
        detail=f"{len(differing)} of {now.size} differ, {count} judged: "
        + ", ".join(f"{name} {number}" for name, number in seen.most_common()),
    )  # fmt: skip


def _verdicts(rule: str, side: int, root: Path, target: Path) -> np.ndarray:
    with diagrams(rule, side, root, target) as draw:
        draw()  # the small one, which compiles
        draw()
        return np.load(target)


def _judged(
    rule: str, side: int, chosen: np.ndarray, before: np.ndarray
) -> Counter[str]:
    """Count who is right in each chosen cell, and where nobody knows.

    What becomes of chaos after the judge has seen it, nobody does.
    """
    seen: Counter[str] = Counter()
    if not len(chosen):
        return seen
    parsed, game = parse_rule(rule), parse_game(GAME)
    inner = "inner." if hasattr(parsed, "inner") else ""
    rates = np.geomspace(0.1, 30, side)[chosen.T]
    fields = {
        f"rule.{inner}{name}": rate
        for name, rate in zip(("lr_x", "lr_y"), rates, strict=True)
    }
    x, y = (np.full(len(chosen), float(part)) for part in default_start(game))
    cells = Cells(parsed, game, fields, x, y)
    truths, answers = judge_group(cells), answered(cells)
    for cell, truth, answer in zip(chosen, truths, answers, strict=True):
        earlier = VERDICTS[before[tuple(cell)]] in {truth.verdict} | truth.also
        seen[_who(agrees(answer, truth)[0], truth, earlier)] += 1
    return seen


def _who(outcome: str, truth: Truth, earlier: bool) -> str:
    if outcome == "unjudged" or truth.verdict == "unknown" or truth.sensitive:
        return "unknown"
    if outcome == "undecided":
        return f"undecided now and earlier {'right' if earlier else 'wrong'}"
    if outcome == "agrees":
        return "both" if earlier else "now"
    return "earlier" if earlier else "neither"
