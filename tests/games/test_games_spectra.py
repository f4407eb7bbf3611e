"""Published and derived numbers of the games at their critical points."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad

from gandyn.games import (
    LQGAN,
    CovarianceGAN,
    DiracGAN,
    Forsaken,
    GaussianHills,
    GrimmerQuartic,
    HiddenBilinear,
    LetcherMarket,
    LetcherZeroSum,
    LinearGame,
    MeanGAN,
    NoisyDiracGAN,
    PolynomialGame,
    Quadratic,
    TorusGame,
)
from gandyn.games.dirac import R1, GradientPenalty, Hinge, Minimax, NonSaturating


def jacobian(game, x, y):
    """Return J as a matrix, column by column."""
    sizes = [int(np.prod(s, dtype=int)) for s in game.shape]
    columns = []
    for unit in np.eye(sum(sizes)):
        u, w = (
            p.reshape(s)
            for p, s in zip(np.split(unit, sizes[:1]), game.shape, strict=True)
        )
        columns.append(np.concatenate([np.ravel(p) for p in game.jvp(x, y, u, w)]))
    return np.array(columns).T


def spectrum(game, point=None, tau=1.0):
    """Return the eigenvalues of the flow -diag(1, τ) J, by imaginary part."""
    x, y = game.equilibria()[0] if point is None else point
    matrix = -jacobian(game, x, y)
    matrix[np.size(x) :] *= tau
    values = np.linalg.eigvals(matrix)
    return values[np.lexsort((-values.real, -values.imag))]


@pytest.mark.parametrize(
    ("game", "real", "imaginary"),
    [
        (DiracGAN(), 0.0, 0.5),
        (DiracGAN("NS"), 0.0, 0.5),
        (DiracGAN("wasserstein"), 0.0, 1.0),
        (DiracGAN("least-squares"), 0.0, 1.0),
        (DiracGAN("hinge"), 0.0, 1.0),
        (DiracGAN("NS", R1(0.3)), -0.15, 0.47696960070847283),
        (DiracGAN("NS", R1(0.5)), -0.25, 0.4330127018922193),
        (NoisyDiracGAN(noise_std=0.5), -0.0625, 0.49607837082461076),
        (NoisyDiracGAN(noise_std=1.0), -0.25, 0.4330127018922193),
        (HiddenBilinear(p=0.3, q=0.6), 0.0, 0.3 * 0.7 * 0.6 * 0.4),
        (Forsaken(), -0.044746001700255736, 0.908027593065119),
        (GrimmerQuartic(A=3.0), 20.0, 3.0),
        (LetcherZeroSum(), 1.0, 1.0),
    ],
    ids=repr,
)
def test_the_spectrum_of_the_flow_at_the_equilibrium(game, real, imaginary):
    expected = [complex(real, imaginary), complex(real, -imaginary)]
    np.testing.assert_allclose(spectrum(game), expected, rtol=0, atol=1e-12)


def test_the_dirac_eigenvalues_become_real_at_gamma_1():
    above, at, below = (
        spectrum(DiracGAN(regulariser=R1(g))) for g in (1 + 1e-6, 1.0, 1 - 1e-6)
    )
    assert np.abs(above.imag).max() == 0
    np.testing.assert_allclose(at, -0.5, atol=1e-7)
    assert np.abs(below.imag).min() > 1e-4


@pytest.mark.parametrize(
    ("tau", "expected"), [(1, -0.15 + 0.4769696j), (4, -0.6 + 0.8j)]
)
def test_the_dirac_spectrum_with_two_time_scales(tau, expected):
    got = spectrum(DiracGAN(regulariser=R1(0.3)), tau=tau)[0]
    assert got == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize(
    ("logit", "saturating", "not_saturating"),
    [
        (-10, -4.5397868702434395e-05, -0.9999546021312976),
        (-5, -0.0066928509242848554, -0.9933071490757152),
    ],
)
def test_the_saturating_generator_loss_is_flat_on_rejected_fakes(
    logit, saturating, not_saturating
):
    assert -Minimax().pull_x(-logit) == pytest.approx(saturating, abs=1e-15)
    assert -NonSaturating().pull_x(-logit) == pytest.approx(not_saturating, abs=1e-15)


def test_the_gradient_penalty_pushes_the_slope_to_its_target():
    penalty = GradientPenalty(gamma=2.0, target=0.5)
    assert [penalty.force_y(y) for y in (-1.0, -0.5, 0.0, 0.5, 1.0)] == [-1, 0, 0, 0, 1]
    assert GradientPenalty(0.3, 0.0).force_y(0.7) == pytest.approx(R1(0.3).force_y(0.7))


def test_the_hinge_is_flat_beyond_its_margin():
    assert [Hinge().pull_y(t) for t in (-2.0, 0.99, 1.01)] == [1, 1, 0]
    assert [Hinge().value_y(t) for t in (-2.0, 0.0, 1.5)] == [3, 1, 0]


@pytest.mark.parametrize(("x", "y", "std"), [(0.7, -0.4, 1.0), (-1.0, 0.5, 0.5)])
def test_instance_noise_is_an_expectation(x, y, std):
    game = NoisyDiracGAN(noise_std=std)

    def mean(function):
        return quad(
            lambda e: function(std * e) * math.exp(-e * e / 2) / math.sqrt(2 * math.pi),
            -12,
            12,
            epsabs=1e-13,
        )[0]

    loss = Minimax()
    fake, real = (
        mean(lambda e: loss.value_y(y * (x + e))),
        mean(lambda e: loss.value_y(-y * e)),
    )
    assert game.loss_x(x, y) == pytest.approx(-fake, abs=1e-10)
    assert game.loss_y(x, y) == pytest.approx(fake + real, abs=1e-10)


@pytest.mark.parametrize(("eta", "moment"), [(0.5, 1 / 3), (1.0, 1 / 3), (1.0, 2.0)])
def test_the_lqgan_penalty_sets_the_largest_rate(eta, moment):
    game = LQGAN(eta=eta, moment=moment)
    matrix = jacobian(game, *game.equilibria()[0])
    assert np.trace(matrix) / np.linalg.det(matrix) == pytest.approx(2 * eta)


@pytest.mark.parametrize("gamma", [0.0, 0.6, 2.5])
def test_the_mean_gan_is_one_quadratic_game_per_coordinate(gamma):
    found = spectrum(MeanGAN([1.0, -2.0, 0.5], gamma=gamma))
    root = np.emath.sqrt(gamma**2 / 4 - 1)
    pair = np.repeat([-gamma / 2 + root, -gamma / 2 - root], 3)
    expected = pair[np.lexsort((-pair.real, -pair.imag))]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_the_mean_gan_s_losses_are_expectations():
    """Of the critic yᵀu over samples of data and generator, moments matched."""
    rng = np.random.default_rng(4)
    noise = rng.normal(size=(500, 2))
    noise -= noise.mean(axis=0)
    game, x, y = MeanGAN([1.0, -2.0]), np.array([0.3, 0.8]), np.array([-0.7, 1.1])
    critic = ((noise + game.mean) @ y).mean() - ((noise + x) @ y).mean()
    assert game.loss_x(x, y) == pytest.approx(critic, abs=1e-14)


def test_the_covariance_gan_has_a_manifold_of_equilibria():
    game = CovarianceGAN(np.diag([4.0, 1.0]), columns=2)
    values = spectrum(game)
    assert np.count_nonzero(np.abs(values) < 1e-9) == 2
    np.testing.assert_allclose(values.real, 0, atol=1e-9)
    assert CovarianceGAN(np.eye(2), columns=1).equilibria() == []


FIEZ = np.array([[-1, 0, -1, 0], [0, 0.5, 0, 0.5], [-1, 0, -0.5, 0], [0, 0.5, 0, -1]])


def quadratic_of(matrix):
    return Quadratic(matrix[:2, :2], matrix[:2, 2:], matrix[2:, 2:])


@pytest.mark.parametrize(
    ("game", "point", "tau"),
    [
        (quadratic_of(FIEZ), None, 2.0),
        (quadratic_of(4 * FIEZ), None, 2.0),
        (TorusGame(0.15, 0.15), 0, 0.7391304347826086),
        (TorusGame(0.15, 0.15), 1, 1.3529411764705883),
        (Quadratic(-6.0, 4.0, -2.0), None, 3.0),
        (Quadratic(-1.0, 2.0, -3.0), None, 1 / 3),
        (GaussianHills(), 0, 1.0),
    ],
)
def test_a_local_minmax_point_is_stable_above_its_ratio_of_rates(game, point, tau):
    at = None if point is None else game.equilibria()[point]
    assert spectrum(game, at, tau * (1 + 1e-6)).real.max() < 0
    assert spectrum(game, at, tau * (1 - 1e-6)).real.max() > 0


def test_a_point_that_is_no_minmax_is_stable_below_a_ratio():
    game = Quadratic(6.0, 4.0, 2.0)
    assert spectrum(game, tau=3 - 1e-6).real.max() < 0
    assert spectrum(game, tau=3 + 1e-6).real.max() > 0


def test_strict_nash_points_are_stable_for_every_ratio():
    game = PolynomialGame()
    matrix = jacobian(game, *game.equilibria()[1])
    np.testing.assert_allclose(np.diag(matrix), [12, 2, 2, 2], atol=1e-12)
    np.testing.assert_allclose(matrix, np.diag(np.diag(matrix)), atol=1e-12)
    hills = GaussianHills()
    point = hills.equilibria()[1]
    np.testing.assert_allclose(
        point, [10.572163992478098, -8.95173917676807], rtol=1e-12
    )
    assert all(spectrum(hills, point, tau).real.max() < 0 for tau in (1e-3, 1.0, 1e3))


def test_grimmer_folds_at_five_root_two():
    fold = 5 * math.sqrt(2)
    assert len(GrimmerQuartic(A=fold - 1e-3).equilibria()) == 9
    assert len(GrimmerQuartic(A=fold + 1e-3).equilibria()) == 1


@pytest.mark.parametrize("game", [LetcherMarket(), LetcherZeroSum()], ids=repr)
def test_letcher_games_have_no_other_critical_point(game):
    from gandyn.games._roots import find_roots

    np.testing.assert_allclose(find_roots(game), [(0, 0)], atol=1e-12)


def test_strong_monotonicity_and_prescribed_spectra():
    values = spectrum(Quadratic.strongly_monotone(0.5, 2.0))
    np.testing.assert_allclose(values, [-0.5 + 2j, -0.5 - 2j], atol=1e-14)
    wanted = np.array([1 + 3j, 1 - 3j, -0.5, 2.0, 2.0])
    for condition in (1.0, 100.0):
        game = LinearGame.with_spectrum(wanted, n=2, condition=condition, seed=4)
        got = np.linalg.eigvals(game.J)
        np.testing.assert_allclose(
            np.sort_complex(got), np.sort_complex(wanted), atol=1e-6
        )
    normal = LinearGame.with_spectrum(wanted).J
    np.testing.assert_allclose(normal @ normal.T, normal.T @ normal, atol=1e-13)
    with pytest.raises(ValueError, match="conjugate"):
        LinearGame.with_spectrum([1j, 1.0])


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Quadratic([[1.0, 2.0], [0.0, 1.0]], np.eye(2)), "symmetric"),
        (lambda: Quadratic(np.eye(3), np.eye(2)), r"shape \(2, 2\)"),
        (lambda: Quadratic(np.eye(2), 1.0), "f_xy must be one too"),
        (lambda: Quadratic(1.0, np.ones((2, 3)), point_y=[1.0]), "point_y"),
        (lambda: CovarianceGAN([[1.0, 2.0], [0.0, 1.0]]), "symmetric"),
        (lambda: CovarianceGAN([[1.0, 2.0], [2.0, 1.0]]), "semidefinite"),
        (lambda: LinearGame.with_spectrum([1.0, 2.0], condition=0.5), "at least 1"),
    ],
)
def test_matrices_are_checked(build, message):
    with pytest.raises(ValueError, match=message):
        build()
