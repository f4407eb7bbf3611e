"""Stored sweeps: the bits of a sweep in memory, refusals, and what is seen midway."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from gandyn import Axis, FieldError, GandynError, sweep
from gandyn.games import Bilinear, DiracGAN
from gandyn.games.dirac import R1
from gandyn.rules import Alternating, Extragradient, HeavyBall, Lookahead
from gandyn.store import Unfinished, files, open_sweep, running, worker_processes
from gandyn.store.grids import Grid, cut

LINE = Axis(0.1, 3.0, 6, "log")
GRID = {"lr_x": LINE, "lr_y": LINE}
DIRAC = DiracGAN(regulariser=R1(0.3))
CASES = {
    "exact": (Alternating(), Bilinear(), GRID, {}),
    "vectors": (Extragradient(), Bilinear([[1.0, 0.5], [0.2, 2.0]]), GRID, {}),
    "simulated": (Alternating(), DIRAC, GRID, {"steps": 100}),
    "simulated vectors": (
        Extragradient(), Bilinear([[1.0, 0.5], [0.2, 2.0]]),
        {"lr_x": [0.3, 0.4, 0.5], "lr_y": [0.3, 0.4]},
        {"steps": 4000, "method": "simulate"},
    ),
    "structure and starts": (
        Lookahead("gda"), DIRAC,
        {"k": [1, 2, 3], "inner.lr_x": [0.1, 0.5], "start.x": [0.1, 0.2, 0.4]},
        {"steps": 50},
    ),
    "ties": (
        HeavyBall(), Bilinear(), {"lr_x, lr_y=2*lr_x": LINE, "beta_x": [0.1, 0.2]}, {}
    ),
    "certified": (
        Alternating(), Bilinear(), {"lr_x": [0.5, 1.0, 2.0], "lr_y": [1.0, 2.0, 4.0]},
        {"certify": True},
    ),
    "tensors": (Alternating(), DIRAC, GRID, {"steps": 50, "device": "cpu"}),
}  # fmt: skip


@pytest.fixture(autouse=True)
def without_flushing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the disk alone: what is flushed when has a test of its own."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


def same_bits(one: xr.Dataset, two: xr.Dataset) -> None:
    assert set(one.data_vars) == set(two.data_vars)
    for name in one.variables:
        assert one[name].dtype == two[name].dtype
        assert one[name].values.tobytes() == two[name].values.tobytes(), name
        assert one[name].attrs.keys() == two[name].attrs.keys()


@pytest.mark.parametrize("case", CASES)
def test_stored_cells_have_the_bits_of_those_in_memory(
    case: str, tmp_path: Path
) -> None:
    if case == "tensors":
        pytest.importorskip("torch")
    rule, game, axes, options = CASES[case]
    want = sweep(rule, game, axes, **options)
    for tile in (None, 5):
        store = tmp_path / f"{tile}.zarr"
        found = sweep(rule, game, axes, store=store, tile=tile, **options)
        same_bits(found, want)
        assert json.loads(found.attrs["configuration"])["rule"] == want.attrs["rule"]
        assert not (store / files.DRAFTS).exists()


@given(st.lists(st.integers(1, 12), min_size=1, max_size=3), st.integers(1, 500))
@settings(max_examples=30)
def test_tiles_cover_every_cell_once(shape: list[int], cells: int) -> None:
    grid = cut(shape, [False] * len(shape), cells)
    seen = np.zeros(shape, int)
    for tile in grid:
        box = grid.box(tile)
        assert seen[box].size <= cells
        seen[box] += 1
    assert (seen == 1).all()
    assert grid.size == len(list(grid))


def test_a_tile_has_one_value_of_a_structural_field() -> None:
    assert cut((3, 100), (True, False), 1000) == Grid((3, 100), (1, 100))
    with pytest.raises(FieldError, match="tile must be a whole number"):
        cut((3, 100), (True, False), 0)


class Stop(Exception):
    pass


def stopped_after(tiles: int) -> Any:
    def report(done: int, total: int) -> None:
        if done == tiles:
            raise Stop

    return report


def partly(store: Path, tiles: int = 3, **more: Any) -> None:
    options = {"tile": 6, "threads": 1, **more}
    with pytest.raises(Stop):
        sweep(
            Alternating(), Bilinear(), GRID, store=store,
            progress=stopped_after(tiles), **options,
        )  # fmt: skip


def test_what_is_not_finished_says_so_and_is_readable(tmp_path: Path) -> None:
    store, want = tmp_path / "a.zarr", sweep(Alternating(), Bilinear(), GRID)
    partly(store)
    found = open_sweep(store)
    done = ~found.gandyn.where("unfinished").values
    assert 18 <= done.sum() < 36
    assert set(found.gandyn.counts("ended")) == {"exact", "unfinished"}
    for name in want.data_vars:
        mine, theirs = found[name].values, want[name].values
        np.testing.assert_array_equal(mine[done], theirs[done])
    with xr.open_zarr(store) as plain:  # without a warning: they are errors here
        assert int(plain.tile_status.sum()) == done.sum() // 6
        assert plain.verdict.dims == ("lr_x", "lr_y")
    assert np.isnan(found.rate.values[~done]).all()


def test_the_same_call_goes_on(tmp_path: Path) -> None:
    store, seen = tmp_path / "a.zarr", []
    partly(store)
    options = {"store": store, "tile": 6, "threads": 1}
    sweep(Alternating(), Bilinear(), GRID, **options,
          progress=lambda *at: seen.append(at))  # fmt: skip
    assert seen[0][0] >= 3
    assert seen[-1] == (6, 6)
    found = sweep(Alternating(), Bilinear(), GRID, store=store)  # its own tiles
    same_bits(found, sweep(Alternating(), Bilinear(), GRID))


def test_a_finished_tile_is_not_decided_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "a.zarr"
    want = sweep(Alternating(), Bilinear(), GRID, store=store, tile=6).load()
    (store / "rate" / "c" / "0" / "0").unlink()  # what is lost is decided again
    (store / "tile_status" / "c" / "1" / "0").unlink()
    decided = []
    write = running.Store.write
    monkeypatch.setattr(
        running.Store, "write", lambda *a: decided.append(a[1]) or write(*a)
    )
    found = sweep(Alternating(), Bilinear(), GRID, store=store, tile=6)
    assert sorted(decided) == [(0, 0), (1, 0)]
    same_bits(found, want)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"steps": 77}, "steps"),
        ({"escape": 1e7}, "escape"),
        ({"start": (0.1, 0.2)}, "start"),
        ({"tile": 5}, "tile"),
        ({"method": "simulate"}, "method"),
        ({"certify": True}, "band"),
        ({"rule": Alternating(lr_x=0.3)}, "rule"),
        ({"game": Bilinear(2.0)}, "game"),
        ({"axes": {**GRID, "lr_y": Axis(0.1, 3.0, 6)}}, "axis lr_y"),
        ({"axes": {"lr_y": LINE, "lr_x": LINE}}, "axes"),
    ],
)
def test_another_configuration_is_refused_by_its_key(
    change: dict[str, Any], key: str, tmp_path: Path
) -> None:
    store = tmp_path / "a.zarr"
    own = {"rule": Alternating(), "game": Bilinear(), "axes": GRID, "store": store}
    sweep(**own, tile=6)
    before = sorted(store.rglob("*"))
    with pytest.raises(GandynError, match=f"belongs to another run: {key} is"):
        sweep(**{**own, **change})
    assert sorted(store.rglob("*")) == before


def test_another_configuration_is_replaced_if_asked(tmp_path: Path) -> None:
    store = tmp_path / "a.zarr"
    sweep(Alternating(), Bilinear(), GRID, store=store)
    options = {"store": store, "overwrite": True, "steps": 9, "method": "simulate"}
    found = sweep(Alternating(), Bilinear(), GRID, **options)
    assert found.attrs["steps"] == 9
    assert not list(tmp_path.glob(".gandyn-*"))
    with pytest.raises(GandynError, match="steps must be"):
        sweep(Alternating(), Bilinear(), GRID, **{**options, "steps": 0})
    assert open_sweep(store).attrs["steps"] == 9


def test_something_else_in_its_place_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "mine.zarr"
    folder.mkdir()
    (folder / "thesis.txt").write_text("mine")
    with pytest.raises(GandynError, match="is no sweep"):
        sweep(Alternating(), Bilinear(), GRID, store=folder)
    (folder / "zarr.json").write_text("{")
    with pytest.raises(GandynError, match="damaged"):
        sweep(Alternating(), Bilinear(), GRID, store=folder)
    assert (folder / "thesis.txt").read_text() == "mine"
    for name, words in (("a.nc", r"ends in \.zarr"), ("no/a.zarr", "no folder")):
        with pytest.raises(GandynError, match=words):
            sweep(Alternating(), Bilinear(), GRID, store=tmp_path / name)
    for name, words in (("b.zarr", "no such file"), ("mine.txt", "ends in")):
        with pytest.raises(GandynError, match=words):
            open_sweep(tmp_path / name)


def test_status_comes_after_data_that_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[tuple[str, str]] = []
    replace = os.replace

    def note(source: Any, target: Any) -> None:
        events.append(("name", str(Path(target).relative_to(tmp_path / "a.zarr"))))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", lambda handle: events.append(("flush", "")))
    monkeypatch.setattr(files, "flush", lambda path: events.append(("dir", "")))
    monkeypatch.setattr(os, "replace", note)
    sweep(Alternating(), Bilinear(), GRID, store=tmp_path / "a.zarr", tile=36)
    names = [name for kind, name in events if kind == "name"]
    data = [name for name in names if "/c/0/0" in name]
    assert data[-2:] == ["verdict/c/0/0", "tile_status/c/0/0"]
    first = events.index(("name", data[0]))
    status = events.index(("name", data[-1]))
    flushed = [kind for kind, _ in events[first - 10 : first]]
    assert flushed == ["flush"] * 10  # each of ten files, before it has its name
    after = [kind for kind, _ in events[status + 1 : status + 11]]
    assert after == ["dir"] * 10
    root = names.index("zarr.json")
    assert all(name.endswith(("zarr.json", "c/0")) for name in names[:root])


def test_a_full_disk_costs_time_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, written = tmp_path / "a.zarr", [0]
    write = os.write

    def full(handle: int, content: Any) -> int:
        written[0] += 1
        if written[0] > 50:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(handle, content[:7])  # and the system may take less at once

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(Unfinished, match="No space left on device; what is fin"):
            sweep(Alternating(), Bilinear(), GRID, store=store, tile=6, threads=1)
    found = sweep(Alternating(), Bilinear(), GRID, store=store, tile=6)
    same_bits(found, sweep(Alternating(), Bilinear(), GRID))


HOLDER = """
import sys
from pathlib import Path
from gandyn.store import files

