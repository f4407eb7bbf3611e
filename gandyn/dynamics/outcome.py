"""What is known of the cells of a tile."""

from __future__ import annotations

import math
import os
from typing import Any, NamedTuple

import numpy as np

from gandyn.dynamics.verdicts import Ending, Verdict
from gandyn.errors import FieldError
from gandyn.rules import Rule


class Outcome(NamedTuple):
    """What is known of each cell, one array per result variable."""

    verdict: np.ndarray
    ended: np.ndarray
    rate: np.ndarray
    period: np.ndarray
    rotation: np.ndarray
    amplitude: np.ndarray
    lyapunov: np.ndarray
    steps: np.ndarray

    @classmethod
    def blank(cls, shape: Any) -> Outcome:
        """Return an outcome in which every cell is undecided."""
        _check_room(shape)
        real = (np.full(shape, np.nan) for _ in range(4))
        rate, rotation, amplitude, lyapunov = real
        return cls(
            np.zeros(shape, np.int8),
            np.zeros(shape, np.int8),
            rate,
            np.zeros(shape, np.int32),
            rotation,
            amplitude,
            lyapunov,
            np.zeros(shape, np.int32),
        )

    @classmethod
    def of_maps(cls, shape: Any) -> Outcome:
        """Return room for the outcome of maps: without orbits, all else to be set."""
        _check_room(shape)
        real = (np.empty(shape) for _ in range(4))
        rate, rotation, amplitude, lyapunov = real
        return cls(
            np.empty(shape, np.int8),
            np.empty(shape, np.int8),
            rate,
            np.zeros(shape, np.int32),
            rotation,
            amplitude,
            lyapunov,
            np.zeros(shape, np.int32),
        )

    def write(self, cells: np.ndarray, **values: Any) -> None:
        """Set some variables of some cells."""
        for name, value in values.items():
            getattr(self, name)[cells] = value

    def name_unsolved(self, rule: Rule) -> None:
        """Say of cells that a rule's singular or unsolved step ended that it did.

        From inside the box a number overflows in one step only by such a division.
        """
        if rule.inverts:
            ended = (Ending.NOT_A_NUMBER, Ending.OVERFLOW)
            self.write(
                np.flatnonzero(np.isin(self.ended, ended)),
                verdict=Verdict.UNDECIDED, ended=Ending.UNSOLVED,
                rate=np.nan, lyapunov=np.nan, amplitude=np.nan,
            )  # fmt: skip


_BYTES = 50
"""Of a cell in a result, its radius among them."""


def _check_room(shape: Any) -> None:
    """Raise FieldError for a grid that this machine's memory has no room for."""
    cells = math.prod(np.atleast_1d(shape).tolist())
    if cells * _BYTES > _memory():
        raise FieldError(
            f"a sweep of {cells:.3g} cells takes {cells * _BYTES / 1e9:.3g} GB, and "
            f"this machine has {_memory() / 1e9:.3g} GB: take fewer values, or a store"
        )


def _memory() -> float:
    """Return the bytes of the machine's memory, infinite where nothing tells them."""
    try:
        return float(os.sysconf("SC_PAGE_SIZE")) * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return math.inf
