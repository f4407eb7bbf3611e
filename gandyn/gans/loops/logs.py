"""Where a monitor's numbers go: a CSV file, TensorBoard, or any function of a dict."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gandyn._files import check_target

Log = Callable[[dict[str, float]], None]


def write_csv(path: str | Path, overwrite: bool = False) -> Log:
    """Return a log that adds a line to a CSV file for every block, at once.

    The columns are those of the first block and the metric's; what a later block lacks
    is left empty.

    Parameters
    ----------
    path : path
        Ending in ``.csv``.
    overwrite : bool

    Raises
    ------
    GandynError
        If the file exists and may not be overwritten, or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     log = write_csv(folder + "/run.csv")
    ...     log({"step": 20.0, "D/loss": 0.5})
    ...     print((Path(folder) / "run.csv").read_text())
    step,D/loss,metric
    20,0.5,
    """
    path = check_target(path, {".csv"}, overwrite)
    columns: list[str] = []

    def log(row: dict[str, float]) -> None:
        first = not columns
        if first:
            columns.extend(dict.fromkeys([*row, "metric"]))
        with path.open("w" if first else "a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            if first:
                writer.writerow(columns)
            writer.writerow(_cell(row.get(name)) for name in columns)

    return log


def write_scalars(writer: Any) -> Log:
    """Return a log that adds every number to TensorBoard.

    Parameters
    ----------
    writer : torch.utils.tensorboard.SummaryWriter
        Or whatever else has ``add_scalar(name, value, step)``.

    Examples
    --------
    >>> class Writer:
    ...     def add_scalar(self, name, value, step):
    ...         print(name, value, step)
    >>> write_scalars(Writer())({"step": 20.0, "D/loss": 0.5})
    D/loss 0.5 20
    """

    def log(row: dict[str, float]) -> None:
        for name, value in row.items():
            if name != "step":
                writer.add_scalar(name, value, int(row["step"]))

    return log


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.9g}"
