"""What the functions of stability refuse, and what they say then."""

import functools
import math

import numpy as np
import pytest

from gandyn import Game, Rule
from gandyn.errors import FieldError, GandynError
from gandyn.games import Bilinear, DiracGAN
from gandyn.games.dirac import R1
from gandyn.rules import Extragradient, Simultaneous
from gandyn.stability import (
    Flow,
    GameFlow,
    Map,
    bifurcations,
    boundary,
    certify,
    critical_learning_rates,
    critical_timescale,
    fixed_points,
    hopf_points,
    linear_maps,
    linear_stability,
    lyapunov_spectrum,
    minimise_radius,
    multiplier_path,
    normal_form,
    rotation_staircase,
)

GAME = DiracGAN(regulariser=R1(0.3))
HENON = Map(lambda z, a: (1 - a * z[0] * z[0] + z[1], 0.3 * z[0]), "a")
OSCILLATOR = Flow(lambda z, mu: (z[1], mu * z[1] - z[0]), "mu")
AT_POINT = {
    "critical_learning_rates": critical_learning_rates,
    "multiplier_path": multiplier_path,
    "normal_form": normal_form,
    "linear_stability": linear_stability,
    "certify": certify,
    "linear_maps": linear_maps,
    "symbols": functools.partial(linear_maps, numbers="symbolic"),
}


class Folded(Rule):
    """Reflects x at 0: the step has no derivative there."""

    def step(self, game, x, y, memory):
        x = abs(x - 0.1 * game.gx(x, y))
        return x, y - 0.1 * game.gy(x, y), memory


class Slope(Game):
    """A field that is 1 everywhere: no equilibrium."""

    def gx(self, x, y):
        return 1.0 + 0.0 * x

    def gy(self, x, y):
        return 1.0 + 0.0 * y


class Unlisted(Game):
    """v = (x + 2 y, y - 2 x), whose equilibrium is known to the user only."""

    def gx(self, x, y):
        return x + 2.0 * y

    def gy(self, x, y):
        return y - 2.0 * x


@pytest.mark.parametrize("name", AT_POINT)
@pytest.mark.parametrize(
    "point", [3.0, (0.0, 0.0, 0.0), (np.zeros(2), np.zeros(2)), (math.nan, 0.0), "ab"]
)
def test_a_point_is_a_pair_of_players(name: str, point: object) -> None:
    with pytest.raises(FieldError, match="point"):
        AT_POINT[name](Simultaneous(), GAME, point=point)


@pytest.mark.parametrize("name", ["multiplier_path", "normal_form"])
def test_a_point_that_is_not_fixed_shows_its_residual(name: str) -> None:
    # one step moves (0.5, 0.1) of the Dirac-GAN by lr |v|
    with pytest.raises(GandynError, match=r"moves it by \d"):
        AT_POINT[name](Simultaneous(), GAME, point=(0.5, 0.1))


def test_a_normal_form_belongs_to_a_fixed_point_on_the_circle() -> None:
    with pytest.raises(GandynError, match=r"moves it by 0\.873"):
        normal_form(HENON, [0.5, 0.5], 0.8)
    with pytest.raises(GandynError, match="not on the unit circle"):
        normal_form(HENON, HENON.fixed_point([0.6, 0.2], 0.1), 0.1)


def test_nothing_is_certified_of_a_step_without_derivatives() -> None:
    assert certify(Folded(), GAME).status == "unproved"


@pytest.mark.parametrize("neutral", [-1, 0.5, "one"])
def test_neutral_directions_are_counted(neutral: object) -> None:
    with pytest.raises(FieldError, match="neutral"):
        certify(np.eye(2) / 2, neutral=neutral)


@pytest.mark.parametrize("matrix", [np.zeros((0, 0)), np.eye(2) * 1j, np.ones((2, 3))])
def test_maps_and_jacobians_are_real_squares(matrix: np.ndarray) -> None:
    with pytest.raises(FieldError):
        certify(matrix)
    with pytest.raises(FieldError, match="square matrix of finite real"):
        critical_timescale(matrix, n=1)


