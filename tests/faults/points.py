"""Try every crash point of a store or a command, a process for each.

python -m tests.faults.points "two tiles" --every 1
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.faults.commands import COMMANDS
from tests.faults.crash_points import fail_at, kill_at
from tests.faults.trials import PROBLEMS, Judge, ended, forked, run

_MOST = 5000
_LONGEST = 600
"""Seconds after which a run hangs."""


def try_points(
    work: Callable[[], None],
    folder: Path,
    after: Callable[[bool], None],
    every: int,
    full: bool,
) -> int:
    """Kill the work at each point, until it comes to its end; return how many."""
    for point in range(0, _MOST, every):

        def begin(point: int = point) -> None:
            os.chdir(folder)
            (fail_at if full else kill_at)(folder, point)
            work()

        code = ended(forked(begin), _LONGEST)
        assert code != 4, f"an internal error at operation {point}"
        after(code == 0)
        if code == 0:
            return point // every
    raise AssertionError("the work never ends")


def of_store(problem: str, every: int, full: bool) -> int:
    """Try the points of a store: what is there is right, and goes on to the end."""
    with tempfile.TemporaryDirectory(dir=_fast()) as name:
        folder = Path(name) / "hit"
        folder.mkdir()
        judge, store = Judge(problem, Path(name)), folder / "hit.zarr"

        def after(whole: bool) -> None:
            done = judge.on_the_way(store)
            run(problem, store, threads=1)
            assert judge.on_the_way(store) >= done
            judge.same(store)
            shutil.rmtree(store)

        work = partial(run, problem, store, threads=1)
        return try_points(work, folder, after, every, full)


def of_command(name: str, every: int, full: bool) -> int:
    """Try the points of a command: run again, it leaves what it does undisturbed."""
    command = COMMANDS[name]
    with tempfile.TemporaryDirectory(dir=_fast()) as place:
        folder = Path(place) / "hit"

        def fresh() -> None:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            os.chdir(folder)
            command.prepare()

        fresh()
        before = command.state(folder)
        command.run()
        want = command.state(folder)
        fresh()

        def after(whole: bool) -> None:
            os.chdir(folder)
            command.check(folder, before, want)
            command.again()
            assert command.state(folder) == want, "another result after a kill"
            left = [str(path) for path in folder.rglob(".gandyn-*")]
            assert not (command.clears and left), left
            fresh()

        return try_points(command.run, folder, after, every, full)


def _fast() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def main() -> None:
    """Print how many points there were."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.points")
    parser.add_argument("what", choices=[*PROBLEMS, *COMMANDS])
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--full", action="store_true", help="a full disk, no kill")
    options = parser.parse_args()
    of = of_store if options.what in PROBLEMS else of_command
    points = of(options.what, options.every, options.full)
    sys.stdout.write(f"{options.what}: {points} points survived\n")


if __name__ == "__main__":
    main()
