"""Diagrams measured on members of an ensemble: what is seen, judged and kept."""

from __future__ import annotations

import platform
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from gandyn import __version__
from gandyn.dynamics.birkhoff import birkhoff_average
from gandyn.dynamics.engines.cells import Window, generic_directions
from gandyn.dynamics.plans import ENDED, VERDICT, Variable
from gandyn.dynamics.recognition.escapes import divergence
from gandyn.dynamics.verdicts import Ending, Verdict
from gandyn.gans.games.game import TorchGame
from gandyn.gans.training.train import State, field_norm

KEPT_STEPS = 256
"""Steps of a member's path that are kept: the last ones of its linear regime."""
_DENSE = 64
"""Steps in the beginning after each of which the field is looked at."""
_SETTLING = 8
"""So many successive looks must find the field small, or it has not settled."""
_SIGNIFICANT = 4.0
"""Standard errors from zero at which a trend counts as seen."""
_TREND = np.log(2.0)
"""Change of log |v| over the second half of a run that counts as seen."""
DESCRIPTIONS = {
    "verdict": VERDICT._replace(text="what the GAN was seen to do"),
    "ended": ENDED,
    "rate": Variable("early log growth of |v|", "1/step"),
    "rate_error": Variable("standard error of the rate", "1/step"),
    "rotation": Variable("mean rotation early on", "turn/step"),
    "norm": Variable("|v| at the end over |v| at the start"),
    "steps": Variable("steps trained", "step", np.int32),
}
"""The variables of a measured diagram."""


class Schedule(NamedTuple):
    """When a member is looked at and what decides it.

    The field's norm is looked at after each of the first 64 steps and then at
    multiples of `every`; all levels are in units of its first value.
    """

    steps: int
    every: int
    tolerance: float
    """Level, below the largest one seen, at and below which a field has settled."""
    linear: float
    """Level up to which growth counts as that of the linearisation."""
    escape: float
    """Level above which a member has left the neighbourhood of its start."""

    def looks(self, step: int) -> bool:
        """Tell whether the field is looked at after a step."""
        return step <= _DENSE or step % self.every == 0 or step == self.steps


class Watch:
    """The norms of the field of a chunk of members, and stretches of their paths.

    Everything that it holds is in `tensors`, and is all that a checkpoint needs.

    Parameters
    ----------
    state : State
        The one before the first step.
    limits : Schedule
    """

    def __init__(self, state: State, limits: Schedule) -> None:
        self.limits = limits
        width, device = state.x.shape[1], state.x.device
        self._along = [_direction(player) for player in (state.x, state.y)]
        nans = torch.full((3, KEPT_STEPS, width), torch.nan, dtype=state.x.dtype)
        zeros = torch.zeros(width, dtype=torch.int64)
        never = torch.full((width,), -1, dtype=torch.int64)
        self.times: list[int] = []
        self.norms: list[Tensor] = []
        self.tensors: dict[str, Tensor] = {
            "ring": nans,
            "path": nans.clone(),
            "low": zeros,
            "closed": never,
            "settled": never.clone(),
            "escaped": never.clone(),
            "broken": never.clone(),
        }
        self.tensors = {k: v.to(device) for k, v in self.tensors.items()}

    def see(self, game: TorchGame, state: State) -> bool:
        """Take in a state; return whether every member is decided."""
        step, (x, y) = state.step, state[:2]
        row = [self._along[0] @ x, self._along[1] @ y, _extent(x, y)]
        self.tensors["ring"][:, step % KEPT_STEPS] = torch.stack(row)
        if not self.limits.looks(step):
            return False
        oracle = game.with_state(state.norms).for_step(step, x, y)
        norm = field_norm(oracle, x, y).detach()
        broken = ~(norm.isfinite() & row[2].isfinite())
        self.times.append(step)
        self.norms.append(norm)
        self._note(step, norm, broken)
        return bool(self._decided().all())

    def _note(self, step: int, norm: Tensor, broken: Tensor) -> None:
        first, limits, t = self.norms[0], self.limits, self.tensors
        highest = t.setdefault("highest", norm.clone())
        highest = t["highest"] = torch.fmax(highest, norm)
        low = norm <= limits.tolerance * highest
        t["low"] = torch.where(low, t["low"] + 1, 0)
        settled = t["low"] >= _SETTLING
        away = norm > limits.linear * first
        self._mark("broken", step, broken)
        self._mark("escaped", step, norm > limits.escape * first)
        self._mark("settled", step, settled)
        end = torch.full_like(broken, step == limits.steps)
        closing = (t["closed"] < 0) & (low | away | broken | end)
        if closing.any():
            ordered = torch.roll(t["ring"], -(step + 1) % KEPT_STEPS, 1)
            t["path"] = torch.where(closing, ordered, t["path"])
            self._mark("closed", step, closing)

    def _mark(self, name: str, step: int, which: Tensor) -> None:
        """Note the step for members of which it is the first such."""
        old = self.tensors[name]
        self.tensors[name] = torch.where((old < 0) & which, step, old)

    def _decided(self) -> Tensor:
        t = self.tensors
        return (t["settled"] >= 0) | (t["escaped"] >= 0) | (t["broken"] >= 0)

    def found(self) -> dict[str, Any]:
        """Return times, norms, paths and notes as numpy arrays."""
        found = {k: v.cpu().numpy() for k, v in self.tensors.items() if k != "ring"}
        norms = torch.stack(self.norms).cpu().numpy().astype(float)
        return {"times": self.times, "norms": norms, **found}


