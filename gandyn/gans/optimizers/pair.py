"""Two optimizers as they play a GAN: orders, step ratios and accumulation as a rule."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import Count, Positive
from gandyn.gans.optimizers.adaptive import AdamOptimizer, Optimizer
from gandyn.rules import Rule


class OptimizerPair(Rule):
    r"""A GAN's training loop with one torch optimizer for each player.

    One step of the rule is one round of the loop: ``k_x`` steps of the generator's
    optimizer and ``k_y`` of the discriminator's, each along the mean of
    ``accumulation`` gradients on a batch each. Alternating, the second player sees the
    first one's move; otherwise both take their gradients where the other was before.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, > 0; ``lr`` sets both. With several parameter groups that of the
        group with the largest.
    optimizer_x, optimizer_y : Optimizer
        What each makes of its gradient.
    k_x, k_y : int
        Optimizer steps of each player in a round.
    accumulation : int
        Gradients per optimizer step, all taken at the same point.
    alternating, y_first : bool
        Whether the players move in turn, and who begins.

    Notes
    -----
    The second player begins on the batch that the first one has ended on: with
    ``k_y = 5`` and y first the generator sees the discriminator's fifth.

    A loop that takes the discriminator's loss on fakes made before the generator's step
    is simultaneous, whatever the order of the two calls of ``step()``.

    References
    ----------
    Goodfellow et al., *Generative Adversarial Nets*, NeurIPS 2014, Algorithm 1.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> from gandyn.gans.optimizers.adaptive import SGDOptimizer
    >>> sgd = SGDOptimizer()
    >>> rule = OptimizerPair(lr=0.5, optimizer_x=sgd, optimizer_y=sgd)
    >>> rule.step(Bilinear(1.0), 1.0, 1.0, rule.init(Bilinear(1.0), 1.0, 1.0))[:2]
    (0.25, 1.5)
    """

    scales: ClassVar[bool | None] = False
    rate_times_loss: ClassVar[bool | None] = False
    orthogonal: ClassVar[bool] = False
    joint: ClassVar[bool | None] = None

    lr_x: Positive = 0.001
    lr_y: Positive = 0.001
    optimizer_x: Optimizer = AdamOptimizer()
    optimizer_y: Optimizer = AdamOptimizer()
    k_x: Count = 1
    k_y: Count = 1
    accumulation: Count = 1
    alternating: bool = True
    y_first: bool = True

    @property
    def linear(self) -> bool:  # type: ignore[override]
        """Whether the step is affine whenever v is."""
        return self.optimizer_x.linear and self.optimizer_y.linear

    @property
    def autonomous(self) -> bool:  # type: ignore[override]
        """Whether the step is the same map at every time."""
        return self.optimizer_x.autonomous and self.optimizer_y.autonomous

    @property
    def batches(self) -> int:  # type: ignore[override]
        """How many batches a step needs."""
        return max(
            first + k * self.accumulation
            for first, k in zip(self._starts(), (self.k_x, self.k_y), strict=True)
        )

    def init(self, game: Any, x: Any, y: Any) -> Any:
        """Return each player's moments before the first step."""
        return self.optimizer_x.fresh_moments(x), self.optimizer_y.fresh_moments(y)

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one round."""
        kept_x, kept_y = memory
        old_x, old_y = x, y
        if self.y_first:
            y, kept_y = self.play_y(game, x, y, kept_y)
            seen = y if self.alternating else old_y
            x, kept_x = self.play_x(game, x, seen, kept_x)
        else:
            x, kept_x = self.play_x(game, x, y, kept_x)
            seen = x if self.alternating else old_x
            y, kept_y = self.play_y(game, seen, y, kept_y)
        return x, y, (kept_x, kept_y)

    def play_x(self, game: Any, x: Any, y: Any, moments: Any) -> Any:
        """Return x and its moments after its steps of a round."""
        first, _ = self._starts()
        for k in range(self.k_x):
            g = self._mean(game, "gx", x, y, first + k * self.accumulation)
            x, moments = self.optimizer_x.update(game, x, g, moments, self.lr_x)
        return x, moments

    def play_y(self, game: Any, x: Any, y: Any, moments: Any) -> Any:
        """Return y and its moments after its steps of a round."""
        _, first = self._starts()
        for k in range(self.k_y):
            g = self._mean(game, "gy", x, y, first + k * self.accumulation)
            y, moments = self.optimizer_y.update(game, y, g, moments, self.lr_y)
        return y, moments

    def calls(self) -> Any:
        """Return how often a step asks each oracle."""
        return {"gx": self.k_x * self.accumulation, "gy": self.k_y * self.accumulation}

    def drift(self, game: Any, x: Any, y: Any) -> Any:
        """Leave open which field small steps follow: moments change it."""
        return None

    def _mean(self, game: Any, oracle: str, x: Any, y: Any, first: int) -> Any:
        """Return the mean gradient on the batches from a first one on."""
        total = 0.0
        for i in range(first, first + self.accumulation):
            many = hasattr(game, "for_call")
            on = game.for_call(i, self.batches) if many else game
            total = total + getattr(on, oracle)(x, y)
        return total / self.accumulation

    def _starts(self) -> tuple[int, int]:
        """Return the first batch of each player."""
        first = self.k_y if self.y_first else self.k_x
        shared = (first - 1) * self.accumulation
        return (shared, 0) if self.y_first else (0, shared)
