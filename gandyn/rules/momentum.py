"""Momentum of either sign: the heavy ball and Nesterov's variant."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import Positive, Real
from gandyn.rules._orders import _GaussSeidel, _Jacobi, _Moves


class _WithVelocity(_Moves):
    lr_x: Positive = 0.1
    lr_y: Positive = 0.1
    beta_x: Real = 0.5
    beta_y: Real = 0.5

    def start_x(self, game: Any, x: Any, y: Any) -> Any:
        """Return x's velocity before the first step, 0."""
        return 0 * x

    def start_y(self, game: Any, x: Any, y: Any) -> Any:
        """Return y's velocity before the first step, 0."""
        return 0 * y

    def calls(self) -> Any:
        """Return how often a step asks each oracle."""
        return {"gx": 1, "gy": 1}


class _HeavyBallMoves(_WithVelocity):
    def advance_x(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return x after its move, and its velocity."""
        velocity = self.beta_x * memory - self.lr_x * game.gx(x, y)
        return x + velocity, velocity

    def advance_y(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return y after its move, and its velocity."""
        velocity = self.beta_y * memory - self.lr_y * game.gy(x, y)
        return y + velocity, velocity


class _NesterovMoves(_WithVelocity):
    def advance_x(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return x after its move, and its velocity."""
        push = self.lr_x * game.gx(x, y)
        velocity = self.beta_x * memory - push
        return x + self.beta_x * velocity - push, velocity

    def advance_y(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return y after its move, and its velocity."""
        push = self.lr_y * game.gy(x, y)
        velocity = self.beta_y * memory - push
        return y + self.beta_y * velocity - push, velocity

    def drift(self, game: Any, x: Any, y: Any) -> Any:
        """Return the field that small steps follow: (1 + β) v."""
        push_x = (1 + self.beta_x) * game.gx(x, y)
        return push_x, (1 + self.beta_y) * game.gy(x, y)


class HeavyBall(_Jacobi, _HeavyBallMoves):
    r"""Simultaneous heavy-ball momentum, of either sign.

    .. math::
        z_{t+1} = z_t - \eta\,v(z_t) + β\,(z_t - z_{t-1})

    For an eigenvalue λ of J (one learning rate and β) the multipliers solve
    :math:`μ^2 - (1 + β - \eta λ)μ + β = 0`. On a bilinear game the largest lies outside
    the unit circle for every η and β: momentum of either sign needs alternation there.
    At β = 0, :math:`dρ^2/dβ = 2\,\mathrm{Re}λ\,\mathrm{Re}(1/λ)` for η = Re(1/λ).

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both.
    beta_x, beta_y : float
        Momenta, any sign.

    Notes
    -----
    The memory is the velocity :math:`z_t - z_{t-1}`, 0 before the first step. torch's
    ``SGD(momentum=β)`` keeps the velocity divided by -η: the same orbit for a fixed η.
    An exponential average of gradients with weight 1 - β is this with η(1 - β).

    References
    ----------
    Polyak, *Some methods of speeding up the convergence of iteration methods*, 1964.
    Gidel, Askari Hemmat, Pezeshki, Le Priol, Huang, Lacoste-Julien, Mitliagkas,
    *Negative Momentum for Improved Game Dynamics*, AISTATS 2019.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> rule = HeavyBall(lr=0.5, beta_x=-0.5, beta_y=-0.5)
    >>> rule.step(Bilinear(1.0), 1.0, 1.0, (0.5, 0.5))
    (0.25, 1.25, (-0.75, 0.25))
    """

    aliases: ClassVar[tuple[str, ...]] = ("Momentum", "HB", "SHB", "Polyak")
    reduces: ClassVar[tuple[Any, ...]] = (
        ({"beta_x": 0.0, "beta_y": 0.0}, "Simultaneous"),
    )

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        q = self.lr_x * self.lr_y * sigma * sigma
        b, c = self.beta_x, self.beta_y
        own = 1 + 2 * (b + c) + b * c
        return 1, -2 - b - c, own + q, -b - c - 2 * b * c, b * c


class AlternatingHeavyBall(_GaussSeidel, _HeavyBallMoves):
    r"""Alternating heavy-ball momentum, of either sign.

    As `HeavyBall`, with y's gradient at the new x. On the bilinear game with singular
    value σ and :math:`q = \eta_x\eta_yσ^2` the multipliers solve

    .. math:: (λ - 1)^2 (λ - β_x)(λ - β_y) + q λ^3 = 0.

    For small steps and one β,
    :math:`ρ^2 - 1 \approx 2β(\eta σ)^2/(1 - β)^3`: stable iff β < 0.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both.
    beta_x, beta_y : float
        Momenta, any sign.
    y_first : bool
        Whether y moves first.

    References
    ----------
    Gidel, Askari Hemmat, Pezeshki, Le Priol, Huang, Lacoste-Julien, Mitliagkas,
    *Negative Momentum for Improved Game Dynamics*, AISTATS 2019.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> rule = AlternatingHeavyBall(lr=0.5, beta_x=-0.5, beta_y=-0.5)
    >>> rule.step(Bilinear(1.0), 1.0, 1.0, (0.5, 0.5))
    (0.25, 0.875, (-0.75, -0.125))
    """

    aliases: ClassVar[tuple[str, ...]] = ("AltHB", "AltMomentum")
    reduces: ClassVar[tuple[Any, ...]] = (
        ({"beta_x": 0.0, "beta_y": 0.0}, "Alternating"),
    )

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        q = self.lr_x * self.lr_y * sigma * sigma
        b, c = self.beta_x, self.beta_y
        own = 1 + 2 * (b + c) + b * c
        return 1, q - 2 - b - c, own, -b - c - 2 * b * c, b * c


class NegativeMomentum(_GaussSeidel, _HeavyBallMoves):
    r"""Alternating heavy-ball momentum with momenta that are negative by default.

    The rule of `AlternatingHeavyBall`, under the name and with the sign that make it
    stable on the bilinear game: there, with β = -½, for small steps
    :math:`ρ^2 \approx 1 - \tfrac{8}{27}(\eta σ)^2`.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both.
    beta_x, beta_y : float
        Momenta, any sign.
    y_first : bool
        Whether y moves first.

    References
    ----------
    Gidel, Askari Hemmat, Pezeshki, Le Priol, Huang, Lacoste-Julien, Mitliagkas,
    *Negative Momentum for Improved Game Dynamics*, AISTATS 2019.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> NegativeMomentum(lr=0.5).step(Bilinear(1.0), 1.0, 1.0, (0.5, 0.5))
    (0.25, 0.875, (-0.75, -0.125))
    """

    aliases: ClassVar[tuple[str, ...]] = ("NM",)
    reduces: ClassVar[tuple[Any, ...]] = (
        ({}, "AlternatingHeavyBall"),
        ({"beta_x": 0.0, "beta_y": 0.0}, "Alternating"),
    )

    beta_x: Real = -0.5
    beta_y: Real = -0.5

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        q = self.lr_x * self.lr_y * sigma * sigma
        b, c = self.beta_x, self.beta_y
        own = 1 + 2 * (b + c) + b * c
        return 1, q - 2 - b - c, own, -b - c - 2 * b * c, b * c


class Nesterov(_Jacobi, _NesterovMoves):
    r"""Simultaneous Nesterov momentum, of either sign, in torch's variables.

    With the velocity u,

    .. math::
        u_{t+1} = β u_t - \eta\,v(z_t), \qquad
        z_{t+1} = z_t + β u_{t+1} - \eta\,v(z_t).

    z is the point where the gradient is taken (the look-ahead point of Nesterov's two
    sequences). For an eigenvalue λ of J (one learning rate and β) the multipliers solve
    :math:`μ^2 - (1 + β)(1 - \eta λ)μ + β(1 - \eta λ) = 0`.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both.
    beta_x, beta_y : float
        Momenta, any sign.

    Notes
    -----
    Equal to torch's ``SGD(momentum=β, nesterov=True)``. Sutskever et al. record
    :math:`z - βu` instead: other orbits, the same multipliers.

    References
    ----------
    Nesterov, *A method for solving the convex programming problem with convergence rate
    O(1/k²)*, 1983.
    Sutskever, Martens, Dahl, Hinton, *On the importance of initialization and momentum
    in deep learning*, ICML 2013.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> Nesterov(lr=0.5).step(Bilinear(1.0), 1.0, 1.0, (0.0, 0.0))
    (0.25, 1.75, (-0.5, 0.5))
    """

    aliases: ClassVar[tuple[str, ...]] = ("NAG",)
    reduces: ClassVar[tuple[Any, ...]] = (
        ({"beta_x": 0.0, "beta_y": 0.0}, "Simultaneous"),
    )

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        q = self.lr_x * self.lr_y * sigma * sigma
        b, c = self.beta_x, self.beta_y
        own = 1 + 2 * (b + c) + b * c
        first = q * (1 + b) * (1 + c)
        mixed = q * ((1 + b) * c + (1 + c) * b)
        last = q * b * c
        tail = -b - c - 2 * b * c
        return 1, -2 - b - c, own + first, tail - mixed, b * c + last


class AlternatingNesterov(_GaussSeidel, _NesterovMoves):
    r"""Alternating Nesterov momentum, of either sign, in torch's variables.

    As `Nesterov`, with y's gradient at the new x. On the bilinear game with singular
    value σ, one β and :math:`q = \eta_x\eta_yσ^2`, the multipliers solve

    .. math:: (λ - 1)^2 (λ - β)^2 + q λ\,((1 + β)λ - β)^2 = 0.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both.
    beta_x, beta_y : float
        Momenta, any sign.
    y_first : bool
        Whether y moves first.

    Notes
    -----
    y sees x's stored point, its look-ahead point, as it would with two torch optimizers
    that step in turn.

    References
    ----------
    Sutskever, Martens, Dahl, Hinton, *On the importance of initialization and momentum
    in deep learning*, ICML 2013 (the variables).

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> AlternatingNesterov(lr=0.5).step(Bilinear(1.0), 1.0, 1.0, (0.0, 0.0))
    (0.25, 1.1875, (-0.5, 0.125))
    """

    aliases: ClassVar[tuple[str, ...]] = ("AltNAG",)
    reduces: ClassVar[tuple[Any, ...]] = (
        ({"beta_x": 0.0, "beta_y": 0.0}, "Alternating"),
    )

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        q = self.lr_x * self.lr_y * sigma * sigma
        b, c = self.beta_x, self.beta_y
        own = 1 + 2 * (b + c) + b * c
        first = q * (1 + b) * (1 + c)
        mixed = q * ((1 + b) * c + (1 + c) * b)
        last = q * b * c
        tail = -b - c - 2 * b * c
        return 1, first - 2 - b - c, own - mixed, tail + last, b * c
