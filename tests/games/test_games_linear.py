"""The bilinear game's equilibria, and game Jacobians read from files."""

from __future__ import annotations

import struct
from fractions import Fraction

import numpy as np
import pytest
from scipy.io import savemat

from gandyn.errors import FieldError
from gandyn.games import Bilinear, LinearGame

RNG = np.random.default_rng(3)


def graded(n, m, rank, condition):
    """Return an n x m matrix with the given rank and condition number."""
    u, _ = np.linalg.qr(RNG.normal(size=(n, n)))
    v, _ = np.linalg.qr(RNG.normal(size=(m, m)))
    sigma = np.zeros((n, m))
    sigma[range(rank), range(rank)] = np.geomspace(1, 1 / condition, rank)
    return u @ sigma @ v.T


@pytest.mark.parametrize(
    ("n", "m", "rank"), [(4, 4, 4), (5, 3, 3), (3, 5, 2), (2, 2, 0)]
)
@pytest.mark.parametrize("condition", [1.0, 1e6, 1e12])
def test_consistent_offsets_have_a_least_norm_equilibrium(n, m, rank, condition):
    a = graded(n, m, rank, condition)
    x0, y0 = RNG.normal(size=n), RNG.normal(size=m)
    game = Bilinear(a, b=-a @ y0, c=-a.T @ x0)
    ((x, y),) = game.equilibria()
    np.testing.assert_allclose(game.gx(x, y), 0, atol=1e-13)
    np.testing.assert_allclose(game.gy(x, y), 0, atol=1e-13)
    assert np.linalg.norm(x) <= np.linalg.norm(x0) * (1 + 1e-3)
    u, _, vt = np.linalg.svd(a)
    np.testing.assert_allclose(u[:, rank:].T @ x, 0, atol=1e-3)
    np.testing.assert_allclose(vt[rank:] @ y, 0, atol=1e-3)


@pytest.mark.parametrize("condition", [1.0, 1e12])
def test_an_offset_outside_the_range_has_no_equilibrium(condition):
    a = graded(4, 3, 2, condition)
    u, _, _ = np.linalg.svd(a)
    assert Bilinear(a, b=u[:, 0] + 1e-9 * u[:, 3]).equilibria() == []
    assert len(Bilinear(a, b=u[:, 0]).equilibria()) == 1


def test_scalar_equilibria():
    assert Bilinear(0.0).equilibria() == [(0.0, 0.0)]
    assert Bilinear(0.0, b=1.0).equilibria() == []
    assert Bilinear(2.0, b=1.0, c=3.0).equilibria() == [(-1.5, -0.5)]


def test_singular_values():
    a = graded(5, 3, 3, 1e12)
    np.testing.assert_allclose(
        Bilinear(a).singular_values(), [1, 1e-6, 1e-12], rtol=1e-3
    )
    assert Bilinear(-2.0).singular_values() == [2.0]


def test_a_scalar_bilinear_game_is_exact_on_fractions():
    third = Fraction(1, 3)
    game = Bilinear(third, b=third)
    assert game.gx(1, third) == Fraction(4, 9)
    p, q = game.solve(1, 1, third, third, Fraction(1), Fraction(2))
    assert p + third * game.jvp(1, 1, p, q)[0] == 1
    assert q + third * game.jvp(1, 1, p, q)[1] == 2


def test_a_swept_sigma_is_elementwise():
    sigma = np.array([1.0, 2.0, 3.0])
    game = Bilinear(sigma, b=sigma)
    assert game.shape == ((), ())
    np.testing.assert_array_equal(game.gx(0.0, 2.0), 3 * sigma)


def test_matrices_are_copied():
    a = np.eye(2)
    game = Bilinear(a)
    a[0, 0] = 5
    assert game.A[0, 0] == 1


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"A": [[1.0, 2.0], [3.0]]}, "equal rows"),
        ({"A": [["a"]]}, "real numbers"),
        ({"A": [[1j]]}, "real numbers"),
        ({"A": np.zeros((0, 2))}, "empty"),
        ({"A": [[1.0, np.nan]]}, r"nan at index \(0, 1\)"),
        ({"A": np.zeros((2, 2, 2))}, "axes"),
        ({"A": np.eye(2), "b": [1.0, 2.0, 3.0]}, r"b must be .*\(2,\), got \(3,\)"),
        ({"A": np.ones((2, 3)), "c": [1.0, 2.0]}, r"c must be .*\(3,\)"),
        ({"A": float("inf")}, "finite"),
    ],
)
def test_bilinear_refuses(fields, message):
    with pytest.raises(FieldError, match=message):
        Bilinear(**fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"J": np.ones((2, 3))}, r"square.*\(2, 3\)"),
        ({"J": [[1.0]]}, "at least 2 rows"),
        ({"J": np.eye(3), "n": 3}, "must be 1 to 2"),
        ({"J": np.eye(3), "n": 0}, "n must be a whole number"),
        ({"J": np.eye(3), "n": 1.5}, "n must be a whole number"),
        ({"J": np.eye(3), "point": [1.0]}, "point"),
        ({"J": [[np.inf, 0], [0, 1]]}, "finite"),
    ],
)
def test_linear_game_refuses(fields, message):
    with pytest.raises(FieldError, match=message):
        LinearGame(**fields)


