r"""Which distances keep their gradient, and which can come to rest: not the same ones.

N(0, s²) against N(m, s²), as a function of m:

- W1 is |m|, of slope 1 everywhere;
- the energy distance has the slope 2 erf(m/2s) → 2;
- MMD² of a Gaussian kernel of width h is :math:`(2h/\sqrt V)(1 - e^{-m^2/2V})`,
  :math:`V = h^2 + 2s^2`, whose slope is largest at m = √V and then dies;
- the total variation is 2Φ(m/2s) - 1, an integral probability metric too, whose slope
  φ(m/2s)/s dies like :math:`e^{-m^2/8s^2}`.

Against the best critic the mean descends the distance itself: a flip at 2/curvature,
where the curvatures at 0 are 1/(2s²) for 2 JSD, :math:`2h/V^{3/2}` for MMD² and
:math:`2/(\sqrt π s)` for the energy distance. W1 has a corner instead of a curvature:
for every lr the mean ends on a cycle of two with |m| + |m'| = lr.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import ndtr

from gandyn.claims._claim import Claim, Quantity
from gandyn.claims._growth import critical, growth
from gandyn.claims._normals import density

_STEP = 1e-4
"""Of central differences, in units of s."""
_LEGENDRE = np.polynomial.legendre.leggauss(200)
_HERMITE = np.polynomial.hermite_e.hermegauss(120)


def _line(m: float, s: float) -> tuple[np.ndarray, np.ndarray]:
    """Return nodes and weights on both sides of m/2, where the densities cross."""
    nodes, weights = _LEGENDRE
    low, middle, high = min(0.0, m) - 12 * s, m / 2, max(0.0, m) + 12 * s
    parts = [
        (start + (end - start) * (nodes + 1) / 2, weights * (end - start) / 2)
        for start, end in ((low, middle), (middle, high))
    ]
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


def _predicted_energy_slope(m: float, s: float) -> float:
    return 2 * math.erf(m / (2 * s))


def _energy(m: float, s: float) -> float:
    t, weights = _line(m, s)
    return float(2 * weights @ (ndtr(t / s) - ndtr((t - m) / s)) ** 2)


def _difference(function: Any, m: float, s: float) -> float:
    h = _STEP * s
    return float(function(m + h, s) - function(m - h, s)) / (2 * h)


def _measured_energy_slope(m: float, s: float) -> float:
    return _difference(_energy, m, s)


def _predicted_discrepancy(m: float, s: float, h: float) -> float:
    v = h**2 + 2 * s**2
    return 2 * h / math.sqrt(v) * (1 - math.exp(-(m**2) / (2 * v)))


def _discrepancy(m: Any, s: float, h: float) -> Any:
    """Return E k(X, X') + E k(Y, Y') - 2 E k(X, Y) over the differences' normal law."""
    nodes, weights = _HERMITE
    weights = weights / math.sqrt(2 * math.pi)
    apart = math.sqrt(2) * s * nodes
    within = weights @ np.exp(-((apart / h) ** 2) / 2)
    return 2 * within - 2 * weights @ np.exp(-(((apart + m) / h) ** 2) / 2)


def _measured_discrepancy(m: float, s: float, h: float) -> float:
    return float(_discrepancy(m, s, h))


def _predicted_discrepancy_slope(m: float, s: float, h: float) -> float:
    v = h**2 + 2 * s**2
    return 2 * m * h / v**1.5 * math.exp(-(m**2) / (2 * v))


def _measured_discrepancy_slope(m: float, s: float, h: float) -> float:
    return float(np.imag(_discrepancy(m + 1e-30j, s, h)) / 1e-30)


def _predicted_edge(s: float, metric: str, h: float = 1.0) -> float:
    curvature = {
        "2 JSD": 1 / (2 * s**2),
        "MMD^2": 2 * h / (h**2 + 2 * s**2) ** 1.5,
        "energy distance": 2 / (math.sqrt(math.pi) * s),
    }[metric]
    return 2 / curvature


def _slope(m: float, s: float, metric: str, h: float) -> float:
    """Return the generator's gradient against the best critic, by quadrature."""
    if metric == "MMD^2":
        return _measured_discrepancy_slope(m, s, h)
    t, weights = _line(m, s)
    q = density(t, m, s)
    if metric == "energy distance":
        return float(4 * weights @ ((ndtr(t / s) - ndtr((t - m) / s)) * q))
    p = density(t, 0.0, s)
    return float(weights @ (q * (t - m) / s**2 * np.log(q / (p + q))))


def _measured_edge(s: float, metric: str, h: float = 1.0) -> float:
    def at(lr: float) -> float:
        def step(m: np.ndarray) -> np.ndarray:
            return m - lr * _slope(float(m[0]), s, metric, h)

        return growth(step, np.zeros(1), 60)

    low, high = 0.1 * s, 0.2 * s
    while at(high) < 0:
        low, high = high, 1.5 * high
    return critical(at, low, high)


def _predicted_variation(m: float, s: float) -> float:
    return 2 * float(ndtr(m / (2 * s))) - 1


def _variation(m: float, s: float) -> float:
    t, weights = _line(m, s)
    return float(weights @ np.abs(density(t, 0.0, s) - density(t, m, s)) / 2)


