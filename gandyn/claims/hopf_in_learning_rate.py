r"""The Dirac-GAN with R1 loses its equilibrium to a rotation at lr = 4γ, or never does.

At the equilibrium :math:`J = \begin{pmatrix} 0 & ½ \\ -½ & γ \end{pmatrix}` has the
trace γ and the determinant ¼, and is complex for γ < 1. Simultaneous play has the
multipliers :math:`1 - lr\,λ` of modulus :math:`1 - lr\,γ + lr^2/4`, which is 1 at
:math:`lr = 4γ`, where their real part is :math:`1 - 2γ^2`. Alternating play has trace
:math:`2 - lr\,γ - lr^2/4` and determinant :math:`1 - lr\,γ < 1`: no pair reaches the
circle, but :math:`1 + \mathrm{trace} + \det = 4 - 2\,lr\,γ - lr^2/4` vanishes at
:math:`lr = 4(\sqrt{1 + γ^2} - γ)`, a flip.

The field has no quadratic terms there, so that the normal form's coefficient is
:math:`a = ½ \mathrm{Re}\, e^{-iθ} ⟨p, C(q, q, \bar q)⟩`. With
:math:`f'(t) = ½ - t/4 + …` and :math:`‖q‖ = 1` it is :math:`-3γ^3` (minimax) and
:math:`-γ/2 + γ^3` (non-saturating), which changes its sign at
:math:`γ = 1/\sqrt 2`. At :math:`lr = 4γ(1 + e)`, :math:`|λ| - 1 ≈ 2γ^2 e`, and the mean
of :math:`|z|^2` on the cycle is :math:`2(|λ| - 1)/(-a)` to leading order.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gandyn.claims._claim import Claim, Quantity
from gandyn.claims._growth import (
    critical,
    extrapolate,
    growth,
    step_of,
    weighted_mean,
)
from gandyn.games.dirac import DiracGAN
from gandyn.games.gradient_penalties import R1
from gandyn.rules.gradient import Alternating, Simultaneous
from gandyn.stability import normal_form

_ORIGIN = np.zeros(2)
_BOTH = tuple(
    {"gamma": gamma, "loss": loss}
    for gamma in (0.15, 0.3, 0.5)
    for loss in ("minimax", "non-saturating")
)
_ANGLE = 0.7
"""Direction of the starts between which the edge is bisected; any other will do."""


def _game(gamma: float, loss: Any) -> DiracGAN:
    return DiracGAN(loss, R1(gamma))


def _predicted_simultaneous(gamma: float, loss: str) -> float:
    return 4 * gamma


def _measured_simultaneous(gamma: float, loss: str) -> float:
    game = _game(gamma, loss)

    def at(lr: float) -> float:
        return growth(step_of(Simultaneous(lr, lr), game), _ORIGIN)

    return critical(at, 3.5 * gamma, 4.5 * gamma)


def _predicted_alternating(gamma: float, loss: str) -> float:
    return 4 * (math.sqrt(1 + gamma**2) - gamma)


def _measured_alternating(gamma: float, loss: str) -> float:
    game, expected = _game(gamma, loss), _predicted_scale(gamma)

    def at(lr: float) -> float:
        return growth(step_of(Alternating(lr, lr), game), _ORIGIN)

    return critical(at, 0.8 * expected, 1.2 * expected)


def _predicted_scale(gamma: float) -> float:
    return 4 / (math.sqrt(1 + gamma**2) + gamma)


def _predicted_angle(gamma: float, loss: str) -> float:
    return math.acos(1 - 2 * gamma**2)


def _measured_angle(gamma: float, loss: str) -> float:
    step = step_of(Simultaneous(4 * gamma, 4 * gamma), _game(gamma, loss))
    columns = [step(1j * 1e-30 * unit).imag / 1e-30 for unit in np.eye(2)]
    return float(np.max(np.angle(np.linalg.eigvals(np.array(columns).T))))


def _predicted_coefficient(gamma: float, loss: str) -> float:
    return -3 * gamma**3 if loss == "minimax" else gamma**3 - gamma / 2


def _measured_coefficient(gamma: float, loss: str) -> float:
    rule = Simultaneous(4 * gamma, 4 * gamma)
    return float(normal_form(rule, _game(gamma, loss)).coefficient)


def _orbit_mean(gamma: float, loss: str, e: float, x: float, y: float) -> float:
    lr = 4 * gamma * (1 + e)
    rule, game = Simultaneous(lr, lr), _game(gamma, loss)
    relax = round(8 / (4 * gamma**2 * e))  # e-folds towards the cycle
    squares = np.empty(2 * relax)
    memory: Any = ()
    for i in range(3 * relax):
        x, y, memory = rule.step(game, x, y, memory)
        if i >= relax:
            squares[i - relax] = x * x + y * y
    return weighted_mean(squares)


def _leading(gamma: float, loss: str, e: float) -> float:
    return 4 * gamma**2 * e / -_predicted_coefficient(gamma, loss)


def _one(gamma: float, loss: str, excess: list[float]) -> float:
    return 1.0


def _measured_amplitude(gamma: float, loss: str, excess: list[float]) -> float:
    def ratio(e: float) -> float:
        expected = _leading(gamma, loss, e)
        return _orbit_mean(gamma, loss, e, math.sqrt(expected), 0.0) / expected

    coarse, fine = excess
    return extrapolate(ratio(coarse), ratio(fine))


def _edge_mean(gamma: float, loss: str, e: float) -> float:
    """Return the mean of |z|² on the unstable cycle, kept to by bisecting the start."""
    lr = 4 * gamma * (1 + e)
    rule, game = Simultaneous(lr, lr), _game(gamma, loss)
    expected = _leading(gamma, loss, e)
    low, high = 0.03 * expected, 30 * expected
    stay = round(25 / (4 * gamma**2 * abs(e)))  # e-folds: rounding allows 36
    while True:
        starts = np.linspace(low, high, 64)
        x, y = (f(_ANGLE) * np.sqrt(starts) for f in (math.cos, math.sin))
        squares: list[np.ndarray] = []
        memory: Any = ()
        decays, grows = np.zeros((2, 64), dtype=bool)
        while len(squares) < stay and not np.all(decays | grows):
            x, y, memory = rule.step(game, x, y, memory)
            squares.append(x * x + y * y)
            decays |= ~grows & (squares[-1] < 0.01 * expected)
            grows |= ~decays & (squares[-1] > 40 * expected)
        edge = int(np.argmin(decays))
        if len(squares) == stay:
            return weighted_mean(np.array(squares)[: stay // 2, edge])
        low, high = starts[edge - 1], starts[edge]


def _measured_edge(gamma: float, loss: str, excess: list[float]) -> float:
    def ratio(e: float) -> float:
        return _edge_mean(gamma, loss, e) / _leading(gamma, loss, e)

    coarse, fine = excess
    return extrapolate(ratio(coarse), ratio(fine))


def _figure(ax: Any) -> None:
    e = np.linspace(0, 0.05, 101)
    for loss, gamma, colour in (
        ("minimax", 0.3, "C0"),
        ("minimax", 0.8, "C5"),
        ("non-saturating", 0.3, "C1"),
        ("non-saturating", 0.8, "C4"),
    ):
        side = math.copysign(1, -_predicted_coefficient(gamma, loss))
        size = np.sqrt([_leading(gamma, loss, side * one) for one in e])
        word, style = ("stable", "-") if side > 0 else ("unstable", "--")
        label = f"{loss}, γ = {gamma}: {word} cycle"
        ax.plot(1 + side * e, size, style, color=colour, label=label)
    for one in (0.01, 0.02, 0.03, 0.04):
        for loss, colour in (("minimax", "C0"), ("non-saturating", "C1")):
            side = math.sqrt(_leading(0.3, loss, one))
            seen = math.sqrt(_orbit_mean(0.3, loss, one, side, 0.0))
            ax.plot(1 + one, seen, "o", color=colour)
    ax.axvline(1, color="0.6", lw=1)
    ax.set(xlabel="lr / 4γ", ylabel="root mean square distance")
    ax.legend(title="lines: leading order; dots: orbits")


CLAIM = Claim(
    title="A Dirac-GAN loses its equilibrium to a rotation, at lr = 4γ",
    statement=(
        "With R1 of weight γ < 1, simultaneous play loses stability at lr = 4γ, in a "
        "Neimark–Sacker bifurcation of angle arccos(1 - 2γ²), whatever the loss. The "
        "cycle is born stable with the minimax loss (a = -3γ³); with the "
        "non-saturating loss a = γ³ - γ/2, and for γ > 1/√2 an unstable cycle stands "
        "below the threshold. Alternating play has no such bifurcation at all, but a "
        "flip at lr = 4(√(1 + γ²) - γ)."
    ),
    reference=(
        "Mescheder et al., Which Training Methods for GANs do actually Converge?, ICML "
        "2018, Section 3; the coefficients are derived here"
    ),
    quantities=(
        Quantity(
            "critical lr, simultaneous",
            _predicted_simultaneous,
            _measured_simultaneous,
            kind="exact",
            tolerance=1e-5,
            reason="the deviation whose growth is measured has the size 1e-6",
            points=_BOTH,
        ),
        Quantity(
            "angle per step at the crossing",
            _predicted_angle,
            _measured_angle,
            kind="exact",
            tolerance=1e-12,
            reason="rounding of the eigenvalues",
            points=_BOTH,
        ),
        Quantity(
            "critical lr, alternating (a flip, no Hopf)",
            _predicted_alternating,
            _measured_alternating,
            kind="exact",
            tolerance=1e-5,
            reason="as for simultaneous play",
            points=_BOTH,
        ),
        Quantity(
            "normal-form coefficient a (|q|=1)",
            _predicted_coefficient,
            _measured_coefficient,
            kind="exact",
            tolerance=1e-12,
            reason="rounding of the eigenvectors",
            points=_BOTH,
        ),
        *(
            Quantity(
                f"mean |z|^2 of the cycle over {scale}, extrapolated",
                _one,
                _measured_amplitude,
                kind="asymptotic",
                tolerance=3e-3,
                reason="what is left of second order after extrapolation",
                points=tuple(
                    {"gamma": gamma, "loss": loss, "excess": [0.01, 0.005]}
                    for gamma in (0.2, 0.3)
                ),
            )
            for scale, loss in (
                ("4 e/(3 gamma)", "minimax"),
                ("8 gamma e/(1-2 gamma^2)", "non-saturating"),
            )
        ),
        Quantity(
            "mean |z|^2 of the UNSTABLE cycle below the threshold over "
            "8 gamma |e|/(2 gamma^2-1), extrapolated",
            _one,
            _measured_edge,
            kind="asymptotic",
            tolerance=3e-2,
            reason="rounding ends the stay near an unstable cycle",
            slow=True,
            points=(
                {"gamma": 0.8, "loss": "non-saturating", "excess": [-4e-4, -2e-4]},
            ),
        ),
    ),
    figure=_figure,
)
