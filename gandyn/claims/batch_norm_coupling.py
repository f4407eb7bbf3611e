r"""Mixed batches couple points, and that doubles the stable range.

In a batch of n reals and n fakes the normalised value of a real depends on every fake:

.. math:: \frac{∂\hat u_i}{∂u_j} = -\frac{1 + \hat u_i \hat u_j}{2n\,\mathrm{sd}},
          \qquad i \ne j,

for any division by the batch's deviation sd. In the limit of large batches, for the
mean GAN with data N(0, s²) and a linear logistic discriminator of the normalised
points, J at the equilibrium has trace ½ and determinant 1/(8s²): normalisation by the
common mean x/2 halves the pull on the generator, and simultaneous play is stable iff lr
< 4s² for s < √2, twice the range of the same game without it, 4s² - 4s√(s² - 2) above.
A generator that also differentiates the reals' term has the determinant 1/(4s²) of a
mere rescaling.

With one real at 0 and one fake at x the fake is seen at :math:`(x/2)/\sqrt{x^2/4 + ε}`,
of slope :math:`\tfrac{ε}{2}(x^2/4 + ε)^{-3/2}`: dead for :math:`|x| \gg \sqrt ε`, and
so steep at 0 that with weight decay γ the determinant is 1/(8ε). Of a batch of fakes
alone the mean is subtracted: no gradient shows it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gandyn.claims._claim import Claim, Quantity
from gandyn.claims._growth import growth, step_of, threshold
from gandyn.claims._planes import edge
from gandyn.errors import UnknownName
from gandyn.games.batch_norm import BatchNormGAN
from gandyn.games.losses import Minimax, NonSaturating, Wasserstein
from gandyn.rules.gradient import Simultaneous

_ORIGIN = np.zeros(2)
_TINY = 1e-30
"""The imaginary part of a complex step."""
_TERMS = {"fake only": False, "whole V": True, "full": True}
"""Whether the generator also differentiates the reals' term, by name."""


def _whole(generator_loss: str) -> bool:
    if generator_loss not in _TERMS:
        raise UnknownName("generator loss", generator_loss, _TERMS)
    return _TERMS[generator_loss]


def _edge(game: BatchNormGAN, low: float) -> float:
    def at(lr: float, steps: int) -> float:
        return growth(step_of(Simultaneous(lr, lr), game), _ORIGIN, steps)

    return threshold(at, low, rise=1.3)


def _predicted(data_std: float, generator_loss: str) -> float:
    share = 1 / 4 if _whole(generator_loss) else 1 / 8
    return edge(1 / 2, share / data_std**2)


def _measured(data_std: float, generator_loss: str) -> float:
    own = _whole(generator_loss)
    game = BatchNormGAN(Minimax(), 0.0, data_std, 0.0, sees_reals=own)
    return _edge(game, min(data_std**2, 1.0))


def _predicted_dirac(gamma: float, eps: float) -> float:
    return edge(gamma, 1 / (8 * eps))


def _measured_dirac(gamma: float, eps: float) -> float:
    return _edge(BatchNormGAN(Minimax(), gamma, 0.0, eps), 0.1 * eps * gamma)


def _normalised(batch: np.ndarray) -> np.ndarray:
    """Return what batch normalisation makes of numbers, also complex ones."""
    centred = batch - batch.mean()
    return centred / np.sqrt((centred * centred).mean())


def _batch(seed: int, n: int) -> np.ndarray:
    batch = np.random.default_rng(seed).normal(size=2 * n)
    batch[n:] += 1.5
    return batch


def _predicted_derivative(seed: int, n: int) -> float:
    batch = _batch(seed, n)
    std = float(np.std(batch))
    real, fake = (batch[[0, n]] - batch.mean()) / std
    return float(-(1 + real * fake) / (2 * n * std))


def _measured_derivative(seed: int, n: int) -> float:
    batch = _batch(seed, n).astype(complex)
    batch[n] += 1j * _TINY
    return float(_normalised(batch)[0].imag / _TINY)


def _predicted_slope(x: float, eps: float) -> float:
    return float(eps / 2 * (x**2 / 4 + eps) ** -1.5)


