"""What a problem is: a game with a known solution, and where runs start."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from gandyn._arguments import checked
from gandyn._userfile import load_module
from gandyn.bench.gan_problem import GANProblem
from gandyn.bench.noise import Draws, Noise
from gandyn.bench.protocol import Protocol
from gandyn.dynamics.exact.linear import dense_jacobian
from gandyn.errors import GandynError, UnknownName
from gandyn.games import Game
from gandyn.games.bilinear import Bilinear

VERSION = "2"
"""Of the standard suite: raised whenever a problem, a start or a range changes."""

_KINDS = (
    "bilinear",
    "strongly monotone",
    "rotation dominated",
    "nonmonotone",
    "GAN",
    "cycle",
    "stochastic",
    "network GAN",
)
"""Classes of problems."""

RANK_TOLERANCE = 1e-12
"""Singular values of J below this, relative to the largest, count as 0."""


@dataclass(frozen=True)
class Problem:
    r"""A game to be solved, and how far from the solution runs start.

    Parameters
    ----------
    name : str
    game : Game
        With known equilibria.
    kind : str
        ``"bilinear"``, ``"strongly monotone"``, ``"rotation dominated"``,
        ``"nonmonotone"``, ``"GAN"``, ``"cycle"``, ``"stochastic"`` or
        ``"network GAN"``.
    distance : float
        Of the starts from the first equilibrium; their directions are random.
    manifold : bool
        Whether a nonlinear game's equilibria are a manifold: then :math:`\|v\|` is
        measured. Otherwise it is the distance from the nearest solution; of a linear
        game from the affine space of all.
    spurious : bool
        Whether only the first equilibrium is a solution.
    noise : Noise, optional
        What the oracles add; `gandyn.bench.AdditiveNoise`, `gandyn.bench.FiniteSum`.
    measured_by : {"", "distance", "residual", "gap"}
        What is measured, if not that. The gap is of linear zero-sum games; see
        `gandyn.bench.gaps.duality_gap`.
    source : str
        The user's file that it is from; filled in.

    Raises
    ------
    GandynError
        If the class is unknown, the distance not positive or no equilibrium known.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> problem = Problem("two", Bilinear([[2.0, 0.0], [0.0, 0.5]]), "bilinear")
    >>> problem.measures, round(problem.condition, 12), problem.measured
    ('distance', 4.0, 4)
    """

    name: str
    game: Game
    kind: str
    distance: float = 1.0
    manifold: bool = False
    spurious: bool = False
    noise: Noise | None = None
    measured_by: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            raise UnknownName("class of problems", self.kind, _KINDS)
        if not self.distance > 0:
            raise GandynError(
                f"problem {self.name}: distance must be positive, got {self.distance}"
            )
        if not self.game.equilibria():
            raise GandynError(f"problem {self.name}: its game has no known equilibrium")
        self.oracle(self.draws([], 0))  # refuses games that the noise is not for

    @property
    def measures(self) -> str:
        """What is measured: ``"distance"``, ``"residual"`` or ``"gap"``."""
        return self.measured_by or ("residual" if self.manifold else "distance")

    def by(self, measure: str) -> Problem:
        """Return the problem with another measure.

        Raises
        ------
        GandynError
            If it has none such: no gap is known in closed form.
        """
        found = replace(self, measured_by=measure)
        if measure == "gap":
            found._gap  # noqa: B018 - made now, to be refused now
        return found

    def record(self) -> dict[str, Any]:
        """Return what a manifest says of it."""
        return {
            "game": repr(self.game),
            "class": self.kind,
            "condition": self.condition,
            "measure": self.measures,
            "distance": self.distance,
            "noise": None if self.noise is None else repr(self.noise),
        }

    @property
    def points(self) -> np.ndarray | None:
        """The solutions whose nearest is measured, a row each; none for the residual.

        None if the measure is neither: a gap, or the distance from a manifold that is
        no payoff matrix's.
        """
        if self.measures == "residual":
            return np.empty((0, self.measured))
        isolated = self._rows.shape[1] == self.measured
        if self.measures == "gap" or not (isolated or isinstance(self.game, Bilinear)):
            return None
        return None if self.manifold else np.array(self._points)

    @property
    def measured(self) -> int:
        """The number of coordinates."""
        return len(self._points[0])

    @property
    def singular_values(self) -> np.ndarray:
        """Those of J at the first equilibrium above rounding, the largest first."""
        return self._svd[0]

    @property
    def condition(self) -> float:
        """The largest singular value of J over the smallest, zeros aside."""
        return float(self.singular_values[0] / self.singular_values[-1])

    def starts(self, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Return initial states (x, y) on the trailing axis, at the given distance."""
        rng = np.random.default_rng(seed)
        z = rng.normal(size=(count, self.measured)).T  # more starts keep the first ones
        z = self._rows @ (self._rows.T @ z)
        z = self._points[0][:, None] + self.distance * z / np.linalg.norm(z, axis=0)
        shape_x, shape_y = self.game.shape
        size = int(np.prod(shape_x))
        return z[:size].reshape(*shape_x, count), z[size:].reshape(*shape_y, count)

    def replicates(self, protocol: Protocol) -> list[tuple[int, int]]:
        """Return what is run of each setting: pairs of a start and a seed."""
        seeds = 1 if self.noise is None else protocol.seeds
        return [(i, k) for i in range(protocol.starts) for k in range(seeds)]

    def states(
        self, replicates: list[tuple[int, int]], seed: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the replicates' initial states (x, y) on the trailing axis."""
        start = [i for i, _ in replicates]
        x, y = self.starts(max(start) + 1, seed)
        return x[..., start], y[..., start]

    def draws(self, replicates: list[tuple[int, int]], seed: int) -> Draws:
        """Return the noise of replicates."""
        return Draws(self.noise, self.game, replicates, seed)

    def oracle(self, draws: Draws) -> Any:
        """Return the game as rules see it."""
        return self.game if self.noise is None else self.noise.oracle(self.game, draws)

    def measure(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the measure of every cell of the trailing axis."""
        if self.measures == "residual":
            return np.linalg.norm(
                _stacked(self.game.gx(x, y), self.game.gy(x, y)), 2, 0
            )
        if self.measures == "gap":
            return self._gap(x, y)
        z = _stacked(x, y)
        apart = (
            np.linalg.norm(self._rows.T @ (z - point[:, None]), axis=0)
            for point in self._points
        )
        return np.minimum.reduce(list(apart))

    @cached_property
    def _gap(self) -> Any:
        from gandyn.bench.gaps import duality_gap

        return duality_gap(self.game, self.distance)

    @cached_property
    def _points(self) -> list[np.ndarray]:
        found = self.game.equilibria()[: 1 if self.spurious else None]
        return [np.append(np.ravel(x), np.ravel(y)).astype(float) for x, y in found]

    @cached_property
    def _svd(self) -> tuple[np.ndarray, np.ndarray]:
        """Singular values of J above rounding, and their right vectors as columns."""
        x, y = self.game.equilibria()[0]
        _, values, rows = np.linalg.svd(dense_jacobian(self.game, x, y))
        kept = values > RANK_TOLERANCE * values[0]
        return values[kept], rows[kept].T

    @cached_property
    def _rows(self) -> np.ndarray:
        """Orthonormal columns that span where the measure looks."""
        if self.manifold or not type(self.game).linear:
            return np.eye(self.measured)
        return self._svd[1]


def _stacked(x: Any, y: Any) -> np.ndarray:
    width = np.shape(x)[-1]
    return np.concatenate([np.reshape(x, (-1, width)), np.reshape(y, (-1, width))])


def standard_suite() -> dict[str, Problem | GANProblem]:
    """Return the problems of the standard suite by name, found by looking.

    Every module of `gandyn.bench.problems` has a tuple ``PROBLEMS``.

    Examples
    --------
    >>> "bilinear-1e3" in standard_suite()
    True
    """
    package = importlib.import_module("gandyn.bench.problems")
    found: dict[str, Problem | GANProblem] = {}
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda i: i.name):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        found.update((problem.name, problem) for problem in module.PROBLEMS)
    return found


@checked
def find_problems(names: Sequence[str]) -> dict[str, Problem | GANProblem]:
    """Return problems by name: ``"standard"`` for all, a name, a class, or a file.

    Parameters
    ----------
    names : sequence of str
        ``"file.py"`` is a user's own Python file with a tuple ``PROBLEMS``; it is
        imported, and so runs.

    Raises
    ------
    UnknownName
        With the nearest names.
    GandynError
        If a file defines no problems.

    Examples
    --------
    >>> list(find_problems(["rotation dominated", "bilinear-1"]))
    ['rotation-10', 'rotation-100', 'bilinear-1']
    """
    suite, found = standard_suite(), {}
    for name in names:
        if name == "standard":
            found.update(suite)
        elif name in _KINDS:
            found.update({p.name: p for p in suite.values() if p.kind == name})
        elif name.endswith(".py"):
            found.update({p.name: p for p in _from_file(Path(name))})
        elif name in suite:
            found[name] = suite[name]
        else:
            raise UnknownName("problem", name, {"standard", *_KINDS, *suite})
    return found


def _from_file(path: Path) -> Sequence[Problem | GANProblem]:
    problems = getattr(load_module(path), "PROBLEMS", ())
    kinds = (Problem, GANProblem)
    if not problems or not all(isinstance(p, kinds) for p in problems):
        raise GandynError(f"{path} has no tuple PROBLEMS of gandyn.bench.Problem")
    return [replace(problem, source=str(path)) for problem in problems]
