"""What a network GAN is as a problem: a GAN of torch by its name, and its terms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from gandyn.bench.protocol import Protocol
from gandyn.errors import FieldError, GandynError
from gandyn.games import Game
from gandyn.games.quadratic import Quadratic

_MEASURES = ("residual", "wasserstein", "larger")
"""abs(v), the sliced Wasserstein distance of fakes and data, the larger of them."""


@dataclass(frozen=True)
class GANProblem:
    r"""A GAN of two small networks, trained from random weights on all of its data.

    The data and latents are one fixed sample and every call sees all of it, so the game
    is deterministic. torch is needed when it is played, not before.

    Parameters
    ----------
    name : str
    gan : str
        A GAN of `gandyn.gans.CATALOGUE` with its fields, as `gandyn.gans.parse_gan`
        reads it.
    seed : int
        Of the data and latents.
    every : int
        Oracle calls between two looks at the measure, about: to a whole number of
        steps. A target counts as reached at the look that finds it so.
    budget : int
        Oracle calls of one run at most, whatever the protocol grants: the same cap for
        all solvers.
    measured_by : {"residual", "wasserstein", "larger"}
        What is to become small. :math:`\|v\|` alone also falls to 0 where the
        discriminator dies, its units saturated; a tuned setting would be one that
        kills it. So teacher and student are measured by the larger of :math:`\|v\|`
        and the distance. Where no exact solution is known it is the distance.
    source : str
        The user's file that it is from; filled in.

    Raises
    ------
    FieldError
        If a number is below 1 or the measure is none of these.

    Examples
    --------
    >>> problem = GANProblem("mine", "ring(hidden=4, depth=1, points=16)")
    >>> problem.by("residual").measures
    'residual'
    """

    name: str
    gan: str
    seed: int = 0
    every: int = 20
    budget: int = 2000
    measured_by: str = "wasserstein"
    source: str = ""

    kind: ClassVar[str] = "network GAN"
    noise: ClassVar[None] = None
    game: ClassVar[Game] = Quadratic(0.5, 1.0, -0.5)
    """What calls are counted on: those of a step are the same on every game."""

    def __post_init__(self) -> None:
        if self.measured_by not in _MEASURES:
            raise FieldError(
                f"problem {self.name}: measured_by must be one of "
                f"{', '.join(_MEASURES)}, got {self.measured_by!r}"
            )
        for field in ("every", "budget"):
            if getattr(self, field) < 1:
                raise FieldError(f"problem {self.name}: {field} must be at least 1")

    @property
    def measures(self) -> str:
        """What is measured, as ``measured_by`` says."""
        return self.measured_by

    def by(self, measure: str) -> GANProblem:
        r"""Return the problem with another measure: :math:`\|v\|`.

        Raises
        ------
        GandynError
            If another one is asked for.
        """
        if measure != "residual":
            raise GandynError(
                f"{self.name} has no {measure}: a network GAN's solutions are no set "
                "that is known; measure its residual"
            )
        return replace(self, measured_by=measure)

    def replicates(self, protocol: Protocol) -> list[tuple[int, int]]:
        """Return what is run of each setting: pairs of a start and the seed 0."""
        return [(start, 0) for start in range(protocol.starts)]

    def record(self) -> dict[str, Any]:
        """Return what a manifest says of it."""
        return {
            "gan": self.gan,
            "class": self.kind,
            "measure": self.measures,
            "looked at": f"every {self.every} oracle calls, to a whole step",
            "budget at most": self.budget,
            "data seed": self.seed,
            "sampling": "all points in every call",
            "noise": None,
        }
