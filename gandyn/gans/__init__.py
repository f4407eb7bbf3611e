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
from gandyn.gans._base import GAN
from gandyn.gans.advice import Advice
from gandyn.gans.advising import advise
from gandyn.gans.brought import parse_gan
from gandyn.gans.equilibria import polish
from gandyn.gans.game import TorchGame
from gandyn.gans.lightning_callback import stability_callback
from gandyn.gans.linearisation import leading_spectrum, linearise
from gandyn.gans.live import Training
from gandyn.gans.loop_trace import StepTrace, StepTracer
from gandyn.gans.monitor import Alarm, StabilityMonitor
from gandyn.gans.monitor_logs import write_csv, write_scalars
from gandyn.gans.multipliers import step_multipliers
from gandyn.gans.objective import Losses, Objective
from gandyn.gans.optimizer_pair import OptimizerPair
from gandyn.gans.optimizer_states import load_optimizer, optimizer_memory
from gandyn.gans.sampling import FullBatch, Minibatch, Sampling
from gandyn.gans.torch_optimizers import optimizer_rule
from gandyn.gans.training import Run, State, advance, begin, train

CATALOGUE: dict[str, type[GAN]] = discover(__name__, list(__path__), GAN)
"""Every named GAN by its name."""
LOSSES: dict[str, type[Losses]] = {
    name: cls
    for name, cls in discover(__name__, list(__path__), Losses).items()
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
