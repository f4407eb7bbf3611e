"""Kill sweeps at random until they are finished, and judge what is there.

python -m tests.faults.kills --kills 1000 --seed 0
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from tests.faults.crash_points import fail_at
from tests.faults.trials import Judge, ended, forked, pool, run

LONGEST = {"threads": 0.15, "processes": 0.3, "dask": 0.8}
"""Seconds after which a run is hit at the latest: an idle machine ends one in them."""
KINDS = {
    "threads": ("SIGKILL", "SIGTERM", "SIGINT", "ENOSPC"),
    "processes": (
        "SIGKILL", "SIGTERM", "SIGINT", "ENOSPC", "worker SIGKILL", "worker SIGSEGV",
        "worker SIGSTOP",
    ),
    "dask": ("SIGKILL", "SIGTERM", "SIGINT", "worker SIGKILL", "worker SIGSTOP"),
}  # fmt: skip


class Campaign:
    """Runs stores to their end through kills, on one kind of workers."""

    def __init__(
        self, judge: Judge, problem: str, folder: Path, rng: random.Random
    ) -> None:
        self.judge, self.problem, self.folder, self.rng = judge, problem, folder, rng
        self.kills: collections.Counter[str] = collections.Counter()
        self.stores = 0

    def one_store(self, kind: str, address: str = "", most: int = 40) -> None:
        """Make one store, hit on the way as often as its runs last."""
        store = self.folder / "hit.zarr"
        done: set[str] = set()
        for _ in range(most):
            fault = self.rng.choice(KINDS[kind])
            hit, over = self.hit(store, kind, fault, address)
            now = self.judge.on_the_way(store)
            assert now >= done, "a finished tile was lost"
            done = now
            self.kills[f"{kind}: {fault}"] += hit
            if over:
                break
        run(self.problem, store, threads=1)  # on another executor
        self.judge.same(store)
        shutil.rmtree(store)
        self.stores += 1
        words = f"{self.stores} stores, {self.kills.total()} kills"
        sys.stderr.write(words + "\n")

    def hit(
        self, store: Path, kind: str, fault: str, address: str
    ) -> tuple[bool, bool]:
        """Run a store and hit the run; return whether it was, and came to its end."""
        space = self.rng.randrange(200) if fault == "ENOSPC" else None
        child = forked(partial(self._work, store, kind, address, space))
        hit = True
        if space is None:
            time.sleep(self.rng.uniform(0, LONGEST[kind]))
            if fault.startswith("worker"):
                hit = self._hit_worker(child, kind, fault.split()[1], address)
            else:
                os.kill(child, getattr(signal, fault))  # not yet waited for
        over = ended(child) == 0
        return hit and not (over and not fault.startswith("worker")), over

    def _work(self, store: Path, kind: str, address: str, space: int | None) -> None:
        if space is not None:
            fail_at(store, space)
        with pool(kind, address) as workers:
            run(self.problem, store, workers)

    def _hit_worker(self, child: int, kind: str, name: str, address: str) -> bool:
        if kind == "dask":
            from tests.faults.cluster import workers_of

            own = workers_of(address)
        else:
            own = _children(child)
        if not own:
            return False
        worker = self.rng.choice(own)
        try:
            os.kill(worker, getattr(signal, name))
            if name == "SIGSTOP":
                time.sleep(self.rng.uniform(0, LONGEST[kind]))
                if self.rng.random() < 0.5:
                    os.kill(child, signal.SIGKILL)
                os.kill(worker, signal.SIGCONT)
        except ProcessLookupError:
            return False
        return True


def _children(process: int) -> list[int]:
    try:
        text = Path(f"/proc/{process}/task/{process}/children").read_text()
        tasks = Path(f"/proc/{process}/task").iterdir()
        text = " ".join((task / "children").read_text() for task in tasks)
    except OSError:
        return []
    return [int(word) for word in text.split()]


def campaign(
    kinds: list[str], kills: int, seed: int, problem: str
) -> dict[str, object]:
    """Return how many kills of which kind were survived, on so many stores."""
    rng = random.Random(seed)
    fast = Path("/dev/shm")
    with contextlib.ExitStack() as stack:
        place = tempfile.TemporaryDirectory(dir=fast if fast.is_dir() else None)
        folder = Path(stack.enter_context(place))
        mine = Campaign(Judge(problem, folder), problem, folder, rng)
        address = ""
        if "dask" in kinds:
            from tests.faults.cluster import cluster

            address = stack.enter_context(cluster())
        begin = time.monotonic()
        for kind in kinds:
            before = mine.kills.total()
            while mine.kills.total() - before < kills / len(kinds):
                mine.one_store(kind, address)
    return {
        "kills": mine.kills.total(),
        "stores": mine.stores,
        "seconds": round(time.monotonic() - begin, 1),
        "by kind": dict(sorted(mine.kills.items())),
    }


def main() -> None:
    """Print what was survived."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.kills")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--on", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--problem", default="exact")
    options = parser.parse_args()
    found = campaign(options.on, options.kills, options.seed, options.problem)
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
