"""Critical learning rates of torch GANs, from the growth of small deviations."""

from __future__ import annotations

from typing import Any

import numpy as np

from gandyn.claims._growth import SMALL, weighted_mean
from gandyn.errors import GandynError

_STEPS = 240
"""So few that what rounding puts into neutral directions stays small."""
_LANES = 12
_STILL = 1e-7
"""Growth that is none: where the mode dies out, what is left is neutral."""


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
    rule: Any, game: Any, point: Any, direction: np.ndarray, near: float
) -> float:
    """Return the learning rate at which a deviation of a torch GAN ceases to shrink.

    Lanes of an ensemble train at learning rates around one, each from a deviation that
    is rescaled to 1e-6 after every step. Three rounds, each between two lanes of the
    last one, and a chord.

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
        Half and twice of it are the first ends.

    Raises
    ------
    GandynError
        If the rule has a memory, or all lanes grow, or none.
    """
    rates = np.geomspace(near / 2, near * 2, _LANES)
    for _ in range(3):
        found = _growths(rule, game, point, direction, rates)
        stable = np.flatnonzero(found <= _STILL)
        if not len(stable) or stable[-1] == len(rates) - 1:
            raise GandynError(
                f"no stability is lost between {rates[0]:g} and {rates[-1]:g}"
            )
        i = int(stable[-1])
        low, high = rates[i], rates[i + 1]
        share = found[i] / (found[i] - found[i + 1])
        rates = np.linspace(low, high, _LANES)
    return float(low + share * (high - low))


def _growths(
    rule: Any, game: Any, point: Any, direction: np.ndarray, rates: np.ndarray
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
    gap = SMALL * torch.as_tensor(direction).to(x)[:, None].expand(-1, len(rates))
    logs = np.empty((_STEPS, len(rates)))
    for i in range(_STEPS):
        after = rule.step(game, x + gap[:n], y + gap[n:], memory)
        gap = torch.cat([after[0] - x, after[1] - y]).detach()
        size = gap.norm(dim=0)
        logs[i] = (size / SMALL).log().cpu().numpy()
        gap = gap * (SMALL / size)
    return np.array([weighted_mean(lane) for lane in logs[_STEPS // 3 :].T])
