"""The exact boundary over a phase diagram: drawn, kept, or said why not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click

from gandyn.cli._output import PICTURES
from gandyn.errors import GandynError, UnknownName

MODES = ("auto", "follow", "none")
SUFFIXES = (*PICTURES, ".nc", ".zarr")
"""Files that show the boundary or keep it."""
_FOLLOWED = 4
"""Coordinates of both players up to which curves are followed unasked: of more it takes
longer than a sweep."""

option = click.option(
    "--boundary",
    metavar="|".join(MODES),
    help="The exact stability boundary, in pictures, .nc and .zarr: where it is known "
    "within seconds, whatever it takes, or not at all.  [default: auto]",
)


class Boundary(NamedTuple):
    """The curves of a plane, None where they are not known, and why they are not."""

    curves: list[Any] | None
    reason: str = ""


def check_mode(mode: str) -> None:
    """Raise UnknownName unless it is a way to ask for the boundary."""
    if mode not in MODES:
        raise UnknownName("boundary", mode, MODES)


def of_plane(rule: Any, game: Any, axes: Mapping[str, Any], mode: str) -> Boundary:
    """Return the exact stability boundary over the axes of a sweep."""
    if mode == "none":
        return Boundary([])
    from gandyn.games import Game
    from gandyn.stability import boundary

    if not isinstance(game, Game) or len(axes) != 2:
        return Boundary(None)
    first, second = axes
    box = []
    for values in axes.values():
        values = getattr(values, "values", values)
        box.append((float(values[0]), float(values[-1])))
    follow = mode == "follow" or _coordinates(game) <= _FOLLOWED
    try:
        return Boundary(boundary(rule, game, (first, second), box, follow=follow))
    except GandynError as error:
        hint = "" if follow else ": --boundary follow takes the time"
        return Boundary(None, f"{error}{hint}")


def of_saved(dataset: Any, mode: str) -> Boundary:
    """Return the boundary that a saved sweep carries, or else that of its axes."""
    from gandyn import spec
    from gandyn.stability import saved_boundary

    found = None if mode == "none" else saved_boundary(dataset)
    if found is not None:
        return Boundary(found)
    dims = dataset["verdict"].dims
    ties = [dataset[dim].attrs.get("ties") for dim in dims]
    names = [
        ", ".join([str(dim), *filter(None, [tie])])
        for dim, tie in zip(dims, ties, strict=True)
    ]
    values = [dataset[dim].values for dim in dims]
    try:
        rule, game = spec.read(dataset)
    except GandynError as error:
        return Boundary(None, str(error))
    return of_plane(rule, game, dict(zip(names, values, strict=True)), mode)


def kept(dataset: Any, curves: list[Any], paths: list[Path]) -> Any:
    """Return a sweep that carries its boundary; a store among the paths keeps it."""
    from gandyn.stability import with_boundary
    from gandyn.store import keep_attributes

    found = with_boundary(dataset, curves)
    own = {k: v for k, v in found.attrs.items() if k.startswith("boundary_")}
    for path in paths:
        if path.suffix.lower() == ".zarr":
            keep_attributes(path, own)
    return found


def tell(found: Boundary) -> None:
    """Say on stderr why no exact boundary is drawn."""
    if found.reason:
        click.echo(f"Note: no exact boundary: {found.reason}", err=True)


def _coordinates(game: Any) -> int:
    """Return the coordinates of both players, 0 if no equilibrium is known."""
    import numpy as np

    return sum(int(np.size(part)) for point in game.equilibria()[:1] for part in point)
