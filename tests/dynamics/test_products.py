"""Every rule on every game that it can play: one orbit, whatever the numbers are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gandyn._lane_blocks import BLOCK
from gandyn._node import replace, resolve
from gandyn.dynamics.engines.first_step import RuleError, check_plain_step
from gandyn.dynamics.engines.kernel_engine import KernelEngine
from gandyn.games import CATALOGUE as GAMES
from gandyn.games import Bilinear, GeneralQuadratic, Quadratic
from gandyn.rules import CATALOGUE as RULES

STEPS = 50
RATE = 0.01
SLOW = {
    "GrimmerQuartic": 5e-4, "CovarianceGAN": 1e-3, "InformationGAN": 1e-3,
    "FollowTheRidge": 1e-4,
}  # fmt: skip
"""Learning rates, so small that no orbit runs away, or crosses a singular J_yy, and
amplifies rounding."""
TIGHT = 1e-12
CROSS = np.array([[1.0, 0.5], [-0.3, 0.8], [0.2, -0.7]])
VECTORS = {
    "Bilinear": Bilinear(CROSS, b=0.1),
    "Quadratic": Quadratic(f_xx=0.4, f_xy=CROSS, f_yy=-0.3),
    "GeneralQuadratic": GeneralQuadratic(A=0.4, B=CROSS, C=-0.5 * CROSS.T, D=0.3),
}
"""Games that are of two numbers unless given matrices."""
SCALAR = {name: cls() for name, cls in GAMES.items() if cls().shape == ((), ())}
VECTOR = VECTORS | {name: cls() for name, cls in GAMES.items() if name not in SCALAR}
WITHOUT_BLOCKS = {
    name for name, game in VECTOR.items() if not hasattr(game, "jacobian")
}
CANNOT = {
    "FollowTheRidge": WITHOUT_BLOCKS
    | {"Bilinear", "ClippedDiracGAN", "LQGAN", "LinearGame", "MeanGAN"},
    "CompetitiveGradientDescent": WITHOUT_BLOCKS,
    "LOLA": {"LinearGame"},
    "StableOpponentShaping": {"LinearGame"},
}  # fmt: skip
"""Where J_yy is singular, or there are no blocks of J, or no losses."""


def rule_of(name: str, game: str) -> Any:
    rule = RULES[name](**{"iterations": 3} if name == "ProximalPoint" else {})
    rate = min(SLOW.get(name, RATE), SLOW.get(game, RATE))
    return replace(rule, dict.fromkeys(resolve(rule, "lr"), rate))


def playable(rule: Any, game: Any, x: Any, y: Any) -> bool:
    try:
        check_plain_step(rule, game, (x, y))
    except RuleError:
        return False
    return True


def orbit(rule: Any, game: Any, x: Any, y: Any) -> np.ndarray:
    """Return all states of vectors, shape (steps, coordinates, batch...)."""
    return play(np.concatenate, rule, game, x, y)


def flat_orbit(rule: Any, game: Any, x: Any, y: Any) -> np.ndarray:
    """Return all states of numbers, shape (steps, 2, batch...)."""
    return play(np.stack, rule, game, x, y)


def play(join: Any, rule: Any, game: Any, x: Any, y: Any) -> np.ndarray:
    memory = rule.init(game, x, y)
    states = []
    with np.errstate(invalid="ignore", divide="ignore"):
        for _ in range(STEPS):
            x, y, memory = rule.step(game, x, y, memory)
            states.append(join([np.asarray(x), np.asarray(y)]))
    return np.array(states)


def assert_same(got: np.ndarray, want: np.ndarray) -> None:
    assert np.isfinite(want).all()
    scale = max(1.0, np.abs(want).max())
    np.testing.assert_allclose(got, want, rtol=0, atol=TIGHT * scale)


@pytest.mark.parametrize("game_name", list(SCALAR))
@pytest.mark.parametrize("name", list(RULES))
def test_numbers_arrays_and_tensors_agree(name: str, game_name: str) -> None:
    torch = pytest.importorskip("torch")
    rule, game = rule_of(name, game_name), SCALAR[game_name]
    x, y = np.array([[0.3, -0.4], [0.6, 0.2]]), np.array([[0.2, 0.5], [-0.3, 0.4]])
    if not playable(rule, game, 0.3, 0.2):
        assert game_name in CANNOT.get(name, ())
        return
    batch = flat_orbit(rule, game, x, y)
    tensors = flat_orbit(rule, game, torch.from_numpy(x), torch.from_numpy(y))
    assert_same(tensors, batch)
    one = flat_orbit(rule, game, float(x[1, 0]), float(y[1, 0]))
    assert_same(batch[..., 1, 0], one)


@pytest.mark.parametrize("game_name", list(VECTOR))
@pytest.mark.parametrize("name", list(RULES))
def test_vectors_batches_and_tensors_agree(name: str, game_name: str) -> None:
    torch = pytest.importorskip("torch")
    rule, game = rule_of(name, game_name), VECTOR[game_name]
    rng = np.random.default_rng(6)
    x, y = (0.4 + 0.3 * rng.normal(size=(*shape, 3)) for shape in game.shape)
    if not playable(rule, game, x[..., 0], y[..., 0]):
        assert game_name in CANNOT.get(name, ())
        return
    batch = orbit(rule, game, x, y)
    tensors = orbit(rule, game, torch.from_numpy(x), torch.from_numpy(y))
    assert_same(tensors, batch)
    assert_same(batch[..., 1], orbit(rule, game, x[..., 1], y[..., 1]))


def test_only_the_listed_pairs_cannot_play() -> None:
    for name, names in CANNOT.items():
        for game_name in names:
            game = (SCALAR if game_name in SCALAR else VECTOR)[game_name]
            start = [np.full(shape, 0.3) for shape in game.shape]
            assert not playable(rule_of(name, game_name), game, *start)


def test_kernels_take_the_same_steps_on_projected_and_clipped_play() -> None:
    """The pair of a rule and a game that both have what no others have."""
    compiled_orbit(rule_of("Projected", ""), GAMES["ClippedDiracGAN"](bound=0.21))


@pytest.mark.slow
@pytest.mark.parametrize("game_name", list(SCALAR))
@pytest.mark.parametrize("name", list(RULES))
def test_kernels_take_the_same_steps(name: str, game_name: str) -> None:
    rule, game = rule_of(name, game_name), SCALAR[game_name]
    if playable(rule, game, 0.3, 0.2):
        compiled_orbit(rule, game)


def compiled_orbit(rule: Any, game: Any) -> None:
    """Compare kernel and plain steps of a block of different cells."""
    x, y = np.linspace(0.25, 0.35, BLOCK), np.linspace(0.25, 0.15, BLOCK)
    engine = KernelEngine(rule, game, [])
    cells = engine.start({}, x, y)
    states = []
    for _ in range(STEPS):
        engine.advance(cells, 1)
        states.append(engine.players(cells).copy())
    assert_same(np.array(states), flat_orbit(rule, game, x, y))
