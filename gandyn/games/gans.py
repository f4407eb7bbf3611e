"""Small GANs beyond one point of data: means, variances and covariances."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from gandyn._node import Count, NonNegative, Positive, Real
from gandyn.elementary import aligned, contract, solve_implicit
from gandyn.errors import FieldError
from gandyn.games._arrays import set_array
from gandyn.games._base import Game, ScalarGame, VectorGame

_RANK_TOLERANCE = 1e-12
"""Eigenvalues of a covariance below this, relative to the largest, count as 0."""


class MeanGAN(Game):
    r"""The Wasserstein GAN that learns the mean of a Gaussian by shifting its own.

    The data are N(μ, C), the generator adds x to noise from N(0, C), and the critic is
    D(u) = yᵀu. All that the critic sees is the difference of the means:

    .. math::
        L_x = y^T (μ - x), \qquad L_y = -y^T (μ - x) + \tfrac{γ}{2} |y|^2, \qquad
        v = (-y,\; x - μ + γ y)

    where γ weighs a penalty on the critic's gradient, which is y everywhere. At the
    only equilibrium (μ, 0), and everywhere, :math:`J = [[0, -I], [I, γI]]` with
    eigenvalues :math:`γ/2 \pm \sqrt{γ^2/4 - 1}`. Without the penalty it is a bilinear
    game, whose flow circles, and simultaneous gradient descent diverges at any rate.

    Parameters
    ----------
    mean : array of shape (n,)
        The data's mean μ.
    gamma : float
        The penalty's weight γ >= 0.

    Notes
    -----
    The covariance C drops out, being the same on both sides. With the logistic loss the
    difference of means is seen through the critic's nonlinearity: `NoisyDiracGAN`.

    References
    ----------
    Daskalakis, Ilyas, Syrgkanis, Zeng, *Training GANs with Optimism*, ICLR 2018,
    the illustrative example of learning a distribution's mean.

    Examples
    --------
    >>> game = MeanGAN([3.0, 4.0], gamma=0.5)
    >>> game.gy(np.zeros(2), np.array([2.0, 0.0]))
    array([-2., -4.])
    >>> game.equilibria()
    [(array([3., 4.]), array([0., 0.]))]
    """

    aliases: ClassVar[tuple[str, ...]] = ("mean-shift GAN", "Gaussian WGAN")
    zero_sum: ClassVar[bool] = False
    linear: ClassVar[bool] = True
    cycles: ClassVar[str] = "every orbit"

    mean: Real = (1.0, -0.5)
    gamma: NonNegative = 0.0

    def __post_init__(self) -> None:
        set_array(self, "mean", 1)
        super().__post_init__()

    @property
    def shape(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of the players, ``((n,), (n,))``."""
        return self.mean.shape, self.mean.shape

    def _ahead(self, x: Any) -> Any:
        """Return x - μ."""
        return x - aligned(self.mean, x, self.mean[:, None])

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return yᵀ(μ - x)."""
        return -(y * self._ahead(x)).sum(0)

    def loss_y(self, x: Any, y: Any) -> Any:
        """Return -yᵀ(μ - x) + γ/2 |y|²."""
        return (y * (self._ahead(x) + self.gamma / 2 * y)).sum(0)

    def gx(self, x: Any, y: Any) -> Any:
        """Return -y."""
        return -y + 0 * x

    def gy(self, x: Any, y: Any) -> Any:
        """Return x - μ + γ y."""
        return self._ahead(x) + self.gamma * y

    def cross(self, x: Any, y: Any) -> Any:
        """Return (∂L_x/∂y, ∂L_y/∂x)."""
        return -self._ahead(x), y + 0 * x

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return the four blocks of J, each a multiple of the identity."""
        return 0, -1, 1, self.gamma

    def jvp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return (-w, u + γ w)."""
        return -w, u + self.gamma * w

    def vjp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return (w, γ w - u)."""
        return +w, self.gamma * w - u

    def solve(self, x: Any, y: Any, a: Any, b: Any, u: Any, w: Any) -> Any:
        """Return (I + diag(a, b) J)⁻¹ (u, w), each coordinate by itself."""
        return solve_implicit(0, -1, 1, self.gamma, a, b, u, w)

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return (μ, 0), the only one."""
        return [(self.mean.copy(), 0 * self.mean)]


class LQGAN(ScalarGame):
    r"""The linear-quadratic Wasserstein GAN, which learns a variance.

    The generator G(z) = x z scales noise of second moment m; the data are s z; the
    critic is D(u) = y u². With the disagreement :math:`d = m (s^2 - x^2)`,

    .. math::
        L_x = y d + η d^2, \qquad L_y = -y d, \qquad
        v = \big({-2} m x (y + 2 η d),\; -d\big)

    where η weighs Nagarajan and Kolter's penalty :math:`|\nabla_y L_y|^2` on the
    generator's loss. The equilibria are (±s, 0), where

    .. math:: J = \begin{pmatrix} 8 η m^2 s^2 & \mp 2ms \\ \pm 2ms & 0 \end{pmatrix}

    so that simultaneous gradient descent is stable iff its rate is below 2η. Without
    the penalty the flow circles and conserves :math:`y^2 + x^2/2 - s^2 \log|x|`.

    Parameters
    ----------
    moment : float
        The noise's second moment m > 0; 1/3 for the uniform distribution on [-1, 1].
    scale : float
        The data's scale s > 0.
    eta : float
        The penalty's weight η >= 0.

    References
    ----------
    Nagarajan, Kolter, *Gradient Descent GAN Optimization is Locally Stable*, NeurIPS
    2017, Sections 3 and 4.

    Examples
    --------
    >>> game = LQGAN(moment=0.5, eta=0.25)
    >>> game.jacobian(*game.equilibria()[0])
    (0.5, -1.0, 1.0, 0)
    """

    aliases: ClassVar[tuple[str, ...]] = ("linear-quadratic GAN",)
    zero_sum: ClassVar[bool] = False
    cycles: ClassVar[str] = "every orbit"

    moment: Positive = 1 / 3
    scale: Positive = 1.0
    eta: NonNegative = 0.0

    def _disagreement(self, x: Any) -> Any:
        """Return d = m (s² - x²), how far the second moments are apart."""
        return self.moment * (self.scale * self.scale - x * x)

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return y d + η d²."""
        d = self._disagreement(x)
        return y * d + self.eta * d * d

    def loss_y(self, x: Any, y: Any) -> Any:
        """Return -y d."""
        return -y * self._disagreement(x)

    def gx(self, x: Any, y: Any) -> Any:
        """Return -2 m x (y + 2 η d)."""
        return -2 * self.moment * x * (y + 2 * self.eta * self._disagreement(x))

    def gy(self, x: Any, y: Any) -> Any:
        """Return -d."""
        return -self._disagreement(x)

    def cross(self, x: Any, y: Any) -> Any:
        """Return (∂L_x/∂y, ∂L_y/∂x)."""
        return self._disagreement(x), 2 * self.moment * x * y

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return (∂gx/∂x, ∂gx/∂y, ∂gy/∂x, ∂gy/∂y)."""
        m = self.moment
        cross = 2 * m * x
        penalised = y + 2 * self.eta * self._disagreement(x)
        return 2 * self.eta * cross * cross - 2 * m * penalised, -cross, cross, 0

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return (s, 0) and (-s, 0)."""
        return [(self.scale, 0.0), (-self.scale, 0.0)]


