r"""A Lipschitz critic is bounded, not damped: neither clipping nor SN converges.

*Clipping.* The flow of the Wasserstein Dirac-GAN turns about the equilibrium. From
outside |z| = c it slides along y = ±c until |x| = 0 and comes down on the circle
:math:`x^2 + y^2 = c^2`; simultaneous steps grow out to it from inside, alternating
steps keep :math:`x^2 + y^2 - lr\,xy` while they stay below c.

*Spectral norm.* The critic D(s) = w·s/|w| has slope 1 everywhere, and its gradient in w
is orthogonal to w. From x ⟂ w with |x| = |w| = r a simultaneous step is

.. math:: x_{t+1} = x_t - lr\,\frac{w_t}{|w_t|}, \qquad
          w_{t+1} = w_t + lr\,\frac{x_t}{|w_t|},

which keeps x ⟂ w and |x| = |w|, and adds lr² to both squares: by induction
:math:`|x_n|^2 = r^2 + lr^2 n`, while w turns by :math:`\arctan(lr/|w_t|)` a step. The
slope can't be 0, so that there is no equilibrium. With a last layer a that is not
normalised, D(s) = a w·s/|w|, there is one, and (x·w/|w|, a) plays the plain Dirac-GAN:
its threshold with R1 is lr = γ, as without spectral norm.

A network of layers of spectral norm 1 and 1-Lipschitz activations has
:math:`|\nabla D| \le \prod ‖W_l‖ = 1`.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from gandyn.claims._claim import Claim, Quantity
from gandyn.claims._growth import extrapolate, growth, step_of, threshold
from gandyn.claims._orbits import Run
from gandyn.claims._planes import edge
from gandyn.games.dirac import ClippedDiracGAN, DiracGAN
from gandyn.games.losses import Wasserstein
from gandyn.games.spectral import SpectralDiracGAN
from gandyn.rules.gradient import Alternating, Simultaneous
from gandyn.rules.projected import Projected

_RATES = (5e-3, 2.5e-3)
_TURNS = 10
"""Turns over which an amplitude is read."""
_SETTLED = 1e-5
"""Relative change of the amplitude in as many turns at which it has settled."""


def _predicted_amplitude(bound: float, x0: float, y0: float) -> float:
    return 1.0


def _amplitude(bound: float, x0: float, y0: float, lr: float) -> float:
    """Return the mean |x| where y = 0, once it has settled."""
    game = ClippedDiracGAN(Wasserstein(), bound=bound)
    run = Run(Projected(Simultaneous(lr, lr)), game, (x0, y0))
    run.advance(round((abs(x0) / bound + 2 * math.pi) / lr))
    before = math.inf
    while True:
        xs, ys = run.record(round(2 * math.pi * _TURNS / lr))
        at = np.flatnonzero(ys[1:] * ys[:-1] < 0)
        share = ys[at] / (ys[at] - ys[at + 1])
        size = float(np.mean(np.abs(xs[at] + share * (xs[at + 1] - xs[at]))))
        if abs(size - before) < _SETTLED * size:
            return size
        before = size


def _measured_amplitude(bound: float, x0: float, y0: float) -> float:
    coarse, fine = (_amplitude(bound, x0, y0, lr) for lr in _RATES)
    return extrapolate(coarse, fine) / bound


def _predicted_circle(bound: float, x0: float, y0: float, lr: float) -> float:
    return x0**2 + y0**2 - lr * x0 * y0


def _measured_circle(bound: float, x0: float, y0: float, lr: float) -> float:
    """Return what an alternating orbit from inside has of it, the largest."""
    game = ClippedDiracGAN(Wasserstein(), bound=bound)
    run = Run(Projected(Alternating(lr, lr)), game, (x0, y0))
    xs, ys = run.record(20_000)
    return float(np.max(xs**2 + ys**2 - lr * xs * ys))


def _spectral(norm_w: float, lr: float, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the generators and the weights, from x = (0, r), w = (r, 0)."""
    game, rule = SpectralDiracGAN(last_layer=False), Simultaneous(lr, lr)
    x, y, memory = np.array([0.0, norm_w]), np.array([norm_w, 0.0]), ()
    xs, ys = [x], [y]
    for _ in range(steps):
        x, y, memory = rule.step(game, x, y, memory)
        xs.append(x)
        ys.append(y)
    return np.array(xs), np.array(ys)


def _predicted_square(norm_w: float, lr: float, steps: int) -> float:
    return 1.0


def _measured_square(norm_w: float, lr: float, steps: int) -> float:
    xs, _ = _spectral(norm_w, lr, steps)
    return float(xs[-1] @ xs[-1] / (norm_w**2 + lr**2 * steps))


def _predicted_cosine(norm_w: float, lr: float, steps: int) -> float:
    sizes = np.sqrt(norm_w**2 + lr**2 * np.arange(steps))
    return math.cos(float(np.sum(np.arctan(lr / sizes))))


def _measured_cosine(norm_w: float, lr: float, steps: int) -> float:
    _, ys = _spectral(norm_w, lr, steps)
    return float(ys[-1] @ ys[0] / (np.linalg.norm(ys[-1]) * np.linalg.norm(ys[0])))


def _predicted_slope(seed: int, sizes: list[int], activation: str) -> float:
    return 1.0


