"""GANs that shift a normal distribution against a linear discriminator."""

from __future__ import annotations

import functools
import math
from typing import Any, ClassVar, NamedTuple

import numpy as np

from gandyn._node import NonNegative, Positive, Real
from gandyn.elementary import (
    contract,
    divide,
    dot,
    heaviside,
    sqrt,
    stack,
    transpose,
)
from gandyn.errors import FieldError
from gandyn.games._arrays import set_array
from gandyn.games._base import VectorGame
from gandyn.games.losses import Loss, Minimax

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(40)
_WEIGHTS = _WEIGHTS / math.sqrt(2 * math.pi)
_MOMENTS = tuple(_WEIGHTS * _NODES**power for power in range(3))
_FLAT = 1e-12
"""A variance of the logit below which a moment over its standard deviation has lost
more digits than its limit is off."""


class _Logits(NamedTuple):
    """The normal logits that the critic w·u + b gives to fakes and data.

    `across` is C w, and `toward` that over the logit's standard deviation `std`, the
    derivative of the latter in w; `fakes` and `data` are logits at the nodes, shape
    (40, batch...), and `middles` those of their means.
    """

    w: Any
    across: Any
    toward: Any
    std: Any
    flat: Any
    fakes: Any
    data: Any
    middles: tuple[Any, Any]


