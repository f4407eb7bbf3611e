"""The duality gap in closed form is what its maximisations find."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

from gandyn.bench.gaps import duality_gap
from gandyn.errors import GandynError
from gandyn.games import Bilinear, DiracGAN, GeneralQuadratic, LinearGame, Quadratic

RADIUS = 1.7
COUPLING = np.array([[1.0, -0.4], [0.3, 0.8], [0.5, 0.2]])
BOWL_X = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, 0.3], [0.0, 0.3, 1.5]])
BOWL_Y = np.array([[0.7, -0.2], [-0.2, 1.1]])
POINTS: dict[str, Any] = {"point_x": [0.4, -0.1, 0.2], "point_y": [-0.3, 0.6]}

BOTH = Quadratic(BOWL_X, COUPLING, -BOWL_Y, **POINTS)
X_ALONE = Quadratic(BOWL_X, COUPLING, 0.0, **POINTS)
Y_ALONE = Quadratic(0.0, COUPLING, -BOWL_Y, **POINTS)
NEITHER = Bilinear(COUPLING, b=COUPLING @ [0.2, 0.3], c=[0.1, -0.4])
GAMES = {
    "both": (BOTH, True, True),
    "x alone": (X_ALONE, True, False),
    "y alone": (Y_ALONE, False, True),
    "neither": (NEITHER, False, False),
}


def best(loss: Any, centre: Any, everywhere: bool) -> float:
    """Return the least loss, everywhere or in the ball."""
    ball = {"type": "ineq", "fun": lambda z: RADIUS**2 - np.sum((z - centre) ** 2)}
    found = minimize(
        loss,
        np.asarray(centre) + 0.1,
        method="SLSQP",
        constraints=[] if everywhere else [ball],
        options={"ftol": 1e-10},
    )
    assert found.success
    return float(found.fun)


@pytest.mark.parametrize("name", GAMES)
def test_gap_is_what_maximisation_finds(name: str) -> None:
    game, x_anywhere, y_anywhere = GAMES[name]
    centre_x, centre_y = game.equilibria()[0]
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(3, 4)), rng.normal(size=(2, 4))
    found = duality_gap(game, RADIUS)(x, y)
    assert found.shape == (4,)
    for cell in range(4):
        p, q = x[:, cell], y[:, cell]
        most = -best(lambda w, p=p: -game.loss_x(p, w), centre_y, y_anywhere)
        least = best(lambda u, q=q: game.loss_x(u, q), centre_x, x_anywhere)
        assert found[cell] == pytest.approx(most - least, rel=1e-7)


def test_gap_of_two_numbers() -> None:
    game = Quadratic(2.0, 3.0, -4.0, point_x=1.0, point_y=-1.0)
    x, y = np.array([1.0, 2.0, 1.0]), np.array([-1.0, -1.0, 1.0])
    # at (1, 0) around the equilibrium: 2/2 + 3²/(2·4); at (0, 2): 4·4/2 + 6²/(2·2)
    assert duality_gap(game, 1.0)(x, y).tolist() == pytest.approx([0, 2.125, 17])


def test_gap_is_zero_at_solutions_only() -> None:
    flat = Bilinear(np.diag([2.0, 0.0]), b=[1.0, 0.0], c=[0.5, 0.0])
    gap = duality_gap(flat, RADIUS)
    on = np.array([[-0.25, -0.25], [0.0, 7.0]]), np.array([[-0.5, -0.5], [3.0, 0.0]])
    assert gap(*on).tolist() == [0.0, 0.0]
    off = np.array([[-0.25], [0.0]]), np.array([[-0.5 + 1e-9], [3.0]])
    assert gap(*off) == pytest.approx(RADIUS * 2e-9)
    for game, _, _ in GAMES.values():
        x, y = (part[:, None] for part in game.equilibria()[0])
        gap = duality_gap(game, RADIUS)
        assert gap(x, y) == pytest.approx(0, abs=1e-15)
        for part in (x, y):
            part[0] += 1e-3
            assert gap(x, y)[0] > 1e-8
            part[0] -= 1e-3


def test_gap_knows_the_game_by_its_jacobian() -> None:
    x, y = np.ones((3, 2)), np.array([[0.0, 1.0], [2.0, 1.0]])
    J = np.block([[BOWL_X, COUPLING], [-COUPLING.T, BOWL_Y]])
    point = np.concatenate([POINTS["point_x"], POINTS["point_y"]])
    same = (
        LinearGame(J, n=3, point=point),
        GeneralQuadratic(BOWL_X, COUPLING, -COUPLING.T, BOWL_Y, **POINTS),
    )
    expected = duality_gap(BOTH, RADIUS)(x, y)
    for game in same:
        assert duality_gap(game, RADIUS)(x, y) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("game", "why"),
    [
        (DiracGAN(), "not declared linear"),
        (GeneralQuadratic(A=1.0, B=2.0, C=2.0, D=1.0), "not zero-sum"),
        (LinearGame([[1.0, 1, 2], [-1, 1, 1], [-2, 0, 1]], n=1), "not zero-sum"),
        (Quadratic(-0.15, 0.6, -0.6), "x's own block"),
        (Quadratic(np.eye(2), np.eye(2), -np.diag([1.0, 0.0])), "y's own block"),
        (Bilinear([[0.0]], b=[1.0]), "no equilibrium"),
    ],
)
def test_other_games_are_refused(game: Any, why: str) -> None:
    with pytest.raises(GandynError, match=why) as refusal:
        duality_gap(game, 1.0)
    if "equilibrium" not in why:
        assert "distance or the residual" in str(refusal.value)