def _measured_slope(seed: int, sizes: list[int], activation: str) -> float:
    import torch
    from torch import nn

    from gandyn.gans.catalogue.networks import ACTIVATIONS
    from gandyn.gans.games.layers import SpectralLinear

    rng = np.random.default_rng(seed)
    layers: list[nn.Module] = []
    for before, after in itertools.pairwise(sizes):
        layer = SpectralLinear(before, after, bias=False).double()
        layer.weight.data = torch.from_numpy(rng.normal(size=(after, before)))
        layers += [layer, ACTIVATIONS[activation]()]
    points = torch.from_numpy(2 * rng.normal(size=(2000, sizes[0]))).requires_grad_()
    (slopes,) = torch.autograd.grad(nn.Sequential(*layers[:-1])(points).sum(), points)
    return float(slopes.norm(dim=1).max())


def _predicted_edge(gamma: float) -> float:
    return edge(gamma, 1.0)


def _measured_edge(gamma: float) -> float:
    game = SpectralDiracGAN(gamma=gamma)
    point = np.concatenate(game.equilibria()[0])

    def seen(moved: np.ndarray) -> np.ndarray:
        """Keep what the critic sees of x, and its scale: the rest is neutral."""
        return moved * np.array([1.0, 0.0, 0.0, 0.0, 1.0])

    def at(lr: float, steps: int) -> float:
        return growth(step_of(Simultaneous(lr, lr), game), point, steps, seen)

    return threshold(at, 0.6 * min(gamma, 2 / gamma), 1.4)


def _figure(ax: Any) -> None:
    lr, steps = 0.1, 3000
    n = np.arange(1, steps + 1)
    run = Run(Simultaneous(lr, lr), DiracGAN(Wasserstein()), (1.0, 0.0))
    ax.loglog(n[:700], np.hypot(*run.record(700)), color="0.5", label="plain critic")
    xs, _ = _spectral(1.0, lr, steps)
    ax.loglog(n, np.linalg.norm(xs[1:], axis=1), color="C0", label="spectral norm")
    ax.loglog(n, np.sqrt(1 + lr**2 * n), "k--", lw=1, label="√(r² + lr² n)")
    game = ClippedDiracGAN(Wasserstein(), bound=1.0)
    for x0, label in ((4.0, "clipped at c = 1"), (0.3, None)):
        run = Run(Projected(Simultaneous(lr, lr)), game, (x0, 0.0))
        ax.loglog(n, np.hypot(*run.record(steps)), color="C1", lw=1.2, label=label)
    run = Run(Projected(Alternating(lr, lr)), game, (0.3, 0.0))
    ax.loglog(n, np.hypot(*run.record(steps)), color="C2", label="clipped, alternating")
    ax.axhline(1, color="k", ls=":", lw=1)
    ax.set(xlabel="steps n", ylabel="distance from the equilibrium (SN: |x|)")
    ax.legend(title="Wasserstein Dirac-GAN, lr = 0.1", loc="upper left")


_START = {"lr": 0.1, "steps": 5000}
CLAIM = Claim(
    title="Weight clipping and spectral norm bound the critic and converge nowhere",
    statement=(
        "On the Wasserstein Dirac-GAN a clipped critic ends on a cycle of amplitude c; "
        "only alternating play from inside keeps a smaller one. A spectrally "
        "normalised critic has slope 1 everywhere, no equilibrium, and |x|² = r² + lr² "
        "n exactly: a spiral like √n. With a last layer that is not normalised the "
        "equilibrium exists, and its threshold is that without spectral norm."
    ),
    reference=(
        "Arjovsky et al., Wasserstein GAN, ICML 2017, Algorithm 1 (clipping); Miyato "
        "et al., Spectral Normalization for Generative Adversarial Networks, ICLR "
        "2018, Section 2.1 (the bound); the laws are derived here"
    ),
    quantities=(
        Quantity(
            "spectral norm: cosine of the angle turned by w",
            _predicted_cosine,
            _measured_cosine,
            kind="exact",
            tolerance=1e-8,
            reason="rounding of 5000 turns",
            points=({"norm_w": 1.0} | _START, {"norm_w": 3.0} | _START),
        ),
        Quantity(
            "spectral norm: |x|^2 of the generator after n simultaneous steps over "
            "(r^2 + lr^2 n)",
            _predicted_square,
            _measured_square,
            kind="exact",
            tolerance=1e-10,
            reason="rounding",
            points=(
                {"norm_w": 1.0} | _START,
                {"norm_w": 0.5, "lr": 0.5, "steps": 2000},
            ),
        ),
        Quantity(
            "weight clipping on the WGAN Dirac: final amplitude |x|/c where y = 0, lr "
            "-> 0",
            _predicted_amplitude,
            _measured_amplitude,
            kind="asymptotic",
            tolerance=1e-3,
            reason="second order in lr, where the clip begins and ends",
            points=(
                {"bound": 1.0, "x0": 3.0, "y0": 0.0},
                {"bound": 1.0, "x0": 0.5, "y0": 0.0},
            ),
        ),
        Quantity(
            "weight clipping, alternating from inside: largest x^2 + y^2 - lr x y",
            _predicted_circle,
            _measured_circle,
            kind="exact",
            tolerance=1e-10,
            reason="rounding",
            points=({"bound": 1.0, "x0": 0.4, "y0": 0.3, "lr": 0.1},),
        ),
        Quantity(
            "spectral norm below a last layer, R1: critical lr",
            _predicted_edge,
            _measured_edge,
            kind="exact",
            tolerance=1e-5,
            reason="the deviation whose growth is measured has the size 1e-6",
            points=({"gamma": 0.3}, {"gamma": 0.8}),
        ),
        Quantity(
            "largest |grad D| of a spectrally normalised network over 2000 points",
            _predicted_slope,
            _measured_slope,
            kind="upper bound",
            tolerance=1e-9,
            reason="rounding; far from tight",
            points=({"seed": 0, "sizes": [2, 16, 16, 1], "activation": "tanh"},),
        ),
    ),
    figure=_figure,
)
