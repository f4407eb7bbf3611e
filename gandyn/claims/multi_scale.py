r"""The finest scale decides the learning rate, and progressive training moves nothing.

A signal of 4 pixels (or :math:`2^k`) is a sum of Haar's functions: its mean and details
of k scales, each scale with a variance v of its own. A linear logistic discriminator
and a generator that shifts the signal have a plane for each function, of trace v/2 and
determinant ¼. Joint training is stable iff lr < min g(v), with g of the claim
``whitening``; of small variances g(v) = 2v: the finest decides. For v < 2 a plane is
left fastest at lr = v, where its radius is :math:`\sqrt{1 - v^2/4}`, in
:math:`-2/\log(1 - v^2/4)` steps per e-fold.

Stage after stage, each at its own best learning rate, the last stage has the same
threshold and the same rate as all at once, and the stages before cost steps of their
own. What stages buy is an early coarse signal.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar

from gandyn.claims._claim import Claim, Quantity
from gandyn.claims._lanes import best_growth, growths, lane_threshold
from gandyn.claims._planes import edge, rate
from gandyn.games.losses import Minimax
from gandyn.games.normal_shifts import MultiScaleGAN
from gandyn.rules.gradient import Simultaneous

_LONG = 6000
"""Steps after which the slowest scale is alone."""


def _game(variances: list[float]) -> MultiScaleGAN:
    return MultiScaleGAN(Minimax(), scale_variances=variances)


def _predicted_edge(scale_variances: list[float]) -> float:
    return min(edge(v / 2, 1 / 4) for v in scale_variances)


def _measured_edge(scale_variances: list[float]) -> float:
    return lane_threshold(_game(scale_variances))


def _fastest(variances: list[float]) -> float:
    """Return the steps per e-fold at the best common learning rate."""

    def growth_at(log_lr: float) -> float:
        lr = math.exp(log_lr)
        return max(rate(v / 2, 1 / 4, lr) for v in variances)

    grid = np.linspace(math.log(1e-3), math.log(8), 2001)
    i = int(np.argmin([growth_at(one) for one in grid]))
    ends = (grid[max(i - 1, 0)], grid[min(i + 1, 2000)])
    found = minimize_scalar(growth_at, bounds=ends, method="bounded",
                            options={"xatol": 1e-10})  # fmt: skip
    return -1 / min(float(found.fun), growth_at(grid[i]))


def _predicted_joint(scale_variances: list[float]) -> float:
    return _fastest(scale_variances)


def _measured_joint(scale_variances: list[float]) -> float:
    return -1 / best_growth(_game(scale_variances), _LONG)[1]


def _predicted_finest(scale_variances: list[float]) -> float:
    return -2 / math.log(1 - min(scale_variances) ** 2 / 4)


def _measured_finest(scale_variances: list[float]) -> float:
    finest = min(scale_variances)
    return -1 / float(growths(_game([finest]), [finest], _LONG)[0])


def _predicted_stages(scale_variances: list[float]) -> float:
    alone = sum(_fastest([v]) for v in scale_variances)
    return alone / _fastest(scale_variances)


def _measured_stages(scale_variances: list[float]) -> float:
    alone = [-1 / best_growth(_game([v]), _LONG)[1] for v in scale_variances]
    return sum(alone) / _measured_joint(scale_variances)


def _errors(
    game: MultiScaleGAN, lr: float, steps: int, start: np.ndarray
) -> np.ndarray:
    """Return the distance of each scale to the data, step by step."""
    rule, haar, scales = Simultaneous(lr, lr), game.haar(), game.scale_of_rows()
    x, y, rows = haar.T @ start, np.zeros(len(start)), []
    for _ in range(steps):
        parts = np.stack([haar @ x, haar @ y])
        each = [np.linalg.norm(parts[:, scales == j]) for j in range(scales[-1] + 1)]
        rows.append(each)
        x, y, _ = rule.step(game, x, y, ())
    return np.array(rows)


def _figure(ax: Any) -> None:
    variances, start = [1.0, 0.5, 0.25], np.full(4, 0.3)
    game, names = _game(variances), ("coarse", "middle", "fine")
    joint = _errors(game, 0.25, 700, start)
    for j, name in enumerate(names):
        ax.semilogy(joint[:, j], color=f"C{j}", label=f"{name}, all at once")
    begun = 0
    for j, (v, name) in enumerate(zip(variances, names, strict=True)):
        own = _errors(_game([v]), v, 700 - begun, start[:1])
        steps = begun + np.arange(len(own))
        ax.semilogy(steps, own[:, 0] * math.sqrt(max(1, 2 ** (j - 1))), "--",
                    color=f"C{j}", label=f"{name}, in its stage")  # fmt: skip
        begun += int(3 * _fastest([v]))
    ax.set(xlabel="steps", ylabel="distance to the equilibrium", ylim=(1e-4, 1))
    ax.legend(title="variances 1, ½, ¼; stages of 3 e-folds", ncol=2)


_POINTS = tuple(
    {"scale_variances": one} for one in ([1.5, 0.3, 0.06], [1.0, 0.5, 0.25])
)
CLAIM = Claim(
    title="Progressive training moves no threshold: the finest scale decides",
    statement=(
        "A signal whose scales have the variances v trains jointly iff lr < min g(v), "
        "2v of the finest. Stage after stage the last one has the same threshold and "
        "the same rate, -2/log(1 - v²/4) steps per e-fold at lr = v, and all stages "
        "together take longer than all at once; they buy an early coarse signal. "
        "Scales are decoupled here, and a step costs the same in every stage: what "
        "coupling or cheaper early stages change is not said."
    ),
    reference=(
        "Karras, Aila, Laine, Lehtinen, Progressive Growing of GANs, ICLR 2018, "
        "Section 2 (the training); the rates are derived here"
    ),
    quantities=(
        Quantity(
            "joint training of a 4-pixel signal: critical lr",
            _predicted_edge,
            _measured_edge,
            kind="exact",
            tolerance=5e-4,
            reason="1500 steps, in which slow scales make few turns",
            points=_POINTS,
        ),
        Quantity(
            "steps per e-fold of the finest scale alone at its best lr = v",
            _predicted_finest,
            _measured_finest,
            kind="exact",
            tolerance=1e-3,
            reason="the orbit's few turns",
            points=_POINTS,
        ),
        Quantity(
            "steps per e-fold of joint training at its best lr",
            _predicted_joint,
            _measured_joint,
            kind="exact",
            tolerance=5e-3,
            reason="faster scales, not quite gone, and the spacing of learning rates",
            points=_POINTS,
            slow=True,
        ),
        Quantity(
            "steps per e-fold, stages one after another at their own best lr over all "
            "at once at the common best lr",
            _predicted_stages,
            _measured_stages,
            kind="exact",
            tolerance=4e-3,
            reason="faster scales, not quite gone, and the spacing of learning rates",
            points=_POINTS,
            slow=True,
        ),
    ),
    figure=_figure,
)
