"""Bilinear games from files, and files in specifications."""

from __future__ import annotations

import numpy as np
import pytest

from gandyn.errors import FieldError, GandynError, UnknownName
from gandyn.games import Bilinear, LinearGame
from gandyn.spec import parse_game

MATRIX = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "game.npz"
    np.savez(file, A=MATRIX, b=[1.0, 2.0, 3.0], J=np.eye(5), n=3)
    return file


def test_a_bilinear_game_comes_back_from_its_file(path):
    assert Bilinear.from_file(path) == Bilinear(A=MATRIX, b=[1.0, 2.0, 3.0])


def test_a_bare_array_is_the_matrix(tmp_path):
    np.save(tmp_path / "a.npy", MATRIX)
    assert Bilinear.from_file(tmp_path / "a.npy") == Bilinear(A=MATRIX)
    np.savez(tmp_path / "a.npz", payoff=MATRIX)
    assert Bilinear.from_file(tmp_path / "a.npz") == Bilinear(A=MATRIX)


def test_specifications_take_the_name_of_a_file(path):
    assert parse_game(f"bilinear('{path}')") == Bilinear.from_file(path)
    game = parse_game(f"LinearGame('{path}', split=2)")
    assert game == LinearGame.from_file(path, split=2)


def test_a_file_that_does_not_fit_is_named(path):
    np.savez(path, A=MATRIX, b=[1.0, 2.0])
    with pytest.raises(FieldError, match=r"game\.npz: Bilinear: b must .* \(3,\)"):
        Bilinear.from_file(path)
    np.savez(path, M=MATRIX, N=MATRIX)
    with pytest.raises(FieldError, match="name the matrix A; found M, N"):
        Bilinear.from_file(path)
    np.savez(path, A=MATRIX[0])
    with pytest.raises(FieldError, match="A must be a matrix"):
        Bilinear.from_file(path)


def test_options_of_a_file_are_checked(path):
    with pytest.raises(UnknownName, match=r"'splt'.*split"):
        parse_game(f"LinearGame('{path}', splt=2)")
    with pytest.raises(GandynError, match="by name only"):
        parse_game(f"LinearGame('{path}', 2)")
    with pytest.raises(FieldError, match="no such file"):
        parse_game("bilinear('absent.npz')")