def test_a_timescale_splits_the_matrix() -> None:
    for n in (-1, 3, 0.5):
        with pytest.raises(FieldError, match=r"from 0 to 2|a whole number"):
            critical_timescale([[1.0, 2.0], [-2.0, 0.0]], n=n)
    with pytest.raises(FieldError, match="finite"):
        critical_timescale([[math.nan, 0.0], [0.0, 1.0]], n=1)


@pytest.mark.parametrize("state", [[0.0], [0.0, 0.0, 0.0], [[0.0, 0.0]], 0.0])
def test_a_state_has_the_coordinates_of_the_map(state: object) -> None:
    for refused in (
        lambda: bifurcations(HENON, state, 0.1, 1.0),
        lambda: hopf_points(OSCILLATOR, state, -1.0, 1.0),
        lambda: HENON.fixed_point(state, 0.1),
    ):
        with pytest.raises(GandynError, match="state"):
            refused()


def test_a_function_returns_as_many_coordinates_as_it_takes() -> None:
    with pytest.raises(GandynError, match=r"makes one of shape \(1,\)"):
        bifurcations(Map(lambda z, p: (p * z[0],)), [0.0, 0.0], 0.1, 1.0)


def test_a_game_without_equilibria_says_so() -> None:
    for refused in (
        critical_learning_rates,
        certify,
        linear_stability,
        AT_POINT["symbols"],
    ):
        with pytest.raises(GandynError, match="no equilibrium"):
            refused(Simultaneous(), Slope())
    with pytest.raises(GandynError, match="no equilibrium"):
        critical_timescale(Slope())
    found = fixed_points(Slope(), [(-1.0, 1.0), (-1.0, 1.0)])
    assert found.complete
    assert not found.points


def test_a_point_stands_in_for_an_unlisted_equilibrium() -> None:
    # 2 Re λ / |λ|² of λ = 1 ± 2i
    (found,) = critical_learning_rates(
        Simultaneous(), Unlisted(), "lr", 0.1, 1.0, point=(0.0, 0.0)
    )
    assert found.value == pytest.approx(0.4, rel=1e-12)


def test_fields_that_overlap_are_refused() -> None:
    for refused in (
        lambda: minimise_radius(
            Extragradient(), GAME, {"lr": (0.1, 1.0), "lr_x": (0.1, 1.0)}
        ),
        lambda: linear_maps(Extragradient(), GAME, {"lr": [0.1], "lr_x": [0.2]}),
        lambda: boundary(Extragradient(), GAME, ("lr", "lr_x"), [(0.1, 1), (0.1, 1)]),
    ):
        with pytest.raises(FieldError, match="lr and lr_x both set lr_x"):
            refused()


def test_empty_and_infinite_requests_are_refused() -> None:
    with pytest.raises(GandynError, match="at least one value"):
        lyapunov_spectrum(HENON, [0.1, 0.1], [])
    with pytest.raises(GandynError, match="finite"):
        rotation_staircase(HENON, [0.8], [math.nan, 0.1])
    with pytest.raises(GandynError, match="zero"):
        minimise_radius(Simultaneous(), Bilinear(np.zeros((3, 2))), {"lr": (0.1, 1.0)})
    with pytest.raises(FieldError, match="point"):
        GameFlow(GAME).state((0.0, 0.0, 0.0))


def test_each_door_says_what_it_takes() -> None:
    state = HENON.fixed_point([0.6, 0.2], 0.1)
    for refused, message in (
        (lambda: normal_form(HENON, state, 0.1, field="lr"), "go with a rule and a"),
        (lambda: normal_form(HENON, state), "value of the map's parameter a"),
        (lambda: multiplier_path(HENON, state, low=0.1, high=1.0, point=(0, 0)), "go"),
        (lambda: normal_form(Simultaneous(), state), "a Rule and a Game; got Simult"),
        (lambda: certify(Simultaneous()), r"needs a game: certify\(rule, game\)"),
        (lambda: linear_maps(Simultaneous(), GAME, "lr"), "fields: give a mapping"),
        (
            lambda: linear_maps(Simultaneous(), GAME, {"lr": 1}, numbers="rational"),
            "fields of a rational map",
        ),
        (
            lambda: linear_maps(Simultaneous(), GAME, numbers="complex"),
            "one of float, rational, symbolic; got 'complex'",
        ),
    ):
        with pytest.raises(GandynError, match=message):
            refused()
