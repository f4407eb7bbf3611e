"""Boundaries that a saved sweep carries beside its cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gandyn.stability.boundaries.boundaries import BoundaryCurve

_PARTS = ("first", "second", "real", "imag", "others")
"""What is kept of every point: the two fields, the multiplier, the other multipliers.
Attributes, as variables of other dimensions would multiply the rows of a table."""


def with_boundary(dataset: Any, curves: Sequence[BoundaryCurve]) -> Any:
    """Return a sweep that carries the curves of its stability boundary.

    They are attributes, so that cells and tables of them stay as they are. A file holds
    up to 8000 points.

    Parameters
    ----------
    dataset : xarray.Dataset
        From `gandyn.sweep` over two fields.
    curves : sequence of BoundaryCurve
        From `boundary`, all in the same two fields; with none the sweep says that there
        are none.

    Returns
    -------
    xarray.Dataset

    Examples
    --------
    >>> from gandyn import sweep
    >>> from gandyn.games.dirac import R1, DiracGAN
    >>> from gandyn.rules import Simultaneous
    >>> from gandyn.stability import boundary
    >>> rule, game = Simultaneous(), DiracGAN(regulariser=R1(0.3))
    >>> cells = sweep(rule, game, {"lr": [0.1, 8.0], "gamma": [0.1, 2.0]}, steps=16)
    >>> curves = boundary(rule, game, ("lr", "gamma"), [(0.1, 8), (0.1, 2)])
    >>> [curve.kind for curve in saved_boundary(with_boundary(cells, curves))]
    ['neimark-sacker', 'flip']
    """
    found: dict[str, Any] = {"kinds": " ".join(curve.kind for curve in curves)}
    if curves:
        columns = np.concatenate([_columns(curve) for curve in curves], axis=1)
        found |= {
            "fields": " ".join(curves[0].fields),
            "ends": " ".join(end for curve in curves for end in curve.ends),
            "lengths": np.array([len(curve.values) for curve in curves]),
            **dict(zip(_PARTS, columns, strict=True)),
        }
    return dataset.assign_attrs({f"boundary_{k}": v for k, v in found.items()})


def saved_boundary(dataset: Any) -> list[BoundaryCurve] | None:
    """Return the curves that a sweep carries, None if it does not say.

    Parameters
    ----------
    dataset : xarray.Dataset

    Returns
    -------
    list of BoundaryCurve or None
    """
    words = dataset.attrs.get("boundary_kinds")
    if not words:
        return None if words is None else []
    attrs = {name: dataset.attrs[f"boundary_{name}"] for name in _WITH_CURVES}
    first, second = attrs["fields"].split()
    ends = attrs["ends"].split()
    columns = np.array([np.atleast_1d(attrs[name]) for name in _PARTS])
    cuts = np.cumsum(np.atleast_1d(attrs["lengths"]))[:-1]
    parts = np.split(columns, cuts, axis=1)
    return [
        BoundaryCurve(
            kind, (first, second), own[:2].T, own[2] + 1j * own[3], own[4],
            (ends[2 * i], ends[2 * i + 1]),
        )
        for i, (kind, own) in enumerate(zip(words.split(), parts, strict=True))
    ]  # fmt: skip


_WITH_CURVES = ("fields", "ends", "lengths", *_PARTS)


def _columns(curve: BoundaryCurve) -> np.ndarray:
    multipliers = curve.multipliers
    return np.array([*curve.values.T, multipliers.real, multipliers.imag, curve.others])
