"""Tables of the benchmark of the standard suite, made of the committed summary."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from measured import RESULTS, percent, rows_of

SHOWN = 12
"""Solvers of a table."""


def write_benchmark(folder: Path) -> None:
    """Write one Markdown page of tables if the summary is there."""
    source = RESULTS / "bench_standard" / "summary.json"
    if not source.exists():
        return
    text = standard(json.loads(source.read_text("utf-8"))) + "\n"
    target = folder / "bench_standard.md"
    if not target.exists() or target.read_text("utf-8") != text:
        target.write_text(text, "utf-8")


def standard(found: dict[str, Any]) -> str:
    """Return the tables of the standard suite."""
    parts = [
        *(f"{describe(table)}\n\n{ranks(table)}" for table in found["tables"]),
        "What the reported runs end on where the flow has a cycle that "
        "is no solution:\n\n" + cycles(found["endings"], found["cycles"]),
        f"Network GANs at the end of the runs, the best {SHOWN // 2} of each:\n\n"
        + networks(found["generated"]),
        "Failures, which count as reaching nothing:\n\n" + failed(found["failures"]),
        origin(found),
    ]
    return "\n\n".join(parts)


def origin(found: dict[str, Any]) -> str:
    """Return on what terms a result was made, by what."""
    terms = found["protocol"]
    versions = ", ".join(f"{k} {v}" for k, v in found["versions"].items())
    made = "".join(
        f" `{one['command']}`: {one['jobs']} jobs from {one['began']} UTC on, "
        f"{one['machine']}."
        for one in found["origin"]
    )
    return (
        f"*Suite version {found['suite']['version']}; {terms['tuning']} tuning, "
        f"{terms['settings']} settings, {terms['starts']} starts, {terms['seeds']} "
        f"seeds, {terms['budget']} calls; tuned on {terms['tuned on']}; all jobs "
        f"together {found['job seconds'] / 60:.0f} minutes; {versions}.{made}*"
    )


def describe(table: dict[str, Any]) -> str:
    """Return what a table is of."""
    return (
        f"The best {SHOWN} of {len(table['rows'])} on {len(table['problems'])} "
        f"{table['kind']} problems; {percent(table['unsolved'])} of the "
        f"{table['instances']} instances are solved by none:"
    )


def ranks(table: dict[str, Any]) -> str:
    """Return the head of a rank table."""
    rows = []
    for row in table["rows"][:SHOWN]:
        rank, solved = f"{row['rank']:.1f}", percent(row["solved"])
        if row["rank_interval"]:
            rank += " ({:.1f} to {:.1f})".format(*row["rank_interval"])
            low, high = map(percent, row["solved_interval"])
            solved += f" ({low} to {high})"
        rows.append([row["solver"], rank, solved])
    return rows_of(["solver", "mean rank", "solved"], rows)


def cycles(found: dict[str, dict[str, int]], problems: list[str]) -> str:
    """Return verdicts on problems with a spurious cycle."""
    rows = [
        [name, ", ".join(f"{n} {verdict}" for verdict, n in ordered(found[name]))]
        for name in problems
    ]
    return rows_of(["problem", "runs"], rows)


def ordered(counts: dict[str, int]) -> list[tuple[str, int]]:
    """Return verdicts, the most frequent first."""
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def networks(found: list[dict[str, Any]]) -> str:
    """Return coverage and distance of the best on each network GAN."""
    by_problem: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in found:
        by_problem[row["problem"]].append(row)
    rows = [
        [
            problem, row["solver"], f"{row['wasserstein']:.3f}",
            "-" if row["coverage"] is None else percent(row["coverage"]),
        ]
        for problem, own in by_problem.items()
        for row in [one for one in own if one["wasserstein"] is not None][: SHOWN // 2]
    ]  # fmt: skip
    return rows_of(["problem", "solver", "sliced Wasserstein", "modes"], rows)


def failed(found: list[dict[str, str]]) -> str:
    """Return failures, by solver and reason."""
    problems: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in found:
        problems[row["solver"], row["last line"]].append(row["problem"])
    rows = [
        [name, reason.replace("|", "\\|"), ", ".join(own)]
        for (name, reason), own in problems.items()
    ]
    return rows_of(["solver", "why", "problems"], rows)