with files.sole_writer(Path(sys.argv[1])):
    print("ready", flush=True)
    sys.stdin.read(1)
"""


def test_two_processes_do_not_hand_out_the_same_tiles(tmp_path: Path) -> None:
    store = tmp_path / "a.zarr"
    partly(store)
    other = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(store)], text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert other.stdout.readline() == "ready\n"
    with pytest.raises(GandynError, match="being written by another process"):
        sweep(Alternating(), Bilinear(), GRID, store=store)
    other.communicate("x", timeout=60)
    sweep(Alternating(), Bilinear(), GRID, store=store)


def test_executors_of_many_kinds_write_the_same_store(tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text(
        "from gandyn.rules import Simultaneous\n\n\nclass Mine(Simultaneous):\n"
        '    """A rule of a file."""\n'
    )
    from gandyn.spec import parse_rule

    rule = parse_rule(f"{own}:Mine")
    want = sweep(rule, Bilinear(), GRID)
    with ThreadPoolExecutor(3) as pool:
        threads = sweep(rule, Bilinear(), GRID, store=tmp_path / "t.zarr",
                        executor=pool, tile=9)  # fmt: skip
    with worker_processes(1) as pool:
        processes = sweep(rule, Bilinear(), GRID, store=tmp_path / "p.zarr",
                          executor=pool, tile=9)  # fmt: skip
    same_bits(threads, want)
    same_bits(processes, want)
    one, two = (
        {p.relative_to(s): p.read_bytes() for p in sorted(s.rglob("*")) if p.is_file()}
        for s in (tmp_path / "t.zarr", tmp_path / "p.zarr")
    )
    assert one == two


@pytest.mark.filterwarnings("ignore")  # of its own, when it ends
def test_a_cluster_writes_the_same_store(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=1, processes=False, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        found = sweep(Alternating(), Bilinear(), GRID, store=tmp_path / "a.zarr",
                      executor=client, tile=9)  # fmt: skip
        same_bits(found, sweep(Alternating(), Bilinear(), GRID))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tile": 3}, "tile goes with store"),
        ({"executor": 3}, "executor goes with store"),
        ({"overwrite": True}, "overwrite goes with store"),
        ({"store": "a.zarr", "executor": "tcp://nowhere"}, "executor must be a"),
        ({"store": "a.zarr", "tile": 2.5}, "tile must be"),
        ({"progress": "yes"}, "progress must be"),
        ({"dtype": 3}, "dtype does not go with a game"),
        ({"chunks": 3}, "did you mean chunk"),
    ],
)
def test_bad_input_is_refused(
    options: dict[str, Any], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(GandynError, match=words):
        sweep(Alternating(), Bilinear(), GRID, **options)


def test_a_rule_that_no_process_can_make_is_refused(tmp_path: Path) -> None:
    class Local(Alternating):
        """A rule within a function."""

    with (
        worker_processes(1) as pool,
        pytest.raises(GandynError, match=r"keep its rule and game in a file FILE\.py"),
    ):
        sweep(Local(), Bilinear(), GRID, store=tmp_path / "a.zarr", executor=pool)


def test_progress_is_shown_in_python_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gandyn._progress._EVERY", 0.0)
    sweep(Alternating(), Bilinear(), GRID, store=tmp_path / "a.zarr", tile=6,
          progress=True)  # fmt: skip
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("sweep: 0 of 6 tiles")
    assert "tiles/s" in lines[-1]
    assert "0 s left" in lines[-1]