def _extent(x: Tensor, y: Tensor) -> Tensor:
    """Return the largest modulus of a parameter of each member."""
    return torch.maximum(x.abs().amax(0), y.abs().amax(0))


def _direction(player: Tensor) -> Tensor:
    """Return a fixed unit vector in no special position."""
    return torch.from_numpy(generic_directions(len(player))[0]).to(player)


def blank(cells: int) -> dict[str, np.ndarray]:
    """Return arrays of cells of which nothing is known."""
    nothing = {np.float64: np.nan}
    return {
        name: np.full(cells, nothing.get(one.dtype, 0), one.dtype)
        for name, one in DESCRIPTIONS.items()
    }


def judge_members(
    seen: dict[str, Any], limits: Schedule, width: int
) -> dict[str, np.ndarray]:
    """Return the verdicts and measurements of the first members of a chunk.

    Parameters
    ----------
    seen : dict
        What `Watch.found` gives.
    limits : Schedule
    width : int

    Returns
    -------
    dict of str to ndarray
        By name; ``norm`` is |v| at the last look that counts, over the first one.
    """
    xs, ys, size = seen["path"]
    empty = np.empty((2, 0, xs.shape[1]))
    kinds, _ = divergence(Window(xs, ys, empty, empty))
    turning = _rotation(xs, ys)
    rows = []
    for i in range(width):
        own = {k: seen[k][i] for k in ("closed", "settled", "escaped", "broken")}
        norms = seen["norms"][:, i]
        row = _decide(np.array(seen["times"]), norms, own, limits)
        if row["ended"] == Ending.NOT_A_NUMBER:
            row |= _breaking(size[:, i], limits, kinds[i])
        if row["verdict"] == Verdict.DIVERGES_SPIRAL:
            row["verdict"] = Verdict(kinds[i])
        rows.append({**row, "rotation": turning[i]})
    return {
        name: np.array([row[name] for row in rows], one.dtype)
        for name, one in DESCRIPTIONS.items()
    }


def _decide(
    times: np.ndarray, norms: np.ndarray, own: dict[str, int], limits: Schedule
) -> dict[str, Any]:
    """Return what one member's norms say; a divergence as a spiral's for now."""
    events = {k: own[k] for k in ("settled", "escaped", "broken") if own[k] >= 0}
    first = min(events, key=lambda k: events[k], default="")
    last = events.get(first, limits.steps)
    closed = own["closed"] if own["closed"] >= 0 else last
    chosen = (times <= closed) & (times >= closed / 3) & (norms > 0)
    rate, error = _slope(times[chosen], np.log(norms[chosen]))
    verdict, ended = {
        "settled": (Verdict.CONVERGES, Ending.SETTLED),
        "escaped": (Verdict.DIVERGES_SPIRAL, Ending.LEFT_BOX),
        "broken": (Verdict.UNDECIDED, Ending.NOT_A_NUMBER),
    }.get(first, (Verdict.UNDECIDED, Ending.BUDGET))
    if not first and norms.max() <= limits.linear * norms[0]:
        verdict = _trend(times, norms, limits)
    at = np.searchsorted(times, last, side="right") - 1
    return {
        "verdict": verdict, "ended": ended, "rate": rate, "rate_error": error,
        "norm": norms[at] / norms[0] if norms[0] else np.nan, "steps": last,
    }  # fmt: skip


