r"""Adam never settles on a Dirac-GAN: it parks on the edge of its own frozen map.

Near the equilibrium :math:`g_x = c\,y`, :math:`g_y = -c\,x + γ\,y`, with c the slope of
the loss at 0 (½ for logistic losses). Let :math:`β_2 → 1` and :math:`ε = 0`. Then v is
quasi-static: it holds the mean square of the gradient over many turns, and between
these times a step is the linear map with the rates
:math:`h = lr/\sqrt{\langle g^2 \rangle}` of each player. A smaller orbit has larger
rates. If the frozen map contracts, the orbit shrinks and the rates grow until it does
not; so the orbit ends where a multiplier is on the circle.

**Which point of the circle.** With momentum the filter of a mode of angle θ is
:math:`T = (1 - β_1)/(1 - β_1 e^{-iθ})`, so that a mode
:math:`z_t = \mathrm{Re}\, \hat z e^{iθt}` needs

.. math:: s \hat z = -H J_θ \hat z, \qquad s(θ) = (e^{iθ} - 1)/T, \qquad
          H = \mathrm{diag}(h_x, h_y).

Therefore :math:`h_i^2 \langle g_i^2\rangle = |s|^2 \langle z_i^2\rangle`, and the left
side is :math:`lr^2` by the definition of h: **every coordinate has the same mean
square**, :math:`\langle x^2\rangle = \langle y^2\rangle = lr^2/|s|^2`, in any linear
game of which one pair of multipliers is on the circle. The rms radius is
:math:`\sqrt 2\, lr/|s|`.

*Simultaneous play.* s and its conjugate are the roots of
:math:`s^2 + h_y γ s + h_x h_y c^2`, and :math:`h_x c = |s|` by the mean square of
:math:`g_x`. So :math:`h_x = h_y = |s|/c`, and :math:`-2\,\mathrm{Re}\, s = |s| γ/c`:

.. math:: \cos \arg s(θ) = -γ/(2c), \qquad\text{or}\qquad
          θ/2 + α = \arcsin(γ/2c), \quad α = \arg(1 - β_1 e^{-iθ}).

For :math:`β_1 = 0` and c = ½: rates 4γ, angle :math:`\arccos(1 - 2γ^2)`, and rms radius
:math:`lr/(\sqrt 2 γ)`. There is an angle for γ < 2c only.

*Alternating play* has :math:`s^2 + h_y γ s + h_x h_y c^2 e^{iθ} = 0`. Its argument
gives

.. math:: \sin(θ - 2ψ)/\sin ψ = γ/c, \quad ψ = \arg s, \qquad\text{or}\qquad
          \sin 2α/\cos(θ/2 + α) = γ/c,

whichever player is first. For :math:`β_1 = 0` the left side is 0: there is no such
edge.

**Finite** :math:`β_2`. v ripples at the angle 2θ by
:math:`k = (1 - β_2)/(1 - β_2 e^{-2iθ})` of its mean; the product of the ripple of
:math:`v^{-1/2}` with the update has a part at θ, and T becomes :math:`T - k \bar T/4`.
What is left is of second order in k. For :math:`β_1 = 0`, small γ and c = ½ the radius
is smaller by :math:`(1 - β_2)/(16 γ^2)`: the law needs :math:`1 - β_2 ≪ γ^2`.

**Is the edge attracting?** Let a and b be the relative deviations of :math:`v_x, v_y`
and i that of the orbit's area, which a map of determinant δ multiplies by δ a step. The
ripple shrinks it too, by :math:`½\mathrm{Re}\,k(1 - e^{-iθ}) = ε/4` a step where v is
the mean square, and in proportion to :math:`\langle g^2\rangle/v` elsewhere. With
:math:`ε = 1 - β_2`, c = ½, :math:`β_1 = 0`, simultaneous play,

.. math:: \dot a = ε(i - \tfrac{κ}{2} b + (μ - 1) a), \quad
          \dot b = ε(i - \tfrac{κ + 1}{2} b + (μ - ½) a), \quad
          \dot i = -2γ^2 a - \tfrac{ε}{4} i,

where :math:`κ = 1/(2(1 - γ^2))` and :math:`μ = γ^2 + (1 - 2γ^2)^2/(4(1 - γ^2)) = κ/2`,
and what is εa or εb is left out beside :math:`2γ^2 a`. To leading order the eigenvalues
are :math:`-ε/2` and :math:`-5ε/8 ± iγ\sqrt{2ε}`, for every γ < 1.

**Flips.** For :math:`β_1 = 0` the 2-cycle :math:`x = y = ± lr/2` is an exact orbit of
alternating play, and of simultaneous play if γ exceeds the slope, for every
:math:`β_2`: on it :math:`v = g^2`, and a step is the sign of the gradient.
"""

