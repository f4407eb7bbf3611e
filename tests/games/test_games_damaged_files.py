"""Matrices from files: damaged, huge and foreign ones are refused, with the number."""

import contextlib
import struct
import zipfile
import zlib

import numpy as np
import pytest
from scipy import sparse
from scipy.io import savemat

from gandyn.errors import FieldError
from gandyn.games import Bilinear, LinearGame

A = np.array([[1.0, 2.0], [3.0, 5.0]])


def test_a_matlab_file(tmp_path):
    savemat(tmp_path / "a.mat", {"A": A, "b": [1.0, 2.0]})
    game = Bilinear.from_file(tmp_path / "a.mat")
    assert (game.A == A).all()
    assert game.b.tolist() == [1.0, 2.0]


def test_a_small_sparse_file_that_would_be_huge(tmp_path):
    savemat(tmp_path / "a.mat", {"A": sparse.csc_matrix((60_000, 60_000))})
    with pytest.raises(FieldError, match=r"28800000000 bytes, more than the limit"):
        Bilinear.from_file(tmp_path / "a.mat")


def test_cells_and_structures_are_no_numbers(tmp_path):
    savemat(tmp_path / "a.mat", {"A": {"field": 1.0}})
    with pytest.raises(FieldError, match="A holds cells or structures; give"):
        Bilinear.from_file(tmp_path / "a.mat")


def test_a_reader_that_crashes_is_a_damaged_file(tmp_path, monkeypatch):
    crash = "import os; os.abort()"
    monkeypatch.setattr("gandyn.games._matlab.__name__", "no_such_module_of_gandyn")
    (tmp_path / "a.mat").write_bytes(crash.encode())
    with pytest.raises(FieldError, match=r"a\.mat: "):
        Bilinear.from_file(tmp_path / "a.mat")


@pytest.mark.parametrize("seed", range(4))
def test_damaged_matlab_files_are_refused_or_read(tmp_path, seed):
    savemat(tmp_path / "a.mat", {"A": np.eye(12)}, do_compression=True)
    rng = np.random.default_rng(seed)
    content = bytearray((tmp_path / "a.mat").read_bytes())
    for place in rng.integers(0, len(content), 6):
        content[place] ^= 1 << int(rng.integers(8))
    (tmp_path / "a.mat").write_bytes(content)
    with contextlib.suppress(FieldError):
        assert isinstance(Bilinear.from_file(tmp_path / "a.mat"), Bilinear)


def npy(shape, dtype="<f8"):
    header = str({"descr": dtype, "fortran_order": False, "shape": shape}).encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header) + 1) + header + b"\n"


def test_an_array_that_announces_too_much(tmp_path):
    (tmp_path / "a.npy").write_bytes(npy((10**6, 10**6)))
    with pytest.raises(FieldError, match="8000000000000 bytes, more than the limit"):
        LinearGame.from_file(tmp_path / "a.npy")


def test_members_that_are_not_asked_for_are_not_read(tmp_path):
    np.savez(tmp_path / "good.npz", A=A)
    with zipfile.ZipFile(tmp_path / "good.npz", "a") as archive:
        archive.writestr("junk.npy", npy((10**6, 10**6)))
    assert (Bilinear.from_file(tmp_path / "good.npz").A == A).all()
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("A.npy", npy((10**5, 10**5)) + bytes(10**6))
    with pytest.raises(FieldError, match="80000000000 bytes, more than the limit"):
        Bilinear.from_file(tmp_path / "bomb.npz")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x93NUMPY\x01\x00\x10\x00{'descr': [[[[[",
        b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 65535,
        npy((2, 2), "|O") + bytes(32),
        npy((-1, 2)) + bytes(32),
        npy((2, 2))[:-3],
        b"PK\x05\x06" + bytes(18),
        b"PK\x03\x04" + zlib.compress(bytes(100)),
    ],
)
@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_damaged_numpy_files(tmp_path, content, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    with pytest.raises(FieldError, match=r"a\.np"):
        Bilinear.from_file(path)
