"""Losses and regularisers serve the Dirac-GAN and torch GANs, a user's own too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gandyn import games
from gandyn._node import members
from gandyn.elementary import exp
from gandyn.errors import FieldError
from gandyn.games import Loss, Regulariser
from gandyn.spec import parse_game

H = 1e-30
MARGINS = np.array([-1.3, -0.4, 0.2, 0.9])  # none of them at the hinge's corner
ON_NUMBERS = [name for name, own in games.REGULARISERS.items() if own().of_numbers]
PENALTIES = [name for name in ON_NUMBERS if name not in ("WeightClipping", "Sum")]


def derivative(function: Any, t: np.ndarray) -> np.ndarray:
    """Return a derivative by the complex step."""
    return np.imag(function(t + 1j * H)) / H + 0 * t


@pytest.mark.parametrize("name", list(games.LOSSES))
def test_pulls_and_slopes_are_the_derivatives(name: str) -> None:
    loss = games.LOSSES[name]()
    for pull, slope, value, sign in (
        (loss.pull_x, loss.slope_x, loss.value_x, 1),
        (loss.pull_y, loss.slope_y, loss.value_y, -1),
        (loss.pull_real, loss.slope_real, loss.value_real, -1),
    ):
        first, second = pull(MARGINS) + 0 * MARGINS, slope(MARGINS) + 0 * MARGINS
        np.testing.assert_allclose(first, sign * derivative(value, MARGINS), atol=1e-15)
        np.testing.assert_allclose(second, derivative(pull, MARGINS), atol=1e-15)


@pytest.mark.parametrize("name", ON_NUMBERS)
def test_forces_are_the_derivatives_of_the_energies(name: str) -> None:
    own = games.REGULARISERS[name]()
    for energy, force, stiffness in (
        (own.energy_x, own.force_x, own.stiffness_x),
        (own.energy_y, own.force_y, own.stiffness_y),
    ):
        for got, want in ((force, energy), (stiffness, force)):
            whole = got(MARGINS) + 0 * MARGINS
            np.testing.assert_allclose(whole, derivative(want, MARGINS), atol=1e-15)


@pytest.mark.parametrize("loss", ["LabelSmoothing", "LeastSquares"])
def test_instance_noise_sees_what_the_labels_say(loss: str) -> None:
    fields = {"fake_label": -0.5} if loss == "LeastSquares" else {"smooth_fake": 0.2}
    game = games.NoisyDiracGAN(games.LOSSES[loss](**fields), noise_std=0.7)
    x, y = 0.4, -0.6
    gx, gy = game.gx(x, y), game.gy(x, y)
    assert gx == pytest.approx(np.imag(game.loss_x(x + 1j * H, y)) / H, rel=1e-12)
    assert gy == pytest.approx(np.imag(game.loss_y(x, y + 1j * H)) / H, rel=1e-12)
    rows = game.jacobian(x, y)
    along = [np.imag(g(x + 1j * H, y)) / H for g in (game.gx, game.gy)]
    across = [np.imag(g(x, y + 1j * H)) / H for g in (game.gx, game.gy)]
    want = [along[0], across[0], along[1], across[1]]
    np.testing.assert_allclose(rows, want, rtol=1e-11)


def test_a_sum_of_regularisers_on_numbers() -> None:
    both = games.DiracGAN(regulariser=games.R1(0.2) + games.L2(0.3))
    one = games.DiracGAN(regulariser=games.L2(0.5))
    assert both.gy(0.7, 0.4) == pytest.approx(one.gy(0.7, 0.4), rel=1e-15)
    assert both.jacobian(0.7, 0.4) == pytest.approx(one.jacobian(0.7, 0.4), rel=1e-15)


def test_what_is_for_networks_is_refused_on_numbers() -> None:
    for own in ("FieldPenalty", games.R1(0.1) + games.FieldPenalty()):
        with pytest.raises(FieldError, match=r"networks only: use gandyn\.gans\.Dirac"):
            games.DiracGAN(regulariser=own)

    class OnNetworks(games.R1):
        def penalty_y(self, play: Any) -> Any:
            return 0 * play.y.sum()

    with pytest.raises(FieldError, match="networks only"):
        games.DiracGAN(regulariser=OnNetworks())


def test_what_is_for_numbers_is_refused_on_networks() -> None:
    pytest.importorskip("torch")
    from gandyn.gans import Objective

    class OnNumbers(Regulariser):
        scalar = True

        def force_y(self, y: Any) -> Any:
            return y

    with pytest.raises(FieldError, match="the Dirac-GAN only: give it penalty"):
        Objective(regulariser=OnNumbers() + games.L2(0.1))


def test_a_loss_of_one_class_is_found_everywhere() -> None:
    torch = pytest.importorskip("torch")
    from gandyn import gans

    class Exponential(Loss):
        """L_x = -e^-t, L_y = e^-t."""

        def value_x(self, t: Any) -> Any:
            return -exp(-t)

        def value_y(self, t: Any) -> Any:
            return exp(-t)

        def pull_x(self, t: Any) -> Any:
            return exp(-t)

        def slope_x(self, t: Any) -> Any:
            return -exp(-t)

        def pull_y(self, t: Any) -> Any:
            return exp(-t)

        def slope_y(self, t: Any) -> Any:
            return -exp(-t)

    assert "Exponential" in members(Loss)
    analytic = parse_game("dirac(loss=exponential, regulariser=R1(0.3))")
    gan = gans.parse_gan("dirac(loss=exponential, regulariser=R1(0.3))")
    assert isinstance(analytic.loss, Exponential)  # type: ignore[attr-defined]
    x, y = np.array([0.7]), np.array([-0.4])
    got = gan.game().field(torch.from_numpy(x), torch.from_numpy(y))
    for have, want in zip(got, (analytic.gx(x, y), analytic.gy(x, y)), strict=True):
        np.testing.assert_allclose(have.numpy(), want, rtol=0, atol=1e-15)


def test_a_regulariser_of_one_class_is_found_everywhere() -> None:
    torch = pytest.importorskip("torch")
    from gandyn import gans

    class Quartic(Regulariser):
        """L_y gains (γ/4)|ψ|⁴."""

        scalar = True
        gamma: float = 0.1

        def penalty_y(self, play: Any) -> Any:
            square = play.y.square().sum()
            return self.gamma / 4 * square * square

        def energy_y(self, y: Any) -> Any:
            return self.gamma * y * y * y * y / 4

        def force_y(self, y: Any) -> Any:
            return self.gamma * y * y * y

        def stiffness_y(self, y: Any) -> Any:
            return 3 * self.gamma * y * y

    analytic = parse_game("dirac(regulariser=quartic(gamma=0.5))")
    gan = gans.parse_gan("dirac(regulariser=quartic(gamma=0.5))")
    x, y = np.array([0.7]), np.array([-0.4])
    point = torch.from_numpy(x), torch.from_numpy(y)
    got = gan.game().gy(*point).numpy()
    np.testing.assert_allclose(got, analytic.gy(x, y), rtol=0, atol=1e-15)
    dense = gan.game().dense_jacobian(*point).numpy().ravel()
    want = [float(v) for v in np.ravel(analytic.jacobian(0.7, -0.4))]  # type: ignore
    np.testing.assert_allclose(dense, want, rtol=0, atol=1e-15)


@pytest.mark.parametrize("name", PENALTIES)
def test_every_regulariser_is_the_same_on_numbers_and_networks(name: str) -> None:
    torch = pytest.importorskip("torch")
    from gandyn import gans

    own = games.REGULARISERS[name]()
    analytic = games.DiracGAN("least-squares", own)
    game = gans.DiracGAN("least-squares", own).game()
    x, y = np.array([[0.6, -0.8]]), np.array([[0.3, 0.7]])
    got = game.field(torch.from_numpy(x), torch.from_numpy(y))
    for have, want in zip(got, (analytic.gx(x, y), analytic.gy(x, y)), strict=True):
        np.testing.assert_allclose(have.numpy(), want, rtol=0, atol=1e-15)
