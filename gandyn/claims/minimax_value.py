r"""A tabular discriminator ends at p/(p + q), and the whole game needs lr < 2n.

Trained to the end the logit of category i is :math:`\log(p_i/q_i)`, D = p/(p + q), and
the value :math:`V = \sum p \log D + q \log(1 - D) = 2\,\mathrm{JSD}(p, q) - \log 4`, at
least -log 4. The Hessian there is diag(pq/(p + q)): at the rate lr the slowest logit
contracts by 1 - lr min pq/(p + q).

At q = p, with :math:`C = \mathrm{diag}\,p - p p^T`, the game of logits has

.. math:: J = \begin{pmatrix} 0 & -C/2 \\ C/2 & \mathrm{diag}(p)/2 \end{pmatrix},

whose direction x = 1 is neutral. For uniform p the others lie in n - 1 planes of trace
1/(2n) and determinant 1/(4n²), so that simultaneous play is stable iff lr < 2n. For
other p the edge is min 2 Re λ/|λ|² over the eigenvalues of J, monotone neither in n nor
in min p.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.spatial.distance import jensenshannon
from scipy.special import expit

from gandyn.claims._claim import Claim, Quantity
from gandyn.claims._growth import growth, step_of, threshold
from gandyn.games.losses import Minimax
from gandyn.games.tabular import TabularGAN
from gandyn.rules.gradient import Simultaneous

_STILL = 1e-15
"""The largest move of a logit at which training has ended."""


def _drawn(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.ones(n)), rng.dirichlet(np.ones(n))


def _train(seed: int, n: int, still: float) -> tuple[TabularGAN, np.ndarray]:
    """Return the game and the table's states, from 0 until it moves less than still."""
    p, q = _drawn(seed, n)
    game, x, y = TabularGAN(Minimax(), p), np.log(q), np.zeros(n)
    lr, states = 1 / np.max(p * q / (p + q)), [y]
    while True:
        states.append(states[-1] - lr * game.gy(x, states[-1]))
        if np.max(np.abs(states[-1] - states[-2])) < still:
            return game, np.array(states)


def _predicted_value(seed: int, n: int) -> float:
    return float(2 * jensenshannon(*_drawn(seed, n)) ** 2 - math.log(4))


def _measured_value(seed: int, n: int) -> float:
    game, states = _train(seed, n, _STILL)
    return float(-game.loss_y(np.log(_drawn(seed, n)[1]), states[-1]))


def _predicted_error(seed: int, n: int) -> float:
    return 0.0


def _measured_error(seed: int, n: int) -> float:
    p, q = _drawn(seed, n)
    _, states = _train(seed, n, _STILL)
    return float(np.max(np.abs(expit(-states[-1]) - p / (p + q))))


def _predicted_contraction(seed: int, n: int) -> float:
    p, q = _drawn(seed, n)
    bend = p * q / (p + q)
    return float(1 - bend.min() / bend.max())


def _measured_contraction(seed: int, n: int) -> float:
    """Return the quotient of the last moves of the logit that moves most."""
    _, states = _train(seed, n, 1e-8)
    moves = np.diff(states[-3:], axis=0)
    i = int(np.argmax(np.abs(moves[-1])))
    return float(moves[1, i] / moves[0, i])


def _predicted_edge(p: list[float]) -> float:
    q = np.array(p)
    cross = (np.diag(q) - np.outer(q, q)) / 2
    jacobian = np.block([[0 * cross, -cross], [cross, np.diag(q) / 2]])
    values = np.linalg.eigvals(jacobian)
    values = values[np.abs(values) > 1e-9]
    return float(np.min(2 * values.real / np.abs(values) ** 2))


def _measured_edge(p: list[float]) -> float:
    game, n = TabularGAN(Minimax(), p), len(p)
    point = np.concatenate(game.equilibria()[0])

    def without_shift(moved: np.ndarray) -> np.ndarray:
        return np.concatenate([moved[:n] - moved[:n].mean(), moved[n:]])

    def at(lr: float, steps: int) -> float:
        step = step_of(Simultaneous(lr, lr), game)
        return growth(step, point, steps, without_shift)

    return threshold(at, 1.0)


def _predicted_least(seed: int, n: int, draws: int) -> float:
    return -math.log(4)


def _measured_least(seed: int, n: int, draws: int) -> float:
    """Return the least value of the best table over drawn data and fakes."""
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(draws):
        p, q = rng.dirichlet(np.ones(n), size=2)
        game, x = TabularGAN(Minimax(), p), np.log(q)
        values.append(-game.loss_y(x, game.best_y(x)))
    return float(np.min(values))


def _figure(ax: Any) -> None:
    p = np.full(4, 0.25)
    for share, colour in ((0.9, "C0"), (1.1, "C3")):
        rule, game = Simultaneous(share * 8, share * 8), TabularGAN(Minimax(), p)
        x, y = np.log([0.28, 0.24, 0.26, 0.22]), np.zeros(4)
        values = []
        for _ in range(120):
            values.append(-game.loss_y(x, y) + math.log(4))
            x, y, _ = rule.step(game, x, y, ())
        label = f"lr = {share:g} · 2n"
        ax.semilogy(np.abs(values[1:]), color=colour, label=label)
    ax.set(xlabel="steps", ylabel="|V + log 4|")
    ax.legend(title="n = 4 equal categories")


_DRAWS = tuple({"seed": seed, "n": n} for seed, n in ((1, 6), (2, 10), (3, 3)))
CLAIM = Claim(
    title="The tabular GAN ends at D = ½ iff the learning rate is below 2n",
    statement=(
        "A tabular discriminator trained to the end is p/(p + q), with the value 2 JSD "
        "- log 4, at least -log 4. The full game on n equal categories is stable under "
        "simultaneous play iff lr < 2n; for other p the edge is that of the Jacobian's "
        "eigenvalues, monotone neither in n nor in the rarest category."
    ),
    reference=(
        "Goodfellow et al., Generative Adversarial Networks, 2014, Proposition 1 and "
        "Theorem 1; the edges are derived here"
    ),
    quantities=(
        Quantity(
            "value of the trained tabular discriminator, V = 2 JSD - log 4",
            _predicted_value,
            _measured_value,
            kind="exact",
            tolerance=1e-10,
            reason="rounding at the end of training",
            points=_DRAWS,
        ),
        Quantity(
            "max |D - p/(p+q)| after training",
            _predicted_error,
            _measured_error,
            kind="exact",
            tolerance=1e-9,
            reason="the last moves of the slowest logit",
            points=_DRAWS,
        ),
        Quantity(
            "discriminator's contraction per step at lr = 1/max(pq/(p+q)), slowest "
            "logit",
            _predicted_contraction,
            _measured_contraction,
            kind="asymptotic",
            tolerance=2e-5,
            reason="curvature, at moves of 1e-8, and their rounding",
            points=_DRAWS,
        ),
        Quantity(
            "tabular minimax GAN: critical lr for a non-uniform p",
            _predicted_edge,
            _measured_edge,
            kind="exact",
            tolerance=1e-9,
            reason="the deviation whose growth is measured has the size 1e-6",
            points=({"p": [0.5, 0.3, 0.2]}, {"p": [0.25, 0.25, 0.25, 0.25]}),
        ),
        Quantity(
            "least V(D*, G) over random p, q: at least -log 4",
            _predicted_least,
            _measured_least,
            kind="lower bound",
            tolerance=1e-12,
            reason="rounding",
            points=(
                {"seed": 11, "n": 7, "draws": 1000},
                {"seed": 13, "n": 50, "draws": 1000},
            ),
        ),
    ),
    figure=_figure,
)
