"""Games with quadratic losses, zero-sum and general-sum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from gandyn._node import NonNegative, Real
from gandyn.elementary import aligned, dot, solve_implicit, summed, transpose
from gandyn.errors import FieldError
from gandyn.games._arrays import as_vector, check_length, set_array
from gandyn.games._base import Game

_SYMMETRY_TOLERANCE = 1e-12
"""Largest asymmetry of a Hessian block, relative to its largest entry."""


class _Affine(Game):
    """v = J (z - z*) with J given by blocks, numbers or matrices.

    A subclass has the fields ``point_x`` and ``point_y``, names its two Hessian blocks
    and its two mixed blocks, and implements `jacobian`.
    """

    linear: ClassVar[bool] = True
    hessians: ClassVar[tuple[str, str]]
    mixed: ClassVar[tuple[str, ...]]
    if TYPE_CHECKING:  # the subclasses' fields, there after the blocks
        point_x: Any
        point_y: Any

    def __post_init__(self) -> None:
        for name in (*self.hessians, *self.mixed):
            set_array(self, name, 0, 1, 2)
        set_array(self, "point_x", 0, 1)
        set_array(self, "point_y", 0, 1)
        super().__post_init__()  # type: ignore[misc]
        if np.ndim(getattr(self, self.mixed[0])) == 2:
            self._check_shapes(*getattr(self, self.mixed[0]).shape)
        elif any(np.ndim(getattr(self, k)) == 2 for k in (*self.hessians, *self.mixed)):
            raise FieldError(
                f"{type(self).__name__}: where a block is a matrix, {self.mixed[0]} "
                "must be one too"
            )

    def _check_shapes(self, n: int, m: int) -> None:
        cls = type(self).__name__
        for name, size in zip(self.hessians, (n, m), strict=True):
            block = getattr(self, name)
            if np.ndim(block) == 0:
                continue  # a multiple of the identity
            if block.shape != (size, size):
                raise FieldError(
                    f"{cls}: {name} must be a number or have shape ({size}, {size}), "
                    f"got {block.shape}"
                )
            skew, scale = np.abs(block - block.T).max(), np.abs(block).max()
            if skew > _SYMMETRY_TOLERANCE * scale:
                raise FieldError(f"{cls}: {name} is a Hessian and must be symmetric")
        for name in self.mixed[1:]:
            if np.shape(getattr(self, name)) != (m, n):
                raise FieldError(
                    f"{cls}: {name} must have shape ({m}, {n}), "
                    f"got {np.shape(getattr(self, name))}"
                )
        check_length(self, "point_x", n)
        check_length(self, "point_y", m)

    @property
    def shape(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of the players: ``((n,), (m,))``, or ``((), ())`` for numbers."""
        block = getattr(self, self.mixed[0])
        return (block.shape[:1], block.shape[1:]) if np.ndim(block) == 2 else ((), ())

    def gx(self, x: Any, y: Any) -> Any:
        """Return the first player's entries of J (z - z*)."""
        xx, xy, _, _ = self.jacobian(x, y)
        p = x - aligned(self.point_x, x, xy)
        return dot(xx, p) + dot(xy, y - aligned(self.point_y, y, xy))

    def gy(self, x: Any, y: Any) -> Any:
        """Return the second player's entries of J (z - z*)."""
        _, _, yx, yy = self.jacobian(x, y)
        q = y - aligned(self.point_y, y, yx)
        return dot(yx, x - aligned(self.point_x, x, yx)) + dot(yy, q)

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return the four blocks of J."""
        raise NotImplementedError

    def jvp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return J·(u, w)."""
        xx, xy, yx, yy = self.jacobian(x, y)
        return dot(xx, u) + dot(xy, w), dot(yx, u) + dot(yy, w)

    def vjp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return Jᵀ·(u, w)."""
        xx, xy, yx, yy = self.jacobian(x, y)
        p = dot(transpose(xx), u) + dot(transpose(yx), w)
        return p, dot(transpose(xy), u) + dot(transpose(yy), w)

    def solve(self, x: Any, y: Any, a: Any, b: Any, u: Any, w: Any) -> Any:
        """Return (I + diag(a, b) J)⁻¹ (u, w)."""
        xx, xy, yx, yy = self.jacobian(x, y)
        return solve_implicit(xx, xy, yx, yy, a, b, u, w)

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return z*; the only one where J is regular."""
        if self.shape == ((), ()):
            return [(self.point_x, self.point_y)]
        (n,), (m,) = self.shape
        return [(as_vector(self.point_x, n), as_vector(self.point_y, m))]


