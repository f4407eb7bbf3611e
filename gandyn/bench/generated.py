"""What tuned network GANs generate at the end of their runs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gandyn.bench.results import Result


class Generated(NamedTuple):
    """The reported runs of one contender on one network GAN.

    Attributes
    ----------
    problem, contender : str
    coverage : float
        The mean share of modes covered; NaN where the data have none.
    wasserstein : float
        The mean sliced Wasserstein distance of fakes and data.
    ended : int
        Runs that ended on finite numbers: the means are over these.
    runs : int
    """

    problem: str
    contender: str
    coverage: float
    wasserstein: float
    ended: int
    runs: int


def generated(result: Result) -> list[Generated]:
    """Return what tuned settings generate, by problem, the least distance first.

    Empty if no problem is a network GAN.
    """
    found = []
    for (problem, contender), runs in result.runs.items():
        if runs.failure or np.isnan(runs.wasserstein).all():
            continue
        reported = result.chosen(problem, contender)
        distance, modes = runs.wasserstein[reported], runs.coverage[reported]
        ended = np.isfinite(distance)
        found.append(
            Generated(
                problem,
                contender,
                _mean(modes[ended]),
                _mean(distance[ended]),
                int(ended.sum()),
                ended.size,
            )
        )
    order = {name: i for i, name in enumerate(result.problems)}
    return sorted(found, key=lambda row: (order[row.problem], row.wasserstein))


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else float("nan")
