"""Errors of the machine are no results, and what a kill leaves can be gone on with."""

import shutil
from pathlib import Path

import pytest

pytest.importorskip("pyarrow")

from gandyn import _files, bench
from gandyn.bench import jobs
from gandyn.bench.runner import Unfinished


def plan():
    return bench.make_plan(
        ["bilinear-scalar"], ["extragradient", "alternating"],
        settings=2, starts=2, budget=100,
    )  # fmt: skip


def rows(folder):
    return (folder / "rows.parquet").read_bytes()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench") / "whole"
    bench.run(plan(), folder)
    return rows(folder)


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), MemoryError("no memory")]
)
def test_an_error_of_the_machine_is_run_again(
    tmp_path, monkeypatch, undisturbed, error
):
    folder = tmp_path / "result"

    def fail(job):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "_played", fail)
        with pytest.raises(Unfinished):
            bench.run(plan(), folder)
    bench.run(plan(), folder)
    assert rows(folder) == undisturbed


def test_a_folder_of_a_run_that_was_killed_at_once_is_begun(tmp_path, undisturbed):
    folder = tmp_path / "result"
    Path(folder / "parts").mkdir(parents=True)
    bench.run(plan(), folder)
    assert rows(folder) == undisturbed


def test_a_run_killed_when_its_manifest_was_not_yet_in_its_place_goes_on(
    tmp_path, monkeypatch, undisturbed
):
    class Killed(BaseException):
        pass

    def killed(stage):
        raise Killed

    folder = tmp_path / "result"
    with monkeypatch.context() as patch:
        patch.setattr(_files._Stage, "finish", killed)
        patch.setattr(shutil, "rmtree", lambda *args, **options: None)
        with pytest.raises(Killed):
            bench.run(plan(), folder)
    assert not (folder / "manifest.json").exists()
    bench.run(plan(), folder)
    assert rows(folder) == undisturbed


def test_an_error_of_the_solver_is_its_row(tmp_path, monkeypatch, undisturbed):
    folder = tmp_path / "result"

    def fail(job):
        raise ValueError("diverged")

    monkeypatch.setattr(jobs, "_played", fail)
    bench.run(plan(), folder)
    assert rows(folder) != undisturbed
