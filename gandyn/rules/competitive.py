"""Rules that solve a linear system of the game Jacobian's blocks."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import Positive
from gandyn.rules._base import Rule
from gandyn.rules._blocks import solve_interaction, solve_response


class CompetitiveGradientDescent(Rule):
    r"""Competitive gradient descent (CGD): the equilibrium of a local bilinear game.

    With :math:`J_o` the off-diagonal part of J and :math:`\eta = diag(\eta_x, \eta_y)`,

    .. math:: z_{t+1} = z_t - (I + \eta J_o)^{-1} \eta\,v(z_t).

    On the bilinear game it is `ProximalPoint`: multipliers
    :math:`1/(1 \pm i\sqrt{\eta_x\eta_y}σ)`, stable for every learning rate.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both.

    Notes
    -----
    The paper has one learning rate; with two, each player regularises its own local
    game by its own :math:`‖·‖^2/2\eta`. The linear system is solved directly, from the
    blocks of ``game.jacobian``.

    References
    ----------
    Schäfer, Anandkumar, *Competitive Gradient Descent*, NeurIPS 2019, Algorithm 1.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> CompetitiveGradientDescent(lr=1.0).step(Bilinear(1.0), 1.0, 1.0, ())
    (0.0, 1.0, ())
    """

    aliases: ClassVar[tuple[str, ...]] = ("CGD",)
    second_order: ClassVar[bool] = True
    inverts: ClassVar[str] = "I + lr J_off"
    joint: ClassVar[bool | None] = False

    lr_x: Positive = 0.1
    lr_y: Positive = 0.1

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        _, xy, yx, _ = game.jacobian(x, y)
        a, b = self.lr_x, self.lr_y
        push_x, push_y = a * game.gx(x, y), b * game.gy(x, y)
        dx, dy = solve_interaction(game, xy, yx, a, b, push_x, push_y)
        return x - dx, y - dy, memory

    def calls(self) -> Any:
        """Return how often a step asks each oracle."""
        return {"gx": 1, "gy": 1, "jacobian": 1}

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game."""
        q = self.lr_x * self.lr_y * sigma * sigma
        return 1, -2 / (1 + q), 1 / (1 + q)


class FollowTheRidge(Rule):
    r"""Follow-the-Ridge (FTR): y moves along its ridge as x moves.

    .. math::
        x_{t+1} = x_t - \eta_x g_x, \qquad
        y_{t+1} = y_t - \eta_y g_y + \eta_x J_{yy}^{-1} J_{yx} g_x

    On a linear game the multipliers are those of
    :math:`I - \eta_x (J_{xx} - J_{xy}J_{yy}^{-1}J_{yx})` and :math:`I - \eta_y J_{yy}`,
    all real in a zero-sum game: it converges for small learning rates exactly to local
    minimax points.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both. x leads, y follows.

    Notes
    -----
    Not defined where :math:`J_{yy}` is singular, so not on a bilinear game.

    References
    ----------
    Wang, Zhang, Ba, *On Solving Minimax Optimization Locally: A Follow-the-Ridge
    Approach*, ICLR 2020, Algorithm 1.

    Examples
    --------
    >>> from gandyn.games import DiracGAN
    >>> FollowTheRidge(lr=0.5).step(DiracGAN(regulariser="L2"), 1.0, 0.0, ())
    (1.0, 0.25, ())
    """

    aliases: ClassVar[tuple[str, ...]] = ("FTR", "FR")
    second_order: ClassVar[bool] = True
    symmetric: ClassVar[bool] = False
    inverts: ClassVar[str] = "J_yy"
    joint: ClassVar[bool | None] = False
    freezes: ClassVar[bool | None] = False

    lr_x: Positive = 0.1
    lr_y: Positive = 0.1

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        gx, gy = game.gx(x, y), game.gy(x, y)
        _, _, yx, yy = game.jacobian(x, y)
        along = solve_response(game, yx, yy, gx)
        return x - self.lr_x * gx, y - self.lr_y * gy + self.lr_x * along, memory

    def calls(self) -> Any:
        """Return how often a step asks each oracle."""
        return {"gx": 1, "gy": 1, "jacobian": 1}

    def drift(self, game: Any, x: Any, y: Any) -> Any:
        """Return the field that small steps follow: g_x, and g_y along the ridge."""
        gx = game.gx(x, y)
        _, _, yx, yy = game.jacobian(x, y)
        along = solve_response(game, yx, yy, gx)
        return gx, game.gy(x, y) - self.lr_x / self.lr_y * along
