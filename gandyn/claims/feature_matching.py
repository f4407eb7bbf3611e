r"""Feature matching does not rotate; that does not make it take larger steps.

The generator descends :math:`L_x = |m|^2`, m the gap between the means of the
discriminator's hidden features on data and fakes; the discriminator, of parameters φ,
descends its own loss. Where the fakes are the data m = 0 whatever φ, so that
:math:`∂_φ m = 0` and

.. math:: ∂_φ ∇_x |m|^2 = 2 (∂_φ ∂_x m)^T m + 2 (∂_x m)^T ∂_φ m = 0.

J is block triangular with symmetric blocks: its spectrum is real, and play loses its
stability by a flip at :math:`2/λ_\max`. The same networks under the minimax loss
rotate, and may take larger steps all the same: in four of four pairs of perceptrons
tried (hidden units and features 6 and 4, 3 and 5, 4 and 6, 5 and 8) minimax is stable
up to 0.39, 0.30, 0.51 and 0.94, feature matching up to 0.16, 0.17, 0.25 and 0.36.

A generator collapsed to one point x between modes ±a has the gap :math:`(x, x^2 - a^2)`
in the features (s, s²): at best :math:`a^4` for :math:`a^2 \le ½`, else
:math:`a^2 - ¼`. In the feature s alone it is 0 at the mean: whether collapse is seen is
a matter of features.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar

from gandyn.claims._claim import Claim, Quantity
from gandyn.claims._networks import network_threshold
from gandyn.errors import GandynError

_GAIN = 1.5
_SMALL = 1e-4
"""Eigenvalues below this are neutral to rounding, and their imaginary parts noise."""


def _played(
    seed: int, hidden: int, features: int, points: int, gamma: float, matched: bool
) -> Any:
    """Return game and equilibrium of two perceptrons, the data made by a teacher."""
    import torch

    from gandyn.games.feature_matching import DiscriminatorOnly, FeatureMatching
    from gandyn.games.gradient_penalties import R1
    from gandyn.games.losses import Minimax
    from gandyn.gans import Objective, TorchGame
    from gandyn.gans.catalogue.networks import initial_vector, mlp
    from gandyn.gans.games.modules import Flat

    generator, judge = mlp([2, hidden, 2]), mlp([2, features, 1])
    rng = torch.Generator().manual_seed(seed)
    latents = torch.randn(points, 2, generator=rng, dtype=torch.float64)
    x, y = (initial_vector(module, rng, _GAIN) for module in (generator, judge))
    y[-features - 1 :] = 0
    data = Flat(generator, torch.float64, torch.device("cpu"))(x, latents).detach()
    objective = Objective(Minimax(), R1(gamma))
    if matched:
        own = FeatureMatching() + R1(gamma)
        objective = Objective(DiscriminatorOnly(Minimax()), own)
    pools = {"real": data, "latents": latents}
    return TorchGame(generator, judge, objective, pools), (x, y)


def _jacobian(
    seed: int, hidden: int, features: int, points: int, gamma: float, matched: bool
) -> tuple[np.ndarray, int]:
    game, (x, y) = _played(seed, hidden, features, points, gamma, matched)
    return game.dense_jacobian(x, y).detach().numpy(), len(x)


def _nothing(seed: int, hidden: int, features: int, points: int, gamma: float) -> float:
    return 0.0


def _one(seed: int, hidden: int, features: int, points: int, gamma: float) -> float:
    return 1.0


def _coupling(
    seed: int, hidden: int, features: int, points: int, gamma: float
) -> float:
    J, n = _jacobian(seed, hidden, features, points, gamma, True)
    return float(np.abs(J[:n, n:]).max())


def _imaginary(
    seed: int, hidden: int, features: int, points: int, gamma: float
) -> float:
    J, _ = _jacobian(seed, hidden, features, points, gamma, True)
    values = np.linalg.eigvals(J)
    return float(np.abs(values[np.abs(values) > _SMALL].imag).max())


def _largest_block(J: np.ndarray, n: int) -> float:
    blocks = (J[:n, :n], J[n:, n:])
    return float(max(np.abs(np.linalg.eigvalsh(block)).max() for block in blocks))


def _blocks(seed: int, hidden: int, features: int, points: int, gamma: float) -> float:
    J, n = _jacobian(seed, hidden, features, points, gamma, True)
    return float(np.abs(np.linalg.eigvals(J)).max() / _largest_block(J, n))


def _flip(seed: int, hidden: int, features: int, points: int, gamma: float) -> float:
    """Train along the stiffest direction; return the critical rate over 2/λ_max."""
    from gandyn.rules.gradient import Simultaneous

    game, point = _played(seed, hidden, features, points, gamma, True)
    J = game.dense_jacobian(*point).detach().numpy()
    edge = 2 / _largest_block(J, len(point[0]))
    values, vectors = np.linalg.eig(J)
    mode = vectors[:, np.argmax(np.abs(values))].real
    mode = mode / np.linalg.norm(mode)
    return network_threshold(Simultaneous(), game, point, mode, edge) / edge


def _minimax_turns(
    seed: int, hidden: int, features: int, points: int, gamma: float
) -> float:
    J, _ = _jacobian(seed, hidden, features, points, gamma, False)
    return float(np.abs(np.linalg.eigvals(J).imag).max())


def _least(seed: int, hidden: int, features: int, points: int, gamma: float) -> float:
    return 0.05


def _powers(features: str) -> tuple[int, ...]:
    """Return the exponents of "(x, x^2)"."""
    names = [name.strip() for name in features.strip("()").split(",")]
    found = [re.fullmatch(r"x(?:\^([1-9]))?", name) for name in names]
    if not all(found):
        raise GandynError(f"features must be powers like '(x, x^2)', got {features!r}")
    return tuple(int(one.group(1) or 1) for one in found if one)


def _predicted_floor(a: float, features: str) -> float:
    if _powers(features) == (1,):
        return 0.0
    if _powers(features) != (1, 2):
        raise GandynError(f"there is no formula for the features {features}")
    return a**4 if a**2 <= 1 / 2 else a**2 - 1 / 4


def _measured_floor(a: float, features: str) -> float:
    """Minimise the squared gap of means between a point and the modes."""
    powers, modes = np.array(_powers(features)), np.array([-a, a])

    def loss(x: float) -> float:
        gaps = x**powers - np.mean(modes[:, None] ** powers, axis=0)
        return float(gaps @ gaps)

    grid = np.linspace(-2 * a, 2 * a, 201)
    best = float(grid[np.argmin([loss(x) for x in grid])])
    ends = (best - a / 50, best + a / 50)
    found = minimize_scalar(
        loss, bounds=ends, method="bounded", options={"xatol": 1e-12}
    )
    return float(min(found.fun, loss(best)))


def _figure(ax: Any) -> None:
    for matched, marker, colour, label in (
        (False, "o", "C3", "minimax"), (True, "s", "C0", "feature matching"),
    ):  # fmt: skip
        J, _ = _jacobian(3, 3, 5, 24, 0.1, matched)
        values = np.linalg.eigvals(J)
        values = values[np.abs(values) > _SMALL]
        edge = float(np.min(2 * values.real / np.abs(values) ** 2))
        ax.plot(values.real, values.imag, marker, color=colour, ms=7, alpha=0.7,
                label=f"{label}: critical lr {edge:.2f}")  # fmt: skip
    ax.axhline(0, color="0.8", lw=0.8, zorder=0)
    ax.set(xlabel="Re λ of the game Jacobian", ylabel="Im λ")
    ax.legend(title="the same two networks")


_NETS = (
    {"seed": 2, "hidden": 6, "features": 4, "points": 24, "gamma": 0.1},
    {"seed": 3, "hidden": 3, "features": 5, "points": 24, "gamma": 0.1},
)
CLAIM = Claim(
    title="Feature matching does not rotate, but takes no larger steps for that",
    statement=(
        "Where the fakes are the data the generator's gradient of feature matching "
        "does not depend on the discriminator: J is block triangular, its spectrum "
        "real, and the same networks under minimax rotate. The stable range ends in a "
        "flip at 2/λ_max, which may be below that of minimax. What collapse costs "
        "depends on the features: with (x, x²) a point between modes ±a cannot get "
        "below a² - ¼, with x alone it reaches 0."
    ),
    reference=(
        "Salimans et al., Improved Techniques for Training GANs, NeurIPS 2016, Section "
        "3.1 (feature matching); the spectrum is derived here"
    ),
    quantities=(
        Quantity(
            "feature-matching loss that a generator collapsed to one point cannot get "
            "below (modes +-a)",
            _predicted_floor,
            _measured_floor,
            kind="exact",
            tolerance=1e-9,
            reason="the minimiser's last step",
            points=(
                {"a": 2.0, "features": "(x, x^2)"},
                {"a": 0.6, "features": "(x, x^2)"},
                {"a": 2.0, "features": "(x)"},
            ),
        ),
        Quantity(
            "coupling block |dgx/dy| of feature matching at p_g = p_data",
            _nothing,
            _coupling,
            kind="exact",
            tolerance=1e-12,
            reason="rounding",
            points=_NETS,
            slow=True,
        ),
        Quantity(
            "largest |eigenvalue| of J over the largest of the two symmetric blocks",
            _one,
            _blocks,
            kind="exact",
            tolerance=1e-8,
            reason="rounding of a spectrum that is not normal",
            points=_NETS,
            slow=True,
        ),
        Quantity(
            "largest |Im| of the eigenvalues with |l| > 1e-4, feature matching (no "
            "rotation)",
            _nothing,
            _imaginary,
            kind="exact",
            tolerance=1e-6,
            reason="rounding of a spectrum that is not normal",
            points=_NETS,
            slow=True,
        ),
        Quantity(
            "measured over predicted critical lr of feature matching (a flip)",
            _one,
            _flip,
            kind="exact",
            tolerance=1e-4,
            reason="240 steps, and a deviation of 1e-6",
            points=_NETS,
            slow=True,
        ),
        Quantity(
            "largest |Im| of the eigenvalues, minimax on the same networks",
            _least,
            _minimax_turns,
            kind="lower bound",
            tolerance=0.0,
            reason="an instance: that it rotates, not by how much",
            points=_NETS,
            slow=True,
        ),
    ),
    figure=_figure,
)
