r"""Without an information term a code may be ignored; with it, ignoring is a saddle.

The fakes a c + b z + ε of a code c, a latent z and noise of variance σ² meet the critic
w u². Without a regulariser a² + b² = S is a circle of equilibria: nothing says which
latent is used. With -βI in the generator's loss, I the mutual information of fakes and
code, two points are left (up to signs). At the code-ignoring one, a = 0, the code has
the multiplier :math:`1 + lr\,β/(S + σ^2)`: a saddle for every β > 0. At the code-using
one, b = 0, with :math:`A = a^2 + σ^2`, :math:`w = -β/2A` and

.. math:: A = \tfrac12 \big(S + σ^2 + \sqrt{(S + σ^2)^2 + 2γβ}\big),

the unused latent has exactly :math:`1 - lr\,β/σ^2`, and the plane of (a, w) the trace
:math:`2βa^2/A^2 + γ` and the determinant :math:`2βγa^2/A^2 + 4a^2`. The term biases the
learnt variance by A - S - σ² ≈ γβ/2A.

*Rotations.* A full generator V of n latents has the covariance VVᵀ of all VR: at the
equilibrium (V, W = 0) of the covariance GAN, n(n - 1)/2 rotations of V are neutral. A
hierarchical generator, V lower triangular of a positive diagonal, has none: Cholesky's
factor is unique. (Among the critic's W the same number of antisymmetric directions are
neutral in either case.)
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gandyn.claims._claim import Claim, Quantity
from gandyn.claims._growth import SMALL, growth, step_of, threshold
from gandyn.claims._planes import edge
from gandyn.games.gans import CovarianceGAN
from gandyn.games.latents import InformationGAN
from gandyn.rules.gradient import Simultaneous

_LR = 0.01
_TURNED = 80.0
"""Time lr × steps over which a growth is measured: many turns of (a, w)."""
_SHARE = 0.3
"""Of the critical learning rate, at which the code takes over."""
_START = 1e-3
_DONE = 1e-7
"""Share of the unused latent at which the code has taken over."""


def _game(
    second_moment: float, noise_var: float, beta: float, gamma: float
) -> InformationGAN:
    return InformationGAN(second_moment, noise_var, beta, gamma)


def _multiplier(game: InformationGAN, which: int, latent: int) -> float:
    """Return by what a step multiplies a small deviation in a latent."""
    point = np.concatenate(game.equilibria()[which])
    step = step_of(Simultaneous(_LR, _LR), game)
    moved = step(point + SMALL * np.eye(3)[latent]) - point
    return float(moved[latent] / SMALL)


def _predicted_unused(
    second_moment: float, noise_var: float, beta: float, gamma: float
) -> float:
    return 1 - _LR * beta / noise_var


def _measured_unused(
    second_moment: float, noise_var: float, beta: float, gamma: float
) -> float:
    return _multiplier(_game(second_moment, noise_var, beta, gamma), 0, 1)


def _predicted_ignored(
    second_moment: float, noise_var: float, beta: float, gamma: float
) -> float:
    return 1 + _LR * beta / (second_moment + noise_var)


def _measured_ignored(
    second_moment: float, noise_var: float, beta: float, gamma: float
) -> float:
    return _multiplier(_game(second_moment, noise_var, beta, gamma), 1, 0)


def _predicted_edge(
    second_moment: float, noise_var: float, beta: float, gamma: float
) -> float:
    own = second_moment + noise_var
    whole = (own + math.sqrt(own**2 + 2 * gamma * beta)) / 2
    code = whole - noise_var
    bend = 2 * beta * code / whole**2
    return min(2 * noise_var / beta, edge(bend + gamma, bend * gamma + 4 * code))


def _measured_edge(
    second_moment: float, noise_var: float, beta: float, gamma: float
) -> float:
    """Return where a deviation in the latent, or in (a, w), starts to grow."""
    game = _game(second_moment, noise_var, beta, gamma)
    point = np.concatenate(game.equilibria()[0])

    def at(lr: float, steps: int) -> float:
        step = step_of(Simultaneous(lr, lr), game)
        turns = max(steps, round(_TURNED / lr))
        latent, rest = np.array([0.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.6])
        return max(
            growth(step, point, 60, lambda moved: moved * latent, latent),
            growth(step, point, turns, lambda moved: moved * (1 - latent), rest),
        )

    plane = 0.2 * min((gamma + beta) / second_moment, 1 / (gamma + beta))
    return threshold(at, min(plane, noise_var / beta), 1.4)


def _predicted_share(
    second_moment: float, noise_var: float, beta: float, gamma: float
) -> float:
    return 1.0


def _measured_share(
    second_moment: float, noise_var: float, beta: float, gamma: float
) -> float:
    game = _game(second_moment, noise_var, beta, gamma)
    lr = _SHARE * _measured_edge(second_moment, noise_var, beta, gamma)
    rule, memory = Simultaneous(lr, lr), ()
    x, y = np.array([_START, math.sqrt(second_moment)]), np.zeros(1)
    patience = round(50 * (second_moment + noise_var) / (lr * beta))
    for _ in range(patience):
        x, y, memory = rule.step(game, x, y, memory)
        if x[1] ** 2 < _DONE * x[0] ** 2:
            break
    return float(x[0] ** 2 / (x @ x))


def _predicted_full(n: int) -> float:
    return n * (n - 1) / 2


def _neutral(n: int, triangular: bool) -> float:
    """Return how many directions of V the critic's gradient does not see."""
    rng = np.random.default_rng(n)
    factor = np.tril(rng.normal(size=(n, n)), -1) + np.diag(rng.uniform(1, 2, n))
    game = CovarianceGAN(factor @ factor.T, n)
    x, y = factor.ravel(), np.zeros(n * n)
    mask = np.tril(np.ones((n, n))) if triangular else np.ones((n, n))
    ways = np.eye(n * n)[mask.ravel() > 0]
    seen = np.array([game.jvp(x, y, way, 0 * y)[1] for way in ways])
    return float(len(ways) - np.linalg.matrix_rank(seen))


