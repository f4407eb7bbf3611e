"""Real GANs in torch, seen by update rules as games.

`TorchGame` makes a game of any two modules; the classes of `CATALOGUE` are named GANs,
found by looking; `train` plays a rule on one GAN or on an ensemble of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gandyn.errors import MissingExtra

try:
    import torch as _torch  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "torch":
        raise
    raise MissingExtra("torch", "torch") from error

from gandyn._catalogue import discover
from gandyn._node import find_member
from gandyn.gans import catalogue, games
from gandyn.gans.advising.advice import Advice
from gandyn.gans.advising.advise import advise
from gandyn.gans.advising.live import Training
from gandyn.gans.catalogue._base import GAN
from gandyn.gans.catalogue.brought import parse_gan
from gandyn.gans.games.game import TorchGame
from gandyn.gans.games.objective import Losses, Objective
from gandyn.gans.games.sampling import FullBatch, Minibatch, Sampling
from gandyn.gans.loops.lightning import stability_callback
from gandyn.gans.loops.logs import write_csv, write_scalars
from gandyn.gans.loops.monitor import Alarm, StabilityMonitor
from gandyn.gans.loops.tracer import StepTrace, StepTracer
from gandyn.gans.optimizers.from_torch import optimizer_rule
from gandyn.gans.optimizers.pair import OptimizerPair
from gandyn.gans.optimizers.states import load_optimizer, optimizer_memory
from gandyn.gans.spectra.equilibria import polish
from gandyn.gans.spectra.linearisation import leading_spectrum, linearise
from gandyn.gans.spectra.multipliers import step_multipliers
from gandyn.gans.training.train import Run, State, advance, begin, train

CATALOGUE: dict[str, type[GAN]] = discover(
    catalogue.__name__, list(catalogue.__path__), GAN
)
"""Every named GAN by its name."""
LOSSES: dict[str, type[Losses]] = {
    name: cls
    for room in (games, catalogue)
    for name, cls in discover(room.__name__, list(room.__path__), Losses).items()
    if not issubclass(cls, GAN)
}
"""Every kind of losses by its name."""
globals().update(CATALOGUE | LOSSES)

if TYPE_CHECKING:  # what is found by looking, type checkers can't see

    def __getattr__(name: str) -> Any: ...


def make_gan(name: str, **fields: Any) -> GAN:
    """Return a named GAN with some of its fields given.

    Parameters
    ----------
    name : str
        A name or alias of the catalogue; case, dashes and underscores are free.
    **fields
        Fields of the class.

    Raises
    ------
    UnknownName
        With the nearest names.

    Examples
    --------
    >>> make_gan("dirac", regulariser="R1").regulariser
    R1(gamma=0.1)
    """
    return find_member(GAN, name)(**fields)


__all__ = [  # noqa: PLE0604
    "Advice",
    "Alarm",
    "CATALOGUE",
    "FullBatch",
    "GAN",
    "LOSSES",
    "Losses",
    "Minibatch",
    "Objective",
    "OptimizerPair",
    "Run",
    "Sampling",
    "StabilityMonitor",
    "State",
    "StepTrace",
    "StepTracer",
    "TorchGame",
    "Training",
    "advance",
    "advise",
    "begin",
    "leading_spectrum",
    "linearise",
    "load_optimizer",
    "make_gan",
    "optimizer_memory",
    "optimizer_rule",
    "parse_gan",
    "polish",
    "stability_callback",
    "step_multipliers",
    "train",
    "write_csv",
    "write_scalars",
    *CATALOGUE,
    *LOSSES,
]