def _trend(times: np.ndarray, norms: np.ndarray, limits: Schedule) -> Verdict:
    """Return whether |v| falls or grows steadily at the end of the budget."""
    late = (times >= limits.steps / 2) & (norms > 0)
    rate, error = _slope(times[late], np.log(norms[late]))
    change = rate * limits.steps / 2
    if not (abs(rate) > _SIGNIFICANT * error and abs(change) > _TREND):
        return Verdict.UNDECIDED
    return Verdict.CONVERGES if rate < 0 else Verdict.DIVERGES_SPIRAL


def _breaking(size: np.ndarray, limits: Schedule, kind: int) -> dict[str, Any]:
    """Tell numbers that grew too large from a NaN out of a clear sky."""
    known = size[~np.isnan(size)]
    if np.isinf(known).any():
        return {"verdict": Verdict(kind), "ended": Ending.OVERFLOW}
    if known.size and known[-1] > limits.escape * max(1.0, known[0]):
        return {"verdict": Verdict(kind), "ended": Ending.LEFT_BOX}
    return {"verdict": Verdict.UNDECIDED, "ended": Ending.NOT_A_NUMBER}


def _slope(times: np.ndarray, heights: np.ndarray) -> tuple[float, float]:
    r"""Return the least-squares slope of heights over times, with its standard error.

    The error is that of independent residuals times :math:`\sqrt{\max(1, τ)}`, where τ
    is the residuals' integrated autocorrelation time, summed up to the first negative
    autocorrelation: neighbours that err alike count as fewer.

    Examples
    --------
    >>> t = np.arange(6.0)
    >>> _slope(t, 3 * t + np.array([0, 1, 0, -1, 0, 1])) # doctest: +ELLIPSIS
    (3.02857..., 0.20426...)
    """
    good = np.isfinite(heights)
    t, h = times[good].astype(float), heights[good]
    if t.size < 2:
        return np.nan, np.nan
    t = t - t.mean()
    rate = float(t @ h / (t @ t))
    if t.size < 3:
        return rate, np.nan
    rest = h - h.mean() - rate * t
    power = float(rest @ rest)
    error = np.sqrt(power / (t.size - 2) / (t @ t))
    if power == 0:
        return rate, float(error)
    spectrum = np.abs(np.fft.rfft(rest, 2 * t.size)) ** 2
    lags = np.fft.irfft(spectrum)[1 : t.size] / power
    below = np.flatnonzero(lags < 0)
    lags = lags[: below[0]] if below.size else lags
    return rate, float(error * np.sqrt(1 + 2 * lags.sum()))


def _rotation(xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
    """Return the mean turning of each column's displacements, in turns per step.

    0 is none, ½ a flip; the direction depends on the plane of projection and is left
    out. Weighted Birkhoff averages make the mean of a whole number of turns and of any
    other as good.

    Parameters
    ----------
    xs, ys : ndarray, shape (steps, members)
        A projection of each player, NaN before the start.

    Examples
    --------
    >>> angle = 2 * np.pi * 0.07 * np.arange(200)[:, None]
    >>> _rotation(0.5 * np.cos(angle), np.sin(angle)).round(9)
    array([0.07])
    """
    with np.errstate(invalid="ignore", over="ignore"):
        dx, dy = np.diff(xs, axis=0), np.diff(ys, axis=0)
        heading = np.where((dx == 0) & (dy == 0), np.nan, np.arctan2(dy, dx))
        turning = np.diff(heading, axis=0)
    found = np.full(xs.shape[1], np.nan)
    for i, own in enumerate(turning.T):
        known = own[np.isfinite(own)]
        if known.size > 1:
            middle = np.angle(np.exp(1j * known).mean())
            spread = (known - middle + np.pi) % (2 * np.pi) - np.pi
            mean = middle + birkhoff_average(spread[:, None])[0]
            turns = abs(mean) / (2 * np.pi) % 1
            found[i] = min(turns, 1 - turns)
    return found


def versions() -> dict[str, str]:
    """Return the versions that decide a run's bits."""
    return {"gandyn_version": __version__, "torch_version": str(torch.__version__)}


def gan_attributes(setup: dict[str, Any], device: torch.device) -> dict[str, Any]:
    """Return the attributes of a measured diagram."""
    return {
        "Conventions": "CF-1.11",
        "title": setup["rule"] + " on " + setup["game"],
        "method": "measured",
        **setup,
        "device_name": device_name(device),
        "threads": torch.get_num_threads(),
        "numpy_version": np.__version__,
        "python_version": platform.python_version(),
        "machine": f"{platform.machine()} {platform.system()}",
    }


def device_name(device: torch.device) -> str:
    """Return what a device is called."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return platform.processor() or platform.machine()
