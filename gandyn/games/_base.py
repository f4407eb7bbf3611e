"""What every game is: two losses, seen through an oracle of derivatives."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import Node
from gandyn.elementary import solve_blocks, solve_dense, stack


class Game(Node):
    r"""Two players, each descending its own loss.

    The field is :math:`v(z) = (\nabla_x L_x, \nabla_y L_y)` at :math:`z = (x, y)` and
    its Jacobian is the *game Jacobian* J. A game implements `gx`, `gy` and `jvp`
    (`vjp` too where J is not that of a zero-sum game), `equilibria`, and the losses
    where it has them; everything else works then.

    Players are scalars, or vectors with batches on trailing axes: a batch of 10 states
    of an n-vector has shape ``(n, 10)``. A game of scalar players takes arrays of any
    shape, elementwise.
    """

    aliases: ClassVar[tuple[str, ...]] = ()
    zero_sum: ClassVar[bool] = True
    linear: ClassVar[bool] = False
    """Whether v is affine in (x, y), whatever the fields."""
    cycles: ClassVar[str] = "none known"
    """The closed orbits of the flow -v that are known, with the default fields."""

    @property
    def shape(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of the players, ``((), ())`` for scalars."""
        return (), ()

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return the loss that player x descends."""
        raise NotImplementedError(f"{type(self).__name__} has no loss, only a field")

    def loss_y(self, x: Any, y: Any) -> Any:
        """Return the loss that player y descends; -L_x in a zero-sum game."""
        return -self.loss_x(x, y)

    def gx(self, x: Any, y: Any) -> Any:
        """Return the gradient of L_x in x."""
        raise NotImplementedError

    def gy(self, x: Any, y: Any) -> Any:
        """Return the gradient of L_y in y."""
        raise NotImplementedError

    def jvp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return J(x, y)·(u, w) as a pair shaped like the players."""
        raise NotImplementedError

    def vjp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        r"""Return Jᵀ(x, y)·(u, w) as a pair shaped like the players.

        In a zero-sum game :math:`J = [[H_{xx}, H_{xy}], [-H_{xy}^T, -H_{yy}]]`, so
        Jᵀ = S J S with S = diag(1, -1).
        """
        p, q = self.jvp(x, y, u, -w)
        return p, -q

    def solve(self, x: Any, y: Any, a: Any, b: Any, u: Any, w: Any) -> Any:
        """Return (I + diag(a, b) J(x, y))⁻¹ (u, w): a Newton step of implicit rules."""
        raise NotImplementedError

    def project(self, x: Any, y: Any) -> Any:
        """Return the allowed state next to (x, y): itself, unless a game has bounds."""
        return x, y

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return known points with v = 0; the first is the one diagrams refer to.

        None are known unless a game says so.
        """
        return []


class VectorGame(Game):
    """A game of two vectors whose J depends on the state."""

    def solve(self, x: Any, y: Any, a: Any, b: Any, u: Any, w: Any) -> Any:
        """Return (I + diag(a, b) J(x, y))⁻¹ (u, w), a dense solve for each state."""
        columns = []
        for player, vector in enumerate((u, w)):
            for i in range(vector.shape[0]):
                unit = [0 * u, 0 * w]
                unit[player][i] = 1
                p, q = self.jvp(x, y, *unit)
                columns.append(stack(*p, *q).reshape(u.shape[0] + w.shape[0], -1))
        return solve_dense(stack(*columns).swapaxes(0, 2), a, b, u, w)


class ScalarGame(Game):
    """A game of two numbers; implements `gx`, `gy` and `jacobian`."""

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return (∂gx/∂x, ∂gx/∂y, ∂gy/∂x, ∂gy/∂y)."""
        raise NotImplementedError

    def jvp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return J(x, y)·(u, w)."""
        xx, xy, yx, yy = self.jacobian(x, y)
        return xx * u + xy * w, yx * u + yy * w

    def vjp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return Jᵀ(x, y)·(u, w)."""
        xx, xy, yx, yy = self.jacobian(x, y)
        return xx * u + yx * w, xy * u + yy * w

    def solve(self, x: Any, y: Any, a: Any, b: Any, u: Any, w: Any) -> Any:
        """Return (I + diag(a, b) J(x, y))⁻¹ (u, w) by Cramer's rule."""
        xx, xy, yx, yy = self.jacobian(x, y)
        return solve_blocks(1 + a * xx, a * xy, b * yx, 1 + b * yy, u, w)