from __future__ import annotations

import cmath
import math
from typing import Any

import numpy as np
from scipy.optimize import brentq

from gandyn.claims._adam_orbits import SMALL_LR, orbit, slow_mode
from gandyn.claims._claim import Claim, Quantity
from gandyn.claims._growth import weighted_mean
from gandyn.games.dirac import DiracGAN
from gandyn.games.gradient_penalties import R1
from gandyn.games.losses import Minimax
from gandyn.rules.adam import Adam, AlternatingAdam


def _mode(theta: float, beta1: float, beta2: float) -> complex:
    """Return s(θ), with the ripple of v."""
    filtered = (1 - beta1) / (1 - beta1 * cmath.exp(-1j * theta))
    ripple = (1 - beta2) / (1 - beta2 * cmath.exp(-2j * theta))
    return (cmath.exp(1j * theta) - 1) / (filtered - ripple * filtered.conjugate() / 4)


def edge(
    gamma: float, slope: float, beta1: float, beta2: float, order: str
) -> tuple[float, float]:
    """Return the angle of a step and the rms radius over lr on Adam's edge."""

    def excess(theta: float) -> float:
        phase = cmath.phase(_mode(theta, beta1, beta2))
        if order == "simultaneous":
            return -math.cos(phase) - gamma / (2 * slope)
        return math.sin(theta - 2 * phase) / math.sin(phase) - gamma / slope

    angles = np.geomspace(1e-4, 3.14, 4000)
    above = np.array([excess(theta) for theta in angles]) > 0
    first = int(np.flatnonzero(~above[:-1] & above[1:])[0])
    theta = float(brentq(excess, angles[first], angles[first + 1]))
    return theta, math.sqrt(2) / abs(_mode(theta, beta1, beta2))


def _slope(loss: str) -> float:
    return 1.0 if loss == "wasserstein" else 0.5


def _measured_radius(
    gamma: float,
    beta1: float,
    beta2: float,
    order: str,
    loss: str,
    lr: float = SMALL_LR,
) -> float:
    x, y = orbit(gamma, beta1, beta2, order, loss, lr)
    return math.sqrt(weighted_mean(x * x + y * y))


def _measured_angle(
    gamma: float, beta1: float, beta2: float, order: str, loss: str
) -> float:
    x, y = orbit(gamma, beta1, beta2, order, loss)
    turns = np.diff(np.unwrap(np.angle(x + 1j * y)))
    return abs(weighted_mean(turns))


def _limit_radius(
    gamma: float, beta1: float, beta2: float, order: str, loss: str
) -> float:
    return _slope(loss) * math.sqrt(2) / gamma


def _limit_angle(
    gamma: float, beta1: float, beta2: float, order: str, loss: str
) -> float:
    return math.acos(1 - (gamma / _slope(loss)) ** 2 / 2)


def _predicted_radius(
    gamma: float, beta1: float, beta2: float, order: str, loss: str
) -> float:
    return edge(gamma, _slope(loss), beta1, beta2, order)[1]


def _predicted_angle(
    gamma: float, beta1: float, beta2: float, order: str, loss: str
) -> float:
    return edge(gamma, _slope(loss), beta1, beta2, order)[0]


def _predicted_rate(gamma: float, beta2: float, player: str) -> float:
    return 4 * gamma


def _measured_rate(gamma: float, beta2: float, player: str) -> float:
    """Return -Δz g/g² of one player, in the mean over the orbit."""
    found = orbit(gamma, 0.0, beta2, "simultaneous", "minimax")
    x, y = (SMALL_LR * part for part in found)
    game = DiracGAN(Minimax(), R1(gamma))
    force, moved = (game.gx(x, y), x) if player == "x" else (game.gy(x, y), y)
    force, step = force[:-1], np.diff(moved)
    return -weighted_mean(step * force) / weighted_mean(force * force)


def _predicted_equal(gamma: float, beta1: float, order: str) -> float:
    return 1.0


