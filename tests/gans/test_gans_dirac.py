"""The Dirac-GAN as torch modules is the Dirac-GAN of the kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gandyn import games, rules
from gandyn._lane_blocks import BLOCK
from gandyn._node import replace
from gandyn.dynamics.engines.kernel_engine import KernelEngine
from gandyn.games import dirac

torch = pytest.importorskip("torch")

from gandyn.gans import train  # noqa: E402
from gandyn.gans.catalogue.gaussian import DiracGAN  # noqa: E402

TIGHT = 1e-12
STEPS = 30
LOSSES = ["minimax", "non-saturating", "wasserstein", "least-squares", "hinge"]
REGULARISERS = {
    "none": ("Unregularised", {}),
    "L2": ("L2", {"gamma": 0.3}),
    "L2Both": ("L2Both", {"gamma": 0.3}),
    "R1": ("R1", {"gamma": 0.3}),
    "R2": ("R2", {"gamma": 0.3}),
    "GP of target 0": ("GradientPenalty", {"gamma": 0.3, "target": 0.0}),
    "GP of target 1": ("GradientPenalty", {"gamma": 0.3, "target": 1.0}),
}
RULES = ["Simultaneous", "Alternating", "Extragradient", "OptimisticGradient",
         "HeavyBall", "Consensus", "ProximalPoint", "Adam", "LOLA"]  # fmt: skip


def both(loss: str, regulariser: str) -> tuple[Any, Any]:
    name, fields = REGULARISERS[regulariser]
    analytic = dirac.DiracGAN(loss, getattr(dirac, name)(**fields))
    return analytic, DiracGAN(loss, getattr(games, name)(**fields))


def kernel_orbit(rule: Any, game: Any, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the states of the compiled orbits, shape (steps, 2, cells)."""
    engine = KernelEngine(rule, game, [])
    cells = engine.start({}, x, y)
    states = []
    for _ in range(STEPS):
        engine.advance(cells, 1)
        states.append(engine.players(cells).copy())
    return np.array(states)


def torch_orbit(rule: Any, game: Any, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the states of an ensemble, shape (steps, 2, members)."""
    start = torch.from_numpy(x)[None], torch.from_numpy(y)[None]
    seen = {"x": lambda g, x, y: x[0], "y": lambda g, x, y: y[0]}
    run = train(rule, game, start, STEPS, record=seen)
    return torch.stack([run.record["x"], run.record["y"]], 1)[1:].numpy()


def plain_orbit(rule: Any, game: Any, x: Any, y: Any) -> np.ndarray:
    memory, states = rule.init(game, x, y), []
    for _ in range(STEPS):
        x, y, memory = rule.step(game, x, y, memory)
        states.append(np.stack([x, y]))
    return np.array(states)


def rule_of(name: str) -> Any:
    extra = {"iterations": 3, "tol": 1.0} if name == "ProximalPoint" else {}
    return rules.CATALOGUE[name](lr=0.1, **extra)


@pytest.mark.parametrize("regulariser", list(REGULARISERS))
@pytest.mark.parametrize("loss", LOSSES)
def test_loss_field_and_jacobian_are_the_analytic_ones(
    loss: str, regulariser: str
) -> None:
    analytic, gan = both(loss, regulariser)
    game = gan.game()
    rng = np.random.default_rng(1)
    x, y, u, w = rng.normal(size=(4, 1, 50))
    a, b, p, q = map(torch.from_numpy, (x, y, u, w))
    zero = torch.zeros(1, dtype=torch.float64)
    constant = float(gan.loss.value_real(zero))
    for got, want in (
        (game.loss_x(a, b)[None], analytic.loss_x(x, y)),
        (game.loss_y(a, b)[None] - constant, analytic.loss_y(x, y)),
        (game.gx(a, b), analytic.gx(x, y)),
        (game.gy(a, b), analytic.gy(x, y)),
        *zip(game.jvp(a, b, p, q), analytic.jvp(x, y, u, w), strict=True),
        *zip(game.vjp(a, b, p, q), analytic.vjp(x, y, u, w), strict=True),
        *zip(game.cross(a, b), analytic.cross(x, y), strict=True),
    ):
        np.testing.assert_allclose(got.numpy(), want + 0 * x, rtol=0, atol=TIGHT)


@pytest.mark.parametrize("loss", ["minimax", "wasserstein"])
@pytest.mark.parametrize("name", RULES)
def test_ensemble_takes_the_steps_of_the_plain_orbit(name: str, loss: str) -> None:
    analytic, gan = both(loss, "R1")
    x, y = np.array([0.8, -0.5, 0.3]), np.array([0.4, 0.6, -0.2])
    rates = np.array([0.05, 0.2, 0.4])
    rule = rule_of(name)
    swept = {field: torch.from_numpy(rates) for field in ("lr_x", "lr_y")}
    got = torch_orbit(replace(rule, swept), gan.game(), x, y)
    for i, rate in enumerate(rates):
        one = replace(rule, {"lr_x": rate, "lr_y": rate})
        want = plain_orbit(one, analytic, x[i], y[i])
        np.testing.assert_allclose(got[..., i], want, rtol=0, atol=TIGHT)


@pytest.mark.parametrize(
    ("name", "loss", "regulariser"),
    [
        ("Alternating", "minimax", "R1"),
        pytest.param("Simultaneous", "minimax", "L2Both", marks=pytest.mark.slow),
        pytest.param("Extragradient", "non-saturating", "R2", marks=pytest.mark.slow),
        pytest.param("OptimisticGradient", "hinge", "none", marks=pytest.mark.slow),
        pytest.param("HeavyBall", "least-squares", "L2", marks=pytest.mark.slow),
        pytest.param(
            "Alternating", "wasserstein", "GP of target 1", marks=pytest.mark.slow
        ),
    ],
)
def test_ensemble_takes_the_steps_of_the_kernel(
    name: str, loss: str, regulariser: str
) -> None:
    analytic, gan = both(loss, regulariser)
    x, y = np.linspace(0.3, 1.2, BLOCK), np.linspace(0.5, -0.7, BLOCK)
    want = kernel_orbit(rule_of(name), analytic, x, y)
    got = torch_orbit(rule_of(name), gan.game(), x, y)
    np.testing.assert_allclose(got, want, rtol=0, atol=TIGHT)


def test_weight_of_a_regulariser_differs_between_members() -> None:
    gammas = np.array([0.0, 0.2, 1.0])
    gan = DiracGAN(regulariser=games.R1(torch.from_numpy(gammas)))
    x, y = np.array([0.8, -0.5, 0.3]), np.array([0.4, 0.6, -0.2])
    rule = rules.Alternating(lr=0.3)
    got = torch_orbit(rule, gan.game(), x, y)
    want = plain_orbit(rule, dirac.DiracGAN(regulariser=dirac.R1(gammas)), x, y)
    np.testing.assert_allclose(got, want, rtol=0, atol=TIGHT)


def test_projection_is_that_of_the_clipped_game() -> None:
    analytic = dirac.ClippedDiracGAN(bound=0.5)
    gan = DiracGAN("wasserstein", games.WeightClipping(0.5))
    x, y = np.array([1.0, -0.3]), np.array([0.2, 0.45])
    rule = rules.Projected("alternating")
    got = torch_orbit(rule, gan.game(), x, y)
    want = plain_orbit(rule, analytic, x, y)
    assert np.abs(want[:, 1]).max() == 0.5
    np.testing.assert_allclose(got, want, rtol=0, atol=TIGHT)
