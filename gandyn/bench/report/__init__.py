"""A benchmark's report: its pictures as tables and drawings, and one page of all.

matplotlib is imported here, and nowhere else in the benchmark.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from gandyn._canvas import save
from gandyn._files import make_folder, write_json
from gandyn.bench.profiles import indices_of
from gandyn.bench.report._page import write_page
from gandyn.bench.report._pairs import improvement_bars, pair_matrix
from gandyn.bench.report._picture import Picture
from gandyn.bench.report._profiles import calls_profile, pair_profile, ratio_profile
from gandyn.bench.report._rates import rates_against_theory, robustness_bars
from gandyn.bench.report._sensitivity import sensitivity_map
from gandyn.bench.results import Result
from gandyn.bench.sensitivities import tuned_solvers
from gandyn.bench.summary import summary
from gandyn.bench.uncertainty import samples
from gandyn.errors import GandynError

__all__ = [
    "Picture",
    "WrittenReport",
    "calls_profile",
    "improvement_bars",
    "pair_matrix",
    "pair_profile",
    "pictures",
    "rates_against_theory",
    "ratio_profile",
    "robustness_bars",
    "sensitivity_map",
    "write_page",
    "write_report",
]

_PAGE, _SUMMARY = "report.html", "summary.json"
_LONGEST = 80
"""Characters of a file's name that are a solver's."""


class WrittenReport(NamedTuple):
    """What was written.

    Attributes
    ----------
    paths : list of Path
    summary : dict
        See `gandyn.bench.summary`.
    """

    paths: list[Path]
    summary: dict[str, Any]


def write_report(
    result: Result,
    folder: str | Path,
    *,
    suffix: str = "png",
    solvers: Sequence[str] = (),
    pairs: Sequence[tuple[str, str]] = (),
    overwrite: bool = False,
) -> WrittenReport:
    """Write the pictures of a result, ``summary.json`` and ``report.html``.

    Parameters
    ----------
    result : Result
    folder : path
        It is made if it is not there.
    suffix : {"png", "svg", "pdf"}
        Of the pictures.
    solvers : sequence of str
        Those that pictures name and that have a heat map; by default the best are
        named, and all have one.
    pairs : sequence of (str, str)
        Of which a performance profile of two is drawn.
    overwrite : bool
        Whether existing files may be replaced.

    Returns
    -------
    WrittenReport

    Raises
    ------
    GandynError
        If a file exists, the folder cannot be made, or no problem has been run by all.
    UnknownName
        If the result has no such solver.
    """
    for names in (solvers, *pairs):
        indices_of(result.solvers, names)
    folder, drawn = Path(folder), pictures(result, solvers, pairs)
    targets = {folder / f"{name}.{suffix}": make for name, make in drawn.items()}
    page, found = folder / _PAGE, summary(result)
    _prepare([*targets, page, folder / _SUMMARY], overwrite)
    write_json(folder / _SUMMARY, found)
    made = {path: make() for path, make in targets.items()}
    for path, picture in made.items():
        save(picture.figure, path, overwrite=overwrite)
    own = dict(zip(drawn, made.values(), strict=True))
    write_page(result, own, page, overwrite=overwrite)
    return WrittenReport([*targets, folder / _SUMMARY, page], found)


def pictures(
    result: Result, solvers: Sequence[str] = (), pairs: Sequence[Sequence[str]] = ()
) -> dict[str, Callable[[], Picture]]:
    """Return how each picture is made, by the name of its file."""
    found: dict[str, Callable[[], Picture]] = {
        "data-profile": partial(calls_profile, result, solvers),
        "performance-profile": partial(ratio_profile, result, solvers),
        "rates": partial(rates_against_theory, result),
        "robustness": partial(robustness_bars, result),
    }
    if len(solvers or result.solvers) > 1:
        found["pairs"] = partial(pair_matrix, result, solvers)
        if samples(result):
            found["improvement"] = partial(improvement_bars, result, solvers)
    for first, second in pairs:
        name = _unused(f"pair-{_slug(first)}-{_slug(second)}", found)
        found[name] = partial(pair_profile, result, first, second)
    for solver in tuned_solvers(result):
        if solver in (solvers or result.solvers):
            name = _unused(f"sensitivity/{_slug(solver)}", found)
            found[name] = partial(sensitivity_map, result, solver)
    return found


def _slug(name: str) -> str:
    """Return a solver's name as part of a file's."""
    return re.sub(r"[^\w.-]+", "_", name).strip("._")[:_LONGEST] or "solver"


def _unused(name: str, known: dict[str, Any]) -> str:
    """Return the name, with a number if it is taken (on any file system)."""
    taken, found, number = {key.lower() for key in known}, name, 2
    while found.lower() in taken:
        found, number = f"{name}-{number}", number + 1
    return found


def _prepare(paths: Sequence[Path], overwrite: bool) -> None:
    """Refuse existing files before anything is written; make the folders."""
    there = [path for path in paths if path.exists()]
    if there and not overwrite:
        others = f" and {len(there) - 1} others" if len(there) > 1 else ""
        raise GandynError(
            f"{there[0]}{others} exist: choose another folder (-o DIR), or say "
            "overwrite=True (--overwrite)"
        )
    for folder in {path.parent for path in paths}:
        make_folder(folder)