class Quadratic(_Affine):
    r"""The zero-sum game of one quadratic.

    With p = x - x* and q = y - y*,

    .. math::
        L_x = \tfrac12 p^T f_{xx}\, p + p^T f_{xy}\, q + \tfrac12 q^T f_{yy}\, q = -L_y,
        \qquad
        J = \begin{pmatrix} f_{xx} & f_{xy} \\ -f_{xy}^T & -f_{yy} \end{pmatrix}

    z* is a Nash equilibrium iff f_xx ≥ 0 ≥ f_yy. With f_xx = μ, f_yy = -μ and
    f_xy = σ, numbers, the eigenvalues of J are μ ± iσ. With the rates lr_y = τ lr_x
    the flow of numbers f_xx < 0, f_yy < 0 is stable iff τ > f_xx/f_yy, if
    f_xy² > f_xx f_yy.

    Parameters
    ----------
    f_xx, f_yy : float or symmetric array of shape (n, n) and (m, m)
        The players' own Hessians; beside a matrix f_xy a number stands for that
        multiple of the identity.
    f_xy : float or array of shape (n, m)
        The interaction.
    point_x, point_y : float or array of shape (n,) and (m,)
        The equilibrium z*.

    References
    ----------
    Fiez, Ratliff, *Local Convergence Analysis of Gradient Descent Ascent with Finite
    Timescale Separation*, ICLR 2021, Section 5; Zhang, Wang, Lessard, Grosse, *Near-
    optimal Local Convergence of Alternating Gradient Descent-Ascent for Minimax
    Optimization*, AISTATS 2022.

    Examples
    --------
    >>> Quadratic(1.0, 2.0, -1.0).jacobian(0.0, 0.0)
    (1.0, 2.0, -2.0, 1.0)
    >>> Quadratic.strongly_monotone(0.5, [[3.0, 0.0], [0.0, 4.0]]).shape
    ((2,), (2,))
    """

    aliases: ClassVar[tuple[str, ...]] = ("quadratic game",)
    hessians: ClassVar[tuple[str, str]] = ("f_xx", "f_yy")
    mixed: ClassVar[tuple[str, ...]] = ("f_xy",)
    cycles: ClassVar[str] = "none"

    f_xx: Real = 0.5
    f_xy: Real = 1.0
    f_yy: Real = -0.5
    point_x: Real = 0.0
    point_y: Real = 0.0

    @classmethod
    def strongly_monotone(cls, mu: NonNegative, f_xy: Any) -> Quadratic:
        """Return the game μ/2 |x|² + xᵀ f_xy y - μ/2 |y|², monotone with modulus μ."""
        return cls(f_xx=mu, f_xy=f_xy, f_yy=-mu)

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return f(x, y)."""
        p = x - aligned(self.point_x, x, self.f_xy)
        q = y - aligned(self.point_y, y, self.f_xy)
        own = p * (dot(self.f_xx, p) + 2 * dot(self.f_xy, q))
        other = q * dot(self.f_yy, q)
        return (summed(own, self.f_xy) + summed(other, self.f_xy)) / 2

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return (f_xx, f_xy, -f_xyᵀ, -f_yy)."""
        return self.f_xx, self.f_xy, -transpose(self.f_xy), -self.f_yy


class GeneralQuadratic(_Affine):
    r"""The general-sum game of two quadratics, each player with its own.

    With p = x - x* and q = y - y*,

    .. math::
        L_x = \tfrac12 p^T A p + p^T B q, \qquad L_y = \tfrac12 q^T D q + q^T C p,
        \qquad
        J = \begin{pmatrix} A & B \\ C & D \end{pmatrix}

    It is zero-sum up to terms that don't move the players iff C = -Bᵀ, and a potential
    game iff C = Bᵀ.

    Parameters
    ----------
    A, D : float or symmetric array of shape (n, n) and (m, m)
        The players' own Hessians; beside a matrix B a number stands for that multiple
        of the identity.
    B, C : float or array of shape (n, m) and (m, n)
        The interactions: what y does to x's gradient, and x to y's.
    point_x, point_y : float or array of shape (n,) and (m,)
        The equilibrium z*.

    References
    ----------
    Letcher, Balduzzi, Racanière, Martens, Foerster, Tuyls, Graepel, *Differentiable
    Game Mechanics*, JMLR 2019, Section 2.

    Examples
    --------
    >>> game = GeneralQuadratic(A=1.0, B=2.0, C=3.0, D=4.0)
    >>> game.gx(1.0, 1.0), game.gy(1.0, 1.0)
    (3.0, 7.0)
    """

    zero_sum: ClassVar[bool] = False
    hessians: ClassVar[tuple[str, str]] = ("A", "D")
    mixed: ClassVar[tuple[str, ...]] = ("B", "C")
    cycles: ClassVar[str] = "none"

    A: Real = 0.5
    B: Real = 1.0
    C: Real = -2.0
    D: Real = 0.25
    point_x: Real = 0.0
    point_y: Real = 0.0

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return ½ pᵀA p + pᵀB q."""
        p = x - aligned(self.point_x, x, self.B)
        q = y - aligned(self.point_y, y, self.B)
        return summed(p * (dot(self.A, p) / 2 + dot(self.B, q)), self.B)

    def loss_y(self, x: Any, y: Any) -> Any:
        """Return ½ qᵀD q + qᵀC p."""
        p = x - aligned(self.point_x, x, self.B)
        q = y - aligned(self.point_y, y, self.B)
        return summed(q * (dot(self.D, q) / 2 + dot(self.C, p)), self.B)

    def cross(self, x: Any, y: Any) -> Any:
        """Return (∂L_x/∂y, ∂L_y/∂x) = (Bᵀp, Cᵀq)."""
        p = x - aligned(self.point_x, x, self.B)
        q = y - aligned(self.point_y, y, self.B)
        return dot(transpose(self.B), p), dot(transpose(self.C), q)

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return (A, B, C, D)."""
        return self.A, self.B, self.C, self.D
