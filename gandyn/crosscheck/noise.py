"""How the noise of minibatches moves a stability boundary."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gandyn.crosscheck.comparisons import CrossCheck, crosscheck
from gandyn.crosscheck.growth import Estimate
from gandyn.gans import GAN, Minibatch
from gandyn.rules import Rule

STEPS = (400, 800, 2000)
"""Steps of each ensemble: growth of a product of random matrices takes long to see."""


@dataclass(frozen=True)
class Shift:
    """The boundary of one batch size.

    Attributes
    ----------
    size : int
        Points of a batch.
    predicted : float
        The critical value on the full batch.
    value : Estimate
        The mean of the critical values measured with several streams of batches, and
        its standard error.
    each : tuple of float
        Those values; NaN where the growth rate has no zero near.
    """

    size: int
    predicted: float
    value: Estimate
    each: tuple[float, ...]

    @property
    def shift(self) -> Estimate:
        """The relative shift of the boundary, with its error."""
        return Estimate(
            self.value.value / self.predicted - 1, self.value.error / self.predicted
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the record as plain numbers; None for what is not finite."""
        numbers = {
            "size": self.size,
            "predicted": self.predicted,
            "measured": self.value.value,
            "error": self.value.error,
            "shift": self.shift.value,
        }
        found = {k: v if np.isfinite(v) else None for k, v in numbers.items()}
        return {**found, "each": [v if np.isfinite(v) else None for v in self.each]}


def boundary_shift(
    rule: Rule,
    gan: GAN,
    sizes: Sequence[int],
    field: str = "lr",
    *,
    seed: int = 0,
    draws: int = 4,
    fresh: bool = False,
    steps: Sequence[int] = STEPS,
    **options: Any,
) -> list[Shift]:
    r"""Return the measured stability boundary for several batch sizes.

    Real points and latents are drawn in pairs, so the equilibrium of a teacher–student
    GAN stays one and only the linear map changes from step to step. What is measured is
    then the field at which the product of random matrices

    .. math:: A_t A_{t-1} \cdots A_1

    has the exponent 0, beside the field at which the full batch's matrix A has the
    spectral radius 1.

    Parameters
    ----------
    rule : Rule
    gan : GAN
        With an equilibrium that every pair of points respects, `TeacherStudent`.
    sizes : sequence of int
        Points of a batch.
    field : str
    seed : int
        Of the GAN.
    draws : int
        Streams of batches for each size, at least 2.
    fresh : bool
        Whether every oracle call of a step draws anew.
    steps : sequence of int
    **options
        Of `crosscheck`.

    References
    ----------
    Furstenberg, Kesten, *Products of random matrices*, Annals of Mathematical
    Statistics 31 (1960), Theorem 2 (the exponent exists).
    """
    game, point = gan.game(seed), gan.equilibrium(seed)
    shifts = []
    for size in sizes:
        sampling = Minibatch(size=size, fresh=fresh, paired=True)
        found = []
        for draw in range(draws):
            played = copy.copy(gan.game(seed, sampling=sampling))
            played.seed = 1000 * seed + draw
            one = crosscheck(
                rule, game, point, field, steps=steps, played=played, **options
            )
            assert isinstance(one, CrossCheck)
            found.append(one)
        values = np.array([one.value.value for one in found])
        good = values[np.isfinite(values)]
        mean = Estimate(np.nan, np.inf)
        if len(good) > 1:
            error = float(good.std(ddof=1) / np.sqrt(len(good)))
            mean = Estimate(float(good.mean()), error)
        told = found[0].prediction.value
        shifts.append(Shift(int(size), told, mean, tuple(values.tolist())))
    return shifts
