"""Writing: whole or not at all, together or none, whatever kills the process when."""

import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gandyn import _files
from gandyn._files import atomic, check_target, clear_drafts, lock, together

_OPERATIONS = ("replace", "fsync", "unlink", "mkdir", "rmdir")


class Killed(BaseException):
    """Stands for the end of the process: nothing after it may run."""


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write_folder(path, word):
    path.mkdir()
    (path / "part").write_text(word)


def outputs(word):
    with together([Path("a.txt"), Path("b.zarr"), Path("c.txt")]) as (a, b, c):
        a.write_text(word)
        write_folder(b, word)
        c.write_text(word)


def state():
    return [
        Path(name).read_text() if Path(name).exists() else None
        for name in ("a.txt", "b.zarr/part", "c.txt")
    ]


def killed_at(number, monkeypatch):
    """Write, and end at an operation: no clean-up runs after it, as if killed."""
    count = itertools.count()

    def counted(operation):
        def run(*args, **options):
            if next(count) == number:
                raise Killed
            return operation(*args, **options)

        return run

    with monkeypatch.context() as patch:
        for name in _OPERATIONS:
            patch.setattr(os, name, counted(getattr(os, name)))
        patch.setattr(_files, "_exchanged", counted(_files._exchanged))
        patch.setattr(shutil, "rmtree", lambda *args, **options: None)
        try:
            outputs("new")
        except Killed:
            return True
    return False


@pytest.mark.parametrize("exchange", [True, False])
def test_a_kill_before_any_operation_leaves_all_old_or_all_new(exchange, monkeypatch):
    if not exchange:
        monkeypatch.setattr(_files, "_exchanged", lambda one, other: False)
    seen = set()
    for number in itertools.count():
        for path in Path().iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        outputs("old")
        killed = killed_at(number, monkeypatch)
        clear_drafts(Path())
        assert state() in (["old"] * 3, ["new"] * 3), number
        assert not list(Path().glob(".gandyn-*")), number
        seen.add(state()[0])
        if not killed:
            break
    assert number > 10
    assert seen == {"old", "new"}


def test_a_folder_is_there_at_every_moment_of_its_replacement(monkeypatch):
    outputs("old")
    really, seen = os.replace, []

    def watched(*args):
        seen.append(state()[1])
        really(*args)
        seen.append(state()[1])

    monkeypatch.setattr(os, "replace", watched)
    outputs("new")
    if sys.platform == "linux":
        assert None not in seen


def test_drafts_of_a_process_that_runs_are_left():
    with atomic("a.txt") as draft:
        draft.write_text("mine")
        clear_drafts(Path())
        with atomic("b.txt") as other:
            other.write_text("another's")
        assert draft.exists()
    assert Path("a.txt").read_text() == "mine"


def test_drafts_of_a_process_that_was_killed_are_cleared():
    code = (
        "import os\nfrom gandyn._files import atomic\n"
        "with atomic('a.txt') as draft:\n"
        "    draft.write_text('half')\n    os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == -9
    assert list(Path().glob(".gandyn-*"))
    check_target("b.txt", (".txt",), overwrite=False)
    assert not list(Path().iterdir())


def test_an_interruption_amid_the_moves_leaves_all_new(monkeypatch):
    outputs("old")
    really, moves = os.replace, itertools.count()

    def interrupted(*args):
        if next(moves) == 2:  # the journal is in place, and the first draft
            raise KeyboardInterrupt
        really(*args)

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        outputs("new")
    assert state() == ["new"] * 3
    assert not list(Path().glob(".gandyn-*"))


def test_a_symbolic_link_is_written_through():
    Path("store").mkdir()
    Path("store/blob").write_text("old")
    Path("a.txt").symlink_to("store/blob")
    with atomic("a.txt") as draft:
        assert draft.suffix == ".txt"
        draft.write_text("new")
    assert Path("a.txt").is_symlink()
    assert Path("store/blob").read_text() == "new"


def test_an_error_leaves_what_was_there():
    Path("a.txt").write_text("old")

    def write_half():
        with together(["a.txt", "b.txt"]) as drafts:
            drafts[0].write_text("new")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        write_half()
    assert [path.name for path in Path().iterdir()] == ["a.txt"]
    assert Path("a.txt").read_text() == "old"


@pytest.mark.filterwarnings("ignore:os.fork")  # by what other tests have imported
def test_a_lock_belongs_to_a_process_and_not_to_its_children():
    Path("lock").touch()
    other = (
        "import sys\nfrom pathlib import Path\nfrom gandyn._files import lock\n"
        "with lock(Path('lock')) as alone:\n    sys.exit(0 if alone else 3)\n"
    )
    reader, writer = os.pipe()
    with lock(Path("lock")) as mine, lock(Path("lock")) as again:
        assert mine
        assert again is False
        child = os.fork()
        if not child:  # it lives until the writer's end is closed
            os.close(writer)
            os.read(reader, 1)
            os._exit(0)
        assert subprocess.run([sys.executable, "-c", other]).returncode == 3
    assert subprocess.run([sys.executable, "-c", other]).returncode == 0
    os.close(writer)
    assert os.waitpid(child, 0)[1] == 0


def test_no_folder_is_listed_to_find_drafts(monkeypatch):
    listed, really = [], os.scandir

    def noted(path):
        listed.append(str(path))
        return really(path)

    monkeypatch.setattr(os, "scandir", noted)
    outputs("new")
    assert listed
    assert Path().resolve() not in map(Path, listed)
