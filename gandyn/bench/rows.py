"""Rows of a benchmark: what they say, and how they are written and read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gandyn._files import atomic
from gandyn.bench.batches import RunOutcomes
from gandyn.bench.protocol import TARGETS
from gandyn.errors import MissingExtra

_FAILED = "failed"
"""The verdict of a solver that raised."""


def arrow() -> tuple[Any, Any]:
    """Return pyarrow and its Parquet module.

    Raises
    ------
    MissingExtra
        If pyarrow is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ModuleNotFoundError as error:
        raise MissingExtra("pyarrow", "bench") from error
    return pyarrow, pyarrow.parquet


def _schema() -> Any:
    """Return the columns of a result; a row is a run and a target."""
    pa, _ = arrow()
    word = pa.dictionary(pa.int32(), pa.string())
    return pa.schema(
        [
            ("problem", word),
            ("solver", word),
            ("setting", pa.int32()),
            ("hyperparameters", word),
            ("start", pa.int32()),
            ("seed", pa.int64()),
            ("target", pa.float64()),
            ("steps", pa.float64()),
            ("calls", pa.float64()),
            ("verdict", word),
            ("rate", pa.float64()),
            ("radius", pa.float64()),
            ("worst", pa.float64()),
            ("coverage", pa.float64()),
            ("wasserstein", pa.float64()),
            ("failure", word),
        ]
    )


def table_of(
    problem: str,
    solver: str,
    values: Mapping[str, np.ndarray],
    calls: int,
    found: RunOutcomes,
) -> Any:
    """Return the rows of one solver on one problem.

    Settings first, then replicates, then targets; ``calls`` are those of one step.
    """
    targets, count, replicates = found.steps.shape
    shape = (count, replicates, targets)
    setting, place, target = (index.ravel() for index in np.indices(shape))
    start, seed = np.array(found.replicates).T
    texts = [
        json.dumps({path: float(v[i]) for path, v in values.items()})
        for i in range(count)
    ]
    steps = np.moveaxis(found.steps, 0, -1).ravel()
    return _table(
        setting.size,
        problem=problem,
        solver=solver,
        setting=setting,
        hyperparameters=np.array(texts, dtype=object)[setting],
        start=start[place],
        seed=seed[place],
        target=np.array(TARGETS)[target],
        steps=steps,
        calls=np.where(
            np.isfinite(steps), np.nan_to_num(steps, posinf=0) * calls, np.inf
        ),
        verdict=found.verdict[setting, place],
        rate=found.rate[setting, place],
        radius=found.radius[setting],
        worst=found.worst[setting],
        coverage=_of_ends(found.coverage, setting, place),
        wasserstein=_of_ends(found.wasserstein, setting, place),
        failure="",
    )


def _of_ends(values: np.ndarray | None, setting: np.ndarray, place: np.ndarray) -> Any:
    return np.nan if values is None else values[setting, place]


def failed_table(problem: str, solver: str, failure: str) -> Any:
    """Return the rows of a solver that did not get through a problem."""
    return _table(
        len(TARGETS),
        problem=problem,
        solver=solver,
        setting=-1,
        hyperparameters="{}",
        start=-1,
        seed=-1,
        target=np.array(TARGETS),
        steps=np.inf,
        calls=np.inf,
        verdict=_FAILED,
        rate=np.nan,
        radius=np.nan,
        worst=np.nan,
        coverage=np.nan,
        wasserstein=np.nan,
        failure=failure,
    )


def _table(size: int, **columns: Any) -> Any:
    pa, _ = arrow()
    names = _schema()
    arrays = []
    for field in names:
        values = columns[field.name]
        if not isinstance(values, np.ndarray):
            values = np.full(
                size, values, dtype=object if isinstance(values, str) else None
            )
        if pa.types.is_dictionary(field.type):
            words = pa.array(values.tolist(), pa.string())
            arrays.append(words.dictionary_encode().cast(field.type))
        else:
            arrays.append(pa.array(values).cast(field.type))
    return pa.Table.from_arrays(arrays, schema=names)


def write_rows(path: Path, tables: Any) -> None:
    """Write tables as one Parquet file, a row group each, with checksums."""
    _, parquet = arrow()
    options = {"write_page_checksum": True, "compression": "zstd"}
    with (
        atomic(path) as draft,
        parquet.ParquetWriter(draft, _schema(), **options) as writer,
    ):
        for table in tables:
            writer.write_table(table, row_group_size=max(1, table.num_rows))


def read_rows(path: Path) -> tuple[list[Any], list[int]]:
    """Return the tables of a file's sound row groups, and the places of the damaged."""
    pa, parquet = arrow()
    tables, damaged = [], []
    with parquet.ParquetFile(path, page_checksum_verification=True) as file:
        for i in range(file.num_row_groups):
            try:
                tables.append(file.read_row_group(i))
            except (OSError, pa.ArrowException):
                damaged.append(i)
    return tables, damaged
