"""Timing side by side, rows of results and the table in the README."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

README = Path(__file__).with_name("README.md")
PACKAGES = ("numpy", "scipy", "numba", "llvmlite", "xarray", "jax", "jaxlib", "optax")


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    what : str
        What was compared with what.
    value : float
    target : float or None
        The bound to keep; None where the figure stands for itself.
    at_least : bool
        Whether the target is a lower bound.
    unit : str
        ``"x"`` for a ratio.
    detail : str
        The medians behind the value.
    """

    what: str
    value: float
    target: float | None = None
    at_least: bool = True
    unit: str = "x"
    detail: str = ""

    @property
    def kept(self) -> bool:
        """Tell whether the value is on the right side of its target."""
        if self.target is None:
            return True
        sign = 1 if self.at_least else -1
        return sign * self.value >= sign * self.target

    def cells(self) -> tuple[str, ...]:
        """Return the texts of the table's columns."""
        bound = "≥" if self.at_least else "≤"
        target = "" if self.target is None else f"{bound} {self.target:g} {self.unit}"
        mark = "" if self.target is None else ("yes" if self.kept else "**no**")
        return self.what, f"{self.value:.3g} {self.unit}", target, mark, self.detail


@dataclass(frozen=True)
class Scale:
    """How much work a run does: ``small`` only shows that everything runs."""

    small: bool = False
    repeats: int = 7
    earlier: str = "0ca9328"
    """The commit, or a folder with its package, that diagrams are timed beside."""

    def pick(self, full: int, small: int) -> int:
        """Return the first number, or the second at small scale."""
        return small if self.small else full


def interleaved(
    contenders: Mapping[str, Callable[[], float]], repeats: int
) -> dict[str, float]:
    """Return the median seconds of each contender, taking turns.

    A contender returns its own seconds. Each runs once before, untimed.
    """
    for run in contenders.values():
        run()
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(repeats):
        for name, run in contenders.items():
            seconds[name].append(run())
    return {name: statistics.median(values) for name, values in seconds.items()}


def clocked(function: Callable[[], object]) -> Callable[[], float]:
    """Return a contender that calls a function and returns the seconds it took."""

    def run() -> float:
        begin = time.perf_counter()
        function()
        return time.perf_counter() - begin

    return run


def detail(medians: Mapping[str, float]) -> str:
    """Return the medians as text."""
    return ", ".join(f"{name} {seconds:.3g} s" for name, seconds in medians.items())


def machine() -> str:
    """Return processor, cores and versions as a paragraph."""
    versions = [f"Python {platform.python_version()}"]
    for package in PACKAGES:
        try:
            versions.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            continue
    cores = len(os.sched_getaffinity(0))
    return f"{_processor()}, {cores} cores; {', '.join(versions)}."


def _processor() -> str:
    found = {}
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        found.setdefault(key.strip(), value.strip())
    name = found.get("model name", platform.machine())
    wide = "AVX-512" if "avx512f" in found.get("flags", "").split() else "no AVX-512"
    family = f"family {found.get('cpu family')}, model {found.get('model')}"
    return f"{name} ({family}, {wide})"


def table(rows: Iterable[Row]) -> str:
    """Return the rows as a Markdown table."""
    head = ("what", "measured", "target", "kept", "medians")
    lines = [head, tuple("---" for _ in head), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write(part: str, rows: Iterable[Row], command: str) -> None:
    """Put a part's table between its markers in the README."""
    begin, end = f"<!-- begin {part} -->", f"<!-- end {part} -->"
    before, _, rest = README.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    text = f"`{command}` on {machine()}\n\n{table(rows)}"
    README.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")