def _measured_slope(x: float, eps: float) -> float:
    """Differentiate the Wasserstein generator's loss against y = 1, by complex step."""
    game = BatchNormGAN(Wasserstein(), 0.0, 0.0, eps)
    return float(game.loss_x(np.complex128(x + 1j * _TINY), 1.0).imag / _TINY)


def _predicted_gradient(x: float, y: float, seed: int, points: int) -> float:
    return 0.0


def _measured_gradient(x: float, y: float, seed: int, points: int) -> float:
    """Differentiate the generator's loss on a batch of fakes around x."""
    noise = np.random.default_rng(seed).normal(size=points)
    fakes = _normalised(noise + (x + 1j * _TINY))
    return float(NonSaturating().value_x(y * fakes).mean().imag / _TINY)


def _figure(ax: Any) -> None:
    x = np.linspace(-6, 6, 241)
    ax.plot(x, np.full_like(x, 0.5 * 0.5), color="C0", label="none: constant")
    games = (
        ("mixed batch, s = 1", BatchNormGAN(Wasserstein(), 0.0, 1.0, 0.0), "C1"),
        (
            "mixed batch, s = 0, ε = 0.1",
            BatchNormGAN(Wasserstein(), 0.0, 0.0, 0.1),
            "C2",
        ),
        ("separate batches", BatchNormGAN(Wasserstein(), separate=True), "C3"),
    )
    for label, game, colour in games:
        ax.plot(x, [game.gx(float(one), 0.25) for one in x], color=colour, label=label)
    ax.set(xlabel="generator's mean x (data: 0)", ylabel="its gradient at y = ¼")
    ax.set(ylim=(-0.02, 0.45))
    ax.legend(title="batch normalisation, linear critic")


_DRAWS = tuple({"seed": seed, "n": n} for seed, n in ((0, 4), (2, 3), (3, 16)))
_GROWN = "the deviation whose growth is measured has the size 1e-6"
CLAIM = Claim(
    title="Batch norm doubles the stable range if batches are mixed, else is blind",
    statement=(
        "A mixed batch couples reals and fakes, which by itself destabilises nothing: "
        "the mean GAN's range doubles, from 2s² to 4s² (s < √2), because the "
        "generator's pull is halved; if the generator differentiates the reals' term "
        "too it is 2s² again. What is wrong is elsewhere: in separate batches the "
        "generator's mean has no gradient at all, and batches of two are dead for |x| "
        "≫ √ε and steep at 0, lr* = 8εγ."
    ),
    reference=(
        "Salimans et al., Improved Techniques for Training GANs, NeurIPS 2016, Section "
        "3.5 (virtual batch normalisation, against the coupling); the thresholds are "
        "derived here"
    ),
    quantities=(
        Quantity(
            "critical lr with batch norm over the mixed batch",
            _predicted,
            _measured,
            kind="exact",
            tolerance=1e-5,
            reason=_GROWN,
            points=(
                {"data_std": 1.3, "generator_loss": "fake only"},
                {"data_std": 2.0, "generator_loss": "fake only"},
                {"data_std": 1.0, "generator_loss": "whole V"},
            ),
        ),
        Quantity(
            "derivative of a real point's normalised value in a fake point (indices 0, "
            "n)",
            _predicted_derivative,
            _measured_derivative,
            kind="exact",
            tolerance=1e-12,
            reason="rounding",
            points=_DRAWS,
        ),
        Quantity(
            "slope of the fake's normalised value in x, one real point at 0 and one "
            "fake at x",
            _predicted_slope,
            _measured_slope,
            kind="exact",
            tolerance=1e-12,
            reason="rounding",
            points=({"x": 0.1, "eps": 1e-5}, {"x": 0.01, "eps": 1e-5}),
        ),
        Quantity(
            "Dirac-GAN with mixed-batch BN and weight decay gamma: critical lr",
            _predicted_dirac,
            _measured_dirac,
            kind="exact",
            tolerance=1e-5,
            reason=_GROWN,
            points=({"gamma": 0.5, "eps": 0.1}, {"gamma": 1.0, "eps": 0.05}),
        ),
        Quantity(
            "generator's gradient in its mean when batch norm sees the fakes alone",
            _predicted_gradient,
            _measured_gradient,
            kind="exact",
            tolerance=1e-13,
            reason="rounding",
            points=({"x": 1.0, "y": 0.7, "seed": 0, "points": 64},),
        ),
    ),
    figure=_figure,
)
