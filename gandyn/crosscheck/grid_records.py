"""The record of a plane of two fields, predicted and measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gandyn.dynamics.verdicts import VERDICTS, Verdict
from gandyn.stability import BoundaryCurve

if TYPE_CHECKING:
    import xarray as xr

NEAR = 0.05
"""Cells nearer than this to the predicted boundary, relatively, may disagree."""
SHARE = 0.99
"""The share of the other cells that has to agree."""
DESCRIPTIONS = {
    "rate": ("measured early growth of |v|", "1/step"),
    "rate_error": ("standard error of the measured growth", "1/step"),
    "angle": ("measured angle", "rad/step"),
    "radius": ("predicted spectral radius, neutral directions set aside", "1"),
    "distance": ("relative distance from the predicted boundary", "1"),
}


class GridCheck(NamedTuple):
    """A plane of two fields, predicted and measured.

    `cells` is a dataset with the measured `verdict`, `rate`, `rate_error`, `angle`, the
    predicted `radius` and the `distance` from the predicted boundary; `curves` are that
    boundary.
    """

    cells: xr.Dataset
    curves: list[BoundaryCurve]
    near: float = NEAR

    @property
    def stable(self) -> np.ndarray:
        """Which cells are predicted to settle."""
        return self.cells["radius"].values < 1

    @property
    def settled(self) -> np.ndarray:
        """Which cells were measured to settle."""
        return self.cells["verdict"].values == Verdict.CONVERGES

    @property
    def decided(self) -> np.ndarray:
        """Which cells have a measured growth rate that differs from zero."""
        return self.cells["verdict"].values != Verdict.UNDECIDED

    def confusion(self, farther: float = 0.0) -> dict[str, dict[str, int]]:
        """Return the numbers of cells by prediction and measurement.

        Parameters
        ----------
        farther : float
            Only cells that are farther than this from the predicted boundary.
        """
        far = self.cells["distance"].values > farther
        told = {"stable": self.stable, "unstable": ~self.stable}
        measured = {
            "settles": self.settled,
            "leaves": self.decided & ~self.settled,
            "undecided": ~self.decided,
        }
        return {
            name: {k: int((a & b & far).sum()) for k, b in measured.items()}
            for name, a in told.items()
        }

    def agreement(self, farther: float = 0.0) -> float:
        """Return the share of cells that agree, of those farther than a distance."""
        table = self.confusion(farther)
        total = sum(sum(row.values()) for row in table.values())
        good = table["stable"]["settles"] + table["unstable"]["leaves"]
        return good / total if total else float("nan")

    @property
    def agrees(self) -> bool:
        """Whether 99 % of the cells that are not near the boundary agree."""
        return self.agreement(self.near) >= SHARE

    def disagreements(self) -> list[dict[str, Any]]:
        """Return the cells that disagree, the farthest from the boundary first."""
        wrong = (self.settled != self.stable) | ~self.decided
        first, second = (str(dim) for dim in self.cells["verdict"].dims)
        rows = []
        for i, j in np.argwhere(wrong):
            cell = self.cells.isel({first: i, second: j})
            rows.append(
                {
                    first: float(cell[first]),
                    second: float(cell[second]),
                    "predicted": "stable" if self.stable[i, j] else "unstable",
                    "measured": VERDICTS[int(cell["verdict"])],
                    **{name: _plain(float(cell[name])) for name in DESCRIPTIONS},
                }
            )
        return sorted(rows, key=lambda row: -(row["distance"] or 0.0))

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as plain numbers and strings."""
        dims = [str(dim) for dim in self.cells["verdict"].dims]
        table = {
            name: self.cells[name].values.astype(float).round(6).tolist()
            for name in ("verdict", "rate", "radius", "distance")
        }
        return {
            "fields": {dim: self.cells[dim].values.tolist() for dim in dims},
            "near": self.near,
            "confusion": self.confusion(),
            "confusion_far": self.confusion(self.near),
            "agreement": self.agreement(),
            "agreement_far": self.agreement(self.near),
            "agrees": self.agrees,
            "disagreements": self.disagreements(),
            "verdicts": list(VERDICTS),
            "cells": {name: _finite(rows) for name, rows in table.items()},
        }


def _plain(number: float) -> float | None:
    return number if np.isfinite(number) else None


def _finite(rows: list[list[float]]) -> list[list[float | None]]:
    return [[_plain(v) for v in row] for row in rows]
