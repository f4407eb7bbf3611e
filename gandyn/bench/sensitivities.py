"""How much a solver's hyperparameters matter: what every setting reached."""

from __future__ import annotations

import json
from typing import NamedTuple

import numpy as np

from gandyn._arguments import checked
from gandyn._records import Record
from gandyn.bench.profiles import place_of
from gandyn.bench.protocol import TARGET
from gandyn.bench.ranges import Range
from gandyn.bench.results import Result
from gandyn.errors import GandynError


class Field(NamedTuple):
    """One tuned hyperparameter.

    Attributes
    ----------
    name : str
    values : ndarray, shape (settings,)
    range : Range
        What it was drawn from.
    """

    name: str
    values: np.ndarray
    range: Range

    @property
    def unit(self) -> np.ndarray:
        """Places in the range, on its scale, from 0 to 1."""
        low, high, scale = self.range
        if scale == "log":
            return np.asarray(np.log(self.values / low) / np.log(high / low))
        return (self.values - low) / (high - low)


class Sensitivity(Record):
    """What a solver's settings reached.

    Attributes
    ----------
    solver : str
    fields : tuple of Field
    share : ndarray, shape (problems, settings)
        Of the runs from all starts that reach the target; 0 where it raised.
    problems : tuple of str
        Those that it has run.
    target : float
    """

    solver: str
    fields: tuple[Field, ...]
    share: np.ndarray
    problems: tuple[str, ...]
    target: float


def tuned_solvers(result: Result) -> list[str]:
    """Return the solvers that ran in more than one setting, alike on all problems.

    Tuning by theory has a setting of its own for each problem: then there are none.
    """
    if not result.protocol.chooses:
        return []
    ran = {name for (_, name), runs in result.runs.items() if not runs.failure}
    known = result.manifest["solvers"]
    return [name for name in known if name in ran and known[name]["ranges"]]


@checked
def sensitivity(result: Result, solver: str, target: float = TARGET) -> Sensitivity:
    """Return what each setting of a solver reached, problem by problem.

    Raises
    ------
    GandynError
        If it is no target, or the solver has no settings that problems share.
    """
    place = place_of(target)
    if solver not in tuned_solvers(result):
        raise GandynError(f"{solver} has not run in several settings")
    own = {p: runs for (p, name), runs in result.runs.items() if name == solver}
    sound = next(runs for runs in own.values() if not runs.failure)
    values = [json.loads(text) for text in sound.hyperparameters]
    fields = tuple(
        Field(name, np.array([_value(one, name) for one in values]), Range(*ends))
        for name, ends in result.manifest["solvers"][solver]["ranges"].items()
    )
    share = [
        np.broadcast_to(np.isfinite(runs.calls[place]).mean(axis=-1), len(values))
        for runs in own.values()
    ]
    return Sensitivity(solver, fields, np.array(share), tuple(own), target)


def _value(setting: dict[str, float], name: str) -> float:
    """Return a field's value; that of a pair ``name_x``, ``name_y`` is one."""
    return setting[name] if name in setting else setting[f"{name}_x"]
