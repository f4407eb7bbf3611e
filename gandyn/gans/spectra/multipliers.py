"""Multipliers of what is really run: of a period, with an optimizer's moments held."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gandyn._arguments import checked
from gandyn._trees import flatten, map_leaves
from gandyn.errors import GandynError
from gandyn.gans.games.game import TorchGame
from gandyn.gans.games.sampling import FullBatch
from gandyn.gans.spectra.eigenvalues import Eigenvalues, dense_eigenvalues
from gandyn.gans.spectra.horizons import LOOKS, linear_horizon
from gandyn.gans.spectra.krylov import leading_eigenvalues
from gandyn.gans.spectra.linearisation import _one, random_vector
from gandyn.gans.spectra.noisy_maps import mean_square_radius, standard_errors
from gandyn.gans.spectra.period_maps import PeriodMap, _lifted
from gandyn.rules import Rule

DENSE = 400
"""Length of the state up to which the derivative is made as a matrix."""
NEAR = 0.02
"""Share of the farthest value within which slow directions of a large GAN are left."""
SAMPLES = 8
"""Periods that are averaged where every step has a batch of its own."""
_STILL = 64.0
"""Roundings of a state's length that count as not having moved."""


class Multipliers(Eigenvalues):
    """Leading multipliers of one period of a training, at a point of it.

    They describe the point; that a training settles they say only at a fixed point, and
    of an adaptive optimizer not even there, as its second moments go on moving.

    Attributes
    ----------
    moved : float
        How far one period moves the state, held moments aside: 0 at a fixed point.
    horizon : float
        Periods for which these multipliers can describe how small differences grow
        along the run: see `gandyn.gans.spectra.horizons.linear_horizon`.
    point : str
        Whether it is a fixed point, in words.
    period : int
        Steps of the rule in a period.
    samples : int
        Periods that were averaged.
    errors : ndarray, shape (k,)
        Standard error of each value over the samples; NaN for one sample.
    mean_square : float
        The root of ρ(E[M ⊗ M]), what a small difference grows by in mean square over
        independent samples; NaN for one sample, or a large state.
    near : float
        The share that decided which slow directions were set aside; 0 for a matrix.
    gradients : int
        Gradients of one player that were evaluated in all, the derivative of a gradient
        counted as another.
    """

    moved: float
    horizon: float
    point: str
    period: int
    samples: int
    errors: np.ndarray
    mean_square: float
    gradients: int

    near: float

    derived = ("radius",)

    @property
    def radius(self) -> float:
        """The largest modulus, multipliers 1 set aside; NaN where it is not known.

        That is where it has not converged, and where slow directions that were set
        aside, within ``aside`` of 1, might be larger.
        """
        places = self.ends.get("largest modulus", np.zeros(0, int))
        known = places.size and self.converged[places[0]]
        largest = float(np.abs(self.values[places[0]])) if known else math.nan
        return math.nan if self.near and largest <= 1 + self.aside else largest