class _NormalShift(VectorGame):
    """Data N(0, C), fakes N(x, C), a logit w·u + b of being fake, w = Aᵀ(weights).

    A class says what C and A do. All expectations are over one normal number, the
    logit: Gauss–Hermite sums, of which the field is the exact gradient.
    """

    zero_sum: ClassVar[bool] = False
    cycles: ClassVar[str] = "none"

    loss: Loss = Minimax()
    gamma: NonNegative = 0.0

    def spread(self, u: Any) -> Any:
        """Return C u."""
        raise NotImplementedError

    def mapped(self, u: Any) -> Any:
        """Return A u, what the critic sees of a point."""
        return u

    def critic_slope(self, weights: Any) -> Any:
        """Return w = Aᵀ(weights)."""
        return weights

    def _biased(self) -> bool:
        return False

    def _split(self, y: Any) -> tuple[Any, Any]:
        """Return weights and bias."""
        return (y[:-1], y[-1]) if self._biased() else (y, 0 * y[0])

    def _joined(self, weights: Any, bias: Any) -> Any:
        return stack(*weights, bias) if self._biased() else weights

    def _logits(self, x: Any, y: Any) -> _Logits:
        weights, bias = self._split(y)
        w = self.critic_slope(weights)
        across = self.spread(w)
        variance = (w * across).sum(0)
        none = 1 - heaviside(abs(variance))
        root = sqrt(variance + none)
        std = root * (1 - none)
        spread = contract("k,...->k...", _NODES, std)
        middle = (w * x).sum(0) + bias
        fakes, data = spread + middle[None], spread + bias[None]
        flat, toward = heaviside(_FLAT - abs(variance)), across / root
        return _Logits(w, across, toward, root, flat, fakes, data, (middle, bias))

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return E f_x(w·(x + ε) + b)."""
        return _mean(self.loss.value_x(self._logits(x, y).fakes))

    def loss_y(self, x: Any, y: Any) -> Any:
        """Return -E f_y(w·(x + ε) + b) - E f_y(-w·ε - b) + γ/2 |weights|²."""
        at, (weights, _) = self._logits(x, y), self._split(y)
        fake, real = self.loss.value_y(at.fakes), self.loss.value_real(-at.data)
        return _mean(fake) + _mean(real) + self.gamma / 2 * (weights * weights).sum(0)

    def gx(self, x: Any, y: Any) -> Any:
        """Return w E f_x'."""
        at = self._logits(x, y)
        return at.w * _moment(self.loss.pull_x, at.fakes)

    def gy(self, x: Any, y: Any) -> Any:
        """Return the gradient of L_y in weights and bias."""
        at, (weights, _) = self._logits(x, y), self._split(y)
        fake, leaning = _moments(self.loss.pull_y, at.fakes, 2)
        real, sinking = _moments(self.loss.pull_real, -at.data, 2)
        slope = -x * fake - at.across * self._quotient(at, leaning - sinking)
        return self._joined(self.mapped(slope) + self.gamma * weights, real - fake)

    def cross(self, x: Any, y: Any) -> Any:
        """Return (∂L_x/∂y, ∂L_y/∂x)."""
        at = self._logits(x, y)
        pull, leaning = _moments(self.loss.pull_x, at.fakes, 2)
        across = self._joined(self.mapped(x * pull + at.toward * leaning), pull)
        return across, -at.w * _moment(self.loss.pull_y, at.fakes)

    def _quotient(self, at: _Logits, apart: Any) -> Any:
        """Return E ζ (f_y'(fake) + f_y'(-real)) over the logit's standard deviation."""
        fake, real = at.middles
        limit = self.loss.slope_y(fake) + self.loss.slope_real(-real)
        return divide(apart, at.std) * (1 - at.flat) + at.flat * limit

    def _apart(self, at: _Logits) -> Any:
        """Return E ζ (f_y'(fake) + f_y'(-real))."""
        fake = _moment(self.loss.pull_y, at.fakes, 1)
        return fake - _moment(self.loss.pull_real, -at.data, 1)

    def jvp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return J(x, y)·(u, w)."""
        at, (own, bias) = self._logits(x, y), self._split(w)
        turn = self.critic_slope(own)
        raised = (at.w * u).sum(0) + (x * turn).sum(0) + bias
        wider = (at.toward * turn).sum(0)
        pull, bend = _moment(self.loss.pull_x, at.fakes), self.loss.slope_x
        level, lean = _moments(bend, at.fakes, 2)
        along_x = turn * pull + at.w * (level * raised + lean * wider)
        h = _moments(self.loss.slope_y, at.fakes, 3)
        k = _moments(self.loss.slope_real, -at.data, 3)
        fake = h[0] * raised + h[1] * wider
        real = -(k[0] * bias + k[1] * wider)
        leaning = h[1] * raised + k[1] * bias + (h[2] + k[2]) * wider
        quotient = self._quotient(at, self._apart(at))
        slope = -u * _moment(self.loss.pull_y, at.fakes) - x * fake
        slope = slope - at.toward * (leaning - wider * quotient)
        slope = self.mapped(slope - self.spread(turn) * quotient) + self.gamma * own
        return along_x, self._joined(slope, real - fake)

    def vjp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return Jᵀ(x, y)·(u, w)."""
        at, (own, bias) = self._logits(x, y), self._split(w)
        back = self.critic_slope(own)
        pull = _moment(self.loss.pull_x, at.fakes)
        level, lean = _moments(self.loss.slope_x, at.fakes, 2)
        h = _moments(self.loss.slope_y, at.fakes, 3)
        k = _moments(self.loss.slope_real, -at.data, 3)
        quotient = self._quotient(at, self._apart(at))
        here, ahead = (u * at.w).sum(0), (back * x).sum(0) + bias
        wide = (back * at.toward).sum(0)
        raised = here * level - ahead * h[0] - wide * h[1]
        wider = here * lean - ahead * h[1] - wide * (h[2] + k[2] - quotient)
        wider = wider - bias * k[1]
        back_x = at.w * raised - back * _moment(self.loss.pull_y, at.fakes)
        turn = u * pull - self.spread(back) * quotient
        turn = self.mapped(turn + x * raised + at.toward * wider) + self.gamma * own
        return back_x, self._joined(turn, raised - wide * k[1] - bias * k[0])

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return the data's mean beside a critic that says the same of all points."""
        (n,), (m,) = self.shape
        y = np.zeros(m)
        if self._biased():
            y[-1] = self._indifferent()
        return [(np.zeros(n), y)]

    def _indifferent(self) -> float:
        """Return the logit at which data and fakes, being the same, pull alike."""

        def pull(t: float) -> float:
            return float(self.loss.pull_real(-t) - self.loss.pull_y(t))

        if pull(0.0) == 0:
            return 0.0
        from scipy.optimize import brentq

        return float(brentq(pull, -40.0, 40.0, xtol=1e-15))


