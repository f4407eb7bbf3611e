"""The cache of compiled kernels: what is damaged or another's is never loaded."""

import hashlib
import os
import pickle
import random
from pathlib import Path

import numba
import pytest

from gandyn import _disk_cache


def kernel(x):
    return 3.0 * x + 1.0


class Trap:
    """A pickle that writes a file when it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def fresh():
    """Return the kernel as a new process would find it."""
    return _disk_cache._compiled.__wrapped__(kernel, ())


def used(dispatcher):
    """Call the kernel; return whether it came from the disk."""
    assert dispatcher(2.0) == 7.0
    return bool(dispatcher.stats.cache_hits)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GANDYN_CACHE", str(tmp_path / "cache"))
    assert not used(fresh())
    assert used(fresh())
    return tmp_path / "cache"


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_a_new_folder_is_this_users_alone(folder):
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.suffix for path in files(folder)} == {".nbi", ".nbc"}


def test_flipped_bits_are_compiled_again_and_replaced(folder):
    rng = random.Random(0)
    for path in files(folder):
        whole = path.read_bytes()
        for _ in range(6):
            place = rng.randrange(len(whole))
            flipped = bytes([whole[place] ^ (1 << rng.randrange(8))])
            path.write_bytes(whole[:place] + flipped + whole[place + 1 :])
            assert not used(fresh())
            assert used(fresh())


@pytest.mark.parametrize("length", [0, 1, 31, 32, 33, 200])
def test_truncated_entries_are_compiled_again(folder, length):
    for path in files(folder):
        path.write_bytes(path.read_bytes()[:length])
        assert not used(fresh())
        assert used(fresh())


def test_a_poisoned_entry_runs_nothing(folder, tmp_path):
    for path in files(folder):
        path.write_bytes(
            pickle.dumps(numba.__version__) + pickle.dumps(Trap(tmp_path / "ran"))
        )
    assert not used(fresh())
    payload = pickle.dumps(Trap(tmp_path / "ran"))
    for path in files(folder):
        path.write_bytes(hashlib.sha256(payload).digest() + payload)
    assert not used(fresh())
    assert not (tmp_path / "ran").exists()


def test_the_entry_of_another_kernel_is_none(folder):
    index, data = sorted(files(folder), key=lambda path: path.suffix, reverse=True)
    index.write_bytes(data.read_bytes())
    assert not used(fresh())


@pytest.mark.parametrize("mode", [0o770, 0o777, 0o703])
def test_a_folder_that_others_may_write_to_is_not_used(folder, mode):
    folder.chmod(mode)
    assert not used(fresh())
    folder.chmod(0o700)
    assert used(fresh())


def test_an_entry_that_others_may_write_to_is_compiled_again(folder):
    for path in files(folder):
        path.chmod(0o666)
        assert not used(fresh())
        assert used(fresh())


def test_another_users_folder_is_not_used(folder, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    assert not used(fresh())


@pytest.mark.parametrize("error", [OSError(28, "full"), PermissionError(13, "denied")])
def test_a_disk_that_takes_nothing_costs_a_compilation(folder, monkeypatch, error):
    for path in files(folder):
        path.unlink()

    def refuse(*args):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", refuse)
        assert not used(fresh())
    assert not used(fresh())
    assert used(fresh())


def test_a_file_in_the_folders_place(tmp_path, monkeypatch):
    (tmp_path / "cache").write_text("a file")
    monkeypatch.setenv("GANDYN_CACHE", str(tmp_path / "cache"))
    assert not used(fresh())
    assert not used(fresh())


def test_what_kernels_call_is_part_of_their_fingerprint():
    root = Path(_disk_cache.__file__).parent
    seen = {path for where in _disk_cache._OWN_SOURCES for path in root.glob(where)}
    called = {
        path for path in root.rglob("*.py") if "@register_jitable" in path.read_text()
    }
    assert called
    assert called <= seen
