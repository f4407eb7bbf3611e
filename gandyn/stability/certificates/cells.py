"""Cells of a sweep near the unit circle, decided by certificates."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np

from gandyn._arguments import checked
from gandyn._parameters import find_parameter
from gandyn._specification import specify
from gandyn.dynamics.plans import Box, Plan, Progress, Variable
from gandyn.dynamics.sweeps import GamePlan
from gandyn.errors import FieldError
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.stability.certificates.certificates import STATUSES, certify
from gandyn.stability.maps.exact_maps import structural_at

if TYPE_CHECKING:
    import xarray as xr

FLAGS = ("not_asked", *STATUSES)
"""Meanings of the flags of the variable ``certificate``."""
_TILE_CELLS = 1 << 14
"""Cells of a stored tile whose proofs are lost together."""
BAND = 1e-6
"""Distance of the predicted radius from 1 within which a cell is asked: a defective
multiplier of order two moves by the root of the rounding, 1e-8."""


@checked
def certify_sweep(
    dataset: xr.Dataset, rule: Rule, game: Game, band: float = BAND
) -> xr.Dataset:
    """Return a sweep with the certificates of the cells near the circle.

    Parameters
    ----------
    dataset : xarray.Dataset
        What `sweep` returned for this rule and this game.
    rule : Rule
    game : Game
    band : float
        Cells whose ``radius`` is within it of 1 are asked, one `certify` each.

    Returns
    -------
    xarray.Dataset
        With the int8 variable ``certificate``; its ``flag_meanings`` are `FLAGS`.

    Raises
    ------
    FieldError
        If the dataset is another rule's or game's, or the band is negative.

    Examples
    --------
    >>> from gandyn import sweep
    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Alternating
    >>> axes = {"lr": [1.0, 2.0, 3.0], "A": [0.5, 1.0]}
    >>> seen = sweep(Alternating(), Bilinear(), axes)
    >>> certify_sweep(seen, Alternating(), Bilinear()).certificate.values
    array([[4, 4],
           [4, 3],
           [4, 0]], dtype=int8)
    """
    for name, node in (("rule", rule), ("game", game)):
        if dataset.attrs[name] != specify(node):
            raise FieldError(f"the sweep is of {dataset.attrs[name]}, not of {node!r}")
    check_band(band)
    radius = dataset.radius.values
    flags = np.zeros(radius.shape, np.int8)
    with np.errstate(invalid="ignore"):
        near = np.argwhere(np.abs(radius - 1) <= band)
    fixed = [dataset[name].attrs["owner"] != "start" for name in dataset.radius.dims]
    known: dict[tuple[int, ...], int] = {}  # cells that differ in their start only
    for cell in map(tuple, near):
        key = tuple(itertools.compress(cell, fixed))
        if key not in known:
            found = certify(*_nodes_of_cell(dataset, rule, game, cell))
            known[key] = FLAGS.index(found.status)
        flags[cell] = known[key]
    attrs = _certificate(band).described()
    return dataset.assign(certificate=(dataset.radius.dims, flags, attrs))


def _certificate(band: float) -> Variable:
    text = "what is proved of the multipliers"
    return Variable(text, dtype=np.int8, flags=FLAGS, attrs={"band": band})


class CertifiedPlan(Plan):
    """A sweep of a game whose cells near the circle are proved, tile by tile.

    Parameters
    ----------
    plan : GamePlan
    band : float

    Raises
    ------
    FieldError
        If the band is negative.
    """

    def __init__(self, plan: GamePlan, band: float = BAND) -> None:
        self._plan, self._band = plan, check_band(band)
        self.dimensions, self.parallel = plan.dimensions, plan.parallel

    @property
    def variables(self) -> dict[str, Variable]:
        """The variables of the sweep, and ``certificate``."""
        return {**self._plan.variables, "certificate": _certificate(self._band)}

    @property
    def configuration(self) -> dict[str, Any]:
        """All that decides the bits of the result."""
        return {**self._plan.configuration, "band": self._band}

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes of the dataset."""
        return self._plan.attributes

    @property
    def tile_cells(self) -> int:
        """How many cells a stored tile should have: proofs take milliseconds each."""
        return min(self._plan.tile_cells, _TILE_CELLS)

    def decide(
        self,
        box: Box,
        *,
        threads: int = 1,
        stop: Event | None = None,
        progress: Progress | None = None,
        started: Path | None = None,
    ) -> dict[str, np.ndarray]:
        """Return the variables of a box of cells, those near the circle proved."""
        found = self._plan.decide(box, threads=threads, stop=stop, progress=progress)
        seen = self._plan.dataset(box, found)
        task = self._plan.task
        proved = certify_sweep(seen, task.rule, task.game, self._band).certificate
        return {**found, "certificate": proved.values}


def check_band(band: float) -> float:
    """Return a band that is zero or positive, and finite.

    Raises
    ------
    FieldError
        If it is not.
    """
    if not 0 <= band < math.inf:
        raise FieldError(f"band must be zero or positive, and finite, got {band}")
    return band


def _nodes_of_cell(
    dataset: xr.Dataset, rule: Rule, game: Game, cell: tuple[int, ...]
) -> tuple[Rule, Game]:
    nodes: dict[str, Any] = {"rule": rule, "game": game}
    for name, index in zip(dataset.radius.dims, cell, strict=True):
        axis = dataset[name]
        if axis.attrs["owner"] == "start":
            continue
        text = ", ".join([str(name), *filter(None, [axis.attrs.get("ties")])])
        one = find_parameter(nodes, text)
        kind = int if structural_at(nodes[one.owner], one.paths[0]) else float
        nodes = one.set_in(nodes, kind(axis.values[index]))
    return nodes["rule"], nodes["game"]