MATRIX = np.arange(9.0).reshape(3, 3) - 4


@pytest.mark.parametrize("suffix", ["npy", "npz", "mat"])
def test_files_are_read(tmp_path, suffix):
    path = tmp_path / f"game.{suffix}"
    if suffix == "npy":
        np.save(path, MATRIX.astype(np.int32))
    elif suffix == "npz":
        np.savez(path, J=MATRIX, n=2, point=[1.0, 2.0, 3.0])
    else:
        savemat(path, {"J": MATRIX, "n": 2, "point": [1.0, 2.0, 3.0]})
    game = LinearGame.from_file(path, split=2)
    assert game.J.dtype == np.float64
    np.testing.assert_array_equal(game.J, MATRIX)
    assert game.shape == ((2,), (1,))
    if suffix != "npy":
        assert game == LinearGame.from_file(str(path))
        assert LinearGame.from_file(path, split=1).n == 1
        x, y = game.equilibria()[0]
        np.testing.assert_array_equal([*x, *y], [1, 2, 3])


def test_the_only_square_matrix_is_taken(tmp_path):
    path = tmp_path / "game.npz"
    np.savez(path, other=MATRIX, n=1, note=np.ones(2))
    np.testing.assert_array_equal(LinearGame.from_file(path).J, MATRIX)
    np.savez(path, one=MATRIX, two=MATRIX, n=1)
    with pytest.raises(FieldError, match="name the game Jacobian J; found one, two"):
        LinearGame.from_file(path)


def test_missing_and_unknown_files(tmp_path):
    with pytest.raises(FieldError, match=r"absent\.npy: no such file"):
        LinearGame.from_file(tmp_path / "absent.npy", split=1)
    with pytest.raises(FieldError, match="unknown kind of file"):
        LinearGame.from_file(tmp_path / "game.pkl", split=1)
    (tmp_path / "folder.npy").mkdir()
    with pytest.raises(FieldError, match="no such file"):
        LinearGame.from_file(tmp_path / "folder.npy", split=1)


@pytest.mark.parametrize("suffix", ["npy", "npz", "mat"])
@pytest.mark.parametrize("kept", [0, 3, 0.3, 0.6, 0.99])
def test_truncated_files(tmp_path, suffix, kept):
    path = tmp_path / f"game.{suffix}"
    if suffix == "npy":
        np.save(path, MATRIX)
    elif suffix == "npz":
        np.savez(path, J=MATRIX)
    else:
        savemat(path, {"J": MATRIX})
    whole = path.read_bytes()
    path.write_bytes(whole[: kept if kept >= 1 else int(kept * len(whole))])
    with pytest.raises(FieldError, match=r"game\."):
        LinearGame.from_file(path, split=1)


class _Trap:
    def __reduce__(self):
        return pytest.fail, ("a file was unpickled",)


@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_pickled_objects_are_never_loaded(tmp_path, suffix):
    path = tmp_path / f"game.{suffix}"
    traps = np.array([[_Trap()]], dtype=object)
    (np.save if suffix == "npy" else lambda p, a: np.savez(p, J=a))(path, traps)
    with pytest.raises(FieldError, match="never unpickled"):
        LinearGame.from_file(path, split=1)


@pytest.mark.parametrize(
    "content", [b"", b"\x80\x04N.", b"hello", struct.pack("9d", *range(9))]
)
def test_foreign_bytes(tmp_path, content):
    for suffix in ("npy", "npz", "mat"):
        path = tmp_path / f"game.{suffix}"
        path.write_bytes(content)
        with pytest.raises(FieldError, match="cannot be read"):
            LinearGame.from_file(path, split=1)


@pytest.mark.parametrize(
    ("matrix", "split", "message"),
    [
        (np.array([["a", "b"], ["c", "d"]]), 1, "real numbers"),
        (MATRIX + 1j, 1, "real numbers"),
        (MATRIX[:2], 1, "square"),
        (np.where(MATRIX == 0, np.nan, MATRIX), 1, r"nan at index \(1, 1\)"),
        (np.where(MATRIX == 0, np.inf, MATRIX), 1, "finite"),
        (MATRIX, None, "holds no n; give split="),
        (MATRIX, 3, "must be 1 to 2"),
        (MATRIX, 0, "whole number"),
        (MATRIX, -1, "whole number"),
        (np.zeros((0, 0)), 1, "empty"),
    ],
)
def test_bad_contents(tmp_path, matrix, split, message):
    path = tmp_path / "game.npy"
    np.save(path, matrix)
    with pytest.raises(FieldError, match=message) as caught:
        LinearGame.from_file(path, split=split)
    assert str(path) in str(caught.value)


def test_bad_splits_and_types_in_mat_files(tmp_path):
    path = tmp_path / "game.mat"
    savemat(path, {"J": MATRIX, "n": 1.5})
    with pytest.raises(FieldError, match="n must be one whole number"):
        LinearGame.from_file(path)
    savemat(path, {"J": {"a": 1}})
    with pytest.raises(FieldError, match="real numbers"):
        LinearGame.from_file(path, split=1)
    savemat(path, {"n": 1})
    with pytest.raises(FieldError, match="name the game Jacobian J"):
        LinearGame.from_file(path)
