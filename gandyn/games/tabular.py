"""GANs whose discriminator is a table: one logit for every place a sample can be."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from gandyn._node import Count, Positive, Real
from gandyn.elementary import contract, exp
from gandyn.errors import FieldError
from gandyn.games._arrays import set_array
from gandyn.games._base import VectorGame
from gandyn.games.losses import Loss, Minimax


class _TableOfLogits(VectorGame):
    """Data p and fakes q(x) over n places, and a logit of being fake for each.

    A generator is what `fakes` returns, with its derivatives.
    """

    zero_sum: ClassVar[bool] = False

    loss: Loss = Minimax()

    def real(self) -> np.ndarray:
        """Return the data's probabilities p, shape (n,)."""
        raise NotImplementedError

    def fakes(self, x: Any) -> Any:
        """Return q(x), shape (n, batch...)."""
        raise NotImplementedError

    def moved(self, x: Any, u: Any) -> Any:
        """Return the derivative of q along u, shape (n, batch...)."""
        raise NotImplementedError

    def pulled(self, x: Any, h: Any) -> Any:
        """Return the gradient of Σ hᵢ qᵢ(x) in x, for a fixed h."""
        raise NotImplementedError

    def bent(self, x: Any, h: Any, u: Any) -> Any:
        """Return the derivative of that gradient along u."""
        raise NotImplementedError

    def _of_data(self, values: Any) -> Any:
        return contract("i,i...->i...", self.real(), values)

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return Σ qᵢ f_x(yᵢ)."""
        return (self.fakes(x) * self.loss.value_x(y)).sum(0)

    def loss_y(self, x: Any, y: Any) -> Any:
        """Return -Σ (qᵢ f_y(yᵢ) + pᵢ f_y(-yᵢ))."""
        fake = self.fakes(x) * self.loss.value_y(y)
        return (fake + self._of_data(self.loss.value_real(-y))).sum(0)

    def gx(self, x: Any, y: Any) -> Any:
        """Return the gradient of L_x in x."""
        return self.pulled(x, self.loss.value_x(y))

    def gy(self, x: Any, y: Any) -> Any:
        """Return -q f_y'(y) + p f_y'(-y), place by place."""
        real = self._of_data(self.loss.pull_real(-y))
        return real - self.fakes(x) * self.loss.pull_y(y)

    def cross(self, x: Any, y: Any) -> Any:
        """Return (∂L_x/∂y, ∂L_y/∂x)."""
        across = self.fakes(x) * self.loss.pull_x(y)
        return across, self.pulled(x, self.loss.value_y(y))

    def _stiffness(self, x: Any, y: Any) -> Any:
        real = self._of_data(self.loss.slope_real(-y))
        return -real - self.fakes(x) * self.loss.slope_y(y)

    def jvp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return J(x, y)·(u, w)."""
        along_x = self.bent(x, self.loss.value_x(y), u)
        along_x = along_x + self.pulled(x, self.loss.pull_x(y) * w)
        along_y = self._stiffness(x, y) * w - self.moved(x, u) * self.loss.pull_y(y)
        return along_x, along_y

    def vjp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return Jᵀ(x, y)·(u, w)."""
        back_x = self.bent(x, self.loss.value_x(y), u)
        back_x = back_x - self.pulled(x, self.loss.pull_y(y) * w)
        back_y = self._stiffness(x, y) * w + self.moved(x, u) * self.loss.pull_x(y)
        return back_x, back_y

    def best_y(self, x: Any) -> Any:
        """Return the logits log(q/p) that a logistic discriminator is trained to."""
        logs = np.log(self.real())
        return np.log(self.fakes(x)) - logs.reshape(-1, *[1] * (np.ndim(x) - 1))


def _distribution(game: _TableOfLogits, name: str) -> None:
    set_array(game, name, 1)
    values = getattr(game, name)
    if np.any(values <= 0) or not math.isclose(float(values.sum()), 1.0):
        raise FieldError(
            f"{type(game).__name__}: {name} must be positive and sum to 1, "
            f"got the sum {values.sum():.6g} and the least {values.min():.6g}"
        )


class TabularGAN(_TableOfLogits):
    r"""A softmax generator against a table of logits, on n categories.

    The data are p, the fakes q = softmax(x), and yᵢ is the logit of category i being
    fake. With the functions of the loss, as in `DiracGAN`,

    .. math::
        L_x = \sum_i q_i f_x(y_i), \qquad
        L_y = -\sum_i \big(q_i f_y(y_i) + p_i f_y(-y_i)\big).

    For the minimax loss the best table is log(q/p), where the generator's loss is
    2 JSD(p, q) - log 4 up to the data's term; the equilibria are (log p + const, 0),
    where J has one neutral direction, the softmax's shift. For uniform p the others
    are those of n - 1 planes of trace 1/(2n) and determinant 1/(4n²): simultaneous
    play is stable iff lr < 2n.

    Parameters
    ----------
    loss : Loss or str
    probabilities : array of shape (n,)
        The data's p, positive.

    References
    ----------
    Goodfellow et al., *Generative Adversarial Networks*, 2014, Proposition 1 and
    Theorem 1.

    Examples
    --------
    >>> game = TabularGAN(probabilities=[0.5, 0.5])
    >>> game.gy(np.zeros(2), np.zeros(2))
    array([0., 0.])
    >>> game.gx(np.zeros(2), np.array([1.0, 0.0])).round(4)
    array([ 0.095, -0.095])
    """

    aliases: ClassVar[tuple[str, ...]] = ("tabular",)
    cycles: ClassVar[str] = "none"

    probabilities: Real = (0.5, 0.3, 0.2)

    def __post_init__(self) -> None:
        _distribution(self, "probabilities")
        super().__post_init__()

    @property
    def shape(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of the players, ``((n,), (n,))``."""
        return self.probabilities.shape, self.probabilities.shape

    def real(self) -> np.ndarray:
        """Return the data's probabilities p, shape (n,)."""
        return self.probabilities

    def fakes(self, x: Any) -> Any:
        """Return softmax(x)."""
        # Orbits may drift along the softmax's shift, until exponentials overflow.
        weights = exp(x - x.sum(0) / len(x))
        return weights / weights.sum(0)

    def moved(self, x: Any, u: Any) -> Any:
        """Return q ∘ (u - q·u)."""
        q = self.fakes(x)
        return q * (u - (q * u).sum(0))

    def pulled(self, x: Any, h: Any) -> Any:
        """Return q ∘ (h - q·h)."""
        return self.moved(x, h)

    def bent(self, x: Any, h: Any, u: Any) -> Any:
        """Return dq ∘ (h - q·h) - q (dq·h), dq the derivative along u."""
        q, dq = self.fakes(x), self.moved(x, u)
        return dq * (h - (q * h).sum(0)) - q * (dq * h).sum(0)

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return (log p, 0), of a line of them."""
        return [(np.log(self.probabilities), 0 * self.probabilities)]


class MixtureGAN(_TableOfLogits):
    r"""A generator that mixes given distributions, against a table of logits.

    As `TabularGAN`, with fakes :math:`q = b + A x` that stay in an affine set of
    distributions. If p is not in it, the losses end at different generators: minimax
    play at the least Jensen–Shannon divergence, the non-saturating loss at a
    stationary point of KL(q‖p) - 2 JSD(p, q).

    Parameters
    ----------
    loss : Loss or str
    probabilities : array of shape (n,)
        The data's p, positive.
    base : array of shape (n,)
        b, the fakes at x = 0.
    directions : array of shape (n, k)
        A, whose columns sum to 0.

    References
    ----------
    Goodfellow, *NIPS 2016 Tutorial: Generative Adversarial Networks*, 2016, Section
    3.2.3
    (the non-saturating loss is no Jensen–Shannon divergence).

    Examples
    --------
    >>> game = MixtureGAN(probabilities=[0.4, 0.4, 0.2])
    >>> [part.round(12) + 0 for part in game.equilibria()[0]]
    [array([0.4]), array([0., 0., 0.])]
    """

    aliases: ClassVar[tuple[str, ...]] = ("restricted generator",)
    cycles: ClassVar[str] = "none"

    probabilities: Real = (0.4, 0.4, 0.2)
    base: Real = (0.0, 0.0, 1.0)
    directions: Real = ((1.0,), (1.0,), (-2.0,))

    def __post_init__(self) -> None:
        _distribution(self, "probabilities")
        set_array(self, "base", 1)
        set_array(self, "directions", 2)
        super().__post_init__()
        n = len(self.probabilities)
        if len(self.base) != n or len(self.directions) != n:
            raise FieldError(
                f"MixtureGAN: base and directions must have {n} rows like "
                f"probabilities, got {len(self.base)} and {len(self.directions)}"
            )

    @property
    def shape(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of the players, ``((k,), (n,))``."""
        return (self.directions.shape[1],), self.probabilities.shape

    def real(self) -> np.ndarray:
        """Return the data's probabilities p, shape (n,)."""
        return self.probabilities

    def fakes(self, x: Any) -> Any:
        """Return b + A x."""
        ones = contract("...->...", 0 * x[0] + 1)
        return self.moved(x, x) + contract("i,...->i...", self.base, ones)

    def moved(self, x: Any, u: Any) -> Any:
        """Return A u."""
        return contract("ik,k...->i...", self.directions, u)

    def pulled(self, x: Any, h: Any) -> Any:
        """Return Aᵀ h."""
        return contract("ik,i...->k...", self.directions, h)

    def bent(self, x: Any, h: Any, u: Any) -> Any:
        """Return 0: the fakes are affine in x."""
        return 0 * u

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return the mixture that is p with logits 0, if there is one."""
        gap = self.probabilities - self.base
        x, *_ = np.linalg.lstsq(self.directions, gap, rcond=None)
        if not np.allclose(self.directions @ x, gap, rtol=0, atol=1e-12):
            return []
        return [(x, 0 * self.probabilities)]


class GridGAN(_TableOfLogits):
    r"""Normal distributions on a line, against a table of logits on a grid.

    The data are :math:`p = ½N(-a, s^2) + ½N(a, s^2)`, the fakes the mean of
    :math:`N(x_k, s^2)` over the generator's components; both are densities at n places
    between -r and r, times the places' distance, and yᵢ is the logit of being fake at
    one of them. Sums over the grid are integrals to rounding where the normals are
    wide against the grid and well inside it.

    With one component the middle x = 0 is an equilibrium, a valley of the generator's
    loss for a near s; with two, (-a, a) is p itself, and both at one mode a saddle
    with an exponentially flat exit.

    Parameters
    ----------
    loss : Loss or str
    half_distance : float
        a > 0: the modes are at ±a.
    std : float
        The standard deviation s > 0 of data and fakes.
    reach : float
        r > 0: the grid goes from -r to r.
    places : int
        Their number n.
    components : int
        Normals that the generator moves.

    References
    ----------
    Metz, Poole, Pfau, Sohl-Dickstein, *Unrolled Generative Adversarial Networks*, ICLR
    2017, Section 3.1 (collapse on mixtures of normals).

    Examples
    --------
    >>> game = GridGAN(half_distance=2.0, components=2)
    >>> x, y = game.equilibria()[0]
    >>> x, float(abs(y).max())
    (array([-2.,  2.]), 0.0)
    """

    aliases: ClassVar[tuple[str, ...]] = ("two modes",)
    cycles: ClassVar[str] = "none"

    half_distance: Positive = 1.0
    std: Positive = 1.0
    reach: Positive = 5.0
    places: Count = 21
    components: Count = 1

    @property
    def shape(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of the players, ``((components,), (places,))``."""
        return (self.components,), (self.places,)

    def grid(self) -> np.ndarray:
        """Return the places, shape (n,)."""
        return np.linspace(-self.reach, self.reach, self.places)

    def _height(self) -> float:
        step = 2 * self.reach / (self.places - 1)
        return step / (self.std * math.sqrt(2 * math.pi))

    def real(self) -> np.ndarray:
        """Return the data's probabilities p, shape (n,)."""
        far = (self.grid()[:, None] - self.half_distance * np.array([-1, 1])) / self.std
        return self._height() * np.exp(-far * far / 2).mean(axis=1)

    def _bells(self, x: Any) -> Any:
        """Return the distances (sᵢ - x_k)/s and what each place has of each normal."""
        far = contract("i,k...->ik...", self.grid(), 0 * x + 1)
        far = (far - x[None]) / self.std
        return far, exp(-far * far / 2) * (self._height() / self.components)

    def fakes(self, x: Any) -> Any:
        """Return the mean of the normals' densities, times the places' distance."""
        return self._bells(x)[1].sum(1)

    def moved(self, x: Any, u: Any) -> Any:
        """Return the derivative of q along u."""
        far, bells = self._bells(x)
        return (bells * far * u[None]).sum(1) / self.std

    def pulled(self, x: Any, h: Any) -> Any:
        """Return the gradient of Σ hᵢ qᵢ(x) in x."""
        far, bells = self._bells(x)
        return (h[:, None] * bells * far).sum(0) / self.std

    def bent(self, x: Any, h: Any, u: Any) -> Any:
        """Return the derivative of that gradient along u."""
        far, bells = self._bells(x)
        bend = (h[:, None] * bells * (far * far - 1)).sum(0)
        return bend * u / self.std**2

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return p with logits 0 for two components, and the middle."""
        middle = np.zeros(self.components)
        found = [(middle, self.best_y(middle))]
        if self.components == 2:
            modes = self.half_distance * np.array([-1.0, 1.0])
            found.insert(0, (modes, np.zeros(self.places)))
        return found
