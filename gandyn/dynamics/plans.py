"""What a sweep is to its caller: a grid, its variables, and how a box is decided."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gandyn._progress import Progress
from gandyn.dynamics.axes import Dimension
from gandyn.dynamics.verdicts import ENDINGS, VERDICTS

if TYPE_CHECKING:
    import xarray as xr

Box = tuple[slice, ...]
"""Cells of a grid: a range of indices along each dimension."""

UNFINISHED = "unfinished"
"""The flag of cells that a store has room for and nobody has decided yet."""


class Variable(NamedTuple):
    """One variable of a sweep.

    Attributes
    ----------
    text, units : str
    dtype : type
    flags : tuple of str
        What the numbers 0, 1, ... mean, if they are flags.
    attrs : mapping
        Further attributes.
    """

    text: str
    units: str = "1"
    dtype: Any = np.float64
    flags: tuple[str, ...] = ()
    attrs: Mapping[str, Any] = {}

    @property
    def waiting(self) -> Variable:
        """The same variable where some cells may not be decided yet."""
        return self._replace(flags=(*self.flags, UNFINISHED)) if self.flags else self

    @property
    def blank(self) -> Any:
        """What stands for a cell that is not decided yet, in a store."""
        if self.flags:
            return self.flags.index(UNFINISHED)
        return np.nan if np.issubdtype(self.dtype, np.floating) else 0

    def described(self) -> dict[str, Any]:
        """Return the attributes of the variable, flags as the CF conventions have."""
        attrs: dict[str, Any] = {"long_name": self.text, "units": self.units}
        if self.flags:
            attrs["flag_values"] = np.arange(len(self.flags), dtype=np.int8)
            attrs["flag_meanings"] = " ".join(self.flags)
        return {**attrs, **self.attrs}


VERDICT = Variable("what the orbit does", dtype=np.int8, flags=VERDICTS)
ENDED = Variable("why the cell stopped", dtype=np.int8, flags=ENDINGS)


class Plan(ABC):
    """A sweep that is ready to be run, in one piece or box by box.

    Attributes
    ----------
    dimensions : tuple of Dimension
    parallel : bool
        Whether boxes are decided side by side by threads.
    """

    dimensions: tuple[Dimension, ...]
    parallel: bool = True

    @property
    @abstractmethod
    def variables(self) -> dict[str, Variable]:
        """The variables by name; the verdict is one of them."""

    @property
    @abstractmethod
    def configuration(self) -> dict[str, Any]:
        """All that decides the bits of the result, as what JSON holds."""

    @property
    @abstractmethod
    def attributes(self) -> dict[str, Any]:
        """The attributes of the dataset: enough to run the sweep again."""

    @property
    @abstractmethod
    def tile_cells(self) -> int:
        """How many cells a tile of a store should have, if nobody says."""

    @abstractmethod
    def decide(
        self,
        box: Box,
        *,
        threads: int = 1,
        stop: Event | None = None,
        progress: Progress | None = None,
        started: Path | None = None,
    ) -> dict[str, np.ndarray]:
        """Return the variables of a box of cells; the bits are those of any other box.

        Parameters
        ----------
        box : tuple of slice
        threads : int
        stop : Event, optional
            Once set, the work is dropped: `gandyn.dynamics.engines.cells.Stopped`.
        progress : callable, optional
            Called with the cells done and the cells of the box.
        started : Path, optional
            A file that a box of long trainings may go on from and write into.
        """

    @property
    def shape(self) -> tuple[int, ...]:
        """Cells along every dimension."""
        return tuple(d.values.size for d in self.dimensions)

    def part(self, box: Box) -> tuple[Dimension, ...]:
        """Return the dimensions of a box."""
        pairs = zip(self.dimensions, box, strict=True)
        return tuple(d._replace(values=d.values[own]) for d, own in pairs)

    def run(
        self, threads: int, stop: Event | None = None, progress: Progress | None = None
    ) -> xr.Dataset:
        """Return the whole sweep, in memory."""
        box = tuple(slice(0, size) for size in self.shape)
        found = self.decide(box, threads=threads, stop=stop, progress=progress)
        return self.dataset(box, found)

    def dataset(self, box: Box, found: Mapping[str, np.ndarray]) -> xr.Dataset:
        """Return the variables of a box as labelled data."""
        return labelled(self.part(box), self.variables, found, self.attributes)


def labelled(
    dimensions: Sequence[Dimension],
    variables: Mapping[str, Variable],
    found: Mapping[str, np.ndarray],
    attributes: Mapping[str, Any],
) -> xr.Dataset:
    """Return arrays over dimensions as an `xarray.Dataset`."""
    import pandas as pd
    import xarray as xr

    import gandyn.dynamics.accessor  # noqa: F401 - registers dataset.gandyn

    # Asked whether any other array is one of dask's, xarray would import all of dask.
    def array(names: Sequence[str], values: np.ndarray, attrs: Any) -> xr.Variable:
        return xr.Variable(names, values, attrs, fastpath=True)

    def coordinate(one: Dimension) -> xr.Variable:
        return xr.IndexVariable([one.name], pd.Index(one.values), one.attrs)

    names, shape = [d.name for d in dimensions], [d.values.size for d in dimensions]
    content = {
        name: array(names, np.reshape(found[name], shape), one.described())
        for name, one in variables.items()
    }
    coords = {d.name: coordinate(d) for d in dimensions}
    return xr.Dataset(content, coords, dict(attributes))


def axis_configuration(dimensions: Sequence[Dimension]) -> dict[str, Any]:
    """Return what JSON holds of the axes: ends, number and a digest of the values."""
    found: dict[str, Any] = {"axes": [dim.name for dim in dimensions]}
    for dim in dimensions:
        values = np.ascontiguousarray(dim.values, dtype="<f8")
        digest = hashlib.sha256(values.tobytes()).hexdigest()[:16]
        words = ", ".join(f"{key} {text}" for key, text in dim.attrs.items())
        found[f"axis {dim.name}"] = (
            f"{values.size} values from {values[0]!s} to {values[-1]!s}, "
            f"SHA-256 {digest}, {words}"
        )
    return found