class CovarianceGAN(VectorGame):
    r"""The Wasserstein GAN that learns a covariance with a quadratic critic.

    The generator G(z) = V z turns white noise into the covariance VVᵀ; the critic is
    D(u) = uᵀW u:

    .. math::
        L_x = \mathrm{tr}\big(W (Σ - VV^T)\big) = -L_y, \qquad
        v = \big({-(W + W^T)} V,\; VV^T - Σ\big)

    The players are x = vec V (row by row, k columns) and y = vec W. All points with
    VVᵀ = Σ and W + Wᵀ = 0 are equilibria: a manifold, V up to rotations of the noise,
    so J has eigenvalues 0 there, and the others are imaginary.

    Parameters
    ----------
    covariance : array of shape (n, n)
        The data's covariance Σ, symmetric and positive semidefinite.
    columns : int
        The dimension k of the noise.

    References
    ----------
    Daskalakis, Ilyas, Syrgkanis, Zeng, *Training GANs with Optimism*, ICLR 2018.

    Examples
    --------
    >>> game = CovarianceGAN([[4.0, 0.0], [0.0, 1.0]], columns=2)
    >>> game.shape
    ((4,), (4,))
    >>> game.gy(np.ones(4), np.zeros(4))
    array([-2.,  2.,  2.,  1.])
    """

    covariance: Real = ((1.0, 0.5), (0.5, 2.0))
    columns: Count = 2

    def __post_init__(self) -> None:
        set_array(self, "covariance", 2)
        super().__post_init__()
        matrix = self.covariance
        if matrix.shape[0] != matrix.shape[1] or not np.allclose(matrix, matrix.T):
            raise FieldError(
                "CovarianceGAN: covariance must be a symmetric matrix, got shape "
                f"{matrix.shape}"
            )
        values = np.linalg.eigvalsh(matrix)
        if values[0] < -_RANK_TOLERANCE * abs(values[-1]):
            raise FieldError(
                "CovarianceGAN: covariance must be positive semidefinite, got the "
                f"eigenvalue {values[0]:.3g}"
            )

    @property
    def shape(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of the players, ``((n k,), (n²,))``."""
        n = self.covariance.shape[0]
        return (n * self.columns,), (n * n,)

    def _matrices(self, x: Any, y: Any) -> Any:
        """Return V of shape (n, k, batch...) and W of shape (n, n, batch...)."""
        n = self.covariance.shape[0]
        v = x.reshape(n, self.columns, *x.shape[1:])
        return v, y.reshape(n, n, *y.shape[1:])

    def _excess(self, v: Any) -> Any:
        """Return VVᵀ - Σ."""
        square = contract("ik...,jk...->ij...", v, v)
        ones = contract("...->...", 0 * v[0, 0] + 1)
        return square - contract("ij,...->ij...", self.covariance, ones)

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return tr(W (Σ - VVᵀ))."""
        v, w = self._matrices(x, y)
        return -contract("ji...,ij...->...", w, self._excess(v))

    def gx(self, x: Any, y: Any) -> Any:
        """Return -(W + Wᵀ) V, as a vector."""
        v, w = self._matrices(x, y)
        pull = contract("ij...,jk...->ik...", w, v)
        return -(pull + contract("ji...,jk...->ik...", w, v)).reshape(x.shape)

    def gy(self, x: Any, y: Any) -> Any:
        """Return VVᵀ - Σ, as a vector."""
        v, _ = self._matrices(x, y)
        return self._excess(v).reshape(y.shape)

    def jvp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return J(x, y)·(u, w)."""
        v, _ = self._matrices(x, y)
        moved, _ = self._matrices(u, w)
        cross = contract("ik...,jk...->ij...", moved, v)
        mirrored = contract("ik...,jk...->ij...", v, moved)
        return self.gx(u, y) + self.gx(x, w), (cross + mirrored).reshape(w.shape)

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return V = Σ^½ up to a rotation and W = 0; nothing if k is below Σ's rank."""
        values, vectors = np.linalg.eigh(self.covariance)
        values, vectors = values[::-1].clip(min=0), vectors[:, ::-1]
        rank = int(np.count_nonzero(values > _RANK_TOLERANCE * values[0]))
        if rank > self.columns:
            return []
        v = np.zeros((len(values), self.columns))
        v[:, :rank] = vectors[:, :rank] * np.sqrt(values[:rank])
        return [(v.ravel(), np.zeros(len(values) ** 2))]
