"""A sweep on a SLURM cluster: what it will cost, and then the sweep itself.

    python examples/cluster_sweep.py --side 100000 --cores 1000
    python examples/cluster_sweep.py --side 100000 --cores 1000 --run -o big.zarr

The first command decides a sample of the cells on one core and tells the cost; the
second submits jobs and hands them tiles. Given again, it goes on with what is there.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from gandyn import Axis, parse_game, parse_rule, sweep

SAMPLE, LONG = 64, 10.0
"""Cells along a side of the first sample, over the same ranges; seconds of the last."""


def axes(side: int) -> dict[str, Axis]:
    """Return the ranges that are swept, in so many values each."""
    return {"lr_x": Axis(0.1, 30.0, side, "log"), "lr_y": Axis(0.1, 30.0, side, "log")}


def cost(problem: tuple, side: int, cores: int) -> str:
    """Return what a sweep will take, from a sample of its cells on this machine."""
    sweep(*problem, axes(8))  # compiles
    own, took = SAMPLE // 2, 0.0
    with tempfile.TemporaryDirectory() as folder:
        while took < LONG and own < side:
            own *= 2
            store, begin = Path(folder, f"{own}.zarr"), time.perf_counter()
            sweep(*problem, axes(own), store=store, threads=1)
            took = time.perf_counter() - begin
        chunks = (p for p in store.rglob("c/*/*") if p.is_file())
        size = sum(p.stat().st_size for p in chunks) / own**2
    rate = own**2 / took
    hours = side**2 / rate / 3600
    return (
        f"{side**2:.3g} cells at {rate:.3g} cells/s a core: {hours:.3g} core-hours, "
        f"{hours / cores:.3g} h on {cores} cores; {side**2 * size / 1e9:.3g} GB"
    )


def main() -> None:
    """Tell the cost, or run the sweep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rule", default="alternating")
    parser.add_argument("--game", default="dirac(regulariser=R1(0.3))")
    parser.add_argument("--side", type=int, default=1000)
    parser.add_argument("--cores", type=int, default=8)
    parser.add_argument("--cores-per-job", type=int, default=8)
    parser.add_argument("--memory-per-job", default="8GB")
    parser.add_argument("--walltime", default="12:00:00")
    parser.add_argument("--tile", type=int, default=1 << 20)
    parser.add_argument("--run", action="store_true")
    parser.add_argument("--local", action="store_true", help="processes, no SLURM")
    parser.add_argument("-o", "--output", default="big.zarr")
    options = parser.parse_args()
    problem = parse_rule(options.rule), parse_game(options.game)
    if not options.run:
        print(cost(problem, options.side, options.cores))  # noqa: T201
        return
    from distributed import Client, LocalCluster

    if options.local:
        cluster = LocalCluster(options.cores, threads_per_worker=1)
    else:
        from dask_jobqueue import SLURMCluster  # pip install dask-jobqueue

        own = options.cores_per_job
        cluster = SLURMCluster(
            cores=own, processes=own, memory=options.memory_per_job,
            walltime=options.walltime,
        )  # fmt: skip
        cluster.scale(cores=options.cores)
    with cluster, Client(cluster) as client:
        client.wait_for_workers(1)
        sweep(
            *problem, axes(options.side), store=options.output, tile=options.tile,
            executor=client, progress=True,
        )  # fmt: skip


if __name__ == "__main__":
    main()
