"""Critical learning rates of torch GANs, from the growth of small deviations."""

from __future__ import annotations

from typing import Any

import numpy as np

from gandyn.claims._growth import SMALL, weighted_mean
from gandyn.errors import GandynError

_STEPS = 240
"""The leading mode is started from, so few are enough."""
_LANES = 12
_ENDS = 0.9, 1 / 0.9
_SINGULAR = 1e-8
"""Left and right neutral directions this near to orthogonal are no projection."""


def leading(jacobian: np.ndarray, neutral: int) -> tuple[float, np.ndarray]:
    """Return where simultaneous play loses its stability, and the mode that does.

    It is the least 2 Re λ/|λ|² over the eigenvalues that are not neutral.

    Parameters
    ----------
    jacobian : ndarray, shape (P, P)
    neutral : int
        How many eigenvalues, the smallest, are left out.

    Returns
    -------
    value : float
    direction : ndarray, shape (P,)
        The real part of the eigenvector, of norm 1.

    Examples
    --------
    >>> leading(np.diag([4.0, 1.0, 0.0]), 1)[0]
    0.5
    """
    values, vectors = np.linalg.eig(jacobian)
    order = np.argsort(-np.abs(values), kind="stable")[: len(values) - neutral]
    edges = 2 * values.real[order] / np.abs(values[order]) ** 2
    first = int(np.argmin(edges))
    mode = vectors[:, order[first]].real
    return float(edges[first]), mode / np.linalg.norm(mode)


def network_threshold(
    rule: Any,
    game: Any,
    point: Any,
    direction: np.ndarray,
    near: float,
    steps: int = _STEPS,
) -> float:
    """Return the learning rate at which a deviation of a torch GAN ceases to shrink.

    Lanes of an ensemble train at learning rates around one, each from a deviation that
    is rescaled to 1e-6 after every step, its neutral part taken out. Two rounds, the
    second between two lanes of the first, and a chord.

    Parameters
    ----------
    rule : Rule
        Without a memory.
    game : TorchGame
        One GAN, on the full batch.
    point : pair of Tensor
        An equilibrium.
    direction : ndarray, shape (P,)
        Where to go first: other modes have little time to grow.
    near : float
        Nine tenths and ten ninths of it are the first ends: farther below, the mode
        dies out and rounding is measured.
    steps : int
        A mode that turns slowly needs many.

    Raises
    ------
    GandynError
        If the rule has a memory, or all lanes grow, or none.
    """
    rates = near * np.geomspace(*_ENDS, _LANES)
    keep = _without_neutral(game, point)
    for _ in range(2):
        found = _growths(rule, game, point, keep, direction, rates, steps)
        stable = np.flatnonzero(found <= 0)
        if not len(stable) or stable[-1] == len(rates) - 1:
            raise GandynError(
                f"no stability is lost between {rates[0]:g} and {rates[-1]:g}"
            )
        i = int(stable[-1])
        low, high = rates[i], rates[i + 1]
        share = found[i] / (found[i] - found[i + 1])
        rates = np.linspace(low, high, _LANES)
    return float(low + share * (high - low))


def _without_neutral(game: Any, point: Any) -> np.ndarray:
    """Return the projection along the neutral directions, in which nothing grows."""
    from gandyn.gans import linearise

    found = linearise(game, *point)
    left, _, right = np.linalg.svd(found.J)
    first = len(found.J) - found.neutral
    u, v = left[:, first:], right[first:].T
    return np.eye(len(found.J)) - v @ np.linalg.pinv(u.T @ v, rcond=_SINGULAR) @ u.T


def _growths(
    rule: Any,
    game: Any,
    point: Any,
    keep: np.ndarray,
    direction: np.ndarray,
    rates: np.ndarray,
    steps: int,
) -> np.ndarray:
    import torch

    from gandyn.crosscheck.measurement import with_fields

    x, y = (part[:, None].expand(-1, len(rates)).contiguous() for part in point)
    lanes = torch.as_tensor(rates).to(x)
    rule, game = with_fields(rule, game, {"lr": lanes})
    memory = rule.init(game, x, y)
    if memory != ():
        raise GandynError(
            f"{type(rule).__name__} has a memory, which can't be rescaled"
        )
    n = len(x)
    project = torch.as_tensor(keep).to(x)
    gap = SMALL * torch.as_tensor(direction).to(x)[:, None].expand(-1, len(rates))
    logs = np.empty((steps, len(rates)))
    for i in range(steps):
        after = rule.step(game, x + gap[:n], y + gap[n:], memory)
        gap = project @ torch.cat([after[0] - x, after[1] - y]).detach()
        size = gap.norm(dim=0)
        logs[i] = (size / SMALL).log().cpu().numpy()
        gap = gap * (SMALL / size)
    return np.array([weighted_mean(lane) for lane in logs[steps // 3 :].T])
