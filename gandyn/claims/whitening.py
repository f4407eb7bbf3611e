r"""Whitening widens the stable range of some data and narrows that of others.

Data N(0, C), fakes N(x, C), a linear logistic discriminator. Every eigenvalue v of C
has a plane of its own, of trace v/2 and determinant ¼, whose multipliers leave the
circle at

.. math:: g(v) = 2v \quad (v \le 2), \qquad g(v) = 2v - 2\sqrt{v^2 - 4} \quad (v > 2),

a Neimark–Sacker crossing and a flip; simultaneous play is stable iff lr < min g(v).
Whitened data have v = 1 alone, g = 2, and g(v) < 2 iff v < 1 or v > 5/2: whitening
widens the range by up to 1/v_min or about v_max/2, and narrows it where all variances
lie in [1, 5/2]. The best variance is 2, with g = 4.

With the discriminator's input alone whitened the planes have trace ½ and determinant
1/(4v): 2v for v ≤ 4, :math:`2v - 2\sqrt{v^2 - 4v}` above, at least 4. Large variances
are cured, small ones not at all.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gandyn.claims._claim import Claim, Quantity
from gandyn.claims._lanes import lane_threshold
from gandyn.claims._planes import edge
from gandyn.games.losses import Minimax
from gandyn.games.normal_shifts import ShiftedNormalGAN


def _rotated(variances: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """Return a covariance whose axes are not the coordinates', and its whitening."""
    n = len(variances)
    axes, _ = np.linalg.qr(np.random.default_rng(n).normal(size=(n, n)))
    values = np.asarray(variances, dtype=float)
    covariance = (axes * values) @ axes.T
    return (covariance + covariance.T) / 2, (axes / np.sqrt(values)) @ axes.T


def _predicted(variances: list[float]) -> float:
    return min(edge(v / 2, 1 / 4) for v in variances)


def _measured(variances: list[float]) -> float:
    covariance, _ = _rotated(variances)
    return lane_threshold(ShiftedNormalGAN(Minimax(), covariance=covariance))


def _predicted_share(variances: list[float]) -> float:
    return min(edge(v / 2, 1 / 4) for v in variances) / 2


def _measured_share(variances: list[float]) -> float:
    """Play with the data as they are, and with the data whitened."""
    covariance, whitening = _rotated(variances)
    white = whitening @ covariance @ whitening.T
    white = (white + white.T) / 2
    whole = lane_threshold(ShiftedNormalGAN(Minimax(), covariance=white))
    return _measured(variances) / whole


def _predicted_input(variances: list[float]) -> float:
    return min(edge(1 / 2, 1 / (4 * v)) for v in variances)


def _measured_input(variances: list[float]) -> float:
    covariance, whitening = _rotated(variances)
    game = ShiftedNormalGAN(Minimax(), covariance=covariance, input_map=whitening)
    return lane_threshold(game)


def _figure(ax: Any) -> None:
    v = np.geomspace(0.2, 10, 300)
    alone = [edge(one / 2, 1 / 4) for one in v]
    ax.loglog(v, alone, color="C0", label="data as they are: g(v)")
    ax.loglog(v, [_predicted_input([one]) for one in v], "--", color="C2", lw=1,
              label="discriminator's input whitened")  # fmt: skip
    ax.axhline(2, color="C1", label="data whitened: 2")
    some = (0.25, 0.5, 0.8, 1.5, 1.9, 2.2, 3.0, 5.0, 8.0)
    ax.loglog(some, [_measured([one]) for one in some], "o", color="C0")
    ax.axvspan(1, 2.5, color="C3", alpha=0.15, label="whitening narrows the range")
    ax.set(xlabel="variance v of the data", ylabel="critical lr", ylim=(0.3, 25))
    ax.legend(loc="upper left")


_SHARES = ([2.5], [1.2, 2.45], [2.6, 1.5], [0.95, 1.5])
_REASON = "the deviation whose growth is measured has the size 1e-6, and 1500 steps"
CLAIM = Claim(
    title="Whitening narrows the stable range of data with variances in [1, 5/2]",
    statement=(
        "A linear logistic critic on N(0, C) is stable iff lr < min g(v) over the "
        "variances, g(v) = 2v up to v = 2 and 2v - 2√(v² - 4) above. Whitened, g = 2: "
        "more iff some v < 1 or v > 5/2, less where all lie between; the best variance "
        "is 2, not 1. Whitening the discriminator's input alone cures large variances "
        "and does nothing for small ones."
    ),
    reference=(
        "LeCun, Bottou, Orr, Müller, Efficient BackProp, 1998, Section 4.3 (whitening, "
        "for one player); the thresholds of the game are derived here"
    ),
    quantities=(
        Quantity(
            "critical lr, linear logistic critic, data N(0, C)",
            _predicted,
            _measured,
            kind="exact",
            tolerance=1e-4,
            reason=_REASON,
            points=(
                {"variances": [0.25]},
                {"variances": [1.0, 9.0]},
                {"variances": [0.5, 2.0, 6.0]},
            ),
        ),
        Quantity(
            "critical lr over that of whitened data (2)",
            _predicted_share,
            _measured_share,
            kind="exact",
            tolerance=2e-4,
            reason=_REASON,
            points=tuple({"variances": one} for one in _SHARES),
        ),
        Quantity(
            "critical lr with the discriminator's input whitened, the generator's not",
            _predicted_input,
            _measured_input,
            kind="exact",
            tolerance=1e-4,
            reason=_REASON,
            points=(
                {"variances": [1.0, 9.0]},
                {"variances": [2.4, 1.2]},
                {"variances": [1.0, 0.1]},
            ),
        ),
    ),
    figure=_figure,
)
