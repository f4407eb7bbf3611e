"""What ``gandyn phase`` makes of a sweep: pictures, tables and counts."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from gandyn.cli import _output
from gandyn.errors import GandynError, UnknownName, shortened

SUFFIXES = (*_output.PICTURES, ".csv", ".nc", ".zarr")
_SIDE = 2048
"""Cells along a side beyond which a picture shows every second one, or fewer."""
_BLOCK = 1 << 20
"""Cells of a sweep that are read at once."""


def write(
    dataset: Any,
    paths: list[Path],
    variable: str,
    style: str,
    at: Mapping[str, float],
    curves: list[Any] | None,
) -> None:
    """Write pictures and tables of a sweep; a ``.zarr`` is its store, and there."""
    writers = _output.picture_writers(
        lambda: _draw(dataset, variable, style, at, curves), _about(dataset)
    )
    writers[".csv"] = lambda path: _write_csv(dataset, path)
    writers[".nc"] = lambda path: _write_netcdf(dataset, path)
    _output.write_all([path for path in paths if path.suffix != ".zarr"], writers)


def check_plane(dims: list[str], at: Mapping[str, float], paths: list[Path]) -> None:
    """Raise GandynError if pictures are asked for and no plane is chosen for them."""
    for name in at:
        if name not in dims:
            raise UnknownName("axis", name, dims)
    rest = [dim for dim in dims if dim not in at]
    pictures = [path for path in paths if path.suffix.lower() in _output.PICTURES]
    if len(rest) != 2 and (pictures or at):
        what = pictures[0] if pictures else "--at"
        remedy = (
            "choose a plane by --at NAME=VALUE, or write .nc, .zarr or .csv"
            if len(rest) > 2
            else f"leave out {'some of ' * (len(at) > 1)}--at {', '.join(at)}"
        )
        raise GandynError(
            f"{what}: a picture has 2 axes, not {len(rest)} ({', '.join(rest)}); "
            f"{remedy}"
        )


def _draw(
    dataset: Any, variable: str, style: str, at: Mapping[str, float], curves: Any
) -> Any:
    from gandyn import plot

    if not at:
        shown = _thinned(dataset)
        return plot.phase_diagram(
            shown, variable=variable, boundary=curves, style=style
        )
    shown = _thinned(plane_at(dataset, at))
    return plot.phase_diagram(shown, variable=variable, style=style)


def plane_at(dataset: Any, at: Mapping[str, float]) -> Any:
    """Return the cells of a sweep nearest to some values of its axes.

    Raises
    ------
    GandynError
        If a value is beyond the ends of an axis.
    """
    for name, value in at.items():
        values = dataset[name].values
        if not values[0] <= value <= values[-1]:
            raise GandynError(
                f"--at {name}={value:g} is beyond the axis, which runs from "
                f"{values[0]:g} to {values[-1]:g}"
            )
    return dataset.sel(at, method="nearest")


def _thinned(dataset: Any) -> Any:
    """Return every n-th cell of a plane that is finer than a picture."""
    steps = {
        dim: slice(None, None, math.ceil(dataset.sizes[dim] / _SIDE))
        for dim in dataset["verdict"].dims
    }
    return dataset.isel(steps)


def _about(dataset: Any) -> dict[str, str]:
    attrs = dataset.attrs
    versions = (f"{k.removesuffix('_version')} {v}" for k, v in attrs.items()
                if k.endswith("_version"))  # fmt: skip
    return {
        "rule": attrs["rule"],
        "game": attrs["game"],
        "command": _output.command_line(),
        "versions": ", ".join(versions),
    }


def _write_netcdf(dataset: Any, path: Path) -> None:
    dataset.drop_encoding().to_netcdf(path, engine="h5netcdf")


def _write_csv(dataset: Any, path: Path) -> None:
    """Write a row for each cell: where it is, and what is known, flags in words."""
    names = [*dataset["verdict"].dims, *dataset.data_vars]
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(names)
        for block in _blocks(dataset):
            found = block.load().to_dataframe().reset_index()[names]
            columns = [_in_words(dataset[name], found[name].tolist()) for name in names]
            writer.writerows(zip(*columns, strict=True))


def _in_words(variable: Any, values: list[Any]) -> list[Any]:
    if "flag_meanings" not in variable.attrs:
        return values
    words = variable.attrs["flag_meanings"].split()
    return [words[value] for value in values]


def _blocks(dataset: Any) -> Iterator[Any]:
    """Yield a sweep in rows of its first axis that fit the memory."""
    first, *rest = dataset["verdict"].shape
    rows = max(1, _BLOCK // math.prod(rest))
    dim = dataset["verdict"].dims[0]
    for begin in range(0, first, rows):
        yield dataset.isel({dim: slice(begin, begin + rows)})


def summary_of(dataset: Any, written: list[str]) -> dict[str, Any]:
    """Return what is told of a sweep."""
    verdict = dataset["verdict"]
    summary = {
        "command": "phase",
        "rule": dataset.attrs["rule"],
        "game": dataset.attrs["game"],
        "axes": {str(dim): int(size) for dim, size in verdict.sizes.items()},
        "cells": int(verdict.size),
        "verdicts": _counts(dataset, "verdict"),
        "method": dataset.attrs["method"],
        "written": written,
    }
    if "certificate" in dataset:
        summary["certificates"] = _counts(dataset, "certificate")
    return summary


def _counts(dataset: Any, variable: str) -> dict[str, int]:
    """Return the number of cells of every flag that occurs."""
    import numpy as np

    names = dataset[variable].attrs["flag_meanings"].split()
    counts = np.zeros(len(names), dtype=int)
    for block in _blocks(dataset):
        found = np.bincount(block[variable].values.ravel(), minlength=len(names))
        counts += found
    return {
        name: int(count) for name, count in zip(names, counts, strict=True) if count
    }


def tell(summary: Mapping[str, Any], as_json: bool) -> None:
    """Print the counts of a sweep, or all of its summary as JSON."""

    def words() -> None:
        click.echo(shortened(summary["rule"]))
        click.echo(shortened(f"on {summary['game']}"))
        for name, count in summary["verdicts"].items():
            share = 100 * count / summary["cells"]
            click.echo(f"{name:>18} {count:>8} cells {share:5.1f} %")
        for name, count in summary.get("certificates", {}).items():
            click.echo(f"{name:>18} {count:>8} cells")

    _output.tell(summary, as_json, words)
