"""``dataset.gandyn``: cells of a sweep by the words of its verdicts.

Every sweep registers it. For one that is read from a file, import this module.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from gandyn._records import html_table
from gandyn.errors import GandynError, UnknownName


@xr.register_dataset_accessor("gandyn")
class _SweepAccessor:
    """What the flags of a sweep say, by their words.

    The verdicts of a sweep are small integers, so that ``dataset.verdict ==
    "converges"`` is False everywhere, whatever they are.

    Parameters
    ----------
    dataset : xarray.Dataset
        Of `gandyn.sweep`, or another with CF flags.

    Examples
    --------
    >>> from gandyn import Axis, sweep
    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Alternating
    >>> axis = Axis(0.5, 2.5, 2)
    >>> diagram = sweep(Alternating(), Bilinear(), {"lr_x": axis, "lr_y": axis})
    >>> diagram.gandyn.where("neutral").values
    array([[ True,  True],
           [ True, False]])
    >>> diagram.gandyn.counts()
    {'diverges_flip': 1, 'neutral': 3}
    """

    def __init__(self, dataset: xr.Dataset) -> None:
        self._dataset = dataset

    def where(self, *words: str, variable: str = "verdict") -> xr.DataArray:
        """Return in which cells a flag is one of some words.

        Parameters
        ----------
        *words : str
            One or more of the flag's meanings, such as ``"converges"``.
        variable : str
            A variable with flags: ``"verdict"``, or ``"ended"`` for why a cell stopped.

        Returns
        -------
        xarray.DataArray of bool
            True in those cells: a mask for ``dataset.where`` and for arrays.

        Raises
        ------
        UnknownName
            If a word is none of the flag's meanings, with the nearest ones.
        GandynError
            If the dataset has no such flags.
        """
        flags, values = self._flags(variable), self._dataset[variable]
        for word in words:
            if word not in flags:
                raise UnknownName(variable, word, flags)
        found = values.isin([flags[word] for word in words])
        return found.rename(f"{variable} is {' or '.join(words)}")

    def counts(self, variable: str = "verdict") -> dict[str, int]:
        """Return how many cells each word of a flag has, of those that occur.

        Raises
        ------
        GandynError
            If the dataset has no such flags.
        """
        values = self._dataset[variable].values if variable in self._dataset else ()
        flags = self._flags(variable)
        found = {word: int(np.sum(values == flag)) for word, flag in flags.items()}
        return {word: count for word, count in found.items() if count}

    def __repr__(self) -> str:
        words = ", ".join(f"{word} {count}" for word, count in self.counts().items())
        return f"<cells by verdict: {words}>"

    def _repr_html_(self) -> str:
        rows = [{"verdict": word, "cells": n} for word, n in self.counts().items()]
        return html_table(rows, "cells by verdict")

    def _flags(self, variable: str) -> dict[str, int]:
        """Return the words of a flag with their values."""
        known = self._dataset.variables
        attrs = known[variable].attrs if variable in known else {}
        if "flag_meanings" not in attrs:
            having = [name for name in known if "flag_meanings" in known[name].attrs]
            raise GandynError(
                f"the dataset has no flags {variable!r}: "
                + (f"choose from {', '.join(map(str, having))}" if having else
                   "it is no sweep")
            )  # fmt: skip
        values = np.atleast_1d(attrs["flag_values"]).tolist()
        words = str(attrs["flag_meanings"]).split()
        return dict(zip(words, values, strict=True))
