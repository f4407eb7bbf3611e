"""What a rehearsal has shown: which factors are worse than training as it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import field
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import t as student

from gandyn._records import Record
from gandyn.gans.advising.words import words

MARGIN = 1.5
"""The breaking factor over the recommended one: with it the trials were made."""
_LEVEL = 0.01
"""Chance that one more run at the rates as they are would be called worse."""
FEWEST = 3
"""Runs at the rates as they are that a spread can be taken from."""


class Limits(NamedTuple):
    """What a run as it is would hardly exceed: of each number its middle and width."""

    middle: np.ndarray
    allowance: np.ndarray
    two_sided: np.ndarray

    def excess(self, values: np.ndarray) -> np.ndarray:
        """Return by how many allowances runs are worse, at most of any number.

        Parameters
        ----------
        values : ndarray, shape (..., names)
        """
        away = values - self.middle
        away = np.where(self.two_sided, np.abs(away), away)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.where(away > 0, away / self.allowance, 0.0)
        return np.asarray(found.max(-1))


def limits_of(
    runs: np.ndarray, two_sided: Sequence[bool], slack: float
) -> Limits | None:
    r"""Return what a further run at the rates as they are would hardly exceed.

    The one-sided prediction limit of a normal sample, mean +
    :math:`t_{n-1,\,1-p}\, s \sqrt{1 + 1/n}` with p = .01 shared by all numbers, but
    ``slack`` times abs(mean) above the mean at least.

    Parameters
    ----------
    runs : ndarray, shape (runs, names)
    two_sided : sequence of bool
    slack : float

    Returns
    -------
    Limits or None
        None where fewer than three of the runs stayed finite, or not most of them.

    Examples
    --------
    >>> found = limits_of(np.array([[1.0], [1.2], [0.8], [1.0]]), [False], 0.1)
    >>> found.middle.item(), round(found.allowance.item(), 3)
    (1.0, 0.829)
    """
    sound = runs[np.isfinite(runs).all(-1)]
    if len(sound) < FEWEST or 2 * len(sound) <= len(runs):
        return None
    n, sides = len(sound), np.where(two_sided, 2, 1)
    quantile = student.ppf(1 - _LEVEL / (runs.shape[-1] * sides), n - 1)
    mean, spread = sound.mean(0), sound.std(0, ddof=1)
    width = quantile * spread * math.sqrt(1 + 1 / n)
    least = np.maximum(slack * np.abs(mean), np.finfo(float).tiny)
    return Limits(mean, np.maximum(width, least), np.asarray(two_sided))


class Breaking(Record):
    """Where training breaks along one axis of factors, on one side of 1.

    Attributes
    ----------
    name : str
        The field, ``"lr"`` for both learning rates.
    low, high : float
        All replicas are as good as training as it is up to ``low``, and all are worse
        from ``high`` on; infinity (0 towards smaller factors) where not all are.
    value : float
        The breaking factor: where half of the replicas are worse, between two factors
        of the grid by their logarithms. NaN if nothing breaks on the grid.
    tried : float
        The last factor of the grid.
    """

    name: str
    low: float
    high: float
    value: float
    tried: float

    derived = ("broke", "recommended")

    @property
    def broke(self) -> bool:
        """Whether half of the replicas broke somewhere on the grid."""
        return math.isfinite(self.value)

    @property
    def recommended(self) -> float:
        """The breaking factor with a margin of 1.5 towards 1; NaN if nothing broke."""
        return self.value / MARGIN if self.value >= 1 else self.value * MARGIN


def breaking(name: str, factors: np.ndarray, share: np.ndarray) -> Breaking | None:
    """Return where replicas break, from 1 outwards.

    A single factor at which they break between two at which they don't is passed over.

    Parameters
    ----------
    name : str
    factors : ndarray
        From 1 on, rising or falling.
    share : ndarray
        The share of the replicas that are worse, at every factor.

    Returns
    -------
    Breaking or None
        None if there is no factor but 1.

    Examples
    --------
    >>> share = np.array([0, 0, 0.75, 1])
    >>> found = breaking("lr", np.array([1.0, 2.0, 4.0, 8.0]), share)
    >>> found.low, found.high, round(found.value, 3)
    (2.0, 8.0, 3.175)
    """
    if len(factors) < 2:
        return None
    over = share >= 0.5
    stays = over & np.append(over[1:], True)
    first = int(np.argmax(stays)) if stays.any() else len(share)
    clean = share[:first] > 0
    last = int(np.argmax(clean)) - 1 if clean.any() else first - 1
    full = [i for i in range(first, len(share)) if (share[i:] == 1).all()]
    beyond = math.inf if factors[1] > 1 else 0.0
    value = math.nan
    if 0 < first < len(share):
        a, b = share[first - 1], share[first]
        part = (0.5 - min(a, 0.5)) / (b - min(a, 0.5)) if b > min(a, 0.5) else 0.5
        logs = np.log(factors[first - 1 : first + 1])
        value = float(np.exp(logs[0] + part * (logs[1] - logs[0])))
    elif first == 0:
        value = 1.0
    return Breaking(
        name, float(factors[max(last, 0)]), float(factors[full[0]]) if full else beyond,
        value, float(factors[-1]),
    )  # fmt: skip


class Axis(Record):
    """One axis of a rehearsal.

    Attributes
    ----------
    name : str
    values : ndarray
        Factors, or values of the field.
    now : int
        Which of them is training as it is.
    relative : bool
        Whether they are factors.
    """

    name: str
    values: np.ndarray
    now: int
    relative: bool


class Advice(Record):
    """What rehearsals from a checkpoint have shown, or the exact theory says.

    Attributes
    ----------
    kind : str
        ``"rehearsal"``, or ``"exact"``: at an equilibrium, of a rule without
        adaptation, the multipliers of the step answer instead.
    evidence : str
        ``"metric"``; ``"losses and gradients"``, which is weak; ``"multipliers"``.
    rule : Rule
    game : Losses
    axes : tuple of Axis
        One or two.
    scores : ndarray, shape (cells of each axis..., replicas)
        The mean of the metric over the last 40 % of the steps; without a metric, by how
        many allowances a run is off. Infinite where a run broke down.
    worse : ndarray of bool
        Which of them are beyond ``limit``.
    usual : ndarray
        The scores of training as it is, all replicas.
    limit : float
        What one more run as it is would exceed with a chance of 1 %.
    before : float
        The metric at the checkpoint; NaN without one.
    better : str
        ``"lower"`` or ``"higher"``.
    upwards, downwards : tuple of Breaking
        For each axis of factors, the other one as it is.
    steps : int
        Of every run.
    runs : int
        How many there were: ``steps * runs`` steps of training in all.
    engine : str
        How the steps were taken, see `gandyn.gans.training.stepping.Stepper`.
    description : Description or None
    trials : dict or None
        At how many ``checkpoints`` of real trainings the breaking factor was
        ``within_1.5`` of the true one, and how often a ``recommended`` factor was
        ``acceptable``; None if that has not been measured yet.
    notes : tuple of str
    """

    kind: str
    evidence: str
    rule: Any
    game: Any
    axes: tuple[Axis, ...]
    scores: np.ndarray
    worse: np.ndarray
    usual: np.ndarray
    limit: float
    before: float
    better: str
    upwards: tuple[Breaking, ...]
    downwards: tuple[Breaking, ...]
    steps: int
    runs: int
    engine: str = ""
    description: Any = None
    trials: Any = None
    notes: tuple[str, ...] = field(default=())

    derived = ("weak", "cost", "share")

    def __str__(self) -> str:
        return words(self)

    @property
    def weak(self) -> bool:
        """Whether there was no metric to judge by."""
        return self.evidence == "losses and gradients"

    @property
    def cost(self) -> int:
        """Steps of training in all."""
        return self.steps * self.runs

    @property
    def share(self) -> np.ndarray:
        """The share of the replicas that are worse, in every cell."""
        return self.worse.mean(-1) if self.worse.size else self.worse
