"""Prediction beside measurement, for one field of a rule or a GAN."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gandyn._arguments import checked
from gandyn._progress import Progress
from gandyn._records import Record, plain
from gandyn.crosscheck.crossing_fits import bracket, crossing, rising
from gandyn.crosscheck.growth import Estimate
from gandyn.crosscheck.measurement import (
    PlayerPair,
    Readings,
    early_steps,
    perturbed,
    read,
    with_fields,
)
from gandyn.crosscheck.predictions import Prediction, predict
from gandyn.errors import FieldError
from gandyn.gans import TorchGame
from gandyn.rules import Rule

_TOLERANCE = 0.02
"""How far, relatively, a measured critical value and angle may be off."""
_MEMBERS = 9
"""Members of an ensemble about each predicted value."""
_COARSE = 1.6
"""The wide ensemble reaches from 1/c to c times the predicted value."""
_SPARE = 0.5
"""Share of its logarithmic width by which a bracket is widened on either side."""
_STEPS = (160, 100, 400)
"""Steps of each ensemble at most, from the widest to the narrowest."""


class CrossCheck(Record):
    """What the linearisation predicts of a GAN, and what the GAN does.

    Attributes
    ----------
    prediction : Prediction
    value : Estimate
        The measured critical value, where the growth rate of abs(v) is zero.
    angle : Estimate
        The measured angle per step at that value, from the spectrum of the path.
    slope : Estimate
        The measured rise of the growth rate with the field there.
    tolerance : float
        How far value and angle may be off relatively.
    values, readings
        The narrowest ensemble: values of the field, and what each member measured.
    """

    prediction: Prediction
    value: Estimate
    angle: Estimate
    slope: Estimate
    tolerance: float
    values: np.ndarray = field(repr=False)
    readings: Readings = field(repr=False)

    @property
    def value_off(self) -> float:
        """The measured critical value over the predicted one, less 1."""
        return self.value.value / self.prediction.value - 1

    @property
    def angle_off(self) -> float:
        """The measured angle over the predicted one, less 1.

        Of a real multiplier, which doesn't turn, it is the measured angle over the
        least that the window can tell from none, one turn, beyond the first.
        """
        if self.prediction.angle > 0:
            return self.angle.value / self.prediction.angle - 1
        return max(self.angle.value - self.angle.error, 0.0)

    @property
    def agrees(self) -> bool:
        """Whether value and angle are within the tolerance; NaN is not."""
        offs = (self.value_off, self.angle_off)
        return all(abs(off) <= self.tolerance for off in offs)

    def as_dict(self) -> dict[str, Any]:
        """Return the prediction beside the measurement, as what JSON holds."""
        measured = {name: getattr(self, name) for name in ("value", "angle", "slope")}
        names = ("value_off", "angle_off", "tolerance", "agrees")
        found = {
            "predicted": self.prediction,
            "measured": measured,
            **{name: getattr(self, name) for name in names},
            "ensemble": {"values": self.values, **self.readings._asdict()},
        }
        return {name: plain(value) for name, value in found.items()}


@checked
def crosscheck(
    rule: Rule,
    game: TorchGame,
    point: PlayerPair,
    field: str = "lr",
    *,
    low: float = 1e-3,
    high: float = 10.0,
    tolerance: float = _TOLERANCE,
    members: int = _MEMBERS,
    steps: Sequence[int] = _STEPS,
    epsilon: float | None = None,
    played: TorchGame | None = None,
    progress: Progress | None = None,
) -> CrossCheck | list[CrossCheck]:
    """Predict where GANs lose their stability in a field, and measure it.

    Every GAN is started near its equilibrium, in the direction that is predicted to
    grow with a tenth of a generic one, at several values of the field at once. Of each
    member the early growth rate of abs(v) is measured, before it leaves the linear
    range: later a GAN may drift along its manifold of equilibria to a flatter place.
    The change of sign over an ensemble places a narrower one; the zero of the last is
    the measured critical value.

    Parameters
    ----------
    rule : Rule
        An autonomous rule.
    game : TorchGame
        On the full batch; one GAN, or an ensemble of instances.
    point : pair of Tensor, shapes (n,), (m,) or (n, instances), (m, instances)
        Equilibria.
    field : str
        Of the rule or of the GAN's losses.
    low, high : float
        Where the prediction looks.
    tolerance : float
    members : int
        Values of the field for each instance.
    steps : sequence of int
        Steps of each ensemble at most, one after another ever narrower.
    epsilon : float, optional
        The distance from the equilibrium to start at, see `perturbed`.
    played : TorchGame, optional
        What is trained instead of ``game``: the same GAN on minibatches.
    progress : callable, optional
        Called with the steps done and the steps in all.

    Returns
    -------
    CrossCheck, or a list of them for instances

    Raises
    ------
    FieldError
        If the tolerance is not positive.
    GandynError
        If the interval is empty, or no stability is lost on it.

    Examples
    --------
    >>> from gandyn.gans import DiracGAN
    >>> from gandyn.games import R1
    >>> from gandyn.rules import Simultaneous
    >>> zero = torch.zeros(1, dtype=torch.float64)
    >>> game = DiracGAN(regulariser=R1(0.3)).game()
    >>> found = crosscheck(Simultaneous(), game, (zero, zero))
    >>> round(found.prediction.value, 6), round(found.value.value, 6), found.agrees
    (1.2, 1.2, True)
    """
    if not tolerance > 0:
        raise FieldError(f"tolerance must be positive, got {tolerance}")
    alone = point[0].ndim == 1
    columns = (
        [point] if alone else list(zip(*(p.unbind(-1) for p in point), strict=True))
    )
    games = [game] if alone else [game.select(i) for i in range(len(columns))]
    told = [
        predict(rule, one, own, field, low, high)
        for one, own in zip(games, columns, strict=True)
    ]
    setup = _Setup(rule, played or game, columns, field, told, epsilon, progress)
    table, seen = _narrowed(setup, members, steps)
    found = [
        _compared(*each, tolerance) for each in zip(told, table, seen, strict=True)
    ]
    return found[0] if alone else found


def _narrowed(
    setup: _Setup, members: int, steps: Sequence[int]
) -> tuple[np.ndarray, list[Readings]]:
    """Play ensembles, each about the change of sign over the one before.

    Return the values of the last one, shape (instances, members), and its readings.
    """
    reach = np.geomspace(1 / _COARSE, _COARSE, members)
    table = np.array([[one.value] for one in setup.told]) * reach
    seen = setup.ensemble(table, steps[0])
    for more in steps[1:]:
        ends = [
            _ends(values, one.sign * own.rate)
            for one, values, own in zip(setup.told, table, seen, strict=True)
        ]
        table = np.stack([np.geomspace(*pair, members) for pair in ends])
        seen = setup.ensemble(table, more)
    return table, seen


def _compared(
    told: Prediction, values: np.ndarray, own: Readings, tolerance: float
) -> CrossCheck:
    """Return a prediction beside what its members' readings say of the crossing."""
    rate = told.sign * own.rate
    some = rising(rate, own.rate_error)
    mode = Readings(*(part[some] for part in own))
    at = crossing(values[some], rate[some], mode.rate_error, _frequencies(mode))
    slope = at.slope._replace(value=told.sign * at.slope.value)
    angle = _still(at.angle, mode)
    return CrossCheck(told, at.value, angle, slope, tolerance, values, own)


