"""How far distributions, and samples of them, are apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import rel_entr

from gandyn.errors import GandynError

_Array = NDArray[np.float64]
PROJECTIONS = 16
"""Directions that points are projected on."""
_FAIR = 0.5
"""Share of its fair share of points from which a mode counts as covered."""


def optimal_discriminator(
    p: ArrayLike, q: ArrayLike, smooth_real: float = 0.0, smooth_fake: float = 0.0
) -> _Array:
    r"""Return the probability D* that the best logistic discriminator gives to "real".

    .. math:: D^* = \frac{(1 - a) p + b q}{p + q}

    Parameters
    ----------
    p, q : array_like
        Densities of the data and of the generator at the same points, p + q > 0.
    smooth_real, smooth_fake : float
        The label smoothing a, b of `gandyn.games.losses.LabelSmoothing`.

    References
    ----------
    Goodfellow et al., *Generative Adversarial Nets*, NeurIPS 2014, Proposition 1;
    Salimans et al., *Improved Techniques for Training GANs*, NeurIPS 2016, Section 3.4.

    Examples
    --------
    >>> float(optimal_discriminator(0.6, 0.2, smooth_real=0.1).round(12))
    0.675
    """
    p, q = np.asarray(p, dtype=float), np.asarray(q, dtype=float)
    return np.asarray(((1 - smooth_real) * p + smooth_fake * q) / (p + q))


def jensen_shannon(p: ArrayLike, q: ArrayLike, weights: ArrayLike = 1.0) -> float:
    r"""Return the Jensen–Shannon divergence, in nats, between 0 and log 2.

    .. math:: \mathrm{JSD} = \tfrac12 KL(p, m) + \tfrac12 KL(q, m),
        \qquad m = (p + q)/2

    Parameters
    ----------
    p, q : array_like
        Probabilities, or densities at the nodes of a quadrature.
    weights : array_like
        The quadrature's weights; 1 for probabilities.

    Examples
    --------
    >>> jensen_shannon([1.0, 0.0], [0.0, 1.0])
    0.6931471805599453
    """
    p, q = np.asarray(p, dtype=float), np.asarray(q, dtype=float)
    middle = (p + q) / 2
    return float(np.sum(weights * (rel_entr(p, middle) + rel_entr(q, middle))) / 2)


def minimax_value(p: ArrayLike, q: ArrayLike, weights: ArrayLike = 1.0) -> float:
    r"""Return V(D*, G) = max_D E_p log D + E_q log(1 - D) = -log 4 + 2 JSD.

    It is the negative of the discriminator's loss `gandyn.games.losses.Minimax` at its
    best. Parameters as for `jensen_shannon`.

    References
    ----------
    Goodfellow et al., *Generative Adversarial Nets*, NeurIPS 2014, Theorem 1.

    Examples
    --------
    >>> minimax_value([0.5, 0.5], [0.5, 0.5])
    -1.3862943611198906
    """
    return float(2 * jensen_shannon(p, q, weights) - np.log(4))


def least_squares_criterion(
    p: ArrayLike,
    q: ArrayLike,
    real_label: float = 1.0,
    fake_label: float = -1.0,
    target: float = 0.0,
) -> float:
    r"""Return C(G) of the least-squares loss at the best discriminator.

    .. math:: 2 C(G) = E_p (D^* - c)^2 + E_q (D^* - c)^2, \qquad
        D^* = \frac{b p + a q}{p + q}

    with the labels b of real points and a of fakes and the generator's target c. For
    b - c = 1 and b - a = 2 it is half of Pearson's χ² distance of p + q and 2q.

    References
    ----------
    Mao et al., *Least Squares Generative Adversarial Networks*, ICCV 2017, Equations
    3 to 9.

    Examples
    --------
    >>> round(2 * least_squares_criterion([0.5, 0.5], [0.9, 0.1]), 12)
    0.380952380952
    """
    p, q = np.asarray(p, dtype=float), np.asarray(q, dtype=float)
    best = (real_label * p + fake_label * q) / (p + q)
    return float(np.sum((p + q) * (best - target) ** 2) / 2)


def wasserstein_1(points: ArrayLike, others: ArrayLike) -> float:
    """Return the Wasserstein-1 distance of two equally large samples of numbers.

    Raises
    ------
    GandynError
        If the samples differ in size.

    Examples
    --------
    >>> wasserstein_1([0.0, 1.0], [3.0, 1.0])
    1.5
    """
    a, b = np.sort(np.ravel(points)), np.sort(np.ravel(others))
    if a.shape != b.shape:
        raise GandynError(
            f"the samples must be equally large, got {len(a)} and {len(b)} numbers"
        )
    return float(np.mean(np.abs(a - b)))


def frechet_distance(
    mean: ArrayLike, covariance: ArrayLike, other_mean: ArrayLike, other: ArrayLike
) -> float:
    r"""Return the squared Wasserstein-2 distance of two Gaussians (FID's formula).

    .. math:: |μ_1 - μ_2|^2 + \mathrm{tr}\big(C_1 + C_2 - 2 (C_1 C_2)^{1/2}\big)

    Parameters
    ----------
    mean, other_mean : array_like, shape (n,)
    covariance, other : array_like, shape (n, n)

    References
    ----------
    Heusel, Ramsauer, Unterthiner, Nessler, Hochreiter, *GANs Trained by a Two
    Time-Scale Update Rule Converge to a Local Nash Equilibrium*, NeurIPS 2017,
    Equation 6; Dowson, Landau, *The Fréchet distance between multivariate normal
    distributions*, Journal of Multivariate Analysis 1982.

    Examples
    --------
    >>> frechet_distance([0.0], [[1.0]], [1.0], [[4.0]])
    2.0
    """
    first, second = (np.atleast_2d(c).astype(float) for c in (covariance, other))
    apart = np.atleast_1d(mean).astype(float) - np.atleast_1d(other_mean)
    root = _root(first)
    product = _root(root @ second @ root)
    trace = np.trace(first) + np.trace(second) - 2 * np.trace(product)
    return float(apart @ apart + max(trace, 0.0))


def _root(matrix: Any) -> _Array:
    """Return the square root of a symmetric positive semidefinite matrix."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    return np.asarray((vectors * np.sqrt(values.clip(min=0))) @ vectors.T)


def sliced_wasserstein(points: ArrayLike, others: ArrayLike) -> NDArray[np.float64]:
    r"""Return the sliced Wasserstein-1 distance of samples to another sample.

    The mean over directions of the Wasserstein-1 distance of the projections: in the
    plane over `PROJECTIONS` evenly spaced ones, on the line the distance itself, in
    space over `PROJECTIONS` random ones, always the same.

    Parameters
    ----------
    points : array_like, shape (..., count, size)
        One sample, or many on the leading axes, in units of the data.
    others : array_like, shape (count, size)

    Returns
    -------
    ndarray, shape (...)
        NaN or infinite where points are not finite.

    Raises
    ------
    GandynError
        If the samples differ in size.

    References
    ----------
    Rabin, Peyré, Delon, Bernot, *Wasserstein Barycenter and Its Application to Texture
    Mixing*, SSVM 2011, Section 2.3.

    Examples
    --------
    >>> float(sliced_wasserstein([[0.0], [1.0]], [[3.0], [1.0]]))
    1.5
    """
    a, b = np.asarray(points, dtype=float), np.asarray(others, dtype=float)
    if a.shape[-2:] != b.shape:
        raise GandynError(
            f"the samples must be equally large, got {a.shape[-2:]} and {b.shape}"
        )
    along = _directions(b.shape[-1])
    with np.errstate(invalid="ignore"):
        apart = np.sort(a @ along, axis=-2) - np.sort(b @ along, axis=-2)
    return np.abs(apart).mean(axis=(-2, -1))


def mode_coverage(
    points: ArrayLike, centres: ArrayLike, radius: float
) -> NDArray[np.float64]:
    r"""Return the share of modes that samples cover.

    A mode counts as covered if at least half of its fair share of the points, one part
    in the number of modes, lies within the radius. One point alone does not count: a
    generator that knows no mode scatters some everywhere.

    Parameters
    ----------
    points : array_like, shape (..., count, size)
    centres : array_like, shape (modes, size)
    radius : float
        In units of the data; three standard deviations of a mode are usual.

    Returns
    -------
    ndarray, shape (...)

    Examples
    --------
    >>> points = [[0.0, 0.1], [0.1, 0.0], [5.0, 5.0]]
    >>> float(mode_coverage(points, [[0.0, 0.0], [1.0, 0.0]], 0.3))
    0.5
    """
    a, b = np.asarray(points, dtype=float), np.asarray(centres, dtype=float)
    with np.errstate(invalid="ignore"):
        near = np.linalg.norm(a[..., None, :] - b, axis=-1) <= radius
    return np.asarray((near.mean(axis=-2) >= _FAIR / len(b)).mean(axis=-1))


def _directions(size: int) -> NDArray[np.float64]:
    """Return unit vectors as columns."""
    if size == 1:
        return np.ones((1, 1))
    if size == 2:
        angles = np.pi * np.arange(PROJECTIONS) / PROJECTIONS
        return np.stack([np.cos(angles), np.sin(angles)])
    drawn = np.random.default_rng(0).normal(size=(size, PROJECTIONS))
    return np.asarray(drawn / np.linalg.norm(drawn, axis=0))
