"""Path angles and eigenvalues of training runs, and their pictures."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from gandyn import plot
from gandyn.errors import GandynError
from gandyn.games import Bilinear, Quadratic

torch = pytest.importorskip("torch")

from gandyn.gans import DiracGAN, TeacherStudent  # noqa: E402
from gandyn.gans.spectra.diagnostics import landscape, path_angle  # noqa: E402
from gandyn.gans.spectra.linearisation import linearise  # noqa: E402

SHARES = np.linspace(0.5, 1.5, 101)


def at(x: float, y: float) -> Any:
    return torch.tensor(x, dtype=torch.float64), torch.tensor(y, dtype=torch.float64)


def test_rotation_is_a_bump() -> None:
    eps = 0.02
    found = path_angle(Bilinear(1.0), at(1.0, eps), at(0.0, eps), SHARES)
    t = 1 - SHARES  # the line is (t, eps), where v = (eps, -t) and the way is (-1, 0)
    expected = -eps / np.hypot(eps, t)
    np.testing.assert_allclose(found.cosine, expected, atol=1e-12)
    assert np.abs(found.cosine).argmax() == 50
    assert np.abs(found.cosine).max() == pytest.approx(1)
    assert (np.sign(found.cosine) == np.sign(found.cosine[0])).all()
    np.testing.assert_allclose(found.norm, np.hypot(eps, t), atol=1e-12)


def test_attraction_is_a_switch_of_sign() -> None:
    game = Quadratic.strongly_monotone(1.0, 0.0)
    eps = 1e-3
    found = path_angle(game, at(1.0, 0.0), at(eps, eps), SHARES)
    before, after = SHARES < 0.98, SHARES > 1.02
    assert (found.cosine[before] < -0.99).all()
    assert (found.cosine[after] > 0.99).all()
    assert found.norm.argmin() == 50


def test_a_spiral_does_both() -> None:
    game = Quadratic.strongly_monotone(1.0, 1.0)
    found = path_angle(game, at(1.0, 0.0), at(0.0, 0.0), [0.9, 1.1])
    turned = np.sqrt(0.5)  # v makes 45° with the way everywhere
    np.testing.assert_allclose(found.cosine, [-turned, turned], atol=1e-12)


def test_a_path_needs_two_points_and_marks_a_vanishing_field() -> None:
    with pytest.raises(GandynError, match="same"):
        path_angle(Bilinear(), at(1.0, 0.0), at(1.0, 0.0))
    found = path_angle(Bilinear(), at(1.0, 0.0), at(0.0, 0.0), [0.5, 1.0])
    assert np.isnan(found.cosine).tolist() == [False, True]
    with pytest.raises(GandynError, match="vanishes"):
        plot.path_angle(dataclasses.replace(found, cosine=np.array([np.nan])))


def test_landscape_has_the_blocks_of_the_jacobian() -> None:
    gan = TeacherStudent(regulariser="R1", hidden=3, points=16)
    game, (x, y) = gan.game(), gan.initial()
    found = landscape(game, x, y, 2)
    dense, n = linearise(game, x, y).J, len(x)
    for view, block in (
        (found.generator, dense[:n, :n]),
        (found.discriminator, dense[n:, n:]),
    ):
        np.testing.assert_allclose(block, block.T, atol=1e-12)
        own = np.linalg.eigvalsh(block)
        assert view.converged.all()
        assert view.at("largest real")[0].real == pytest.approx(own[-1], abs=1e-8)
        assert view.at("smallest real")[0].real == pytest.approx(own[0], abs=1e-8)
    whole = np.linalg.eigvals(dense)
    best = found.game.at("largest modulus")[0]
    assert np.abs(whole - best).min() < 1e-8


def test_generator_without_curvature_has_no_eigenvalues_of_its_own() -> None:
    gan = TeacherStudent(regulariser="R1", hidden=3, points=16)
    found = landscape(gan.game(), *gan.equilibrium(), 2)
    assert found.generator.values.size == 0
    assert (found.discriminator.values.real > 0).all()


def test_pictures_show_the_numbers() -> None:
    found = path_angle(Bilinear(1.0), at(1.0, 0.1), at(0.0, 0.1), SHARES)
    ax = plot.path_angle(found)
    drawn = next(line for line in ax.lines if len(line.get_xdata()) == len(SHARES))
    np.testing.assert_array_equal(drawn.get_ydata(), found.cosine)
    values = np.array([1 + 2j, 1 - 2j, -0.5])
    ax = plot.gan_spectrum(values, lr=0.4)
    assert [text.get_text() for text in ax.get_legend().get_texts()][1:3] == [
        "real part > 0: contracts (2)",
        "real part ≤ 0 (1)",
    ]
    disc = ax.lines[-1].get_xydata()
    np.testing.assert_allclose(np.hypot(disc[:, 0] - 2.5, disc[:, 1]), 2.5)
    with pytest.raises(GandynError, match="no finite"):
        plot.gan_spectrum([])
    view = landscape(
        DiracGAN(regulariser="R1").game(), *(torch.zeros(1).double() for _ in "xy")
    )
    ax = plot.curvatures(view)
    assert [patch.get_height() for patch in ax.patches] == pytest.approx([0.1])


def test_plots_of_gans_need_no_torch() -> None:
    code = "import sys, gandyn.plot.gans; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
