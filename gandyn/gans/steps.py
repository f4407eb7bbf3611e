"""The leading multipliers of a rule's step on a GAN, without any matrix."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.func import jvp as push

from gandyn._trees import flatten, map_leaves, refill
from gandyn.errors import GandynError
from gandyn.gans.game import TorchGame
from gandyn.gans.krylov import Eigenvalues, leading_eigenvalues
from gandyn.gans.linearise import _one, random_vector
from gandyn.rules import Rule


@dataclass(frozen=True)
class Multipliers(Eigenvalues):
    """Leading multipliers of a rule's step at a point of a GAN.

    Attributes
    ----------
    moved : float
        How far one step moves (x, y, memory): 0 at a fixed point.
    """

    moved: float

    @property
    def radius(self) -> float:
        """The spectral radius, neutral directions set aside; NaN if not converged."""
        places = self.ends["largest modulus"]
        known = places.size and self.converged[places[0]]
        return float(np.abs(self.values[places[0]])) if known else float("nan")


def step_multipliers(
    rule: Rule,
    game: TorchGame,
    x: Tensor,
    y: Tensor,
    count: int = 6,
    *,
    ends: Sequence[str] = ("largest modulus",),
    seed: int = 0,
    **options: Any,
) -> Multipliers:
    """Return the leading eigenvalues of the step's derivative on (x, y, memory).

    Each product is one forward derivative of ``rule.step`` itself, exact, so it serves
    any rule whose step is differentiable, whatever its memory, and GANs of any size.
    Multipliers 1 along a manifold of equilibria are set aside.

    Parameters
    ----------
    rule : Rule
        An autonomous rule.
    game : TorchGame
    x, y : Tensor, shapes (n,), (m,)
        An equilibrium; the memory is what ``rule.init`` gives there.
    count : int
        At each end.
    ends : sequence of str
        See `gandyn.gans.krylov.ENDS`.
    seed : int
        Of the vector to start from.
    **options
        Of `gandyn.gans.krylov.leading_eigenvalues`.

    Returns
    -------
    Multipliers

    Raises
    ------
    GandynError
        If the rule changes with time, its step can't be differentiated by torch (one
        that makes dense matrices: use `linear_game`), or a product is not finite.

    Examples
    --------
    >>> from gandyn.gans import DiracGAN
    >>> from gandyn.rules import Alternating
    >>> game = DiracGAN().game()
    >>> zero = torch.zeros(1, dtype=torch.float64)
    >>> found = step_multipliers(Alternating(lr=1.0), game, zero, zero, 2)
    >>> found.radius, found.values.round(4).tolist()
    (1.0, [(0.875+0.4841j), (0.875-0.4841j)])
    """
    if not rule.autonomous:
        raise GandynError(
            f"{type(rule).__name__} changes with time: it has no multipliers"
        )
    x, y = _one(game, x, y)
    oracle = game.settled(x, y)
    base = map_leaves(_lifted(x), (x, y, rule.init(oracle, x, y)))
    parts = flatten(base)
    sizes = [leaf.numel() for leaf in parts]
    state = torch.cat([leaf.reshape(-1) for leaf in parts])

    def step(z: Tensor) -> Tensor:
        split = zip(z.split(sizes), parts, strict=True)
        own = refill(base, (part.reshape(leaf.shape) for part, leaf in split))
        after = flatten(map_leaves(_lifted(x), tuple(rule.step(oracle, *own))))
        return torch.cat([leaf.reshape(-1) for leaf in after])

    moved = float((step(state) - state).norm())

    def operator(vector: Tensor) -> Tensor:
        try:
            return push(step, (state,), (vector,))[1]
        except (RuntimeError, TypeError, NotImplementedError) as error:
            raise GandynError(
                f"the step of {type(rule).__name__} can't be differentiated by torch "
                f"({str(error).splitlines()[0]}); for a small GAN use linear_game and "
                "gandyn.stability"
            ) from error

    options = {"neutral": 1.0, **options}
    start = random_vector(state, seed)
    found = leading_eigenvalues(operator, start, ends=ends, count=count, **options)
    return Multipliers(**vars(found), moved=moved)


def _lifted(like: Tensor) -> Callable[[Any], Tensor]:
    """Return a function that makes a number a tensor of the type of another."""
    return lambda leaf: (
        leaf
        if isinstance(leaf, Tensor)
        else torch.as_tensor(leaf, dtype=like.dtype, device=like.device)
    )
