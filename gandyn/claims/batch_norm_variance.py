r"""The variance that a batch sees is noisy, and not only by 2/(B - 1).

The unbiased variance of B independent numbers of excess kurtosis κ has the relative
variance 2/(B - 1) + κ/B. What batch normalisation divides by, 1/B of the squares, is
biased and better: its mean square error is :math:`(2B - 1)/B^2` for normal numbers.

In :math:`x ← (1 - lr\,h/\hat v) x` with :math:`B \hat v ∼ χ^2_{B-1}` for a normal
batch, :math:`E\,\hat v^{-1} = B/(B - 3)` and
:math:`E\,\hat v^{-2} = B^2/((B - 3)(B - 5))`, so that :math:`E x^2` decays iff
:math:`lr\,h < 2 E\hat v^{-1}/E\hat v^{-2} = 2 (B - 5)/B`: (B - 5)/B of what the exact
variance allows, and nothing for B ≤ 5. Instance norm sees HW pixels whatever B is.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gandyn.claims._claim import Claim, Quantity

_NUMBERS = 4_000_000
"""Numbers drawn: the ratios are then known to some permille."""
_EXCESS = {"normal": 0.0, "uniform": -1.2, "laplace": 3.0}


def _batches(B: int, dist: str) -> np.ndarray:
    rng = np.random.default_rng(B)
    shape = (_NUMBERS // B, B)
    if dist == "uniform":
        return rng.uniform(-math.sqrt(3), math.sqrt(3), shape)
    return (
        rng.normal(size=shape) if dist == "normal" else rng.laplace(0, 0.5**0.5, shape)
    )


def _predicted_unbiased(B: int, dist: str) -> float:
    return 2 / (B - 1) + _EXCESS[dist] / B


def _measured_unbiased(B: int, dist: str) -> float:
    return float(np.var(_batches(B, dist).var(axis=1, ddof=1)))


def _predicted_biased(B: int, dist: str) -> float:
    return (2 * B - 1) / B**2


def _measured_biased(B: int, dist: str) -> float:
    return float(np.mean((_batches(B, dist).var(axis=1) - 1) ** 2))


def _predicted_share(B: int) -> float:
    return max(B - 5, 0) / B


def _measured_share(B: int) -> float:
    """Return the root in lr of the mean of (1 - lr/v)² - 1, over 2."""
    variances = _batches(B, "normal").var(axis=1)
    drawn = np.random.default_rng(B).chisquare(B - 1, _NUMBERS) / B
    inverse = 1 / np.concatenate([variances, drawn])
    return float(np.mean(inverse) / np.mean(inverse**2))


def _predicted_instance(pixels: int, B: int, norm: str) -> float:
    return 2 / (pixels - 1)


def _measured_instance(pixels: int, B: int, norm: str) -> float:
    """Return the variance over images of the variance over an image's pixels."""
    rng, found = np.random.default_rng(pixels), []
    for _ in range(40 * 256 // pixels or 1):
        images = rng.normal(size=(4096, B, pixels))
        found.append(images.var(axis=2, ddof=1).ravel())
    return float(np.var(np.concatenate(found)))


def _figure(ax: Any) -> None:
    sizes = np.array([2, 4, 8, 16, 32, 64])
    for dist, colour in (("laplace", "C2"), ("normal", "C0"), ("uniform", "C1")):
        law = [_predicted_unbiased(int(B), dist) for B in sizes]
        ax.loglog(sizes, law, color=colour, label=f"{dist}, unbiased")
        seen = [_measured_unbiased(int(B), dist) for B in sizes[1:]]
        ax.loglog(sizes[1:], seen, "o", color=colour)
    law = [_predicted_biased(int(B), "normal") for B in sizes]
    ax.loglog(sizes, law, "C0--", label="normal, as batch norm divides")
    ax.set_xticks(sizes, sizes)
    ax.minorticks_off()
    ax.set(xlabel="batch size B", ylabel="relative mean square error of the variance")
    ax.legend(title="dots: 4 million numbers")


CLAIM = Claim(
    title="A batch's variance errs by 2/(B - 1) for normal activations only",
    statement=(
        "The unbiased variance of a batch has the relative variance 2/(B - 1) + κ/B "
        "with the activations' excess kurtosis κ; what batch norm divides by errs "
        "less, (2B - 1)/B². In the mean square, division by a batch's variance leaves "
        "the share (B - 5)/B of the stable learning rates, none for B ≤ 5. Instance "
        "norm: 2/(HW - 1) for independent pixels, whatever B."
    ),
    reference=(
        "Ioffe and Szegedy, Batch Normalization, ICML 2015 (the layer); the moments "
        "are those of χ², the conclusions are derived here"
    ),
    quantities=(
        Quantity(
            "relative variance of the unbiased batch variance",
            _predicted_unbiased,
            _measured_unbiased,
            kind="statistical",
            tolerance=2e-2,
            reason="sampling of 4 million numbers; heavy tails",
            points=tuple(
                {"B": B, "dist": dist}
                for B, dist in (
                    (2, "normal"),
                    (8, "normal"),
                    (4, "uniform"),
                    (8, "laplace"),
                )
            ),
        ),
        Quantity(
            "relative mean square error of the variance that BN divides by (1/B)",
            _predicted_biased,
            _measured_biased,
            kind="statistical",
            tolerance=2e-2,
            reason="sampling of 4 million numbers",
            points=({"B": 4, "dist": "normal"}, {"B": 8, "dist": "normal"}),
        ),
        Quantity(
            "mean-square critical lr of x <- (1 - lr h/vhat) x over that with the "
            "exact variance",
            _predicted_share,
            _measured_share,
            kind="statistical",
            tolerance=3e-2,
            reason="sampling: inverse squares have heavy tails at small B",
            points=({"B": 12}, {"B": 16}, {"B": 64}),
        ),
        Quantity(
            "relative variance of instance norm's variance, independent pixels",
            _predicted_instance,
            _measured_instance,
            kind="statistical",
            tolerance=2e-2,
            reason="sampling of some hundred thousand images",
            points=({"pixels": 256, "B": 1, "norm": "instance"},),
        ),
    ),
    figure=_figure,
)
