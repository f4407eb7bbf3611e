"""A polynomial game in which gradient play may settle at the wrong point."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from gandyn.games._base import ScalarGame


class AdolphsSaddle(ScalarGame):
    r"""A zero-sum game with two stable critical points, one of which is no saddle.

    .. math::
        L_x = 2x^2 + y^2 + 4xy + \tfrac43 y^3 - \tfrac14 y^4 = -L_y, \qquad
        v = \big(4(x + y),\; -2y - 4x - 4y^2 + y^3\big)

    The critical points are (0, 0), :math:`(-2 - \sqrt 2, 2 + \sqrt 2)` and
    :math:`(-2 + \sqrt 2, 2 - \sqrt 2)`. At the first :math:`J = [[4, 4], [-4, -2]]`
    has the eigenvalues :math:`1 \pm i\sqrt 7`: gradient play settles there, although y
    sits in a minimum of its gain. Only the second is a local saddle point, with
    :math:`J = [[4, 4], [-4, 4\sqrt 2]]` and eigenvalues
    :math:`2 + 2\sqrt 2 \pm i\sqrt{4 + 8\sqrt 2}`; the third is a saddle of the flow.

    References
    ----------
    Adolphs, Daneshmand, Lucchi, Hofmann, *Local Saddle Point Optimization: A Curvature
    Exploitation Approach*, AISTATS 2019, Section 3.

    Examples
    --------
    >>> game = AdolphsSaddle()
    >>> game.jacobian(0.0, 0.0)
    (4, 4, -4, -2.0)
    >>> [(round(x, 6), round(y, 6)) for x, y in game.equilibria()]
    [(0.0, 0.0), (-3.414214, 3.414214), (-0.585786, 0.585786)]
    """

    aliases: ClassVar[tuple[str, ...]] = ("Adolphs",)

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return 2x² + y² + 4xy + 4y³/3 - y⁴/4."""
        return 2 * x * x + 4 * x * y + y * y * (1 + y * (4 / 3 - y / 4))

    def gx(self, x: Any, y: Any) -> Any:
        """Return 4(x + y)."""
        return 4 * (x + y)

    def gy(self, x: Any, y: Any) -> Any:
        """Return -2y - 4x - 4y² + y³."""
        return y * (y * (y - 4) - 2) - 4 * x

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return (∂gx/∂x, ∂gx/∂y, ∂gy/∂x, ∂gy/∂y)."""
        return 4, 4, -4, y * (3 * y - 8) - 2

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return the origin and the two others, the saddle point first."""
        root = math.sqrt(2)
        return [(0.0, 0.0), (-2 - root, 2 + root), (root - 2, 2 - root)]
