"""Projection: the state is pulled back to the allowed set after every step."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn.rules._wrapper import _Wrapper


class Projected(_Wrapper):
    r"""Projection after every step of another rule: weight clipping, in a GAN.

    With F the step of the inner rule and P the game's ``project``,

    .. math:: z_{t+1} = P(F(z_t)).

    Only the players are projected, never the inner memory. Of the games here
    `ClippedDiracGAN` has bounds; on a game without, P is the identity and the rule is
    its inner rule. Where P acts it is no smooth map: inside the bounds the multipliers
    are those of the inner rule.

    Parameters
    ----------
    inner : Rule
        The rule whose steps are projected.

    Notes
    -----
    On the Wasserstein Dirac-GAN clipped to |y| <= c the orbits of simultaneous play,
    which spiral out without clipping, slide along y = ±c by :math:`\eta_x c` a step.
    It is not gradient clipping, `ClipValue`, which bounds the steps.

    References
    ----------
    Arjovsky, Chintala, Bottou, *Wasserstein GAN*, ICML 2017, Algorithm 1.

    Examples
    --------
    >>> from gandyn.games import ClippedDiracGAN
    >>> from gandyn.rules import Simultaneous
    >>> rule, game = Projected(Simultaneous(lr=0.5)), ClippedDiracGAN(bound=0.25)
    >>> rule.step(game, 2.0, 0.25, ())
    (1.875, 0.25, ())
    """

    aliases: ClassVar[tuple[str, ...]] = ("WeightClipping", "ProjectedGradient")
    linear: ClassVar[bool] = False
    orthogonal: ClassVar[bool] = False
    translates: ClassVar[bool | None] = False
    scales: ClassVar[bool | None] = False

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one inner step and the projection."""
        x, y, memory = self.inner.step(game, x, y, memory)
        x, y = game.project(x, y)
        return x, y, memory