def _measured_full(n: int) -> float:
    return _neutral(n, False)


def _predicted_triangular(n: int) -> float:
    return 0.0


def _measured_triangular(n: int) -> float:
    return _neutral(n, True)


def _figure(ax: Any) -> None:
    turn = np.linspace(0, math.pi / 2, 100)
    ax.plot(np.cos(turn), np.sin(turn), "k:", label="β = 0: a circle of equilibria")
    for beta, colour in ((0.0, "C0"), (0.05, "C1")):
        game = _game(1.0, 0.2, beta, 0.5)
        for angle in (0.25, 0.75, 1.25, 1.5):
            rule, memory = Simultaneous(0.02, 0.02), ()
            x = 1.45 * np.array([math.cos(angle), math.sin(angle)])
            y, way = np.zeros(1), []
            for _ in range(8000):
                way.append(x)
                x, y, memory = rule.step(game, x, y, memory)
            label = f"orbits, β = {beta:g}" if angle == 0.25 else None
            ax.plot(*np.array(way).T, color=colour, lw=1, label=label)
            ax.plot(*x, "o", color=colour, ms=6)
    (using, _), (ignoring, _) = _game(1.0, 0.2, 0.05, 0.5).equilibria()
    ax.plot(*using, "C1*", ms=14, label="uses the code: stable")
    ax.plot(*ignoring, "C3X", ms=10, label="ignores it: a saddle for β > 0")
    ax.set(
        xlabel="weight a of the code", ylabel="weight b of the latent",
        xlim=(-0.05, 1.6), ylim=(-0.05, 1.6), aspect="equal",
    )  # fmt: skip
    ax.legend(title="dots: ends", fontsize="small")


_POINTS = tuple(
    {"second_moment": S, "noise_var": s2, "beta": beta, "gamma": gamma}
    for S, s2, beta, gamma in ((1.0, 0.2, 0.1, 1.0), (1.0, 1.0, 1.0, 0.5))
)
CLAIM = Claim(
    title="Paying for information makes ignoring a code a saddle, at the price of bias",
    statement=(
        "A generator with a code and a latent has a circle of equilibria: the code may "
        "be ignored. A term -βI makes the code-ignoring point a saddle for every β > "
        "0, left at 1 + lr β/(S + σ²) a step, and the code-using one stable for lr < "
        "2σ²/β and below the edge of (a, w). It biases the learnt variance by about "
        "γβ/2(S + σ²). A full generator also has n(n - 1)/2 neutral rotations, a "
        "hierarchical one none."
    ),
    reference=(
        "Chen et al., InfoGAN, NeurIPS 2016, Equation 3 (the term); the multipliers "
        "are derived here"
    ),
    quantities=(
        Quantity(
            "multiplier of the unused latent b at the code-using equilibrium, lr 0.01",
            _predicted_unused,
            _measured_unused,
            kind="exact",
            tolerance=1e-9,
            reason="the deviation has the size 1e-6",
            points=_POINTS,
        ),
        Quantity(
            "critical lr at the code-using equilibrium",
            _predicted_edge,
            _measured_edge,
            kind="exact",
            tolerance=1e-5,
            reason="the deviation whose growth is measured has the size 1e-6",
            points=_POINTS,
        ),
        Quantity(
            "multiplier of the code a at the code-ignoring equilibrium (a saddle for "
            "every beta > 0), lr 0.01",
            _predicted_ignored,
            _measured_ignored,
            kind="exact",
            tolerance=1e-9,
            reason="the deviation has the size 1e-6",
            points=_POINTS,
        ),
        Quantity(
            "share of the code, a^2/(a^2+b^2), reached from a = 1e-3",
            _predicted_share,
            _measured_share,
            kind="exact",
            tolerance=1e-6,
            reason="play ends when the latent's share is 1e-7",
            points=_POINTS,
        ),
        Quantity(
            "neutral directions of a full generator of a covariance",
            _predicted_full,
            _measured_full,
            kind="exact",
            tolerance=1e-12,
            reason="a count",
            points=({"n": 3}, {"n": 5}),
        ),
        Quantity(
            "neutral directions of a hierarchical (triangular) generator",
            _predicted_triangular,
            _measured_triangular,
            kind="exact",
            tolerance=1e-12,
            reason="a count",
            points=({"n": 3}, {"n": 5}),
        ),
    ),
    figure=_figure,
)