@checked
def step_multipliers(
    rule: Rule,
    game: TorchGame,
    x: Tensor,
    y: Tensor,
    count: int = 6,
    *,
    memory: Any = None,
    step: int = 0,
    period: int = 1,
    samples: int | None = None,
    ends: Sequence[str] = ("largest modulus", "largest imaginary", "smallest real"),
    near: float = NEAR,
    dense: bool | None = None,
    seed: int = 0,
    **options: Any,
) -> Multipliers:
    r"""Return the leading eigenvalues of one period's derivative on (x, y, memory).

    Each product is one forward derivative of ``rule.step`` itself, exact, so it serves
    any rule whose step is differentiable, whatever its memory, and GANs of any size.
    Of adaptive rules it is the frozen step, with the moments of the memory given. A
    period is a product of steps, in the order that is run: step ratios and accumulation
    are inside of a step of `gandyn.gans.OptimizerPair`, an average of weights is
    `gandyn.rules.ExponentialAverage`, and losses that differ from step to step, such as
    lazy regularisation, take ``period``. Multipliers 1 along a manifold of equilibria
    are set aside.

    Parameters
    ----------
    rule : Rule
        An autonomous rule, or one that is so with its second moments held.
    game : TorchGame
    x, y : Tensor, shapes (n,), (m,)
        Any point.
    count : int
        At each end.
    memory
        Of the rule at the point; by default what ``rule.init`` gives there.
    step : int
        Of the training at the point: decides the batches, and where a period begins.
    period : int
        Steps in a period.
    samples : int, optional
        How many periods, each on batches of its own, are averaged; by default 8 for
        minibatches. One batch alone exaggerates abs(λ) - 1.
    ends : sequence of str
        See `gandyn.gans.spectra.eigenvalues.ENDS`: by default what grows or drifts,
        turns and flips.
    near : float
        Of a large GAN, what is nearer to 1 than this share of the farthest value is set
        aside: slow directions, which crowd there, and which no few products tell apart.
    dense : bool, optional
        Whether to make the matrix; by default up to `DENSE` numbers.
    seed : int
        Of the vector to start from.
    **options
        Of `gandyn.gans.spectra.krylov.leading_eigenvalues`.

    Returns
    -------
    Multipliers

    Raises
    ------
    GandynError
        If the rule changes with time even so, or has gathered no moments yet, if its
        step can't be differentiated by torch (one that makes dense matrices: use
        `linear_game`), or a product is not finite.

    Examples
    --------
    >>> from gandyn.gans import DiracGAN
    >>> from gandyn.rules import Alternating
    >>> game = DiracGAN().game()
    >>> zero = torch.zeros(1, dtype=torch.float64)
    >>> found = step_multipliers(Alternating(lr=1.0), game, zero, zero, 2)
    >>> round(found.radius, 12), found.values.round(4).tolist(), found.point
    (1.0, [(0.875+0.4841j), (0.875-0.4841j)], 'a fixed point')
    """
    x, y = _one(game, x, y)
    settled = game.settled(x, y)
    if samples is None:
        samples = 1 if isinstance(game.sampling, FullBatch) else SAMPLES
    if min(samples, period) < 1:
        raise GandynError("samples and period must be at least 1")
    _check_gathered(rule, memory)
    if memory is None:
        memory = rule.init(settled, x, y)
    begins = [step + i * period for i in range(samples)]
    state = map_leaves(_lifted(x), (x, y, memory))
    map_ = PeriodMap(rule, settled, state, [range(b, b + period) for b in begins])
    if dense is None:
        dense = len(map_.vector) <= DENSE
    options = {"neutral": 1.0, "ends": ends, "count": count, "near": near, **options}
    matrices = None
    if dense:
        options = {k: v for k, v in options.items() if k not in _ITERATIVE}
        matrices = torch.stack([map_.matrix(i) for i in range(samples)])
        found = dense_eigenvalues(matrices.mean(0), **options)
    else:
        start = random_vector(map_.vector, seed)
        found = leading_eigenvalues(map_.product, start, **options)
    return _described(map_, state, found, matrices, period, options)


_ITERATIVE = ("basis", "most", "scale", "near")
"""Options of the iteration, which a dense matrix does not have."""


def _check_gathered(rule: Rule, memory: Any) -> None:
    if rule.autonomous:
        return
    leaves = [] if memory is None else flatten(memory)
    if not any(bool(torch.as_tensor(leaf).abs().max()) for leaf in leaves):
        raise GandynError(
            f"{type(rule).__name__} changes with time: its multipliers are those of "
            "the step with its second moments held, after a first step. Give memory= "
            "of a run's state or from optimizer_memory, or a checkpoint with the "
            "optimizers' state_dict"
        )


def _described(
    map_: PeriodMap,
    state: Any,
    found: Eigenvalues,
    matrices: Tensor | None,
    period: int,
    options: dict[str, Any],
) -> Multipliers:
    moved = float((map_(map_.vector) - map_.vector).norm())
    samples, size = len(map_.oracles), max(1.0, float(map_.vector.norm()))
    still = moved <= _STILL * torch.finfo(map_.vector.dtype).eps * size
    horizon = math.inf if still else linear_horizon(map_, state, found)
    errors = np.full(len(found.values), math.nan)
    mean_square = math.nan
    if samples > 1:
        errors = standard_errors(map_, found, matrices, options)
        if matrices is not None:
            mean_square = mean_square_radius(matrices.double().cpu().numpy())
    return Multipliers(
        **vars(found), moved=moved, horizon=horizon,
        point="a fixed point" if still else _words(moved, horizon, period),
        period=period, samples=samples, errors=errors, mean_square=mean_square,
        near=options.get("near", 0.0), gradients=map_.tally.gradients,
    )  # fmt: skip


def _words(moved: float, horizon: float, period: int) -> str:
    what = "step" if period == 1 else f"period of {period} steps"
    about = "at least" if horizon >= LOOKS else "about"
    return (
        f"no fixed point: one {what} moves the state by {moved:.2g}; a description "
        f"for {about} {horizon:.2g} of them"
    )