def _measured_equal(gamma: float, beta1: float, order: str) -> float:
    x, y = orbit(gamma, beta1, 0.999, order, "minimax")
    return math.sqrt(weighted_mean(x * x) / weighted_mean(y * y))


def _predicted_flip(gamma: float, beta2: float, order: str) -> float:
    return 0.5


def _measured_flip(gamma: float, beta2: float, order: str) -> float:
    """Return the least abs(x)/lr of 500 steps from the 2-cycle."""
    cls: Any = Adam if order == "simultaneous" else AlternatingAdam
    rule = cls(lr=SMALL_LR, beta1=0.0, beta2=beta2, eps=0.0)
    game, x, y = DiracGAN(Minimax(), R1(gamma)), SMALL_LR / 2, SMALL_LR / 2
    memory, sizes = rule.init(game, x, y), []
    for _ in range(500):
        x, y, memory = rule.step(game, x, y, memory)
        sizes.append(abs(x) / SMALL_LR)
    return min(sizes)


def _predicted_settling(gamma: float, eps: float) -> float:
    return 4 * gamma * eps


def _measured_settling(gamma: float, eps: float) -> float:
    """Return the lr, found by bisection, at which a small deviation stops to shrink."""
    game, low, high = DiracGAN(Minimax(), R1(gamma)), 2 * gamma * eps, 8 * gamma * eps
    while high - low > 1e-5 * high:
        lr = (low + high) / 2
        rule = Adam(lr, lr, beta1=0.0, beta2=0.9, eps=eps)
        x, y = start = 1e-9, 0.5e-9
        memory = rule.init(game, x, y)
        for _ in range(2000):
            x, y, memory = rule.step(game, x, y, memory)
        shrinks = math.hypot(x, y) < 0.5 * math.hypot(*start)
        grows = math.hypot(x, y) > 2 * math.hypot(*start)
        if not (shrinks or grows):
            return lr
        low, high = (lr, high) if shrinks else (low, lr)
    return (low + high) / 2


def _predicted_decay(gamma: float, beta2: float) -> float:
    return 5 * (1 - beta2) / 8


def _predicted_beat(gamma: float, beta2: float) -> float:
    return gamma * math.sqrt(2 * (1 - beta2))


def _measured_decay(gamma: float, beta2: float) -> float:
    return slow_mode(gamma, beta2)[0]


def _measured_beat(gamma: float, beta2: float) -> float:
    return slow_mode(gamma, beta2)[1]


def _figure(ax: Any) -> None:
    gammas = np.geomspace(0.05, 0.95, 60)
    for order, beta1, colour in (
        ("simultaneous", 0.0, "C0"),
        ("simultaneous", 0.5, "C1"),
        ("simultaneous", 0.9, "C2"),
        ("alternating", 0.5, "C3"),
        ("alternating", 0.9, "C4"),
    ):
        lines = [edge(gamma, 0.5, beta1, 0.999, order)[1] for gamma in gammas]
        label = rf"{order}, $β_1$ = {beta1:g}"
        ax.loglog(gammas, lines, color=colour, label=label)
        for gamma in (0.1, 0.3, 0.6):
            seen = _measured_radius(gamma, beta1, 0.999, order, "minimax")
            ax.loglog(gamma, seen, "o", color=colour)
    ax.set(xlabel="γ", ylabel="rms radius / lr")
    ax.legend(title="lines: the law; dots: orbits")


def _points(*rows: tuple[float, float, float, str, str]) -> tuple[dict[str, Any], ...]:
    names = ("gamma", "beta1", "beta2", "order", "loss")
    return tuple(dict(zip(names, row, strict=True)) for row in rows)