def _ends(values: np.ndarray, rates: np.ndarray) -> tuple[float, float]:
    """Return the bracket of a change of sign, with a little on either side."""
    i = bracket(values, rates)
    if i is None:
        return float(values[0]), float(values[-1])
    spare = (values[i + 1] / values[i]) ** _SPARE
    return float(values[i] / spare), float(values[i + 1] * spare)


def _frequencies(own: Readings) -> np.ndarray:
    """Return the angles from spectra; those without an error only tell a kind."""
    return np.where(np.isfinite(own.angle_error), own.angle, np.nan)


def _still(angle: Estimate, own: Readings) -> Estimate:
    """Return an angle with the resolution as its error where members don't turn."""
    still = np.isfinite(own.angle) & (own.angle == 0)
    if still.sum() * 2 < np.isfinite(own.angle).sum():
        return angle
    return Estimate(0.0, float(own.angle_error[still].min()))


class _Setup:
    """Instances, each with its prediction, ready to be played at any values."""

    def __init__(
        self,
        rule: Rule,
        game: TorchGame,
        points: list[Any],
        field: str,
        told: list[Prediction],
        epsilon: float | None,
        progress: Progress | None,
    ) -> None:
        self.rule, self.game, self.points, self.field = rule, game, points, field
        self.told, self.epsilon, self.progress = told, epsilon, progress

    def ensemble(self, values: np.ndarray, steps: int) -> list[Readings]:
        """Return each instance's readings at values of shape (instances, members)."""
        which = torch.arange(len(values)).repeat_interleave(values.shape[1])
        game = self.game.select(which) if self.game.own_data else self.game
        own = torch.as_tensor(values.ravel()).to(self.points[0][0])
        rule, game = with_fields(self.rule, game, {self.field: own})
        start: list[Tensor] = [
            torch.stack([pair[i] for pair in self.points]).T[:, which] for i in (0, 1)
        ]
        directions = np.stack([one.direction for one in self.told], axis=1)
        begun = perturbed((start[0], start[1]), directions[:, which], self.epsilon)
        found = read(early_steps(rule, game, begun, steps, progress=self.progress))
        rows = zip(*(np.split(c, len(values)) for c in found), strict=True)
        return [Readings(*row) for row in rows]