def _predicted_variation_slope(m: float, s: float) -> float:
    return math.log10(math.exp(-((m / s) ** 2) / 8) / (s * math.sqrt(2 * math.pi)))


def _measured_variation_slope(m: float, s: float) -> float:
    return math.log10(_difference(_variation, m, s))


def _predicted_cycle(lr: float, m0: float) -> float:
    return lr


def _measured_cycle(lr: float, m0: float) -> float:
    """Return |m| + |m'| of the last two states of descent on |m|."""
    m, last = m0, m0
    for _ in range(math.ceil(abs(m0) / lr) + 10):
        last, m = m, m - lr * math.copysign(1.0, m)
    return abs(m) + abs(last)


def _figure(ax: Any) -> None:
    means = np.linspace(0.02, 6, 120)
    for label, slopes in (
        ("W1", np.ones_like(means)),
        ("energy distance", [_predicted_energy_slope(m, 1.0) for m in means]),
        ("MMD², h = 1", [_predicted_discrepancy_slope(m, 1.0, 1.0) for m in means]),
        ("2 JSD", [_slope(m, 1.0, "2 JSD", 1.0) for m in means]),
        (
            "total variation",
            [10 ** _predicted_variation_slope(m, 1.0) for m in means],
        ),
    ):
        ax.plot(means, slopes, label=label)
    some = np.linspace(0.5, 5.5, 6)
    ax.plot(some, [_measured_energy_slope(m, 1.0) for m in some], "C1o")
    seen = [_measured_discrepancy_slope(m, 1.0, 1.0) for m in some]
    ax.plot(some, seen, "C2o")
    ax.set(xlabel="distance of the means m/s", ylabel="slope of the distance")
    ax.legend(title="dots: quadrature")


_EDGES = (
    {"s": 0.5, "metric": "2 JSD"},
    {"s": 0.8, "metric": "energy distance"},
    {"s": 0.5, "metric": "MMD^2", "h": 1.2},
)
_PAIRS = ({"m": 0.5, "s": 1.0}, {"m": 4.0, "s": 0.5}, {"m": 3.0, "s": 0.7})
_KERNELS = ({"m": 4.0, "s": 0.5, "h": 1.0}, {"m": 3.0, "s": 0.7, "h": 0.5})
CLAIM = Claim(
    title="A gradient that never dies never comes to rest",
    statement=(
        "Of the integral probability metrics W1 and the energy distance keep their "
        "slope between far normals, Gaussian MMD and the total variation lose it. "
        "Against the best critic the mean settles for lr < 4s² (2 JSD), V^1.5/h (MMD²) "
        "and √π s (energy distance); with W1 it never does: it ends on a cycle of two "
        "with |m| + |m'| = lr, for every lr."
    ),
    reference=(
        "Arjovsky, Chintala, Bottou, Wasserstein GAN, 2017, Section 2; Sriperumbudur "
        "et al., On the empirical estimation of integral probability metrics, 2012; "
        "the edges are derived here"
    ),
    quantities=(
        Quantity(
            "slope of the energy distance 2E|X-Y|-E|X-X'|-E|Y-Y'| in m",
            _predicted_energy_slope,
            _measured_energy_slope,
            kind="exact",
            tolerance=1e-4,
            reason="differences of step 1e-4 s",
            points=_PAIRS,
        ),
        Quantity(
            "MMD^2 of N(0,s^2) and N(m,s^2), Gaussian kernel of width h",
            _predicted_discrepancy,
            _measured_discrepancy,
            kind="exact",
            tolerance=1e-9,
            reason="quadrature of a kernel narrower than the normals",
            points=_KERNELS,
        ),
        Quantity(
            "its slope in m (largest at m = sqrt V, then dies)",
            _predicted_discrepancy_slope,
            _measured_discrepancy_slope,
            kind="exact",
            tolerance=1e-9,
            reason="quadrature of a kernel narrower than the normals",
            points=_KERNELS,
        ),
        Quantity(
            "critical lr of the mean against the best critic",
            _predicted_edge,
            _measured_edge,
            kind="exact",
            tolerance=1e-4,
            reason="the deviation whose growth is measured has the size 1e-6",
            points=_EDGES,
        ),
        Quantity(
            "total variation (an IPM: critics |f| <= 1/2) of N(0,s^2) and N(m,s^2)",
            _predicted_variation,
            _variation,
            kind="exact",
            tolerance=1e-7,
            reason="quadrature",
            points=_PAIRS,
        ),
        Quantity(
            "log10 of its slope in m, which vanishes as e^{-m^2/8s^2}",
            _predicted_variation_slope,
            _measured_variation_slope,
            kind="exact",
            tolerance=1e-4,
            reason="differences of step 1e-4 s",
            points=({"m": 2.0, "s": 0.5}, {"m": 6.0, "s": 0.8}),
        ),
        Quantity(
            "W1 against the best critic: |m| + |m'| of the cycle of two at the end",
            _predicted_cycle,
            _measured_cycle,
            kind="exact",
            tolerance=1e-12,
            reason="rounding",
            points=({"lr": 0.3, "m0": 2.0}, {"lr": 0.05, "m0": -1.0}),
        ),
    ),
    figure=_figure,
)
