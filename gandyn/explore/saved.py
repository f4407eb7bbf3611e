"""A page of a saved sweep: what was computed before, to look at cell by cell."""

from __future__ import annotations

import base64
import shlex
from typing import TYPE_CHECKING, Any

import numpy as np

from gandyn.errors import GandynError
from gandyn.explore.page import assemble, engine_script
from gandyn.spec import read
from gandyn.stability import boundary, saved_boundary

if TYPE_CHECKING:
    import xarray as xr

MOST = 1 << 18
"""Cells of a sweep that a page takes: 8 MB of text or so."""
_LONGEST = 200
"""Characters of a specification that are shown."""
_KINDS = {"neimark-sacker": "pair", "flip": "flip"}
"""How the page calls crossings; all others are at 1."""


def saved_explorer(dataset: xr.Dataset) -> str:
    """Return a page of a sweep of two fields or more, as HTML.

    Two of the fields are the plane, the others have sliders. Of a cell every number
    that the sweep holds is shown; where exact maps decided, its leading multiplier too.

    Parameters
    ----------
    dataset : xarray.Dataset
        Of `gandyn.sweep`, in memory or read from a file of ``gandyn phase``.

    Raises
    ------
    GandynError
        If it is no sweep, or has more than 262,144 cells.

    Examples
    --------
    >>> from gandyn import sweep
    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Extragradient
    >>> axes = {"lr_x": [0.1, 0.2, 0.4], "lr_y": [0.1, 0.2]}
    >>> found = sweep(Extragradient(), Bilinear([[1.0, 0.5], [0.0, 2.0]]), axes)
    >>> "Extragradient on Bilinear" in saved_explorer(found)
    True
    """
    if "verdict" not in dataset or dataset["verdict"].ndim < 2:
        raise GandynError("the dataset is no sweep of two fields: it has no verdicts")
    verdict = dataset["verdict"]
    if verdict.size > MOST:
        raise GandynError(
            f"the sweep has {verdict.size} cells, and a page takes {MOST}: select a "
            "part or every second value with dataset.isel"
        )
    title = str(dataset.attrs.get("title", "a sweep"))
    found = {
        "title": title,
        "about": about(dataset),
        "made": _origin(dataset),
        "command": _command(dataset),
        "exact": dataset.attrs.get("method") == "exact",
        "dims": [_dim(dataset[str(name)]) for name in verdict.dims],
        "variables": {
            str(name): _variable(values)
            for name, values in dataset.data_vars.items()
            if values.dims == verdict.dims and values.dtype.kind in "fiub"
        },
        "lines": _lines(dataset),
    }
    return assemble(title, engine_script(found, []), saved=True)


def _dim(coordinate: Any) -> dict[str, Any]:
    values = np.asarray(coordinate.values, dtype=float)
    log = coordinate.attrs.get("scale") == "log"
    units = coordinate.attrs.get("units", "1")
    words = "dimensionless" if units == "1" else units
    return {
        "name": str(coordinate.name), "log": log, "values": values.tolist(),
        "edges": _edges(np.log(values) if log else values, log).tolist(),
        "label": f"{coordinate.name} ({words})",
    }  # fmt: skip


def _edges(places: np.ndarray, log: bool) -> np.ndarray:
    """Return where cells end, halfway to their neighbours."""
    if places.size == 1:
        edges = np.array([places[0] - 0.5, places[0] + 0.5])
    else:
        middle = (places[1:] + places[:-1]) / 2
        ends = 2 * places[0] - middle[0], 2 * places[-1] - middle[-1]
        edges = np.concatenate([ends[:1], middle, ends[1:]])
    return np.exp(edges) if log else edges


def _variable(values: Any) -> dict[str, Any]:
    kind = "f4" if values.dtype.kind == "f" else "i4"
    if "flag_meanings" in values.attrs:
        kind = "i1"
    found: dict[str, Any] = {
        "type": kind,
        "data": base64.b64encode(np.asarray(values, f"<{kind}").tobytes()).decode(),
        "words": str(values.attrs.get("long_name", values.name)),
        "units": str(values.attrs.get("units", "1")),
    }
    if kind == "i1":
        names = str(values.attrs["flag_meanings"]).split()
        codes = np.atleast_1d(values.attrs.get("flag_values", range(len(names))))
        pairs = zip(map(int, codes), names, strict=True)
        found["meanings"] = dict(pairs)
    return found


def _lines(dataset: Any) -> list[dict[str, Any]]:
    """Return the exact boundary of a plane where it is quickly known."""
    dims = [str(name) for name in dataset["verdict"].dims]
    if len(dims) != 2 or "sampling" in dataset.attrs:
        return []
    ends = [dataset[name].values[[0, -1]] for name in dims]
    box = [(float(low), float(high)) for low, high in ends]
    try:
        curves = saved_boundary(dataset)
        if curves is None:
            rule, game = read(dataset)
            curves = boundary(rule, game, (dims[0], dims[1]), box, follow=False)
    except GandynError:
        return []
    return [
        {"kind": _KINDS.get(curve.kind, "one"), "points": part.ravel().tolist()}
        for curve in curves
        for part in curve.stable_parts()
    ]


def about(dataset: xr.Dataset) -> str:
    """Return a sweep's rule and game in words, without the numbers of a matrix."""
    try:
        rule, game = read(dataset)
    except GandynError:
        words = (str(dataset.attrs.get(name, "")) for name in ("rule", "game"))
        return " on ".join(one[:_LONGEST] for one in words if one)
    return f"{rule!r} on {game!r}"


def _origin(dataset: Any) -> str:
    version = dataset.attrs.get("gandyn_version")
    by = f" by gandyn {version}" if version else ""
    method = dataset.attrs.get("method")
    how = {"exact": " from exact maps", "simulate": " by simulation"}.get(method, "")
    return f"Computed before{by}{how}; nothing is loaded from anywhere."


def _command(dataset: Any) -> str:
    """Return the command that makes the sweep again; none with a matrix in it."""
    words = ["gandyn", "phase"]
    for name in ("rule", "game"):
        words += [f"--{name}", str(dataset.attrs.get(name, ""))]
    for flag, name in zip(("--x", "--y"), dataset["verdict"].dims, strict=False):
        coordinate = dataset[str(name)]
        low, high = (float(v) for v in coordinate.values[[0, -1]])
        scale = ":log" if coordinate.attrs.get("scale") == "log" else ""
        words += [flag, f"{name}={low!r}:{high!r}:{coordinate.size}{scale}"]
    text = " ".join(map(shlex.quote, words))
    return text if len(text) < 4 * _LONGEST else ""
