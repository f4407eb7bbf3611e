r"""The logistic critic does not point the way that the mass has to go.

Data N(0, C), fakes the same shifted by Δ. The best logit is the log density ratio,
linear of slope :math:`C^{-1}Δ`, whose cosine with the direction of transport is

.. math:: \frac{Δ^T C^{-1} Δ}{|Δ|\,|C^{-1} Δ|} \ge \frac{2\sqrt κ}{1 + κ}

by Kantorovich's inequality for C of condition κ, with equality at the angle
:math:`\tan φ = κ^{-1/2}` to the long axis; it is 1 iff Δ is an eigenvector. A linear
Wasserstein critic with a penalty γ on its slope sees means alone: played against a
generator that waits, :math:`w_t = Δ/γ + (1 - lr\,γ)^t (w_0 - Δ/γ)`, aligned whatever C.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from gandyn.claims._claim import Claim, Quantity
from gandyn.claims._orbits import WAITING, Run
from gandyn.errors import GandynError
from gandyn.games.gans import MeanGAN
from gandyn.games.losses import Minimax
from gandyn.games.normal_shifts import ShiftedNormalGAN
from gandyn.rules.gradient import Simultaneous

_NEWTON = 60
_POOL = 4096
"""Points from which batches are drawn."""


def _cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def _predicted(condition: float, angle: float, shift: float) -> float:
    long, short = math.cos(angle), math.sin(angle)
    along = long**2 / condition + short**2
    return along / math.sqrt(long**2 / condition**2 + short**2)


def _trained(game: ShiftedNormalGAN, x: np.ndarray) -> np.ndarray:
    """Return the discriminator that is best against a generator, by damped Newton."""
    size = game.shape[1][0]
    y = np.zeros(size)
    for _ in range(_NEWTON):
        columns = [game.jvp(x, y, 0 * x, unit)[1] for unit in np.eye(size)]
        move = np.linalg.solve(np.array(columns).T, game.gy(x, y))
        share, here = 1.0, game.loss_y(x, y)
        while game.loss_y(x, y - share * move) > here and share > 1e-6:
            share /= 2
        y = y - share * move
    return y


def _measured(condition: float, angle: float, shift: float) -> float:
    covariance = [[condition, 0.0], [0.0, 1.0]]
    game = ShiftedNormalGAN(Minimax(), covariance=covariance, bias=True)
    x = shift * np.array([math.cos(angle), math.sin(angle)])
    return _cosine(_trained(game, x)[:2], x)


def _predicted_bound(condition: float, angle: float) -> float:
    return 2 * math.sqrt(condition) / (1 + condition)


def _measured_bound(condition: float, angle: float) -> float:
    return _measured(condition, angle, 1.0)


def _predicted_linear(
    lr: float, gamma: float, steps: int, w0: list[float], shift: list[float]
) -> float:
    end = np.array(shift) / gamma
    w = end + (1 - lr * gamma) ** steps * (np.array(w0) - end)
    return _cosine(w, end)


def _measured_linear(
    lr: float, gamma: float, steps: int, w0: list[float], shift: list[float]
) -> float:
    run = Run(Simultaneous(WAITING, lr), MeanGAN(shift, gamma), (np.zeros(2), w0))
    run.advance(steps)
    return _cosine(np.asarray(run.state[1]), np.array(shift))


def _penalty(text: str) -> tuple[float, float]:
    """Return weight and target of "W (|grad|-T)^2"."""
    number = r"([0-9.]+)"
    found = re.fullmatch(rf"{number} \(\|grad\|-{number}\)\^2", text)
    if found is None:
        raise GandynError(f"penalty must read '10 (|grad|-1)^2', got {text!r}")
    weight, target = found.groups()
    return float(weight), float(target)


def _predicted_network(
    seed: int,
    shift: list[float],
    cluster_std: float,
    net: str,
    penalty: str,
    steps: int,
    adam: list[float],
    batch: int,
) -> float:
    return 0.99


def _measured_network(
    seed: int,
    shift: list[float],
    cluster_std: float,
    net: str,
    penalty: str,
    steps: int,
    adam: list[float],
    batch: int,
) -> float:
    """Train the critic of two clusters; return its mean cosine at the fakes."""
    import torch
    from torch import nn
    from torch.func import grad

    from gandyn.games.gradient_penalties import GradientPenalty
    from gandyn.games.losses import Wasserstein
    from gandyn.gans import Minibatch, Objective, TorchGame, train
    from gandyn.gans.catalogue.networks import initial_vector, mlp
    from gandyn.rules.adam import Adam

    sizes, activation = net.split()
    critic = mlp([int(part) for part in sizes.split("-")], activation)
    (weight, target), toward = _penalty(penalty), torch.tensor(shift).double()
    rng = torch.Generator().manual_seed(seed)
    noise = torch.randn(2, _POOL, 2, generator=rng, dtype=torch.float64)
    fakes, data = cluster_std * noise
    objective = Objective(Wasserstein(), GradientPenalty(2 * weight, target))
    game = TorchGame(
        nn.Linear(2, 2), critic, objective, {"real": data + toward, "latents": fakes},
        sampling=Minibatch(batch), seed=seed,
    )  # fmt: skip
    still = torch.tensor([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]).double()
    lr, beta1, beta2 = adam
    rule = Adam(WAITING, lr, beta1, beta2)
    start = still, initial_vector(critic, rng, 1.0)
    y = train(rule, game, start, steps, record=(), every=steps).state.y
    judge = game.pair.discriminator
    slopes = grad(lambda points: judge(y, points).sum())(fakes)
    each = nn.functional.cosine_similarity(slopes, toward.expand_as(slopes), dim=1)
    return float(each.mean())


def _figure(ax: Any) -> None:
    shift, place = np.array([2.2, 1.6]), np.array([1.5, 4.0])
    covariance = np.diag([4.0, 0.25])
    rng = np.random.default_rng(0)
    cloud = rng.normal(size=(400, 2)) @ np.sqrt(covariance)
    ax.plot(*(cloud + shift + place).T, ".", ms=3, color="C0", alpha=0.4, label="data")
    ax.plot(*(cloud + place).T, ".", ms=3, color="C1", alpha=0.4, label="fakes")
    game = ShiftedNormalGAN(Minimax(), covariance=covariance, bias=True)
    slope = -_trained(game, -shift)[:2]
    arrows = (
        (slope, "C3", "logistic critic's gradient"),
        (shift, "C2", "the way to go, and linear Wasserstein critic"),
    )
    for vector, colour, label in arrows:
        tip = 2.7 * vector / np.linalg.norm(vector)
        ax.quiver(*place, *tip, color=colour, angles="xy", scale_units="xy", scale=1,
                  width=0.012, label=label, zorder=3)  # fmt: skip
    ax.set(aspect="equal", xlim=(-6, 10), ylim=(-0.5, 9.5))
    ax.legend(loc="lower left", fontsize="small")


_WORST = math.atan(1 / 3), math.atan(1 / 10)
_NET = {
    "cluster_std": 0.3, "net": "2-64-64-1 tanh", "penalty": "10 (|grad|-1)^2",
    "steps": 800, "adam": [0.002, 0.5, 0.9], "batch": 512,
}  # fmt: skip
CLAIM = Claim(
    title="The logistic critic's gradient is not the transport direction",
    statement=(
        "For a pure shift of N(0, C) the best logistic critic's gradient makes an "
        "angle with the direction of transport, of cosine at least 2√κ/(1 + κ), "
        "attained; it is aligned iff the shift is an eigenvector of C. A linear "
        "Wasserstein critic with a penalty on its slope becomes aligned exponentially "
        "whatever C. A WGAN-GP perceptron on two round clusters is aligned on the "
        "average, with a mean cosine of at least 0.99: seen, not proved."
    ),
    reference=(
        "Arjovsky, Chintala, Bottou, Wasserstein GAN, ICML 2017, Section 3 (the "
        "critic's gradient); Kantorovich's inequality; the rest is derived here"
    ),
    quantities=(
        Quantity(
            "cosine between the best logistic critic's gradient and the transport "
            "direction (a pure shift)",
            _predicted,
            _measured,
            kind="exact",
            tolerance=1e-9,
            reason="Newton's last step",
            points=(
                {"condition": 4.0, "angle": math.pi / 4, "shift": 1.5},
                {"condition": 9.0, "angle": _WORST[0], "shift": 1.5},
                {"condition": 100.0, "angle": _WORST[1], "shift": 1.5},
            ),
        ),
        Quantity(
            "its lower bound over directions, 2 sqrt k/(1+k)",
            _predicted_bound,
            _measured_bound,
            kind="lower bound",
            tolerance=1e-9,
            reason="Newton's last step",
            points=(
                {"condition": 4.0, "angle": math.pi / 4},
                {"condition": 9.0, "angle": _WORST[0]},
                {"condition": 100.0, "angle": 1.2},
            ),
        ),
        Quantity(
            "cosine of a linear Wasserstein critic with the shift during training",
            _predicted_linear,
            _measured_linear,
            kind="exact",
            tolerance=1e-11,
            reason="rounding",
            points=(
                {
                    "lr": 0.1, "gamma": 0.5, "steps": 20, "w0": [-1.0, 2.0],
                    "shift": [2.0, 1.0],
                },
            ),
        ),
        Quantity(
            "mean cosine between the WGAN-GP critic's gradient at the fakes and the "
            "shift",
            _predicted_network,
            _measured_network,
            kind="lower bound",
            tolerance=0.0,
            reason="the bound is what was seen with other seeds, rounded down",
            points=({"seed": 0, "shift": [3.0, 1.0], **_NET},),
            slow=True,
        ),
    ),
    figure=_figure,
)  # fmt: skip
