"""Compare gandyn's simulated verdicts with the judge's, cell by cell."""

from __future__ import annotations

import argparse
import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import numpy as np

from gandyn.dynamics.engines.choice import make_engine
from gandyn.dynamics.engines.first_step import check_plain_step
from gandyn.dynamics.recognition.classify import classify
from gandyn.dynamics.task import ESCAPE, STEPS
from gandyn.dynamics.verdicts import ENDINGS, VERDICTS
from gandyn.errors import GandynError
from tests.judge.cells import Group, random_group
from tests.judge.families import FAMILIES
from tests.judge.judging import Cells, judge_group
from tests.judge.truth import Truth, agrees

RANDOM, SPECIAL = 64, 48
"""Cells of a group: a pair compiles once, whatever the number of its cells."""
FACTS = (
    "verdict", "ended", "period", "amplitude", "lyapunov", "rate", "rotation", "steps",
)  # fmt: skip


def make_group(seed: int, number: int) -> Group:
    """Return group number ``number``: families in turn, random ones between them."""
    rng = np.random.default_rng([seed, number])
    if number % 3 == 0:
        return random_group(rng, RANDOM, number // 3)
    return FAMILIES[(number - number // 3 - 1) % len(FAMILIES)](rng, SPECIAL)


def compare_group(
    seed: int, number: int, limit: int, known: list[Truth] | None = None
) -> list[dict[str, Any]]:
    """Return a row for each cell of a group: what was said, what is true."""
    group = first_cells(make_group(seed, number), limit)
    begun = time.perf_counter()
    truths = known or judge_group(group.cells)
    middle = time.perf_counter()
    answers = answered(group.cells)
    ended = time.perf_counter()
    rows = []
    for i, (truth, answer) in enumerate(zip(truths, answers, strict=True)):
        rule, game, start = group.cells.cell(i)
        outcome, what = ("refused", answer["error"]) if "error" in answer else agrees(
            answer, truth
        )  # fmt: skip
        rows.append({
            "family": group.family, "seed": seed, "group": number, "cell": i,
            "outcome": outcome, "what": what, "answer": answer,
            "snippet": snippet(rule, game, start, (seed, number, i)),
            "truth": truth.row(), "linear": bool(rule.linear and game.linear),
            "judge_seconds": (middle - begun) / len(truths),
            "gandyn_seconds": (ended - middle) / len(truths),
        })  # fmt: skip
    return rows


def first_cells(group: Group, count: int) -> Group:
    """Return a group with at most so many cells."""
    cells = group.cells
    fields = {k: v[:count] for k, v in cells.fields.items()}
    kept = cells._replace(fields=fields, x=cells.x[..., :count], y=cells.y[..., :count])
    return group._replace(cells=kept)


def answered(cells: Cells) -> list[dict[str, Any]]:
    """Return gandyn's answers, all cells played as one batch, like a tile of a sweep.

    A cell's bits do not depend on those beside it.
    """
    swept = {tuple(name.split(".", 1)): v for name, v in cells.fields.items()}
    width = cells.x.shape[-1]
    try:
        check_plain_step(*cells.cell(0))
        engine = make_engine(cells.rule, cells.game, list(swept))
        begun = engine.start(swept, cells.x, cells.y)
        found = classify(cells.rule, engine, begun, STEPS, ESCAPE)
    except GandynError as error:
        return [{"verdict": "refused", "error": str(error)}] * width
    answers = [{n: getattr(found, n)[i].item() for n in FACTS} for i in range(width)]
    for answer in answers:
        answer["verdict"] = VERDICTS[answer["verdict"]]
        answer["ended"] = ENDINGS[answer["ended"]]
    return answers


def snippet(rule: Any, game: Any, start: Any, where: tuple[int, int, int]) -> str:
    """Return the call that gives gandyn's answer, in one line.

    Arrays are not spelt out: such a cell is drawn again by its place.
    """
    text = f"simulate({rule!r}, {game!r}, {start!r}, {STEPS})"
    if "array" not in text:
        return text
    seed, number, i = where
    cell = f"make_group({seed}, {number}).cells.cell({i})"
    return f"rule, game, start = {cell}; simulate(rule, game, start, {STEPS})"


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return how many cells agree, are undecided (and why) or contradict.

    Regular cells are those that the judge knows and does not call chaotic.
    """
    outcomes, kinds, families = {}, {}, {}
    for row in rows:
        outcome = row["outcome"]
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
        family = families.setdefault(row["family"], {})
        family[outcome] = family.get(outcome, 0) + 1
        if outcome in ("undecided", "contradicts", "unjudged"):
            kind = f"{outcome}: {_words(row['what'])}"
            if outcome == "undecided":
                truth = row["truth"]
                kind += f" ({truth['verdict']}: {_words(truth['reason'])})"
            kinds[kind] = kinds.get(kind, 0) + 1
    order = dict(sorted(kinds.items(), key=lambda pair: -pair[1]))
    truths: dict[str, int] = {}
    for row in rows:
        truth = row["truth"]["verdict"]
        truths[truth] = truths.get(truth, 0) + 1
    nonlinear = sum(
        not row["linear"] and row["truth"]["verdict"][:8] != "diverges" for row in rows
    )
    open_ = [row for row in rows if row["outcome"] == "undecided"]
    regular = [r for r in open_ if r["truth"]["verdict"] not in ("chaotic", "unknown")]
    return {"cells": len(rows), "bounded and nonlinear": nonlinear, "truths": truths,
            "outcomes": outcomes, "undecided, known and regular": len(regular),
            "kinds": order, "families": families}  # fmt: skip


def _words(text: str) -> str:
    """Return a text without its numbers."""
    return " ".join(w for w in text.split(" ") if not w[:1].isdigit() and w[:1] != "-")


def main() -> None:
    """Run the comparison; write its rows, one JSON object a line, and its counts."""
    parser = argparse.ArgumentParser(prog="python -m tests.judge", description=__doc__)
    parser.add_argument("--cells", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--group-cells", type=int, default=RANDOM)
    parser.add_argument(
        "--first", type=int, default=0, help="number of the first group"
    )
    parser.add_argument(
        "-o", "--output", type=Path, default=None,
        help="rows; what the judge found earlier is kept, and gandyn asked anew",
    )  # fmt: skip
    asked = parser.parse_args()
    known = _known(asked.output, asked.seed)
    rows: list[dict[str, Any]] = []
    for found in groups(asked, known):
        rows += found
        wrong = [row for row in found if row["outcome"] == "contradicts"]
        sys.stdout.write(
            f"{len(rows)} cells, {found[0]['family']}: {len(wrong)} wrong\n"
        )
        sys.stdout.flush()
        if asked.output:
            with asked.output.open("a") as lines:
                lines.writelines(json.dumps(row, default=float) + "\n" for row in found)
    if asked.output:
        text = "".join(json.dumps(row, default=float) + "\n" for row in rows)
        asked.output.write_text(text)
    sys.stdout.write(json.dumps(summary(rows), indent=1) + "\n")


def _known(output: Path | None, seed: int) -> dict[int, list[Truth]]:
    """Return what an earlier run found of each group, by its number.

    A run that was stopped has left the groups that it asked about a second time.
    """
    known: dict[int, list[Truth]] = {}
    if output and output.exists():
        for line in output.read_text().splitlines():
            row = json.loads(line)
            if row["seed"] != seed:
                raise SystemExit(f"{output} has rows of seed {row['seed']}")
            if row["cell"] == 0:
                known[row["group"]] = []
            known[row["group"]].append(Truth.of_row(row["truth"]))
    return known


def groups(asked: Any, known: dict[int, list[Truth]]) -> Any:
    """Yield the rows of group after group until there are enough cells."""
    numbers, total = [], 0
    while total < asked.cells:
        number = asked.first + len(numbers)
        numbers.append(number)
        total += min(asked.group_cells, RANDOM if number % 3 == 0 else SPECIAL)
    arguments = [(asked.seed, n, asked.group_cells, known.get(n)) for n in numbers]
    if asked.processes == 1:
        yield from (compare_group(*a) for a in arguments)
        return
    with ProcessPoolExecutor(asked.processes) as pool:
        for job in as_completed([pool.submit(compare_group, *a) for a in arguments]):
            yield job.result()


if __name__ == "__main__":
    main()
