"""Running a benchmark: a plan, jobs that are resumable, one file in the end."""

from __future__ import annotations

import json
import os
import platform
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from gandyn._arguments import checked
from gandyn._files import clear_drafts, make_folder, write_json
from gandyn.bench.jobs import SolverJob, run_job
from gandyn.bench.plan import Plan
from gandyn.bench.problem import VERSION
from gandyn.bench.rows import arrow, read_rows, write_rows
from gandyn.errors import GandynError

MANIFEST, ROWS, TIMES, PARTS = "manifest.json", "rows.parquet", "times.json", "parts"
ORIGIN = "origin.json"
"""What a result's folder holds; the parts only while it runs."""


class Unfinished(GandynError):
    """Some jobs have no result, for reasons that lie in the machine."""


@checked
def run(
    plan: Plan,
    folder: str | Path,
    *,
    processes: int = 1,
    overwrite: bool = False,
    add: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Run a plan into a folder, or go on with what a killed run left there.

    Parameters
    ----------
    plan : Plan
    folder : path
        Gets ``rows.parquet``, ``manifest.json`` and, apart, what differs from run to
        run: ``times.json``, and ``origin.json`` with command, date and machine.
    processes : int
        Workers; the rows do not depend on it.
    overwrite : bool
        Whether to begin anew where the folder holds a result.
    add : bool
        Whether the folder may hold the result of a plan that is like this one but for
        fewer solvers: their rows are kept, and only the others run.
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
    Unfinished
        If the disk is full, memory runs out or a worker dies: what is done is kept,
        and the rest runs when it is called again.
    """
    folder = Path(folder)
    clear_drafts(folder)  # a manifest may be among them
    manifest = plan.manifest()
    if overwrite:
        _clear(folder)
    jobs = _jobs(plan, folder)
    if add and (folder / MANIFEST).exists():
        _make_room(folder, jobs, manifest)
    done = _prepare(folder, manifest)
    if not done:
        waiting = [job for job in jobs if not _is_sound(job.part)]
        _note_origin(folder, plan.command(), len(waiting), processes)
        errors = []
        for count, error in enumerate(_finished(waiting, processes), 1):
            errors += [error] if error else []
            if progress is not None:
                progress(len(jobs) - len(waiting) + count, len(jobs))
        if errors:
            raise Unfinished(
                f"{len(errors)} of {len(jobs)} jobs have no result, for errors of the "
                f"machine; mend them and give the command again. {errors[0]}"
            )
        _merge(folder, jobs, manifest)
    shutil.rmtree(folder / PARTS, ignore_errors=True)  # of a run killed at its end
    return folder


def _clear(folder: Path) -> None:
    """Delete a result, and nothing else that the folder has.

    Whatever ends the process meanwhile, what is left is no complete result.
    """
    if (folder / MANIFEST).exists():
        write_json(folder / MANIFEST, {**_known(folder), "complete": False})
        shutil.rmtree(folder / PARTS, ignore_errors=True)
        for name in (ROWS, TIMES, ORIGIN, MANIFEST):
            (folder / name).unlink(missing_ok=True)


def _known(folder: Path) -> dict[str, Any]:
    """Return a manifest that is to be replaced, nothing of one that is damaged."""
    try:
        return read_manifest(folder)
    except GandynError:
        return {}


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a result; raise GandynError if it is damaged."""
    found = read_json(folder / MANIFEST, None)
    if not isinstance(found, dict):
        raise GandynError(f"{folder / MANIFEST} is damaged: it holds no table")
    return found


def _prepare(folder: Path, manifest: dict[str, Any]) -> bool:
    """Make the folder, or check that it is this plan's; tell whether it is complete."""
    path = folder / MANIFEST
    if path.exists():
        known = read_manifest(folder)
        complete = known.pop("complete", False)
        check_version(folder, known)
        wanted = json.loads(json.dumps(manifest))
        other = [key for key in wanted if known.get(key) != wanted[key]]
        if other:
            raise GandynError(
                f"{folder} holds a result with other {', '.join(other)}: choose "
                "another folder, repeat the command that began it, or say "
                "overwrite=True (--overwrite)"
            )
        return bool(complete)
    if folder.is_dir() and not _is_unbegun(folder):
        raise GandynError(f"{folder} is not empty and holds no result: choose another")
    make_folder(folder)
    make_folder(folder / PARTS)
    write_json(path, {"complete": False, **manifest})
    return False


def _make_room(folder: Path, jobs: list[SolverJob], manifest: dict[str, Any]) -> None:
    """Take a complete result apart again, if all that it lacks is some solvers."""
    known = read_manifest(folder)
    complete = known.pop("complete", False)
    check_version(folder, known)
    wanted = json.loads(json.dumps(manifest))
    if known == wanted:
        return
    narrowed = wanted | {
        part: {name: one for name, one in wanted[part].items() if name in known[part]}
        for part in ("solvers", "missing", "versions")
    }
    if known != narrowed:
        other = [key for key in narrowed if known.get(key) != narrowed[key]]
        raise GandynError(
            f"{folder} holds a result with other {', '.join(other)}: add to it with "
            "the problems and terms of the command that made it"
        )
    if not complete:
        raise GandynError(
            f"{folder} is incomplete: repeat the command that began it, and then add"
        )
    _take_apart(folder, jobs)
    write_json(folder / MANIFEST, {"complete": False, **manifest})
    for name in (ROWS, TIMES):
        (folder / name).unlink()


def _take_apart(folder: Path, jobs: list[SolverJob]) -> None:
    """Write the part of every job that a complete result has, a damaged one not."""
    (folder / PARTS).mkdir(exist_ok=True)
    places = {(job.problem, job.solver): job for job in jobs}
    times = read_json(folder / TIMES, {})
    for table in read_rows(folder / ROWS)[0]:
        first = table.slice(0, 1).to_pylist()[0]
        job = places[first["problem"], first["solver"]]
        write_rows(job.part, [table])
        write_json(job.times, times[job.problem][job.solver])


def _is_unbegun(folder: Path) -> bool:
    """Tell whether a folder has no more than a run that was killed at once leaves."""
    return all(
        path.name == PARTS and path.is_dir() and not any(path.iterdir())
        for path in folder.iterdir()
    )


def _note_origin(folder: Path, command: str, jobs: int, processes: int) -> None:
    """Add who runs the jobs that wait: a killed run and what goes on with it."""
    one = {
        "command": command,
        "began": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
        "jobs": jobs,
        "processes": processes,
        "machine": f"{platform.machine()} {platform.system()}, {os.cpu_count()} cores",
    }
    write_json(folder / ORIGIN, [*read_json(folder / ORIGIN, []), one])


def read_json(path: Path, missing: Any) -> Any:
    """Return what a file of a result holds, or something else if it is not there.

    Raises
    ------
    GandynError
        If it is damaged.
    """
    try:
        return json.loads(path.read_text("utf-8")) if path.exists() else missing
    except (OSError, ValueError, RecursionError) as error:
        raise GandynError(f"{path} is damaged: {error}") from None


def check_version(folder: Path, manifest: dict[str, Any]) -> None:
    """Raise an error if a result is of another version of the suite, or form."""
    suite = manifest.get("suite")
    version = suite.get("version") if isinstance(suite, dict) else None
    if version != VERSION:
        raise GandynError(
            f"{folder} is of version {version} of the suite, this is version "
            f"{VERSION}: their numbers do not compare"
        )
    if "solvers" not in manifest:
        raise GandynError(
            f"{folder} is of an older form, which this gandyn does not read: its "
            "manifest names no solvers; run it again into another folder"
        )
    for name in ("solvers", "missing", "problems", "protocol"):
        if not isinstance(manifest.get(name), dict):
            raise GandynError(f"{folder / MANIFEST} is damaged: it has no {name}")


def _jobs(plan: Plan, folder: Path) -> list[SolverJob]:
    sources = tuple({p.source: None for p in plan.problems.values() if p.source})
    return [
        SolverJob(
            folder / PARTS / f"{i:06d}.parquet", problem, name, sources, plan.protocol
        )
        for i, (problem, name) in enumerate(plan.jobs)
    ]


def _is_sound(path: Path) -> bool:
    if not path.exists():
        return False
    pa, _ = arrow()
    try:
        return not read_rows(path)[1]
    except (OSError, pa.ArrowException):
        return False


def _finished(jobs: list[SolverJob], processes: int) -> Iterator[str]:
    if processes == 1:
        yield from map(run_job, jobs)
        return
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        futures = [pool.submit(run_job, job) for job in jobs]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BrokenProcessPool:
            raise Unfinished(
                "a worker process was killed, perhaps for its memory: give the command "
                "again, with fewer processes; what is done is kept"
            ) from None
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _merge(folder: Path, jobs: list[SolverJob], manifest: dict[str, Any]) -> None:
    write_rows(folder / ROWS, (read_rows(job.part)[0][0] for job in jobs))
    times: dict[str, dict[str, Any]] = {}
    for job in jobs:
        seconds = json.loads(job.times.read_text("utf-8"))
        times.setdefault(job.problem, {})[job.solver] = seconds
    write_json(folder / TIMES, times)
    write_json(folder / MANIFEST, {"complete": True, **manifest})
    shutil.rmtree(folder / PARTS)
