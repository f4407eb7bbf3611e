"""Workers that die: replaced, and a tile that kills them is left alone."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

from gandyn import Axis, sweep
from gandyn.games import Bilinear
from gandyn.rules import Alternating
from gandyn.store import Unfinished, running, worker_processes

LINE = Axis(0.1, 3.0, 6, "log")
GRID = {"lr_x": LINE, "lr_y": LINE}


def same_bits(one: xr.Dataset, two: xr.Dataset) -> None:
    for name in two.data_vars:
        assert one[name].values.tobytes() == two[name].values.tobytes(), name


class Deadly:
    """A job whose worker dies with one tile, as often as a file has lines less."""

    def __init__(self, job: Any, tile: tuple[int, ...], deaths: Path, most: int):
        self.job, self.tile, self.deaths, self.most = job, tile, deaths, most
        self.stop = job.stop

    def __call__(self, tile: tuple[int, ...]) -> None:
        if tile == self.tile:
            with self.deaths.open("a+b") as log:
                if log.tell() < self.most:
                    log.write(b"x")
                    log.flush()
                    os.kill(os.getpid(), signal.SIGKILL)
        self.job(tile)

    def __reduce__(self) -> Any:
        return type(self), (_Still(self.job), self.tile, self.deaths, self.most)


class _Still:
    """A job as workers get it."""

    stop = None

    def __init__(self, job: Any) -> None:
        self.job = job

    def __call__(self, tile: tuple[int, ...]) -> None:
        self.job(tile)


def with_deaths(
    store: Path, deaths: Path, most: int, monkeypatch: pytest.MonkeyPatch
) -> xr.Dataset:
    class Handed(running.HandOut):
        def __init__(self, job: Any, *rest: Any) -> None:
            super().__init__(Deadly(job, (1, 0), deaths, most), *rest)

    monkeypatch.setattr(running, "HandOut", Handed)
    with worker_processes(2) as pool:
        return sweep(Alternating(), Bilinear(), GRID, store=store, executor=pool,
                     tile=6)  # fmt: skip


def test_a_worker_that_dies_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, deaths = tmp_path / "a.zarr", tmp_path / "deaths"
    found = with_deaths(store, deaths, 2, monkeypatch)
    same_bits(found, sweep(Alternating(), Bilinear(), GRID))
    assert deaths.read_bytes() == b"xx"


def test_a_tile_that_kills_three_workers_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, deaths = tmp_path / "a.zarr", tmp_path / "deaths"
    with pytest.raises(Unfinished, match=r"times: 1, .* cells 2:4, 0:3;"):
        with_deaths(store, deaths, 99, monkeypatch)
    assert deaths.read_bytes() == b"xxx"
    status = xr.open_zarr(store).tile_status.values
    assert status.sum() == status.size - 1
    assert not status[1, 0]


class Client:
    """Decides tiles at once; how one of them, or all, end is said beforehand."""

    def __init__(self, status: str, error: Any = None, tile: Any = None) -> None:
        self.ending, self.tile, self.tries = (status, error), tile, 0

    def nthreads(self) -> dict[str, int]:
        return {"one": 2}

    def submit(self, job: Any, tile: tuple[int, ...], pure: bool) -> Any:
        status, error = "finished", None
        if self.tile in (None, tile):
            self.tries += 1
            status, error = self.ending
        else:
            job(tile)
        return Ended(status, error)


class Ended:
    """A future of dask's."""

    def __init__(self, status: str, error: Any) -> None:
        self.status, self._error = status, error

    def add_done_callback(self, call: Any) -> None:
        call(self)

    def exception(self) -> Any:
        return self._error


def test_a_tile_that_dask_gives_up_is_tried_alone_and_then_named(
    tmp_path: Path,
) -> None:
    distributed = pytest.importorskip("distributed")
    error = distributed.KilledWorker("tile", None, 3)
    client, store = Client("error", error, (1, 0)), tmp_path / "a.zarr"
    with pytest.raises(Unfinished, match=r"cells 2:4, 0:3; .* more memory"):
        sweep(Alternating(), Bilinear(), GRID, store=store, executor=client, tile=6)
    assert client.tries == 2
    status = xr.open_zarr(store).tile_status.values
    assert status.sum() == status.size - 1


def test_a_scheduler_that_is_gone_ends_a_sweep_that_can_go_on(tmp_path: Path) -> None:
    store = tmp_path / "a.zarr"
    with pytest.raises(Unfinished, match="start another dask scheduler"):
        sweep(Alternating(), Bilinear(), GRID, store=store,
              executor=Client("lost"), tile=6)  # fmt: skip
    found = sweep(Alternating(), Bilinear(), GRID, store=store)
    same_bits(found, sweep(Alternating(), Bilinear(), GRID))