class ShiftedNormalGAN(_NormalShift):
    r"""The GAN that learns a mean in the plane or in space, by a linear discriminator.

    The data are N(0, C), the fakes N(x, C), and :math:`w \cdot u + b`, with
    :math:`w = A^T y`, is the logit of a point u being fake. With the functions of the
    loss, as in `DiracGAN`, and ε ~ N(0, C),

    .. math::
        L_x = E f_x(w \cdot (x + ε) + b), \qquad
        L_y = -E f_y(w \cdot (x + ε) + b) - E f_y(-w \cdot ε - b) + \tfrac{γ}{2} |y|^2

    A is a map of the points before the discriminator sees them, such as a whitening,
    :math:`C^{-1/2}`. At the equilibrium (0, 0), without bias,

    .. math::
        J = \begin{pmatrix} 0 & f_x'(0) A^T \\ -f_y'(0) A & 2|f''(0)| A C A^T + γ
        \end{pmatrix}.

    For the logistic loss and A = 1 every eigenvalue v of C has a plane of its own, of
    trace v/2 + γ and determinant ¼.

    Parameters
    ----------
    loss : Loss or str
    gamma : float
        Weight γ >= 0 of a penalty on the slope y, not on the bias.
    covariance : array of shape (n, n)
        C, symmetric and positive definite.
    input_map : float or array of shape (m, n)
        A; a number stands for that multiple of the identity.
    bias : bool
        Whether the discriminator has a bias b, the last entry of player y.

    Raises
    ------
    FieldError
        For shapes that don't fit, or a covariance that is none.

    Notes
    -----
    Expectations are Gauss–Hermite sums with 40 nodes over the logit, which is normal;
    the field is exactly the gradient of the losses. Of the logistic loss the sums are
    right to rounding where the logit's standard deviation is below 1, to 1e-8 at 2.
    In one dimension, without bias, it is `NoisyDiracGAN`; with the Wasserstein loss
    the covariance drops out: `MeanGAN`.

    References
    ----------
    Mescheder, Geiger, Nowozin, *Which Training Methods for GANs do actually
    Converge?*, ICML 2018, Section 3 (instance noise); Salimans et al., *Improved
    Techniques for Training GANs*, NeurIPS 2016, Section 3.4 (smoothed labels, which
    need the bias).

    Examples
    --------
    >>> game = ShiftedNormalGAN(covariance=[[1.0, 0.0], [0.0, 4.0]])
    >>> x, y = game.equilibria()[0]
    >>> game.jvp(x, y, np.array([1.0, 1.0]), np.array([1.0, 1.0]))
    (array([0.5, 0.5]), array([0. , 1.5]))
    """

    aliases: ClassVar[tuple[str, ...]] = ("logistic mean GAN", "vector mean GAN")

    covariance: Real = ((0.5, 0.2), (0.2, 0.3))
    input_map: Real = 1.0
    bias: bool = False

    def __post_init__(self) -> None:
        set_array(self, "covariance", 2)
        set_array(self, "input_map", 2)
        super().__post_init__()
        matrix = self.covariance
        n = len(matrix)
        if matrix.shape != (n, n) or not np.allclose(matrix, matrix.T):
            raise FieldError(
                "ShiftedNormalGAN: covariance must be a symmetric matrix, got shape "
                f"{matrix.shape}"
            )
        least = float(np.linalg.eigvalsh(matrix)[0])
        if least <= 0:
            raise FieldError(
                "ShiftedNormalGAN: covariance must be positive definite, got the "
                f"eigenvalue {least:.3g}"
            )
        if np.ndim(self.input_map) == 2 and self.input_map.shape[1] != n:
            raise FieldError(
                f"ShiftedNormalGAN: input_map must have {n} columns like covariance, "
                f"got shape {self.input_map.shape}"
            )

    def _biased(self) -> bool:
        return self.bias

    @property
    def shape(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of the players, ``((n,), (m,))``, or ``(m + 1,)`` with a bias."""
        n = len(self.covariance)
        m = len(self.input_map) if np.ndim(self.input_map) == 2 else n
        return (n,), (m + self.bias,)

    def spread(self, u: Any) -> Any:
        """Return C u."""
        return dot(self.covariance, u)

    def mapped(self, u: Any) -> Any:
        """Return A u."""
        return dot(self.input_map, u)

    def critic_slope(self, weights: Any) -> Any:
        """Return Aᵀ(weights)."""
        return dot(transpose(self.input_map), weights)


class MultiScaleGAN(_NormalShift):
    r"""The GAN that learns the mean of a signal whose scales have their own variances.

    A signal of :math:`2^k` pixels is a sum of Haar's orthonormal functions: its mean,
    and details of k scales, the j-th with :math:`2^{j-1}` of them. The data are normal
    with mean 0 and a variance :math:`v_j` for each scale, the fakes the same shifted by
    x, and the discriminator is linear, as in `ShiftedNormalGAN`. Its covariance is
    :math:`C = H^T \mathrm{diag}(v) H`, so that every scale has its own planes.

    Parameters
    ----------
    loss : Loss or str
    gamma : float
        Weight γ >= 0 of a penalty on the discriminator's slope.
    scale_variances : array of shape (k + 1,)
        Positive, of the signal's mean first, then from coarse to fine.

    References
    ----------
    Karras, Aila, Laine, Lehtinen, *Progressive Growing of GANs for Improved Quality,
    Stability, and Variation*, ICLR 2018, Section 2 (one scale after another).

    Examples
    --------
    >>> game = MultiScaleGAN(scale_variances=[4.0, 1.0, 0.25])
    >>> game.shape, game.spread(np.ones(4)).round(12).tolist()
    (((4,), (4,)), [4.0, 4.0, 4.0, 4.0])
    """

    aliases: ClassVar[tuple[str, ...]] = ("Haar GAN", "progressive GAN")

    scale_variances: Positive = (0.8, 0.4, 0.2)

    def __post_init__(self) -> None:
        set_array(self, "scale_variances", 1)
        super().__post_init__()

    @property
    def shape(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of the players, both ``(2**k,)``."""
        pixels = 2 ** (len(self.scale_variances) - 1)
        return (pixels,), (pixels,)

    def scale_of_rows(self) -> np.ndarray:
        """Return the scale of each of Haar's functions, shape (2**k,)."""
        k = len(self.scale_variances) - 1
        counts = [1, *(2**j for j in range(k))]
        return np.repeat(np.arange(k + 1), counts)

    def haar(self) -> np.ndarray:
        """Return H, whose rows are Haar's functions from coarse to fine."""
        rows = np.ones((1, 1))
        for j in range(len(self.scale_variances) - 1):
            coarse = np.kron(rows, [1.0, 1.0])
            fine = np.kron(np.eye(2**j), [1.0, -1.0])
            rows = np.concatenate([coarse, fine]) / math.sqrt(2)
        return rows

    @functools.cached_property
    def _covariance(self) -> Any:
        rows = self.haar()
        weighted = self.scale_variances[self.scale_of_rows()][:, None] * rows
        return rows.T @ weighted

    def spread(self, u: Any) -> Any:
        """Return C u."""
        return dot(self._covariance, u)


def _mean(values: Any) -> Any:
    return contract("k,k...->...", _MOMENTS[0], values)


def _moment(function: Any, logits: Any, power: int = 0) -> Any:
    """Return E ζ^power function(logit), also of a function that is a constant."""
    return contract("k,k...->...", _MOMENTS[power], function(logits) + 0 * logits)


def _moments(function: Any, logits: Any, count: int) -> list[Any]:
    values = function(logits) + 0 * logits
    return [contract("k,k...->...", own, values) for own in _MOMENTS[:count]]
