"""Running a benchmark: a plan, jobs that are resumable, one file in the end."""

from __future__ import annotations

import json
import shutil
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gandyn._files import atomic
from gandyn.bench.contenders import find_contenders
from gandyn.bench.plan import Plan, measured
from gandyn.bench.problem import VERSION, find_problems
from gandyn.bench.protocol import Protocol
from gandyn.bench.race import race
from gandyn.bench.rows import (
    arrow,
    failed_table,
    read_rows,
    table_of,
    write_rows,
)
from gandyn.bench.settings import settings
from gandyn.errors import GandynError

MANIFEST, ROWS, TIMES, PARTS = "manifest.json", "rows.parquet", "times.json", "parts"
"""What a result's folder holds; the parts only while it runs."""


class _Job(NamedTuple):
    """One contender on one problem, as text that another process understands."""

    place: int
    folder: Path
    problem: str
    contender: str
    sources: tuple[str, ...]
    protocol: Protocol


def run(
    plan: Plan,
    folder: str | Path,
    *,
    processes: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Run a plan into a folder, or go on with what a killed run left there.

    Parameters
    ----------
    plan : Plan
    folder : path
        Gets ``rows.parquet``, ``manifest.json`` and, apart, ``times.json``.
    processes : int
        Workers; the rows do not depend on it.
    progress : callable, optional
        Called with the jobs done and the jobs in all.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    GandynError
        If the folder holds another plan's result, or one of another suite version.
    """
    folder = Path(folder)
    manifest = plan.manifest()
    done = _prepare(folder, manifest)
    jobs = _jobs(plan, folder)
    if not done:
        waiting = [job for job in jobs if not _is_sound(_part(job))]
        for count, _ in enumerate(_finished(waiting, processes), 1):
            if progress is not None:
                progress(len(jobs) - len(waiting) + count, len(jobs))
        _merge(folder, jobs, manifest)
    return folder


def _prepare(folder: Path, manifest: dict[str, Any]) -> bool:
    """Make the folder, or check that it is this plan's; tell whether it is complete."""
    path = folder / MANIFEST
    if path.exists():
        known = json.loads(path.read_text(encoding="utf-8"))
        complete = known.pop("complete", False)
        check_version(folder, known)
        wanted = json.loads(json.dumps(manifest))
        other = [key for key in wanted if known.get(key) != wanted[key]]
        if other:
            raise GandynError(
                f"{folder} holds a result with other {', '.join(other)}: choose "
                "another folder, or repeat the command that began it"
            )
        return bool(complete)
    if folder.exists() and any(folder.iterdir()):
        raise GandynError(f"{folder} is not empty and holds no result: choose another")
    (folder / PARTS).mkdir(parents=True, exist_ok=True)
    _write_json(path, {"complete": False, **manifest})
    return False


def check_version(folder: Path, manifest: dict[str, Any]) -> None:
    """Raise an error if a result is of another version of the suite."""
    version = manifest.get("suite", {}).get("version")
    if version != VERSION:
        raise GandynError(
            f"{folder} is of version {version} of the suite, this is version "
            f"{VERSION}: their numbers do not compare"
        )


def _jobs(plan: Plan, folder: Path) -> list[_Job]:
    sources = tuple({p.source: None for p in plan.problems.values() if p.source})
    return [
        _Job(i, folder, problem, name, sources, plan.protocol)
        for i, (problem, name) in enumerate(plan.jobs)
    ]


def _part(job: _Job) -> Path:
    return job.folder / PARTS / f"{job.place:06d}.parquet"


def _is_sound(path: Path) -> bool:
    if not path.exists():
        return False
    pa, _ = arrow()
    try:
        return not read_rows(path)[1]
    except (OSError, pa.ArrowException):
        return False


def _finished(jobs: list[_Job], processes: int) -> Iterator[None]:
    if processes == 1:
        yield from map(play, jobs)
        return
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        futures = [pool.submit(play, job) for job in jobs]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def play(job: _Job) -> None:
    """Run one job and write its part; an error of the contender becomes its rows."""
    begin = time.perf_counter()
    try:
        with np.errstate(all="ignore"):  # what overflows is a verdict
            table = _played(job)
    except Exception as error:
        names = (job.problem, job.contender)
        table = failed_table(*names, _words(error))
    seconds = time.perf_counter() - begin
    _write_json(_part(job).with_suffix(".json"), seconds)
    write_rows(_part(job), [table])


def _played(job: _Job) -> Any:
    names, terms = (job.problem, job.contender), job.protocol
    problems = find_problems(["standard", *job.sources])
    chosen, _ = measured({job.problem: problems[job.problem]}, terms.measure)
    problem = chosen[job.problem]
    found, missing = find_contenders([job.contender])
    if missing:
        return failed_table(*names, *missing.values())
    contender = found[job.contender]
    values = settings(contender, problem, terms)
    calls = sum(contender.calls(problem.game).values())
    return table_of(*names, values, calls, race(contender, problem, values, terms))


def _words(error: Exception) -> str:
    """Return a traceback that is the same on every machine: no folders."""
    frames = traceback.extract_tb(error.__traceback__)[1:]
    places = [f"{Path(f.filename).name}:{f.lineno} in {f.name}" for f in frames]
    return "\n".join([*places, f"{type(error).__name__}: {error}"])


def _merge(folder: Path, jobs: list[_Job], manifest: dict[str, Any]) -> None:
    write_rows(folder / ROWS, (read_rows(_part(job))[0][0] for job in jobs))
    times: dict[str, dict[str, float]] = {}
    for job in jobs:
        seconds = json.loads(_part(job).with_suffix(".json").read_text("utf-8"))
        times.setdefault(job.problem, {})[job.contender] = seconds
    _write_json(folder / TIMES, times)
    _write_json(folder / MANIFEST, {"complete": True, **manifest})
    shutil.rmtree(folder / PARTS)


def _write_json(path: Path, content: Any) -> None:
    with atomic(path) as draft:
        draft.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