_LIMIT = _points(*((g, 0.0, 0.999, "simultaneous", "minimax") for g in (0.1, 0.3, 0.5)))
_MANY = _points(
    (0.03, 0.0, 0.999, "simultaneous", "minimax"),
    (0.1, 0.0, 0.99, "simultaneous", "minimax"),
    (0.8, 0.0, 0.99, "simultaneous", "minimax"),
    (0.3, 0.5, 0.999, "simultaneous", "non-saturating"),
    (0.3, 0.9, 0.999, "simultaneous", "minimax"),
    (0.3, 0.5, 0.999, "simultaneous", "wasserstein"),
    (0.1, 0.5, 0.99, "alternating", "minimax"),
    (0.3, 0.9, 0.999, "alternating", "minimax"),
    (1.2, 0.5, 0.999, "alternating", "minimax"),
)
CLAIM = Claim(
    title="Adam parks a Dirac-GAN on the edge of its own frozen map",
    statement=(
        "With R1 of weight γ, simultaneous Adam of β1 = 0 and β2 → 1 ends on an orbit "
        "of rms radius lr/(√2 γ) that turns by arccos(1 - 2γ²) a step, at the rates "
        "4γ of the Neimark–Sacker edge: it never settles, whatever lr. With "
        "momentum, in alternating play and at finite β2 the radius and the angle solve "
        "one equation. The mean squares of x and y are equal. Exceptions: γ ≥ 1 "
        "(simultaneous) and β1 = 0 (alternating), where no multiplier can turn on the "
        "circle and the players end within a few lr; 1 - β2 not far below γ²; lr not "
        "far below γ, where the loss is no longer linear; and lr < 4γε, where it does "
        "settle. Of networks it is false."
    ),
    reference="derived here",
    quantities=(
        Quantity(
            "rms radius over lr, beta1 = 0, simultaneous, beta2 → 1",
            _limit_radius,
            _measured_radius,
            kind="asymptotic",
            tolerance=1e-2,
            reason="1 - β2 is 0.001: (1 - β2)/(16 γ²) at most",
            points=_LIMIT,
        ),
        Quantity(
            "angle per step, beta1 = 0, simultaneous, beta2 → 1",
            _limit_angle,
            _measured_angle,
            kind="asymptotic",
            tolerance=1e-2,
            reason="as for the radius",
            points=_LIMIT,
        ),
        Quantity(
            "rate of a player, beta1 = 0, simultaneous, beta2 → 1",
            _predicted_rate,
            _measured_rate,
            kind="asymptotic",
            tolerance=1e-2,
            reason="as for the radius",
            points=tuple(
                {"gamma": gamma, "beta2": 0.999, "player": player}
                for gamma in (0.1, 0.3, 0.5)
                for player in "xy"
            ),
        ),
        Quantity(
            "rms radius over lr",
            _predicted_radius,
            _measured_radius,
            kind="asymptotic",
            tolerance=1e-3,
            reason="of second order in the ripple of v",
            points=_MANY,
        ),
        Quantity(
            "angle per step",
            _predicted_angle,
            _measured_angle,
            kind="asymptotic",
            tolerance=1e-3,
            reason="of second order in the ripple of v",
            points=_MANY,
        ),
        Quantity(
            "rms of x over rms of y",
            _predicted_equal,
            _measured_equal,
            kind="asymptotic",
            tolerance=1e-3,
            reason="of second order in the ripple of v",
            points=tuple(
                {"gamma": 0.3, "beta1": beta1, "order": order}
                for beta1, order in (
                    (0.0, "simultaneous"),
                    (0.9, "simultaneous"),
                    (0.5, "alternating"),
                )
            ),
        ),
        Quantity(
            "abs(x)/lr of the 2-cycle, beta1 = 0",
            _predicted_flip,
            _measured_flip,
            kind="exact",
            tolerance=1e-9,
            reason="rounding of 500 steps",
            points=(
                {"gamma": 0.8, "beta2": 0.99, "order": "alternating"},
                {"gamma": 1.2, "beta2": 0.9, "order": "simultaneous"},
            ),
        ),
        Quantity(
            "lr below which Adam settles, beta1 = 0, simultaneous",
            _predicted_settling,
            _measured_settling,
            kind="exact",
            tolerance=1e-2,
            reason="2000 steps tell growth from decay to 0.7/2000 a step",
            points=({"gamma": 0.3, "eps": 1e-2}, {"gamma": 0.6, "eps": 1e-3}),
        ),
        Quantity(
            "decay of a deviation from the edge, a step",
            _predicted_decay,
            _measured_decay,
            kind="asymptotic",
            tolerance=0.05,
            reason="of first order in √(1 - β2)",
            points=({"gamma": 0.3, "beta2": 0.9999},),
        ),
        Quantity(
            "beat of a deviation from the edge, angle per step",
            _predicted_beat,
            _measured_beat,
            kind="asymptotic",
            tolerance=0.02,
            reason="of first order in √(1 - β2)",
            points=({"gamma": 0.3, "beta2": 0.9999},),
        ),
    ),
    figure=_figure,
)
