"""Results: frozen records that people can read and programs can store."""

from __future__ import annotations

import dataclasses
import html
import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, ClassVar, dataclass_transform

import numpy as np

_SHOWN = 4
"""Of a longer array a line shows the shape only: four complex numbers fill half."""


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
class Record:
    """Base of results: a frozen dataclass without further decoration.

    A subclass lists its fields as annotated attributes and names in `derived` the
    properties that belong to its plain form. Fields that begin with an underscore are
    its own business, and fields with ``repr=False`` are left out of the line that
    ``repr`` gives, not of the dictionary. Arrays named in `pairs` are complex in the
    dictionary also where all their numbers are real, and fields named in `omitted`,
    which other code goes on from, are not part of it. Two records are equal only if
    they are the same one, as arrays have no one answer; a class without arrays passes
    ``eq=True`` and is compared by its fields.

    Examples
    --------
    >>> class Growth(Record):
    ...     multiplier: complex
    ...     steps: int
    ...     derived = ("rate",)
    ...
    ...     @property
    ...     def rate(self) -> float:
    ...         return math.log(abs(self.multiplier))
    >>> Growth(1j, 3)
    Growth(multiplier=0+1j, steps=3)
    >>> Growth(1j, 3).as_dict()
    {'multiplier': [0.0, 1.0], 'steps': 3, 'rate': 0.0}
    """

    derived: ClassVar[tuple[str, ...]] = ()
    pairs: ClassVar[tuple[str, ...]] = ()
    omitted: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, eq: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        dataclasses.dataclass(frozen=True, repr=False, eq=eq)(cls)

    def as_dict(self) -> dict[str, Any]:
        """Return the record as what JSON holds.

        Complex numbers become ``[re, im]``, arrays lists, and numbers that are not
        finite None.
        """
        own = [
            name
            for name in _names(self)
            if not name.startswith("_") and name not in self.omitted
        ]
        found = {name: getattr(self, name) for name in [*own, *self.derived]}
        found |= {name: np.asarray(found[name], complex) for name in self.pairs}
        return {name: plain(value) for name, value in found.items()}

    def __repr__(self) -> str:
        parts = (f"{name}={_line(getattr(self, name))}" for name in _shown(self))
        return f"{type(self).__name__}({', '.join(parts)})"

    def _repr_html_(self) -> str:
        names = [*_shown(self), *self.derived]
        rows = ({"": name, " ": getattr(self, name)} for name in names)
        return html_table(list(rows), type(self).__name__)


def plain(value: Any) -> Any:
    """Return a value as what JSON holds: see `Record.as_dict`."""
    if hasattr(value, "as_dict"):
        return value.as_dict()
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, complex):
        return [plain(value.real), plain(value.imag)]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, int | float) else str(value)


def html_table(rows: list[dict[str, Any]], caption: str) -> str:
    """Return rows of the same columns as HTML, as notebooks and reports show them."""
    heads = "".join(f"<th>{html.escape(name)}</th>" for name in rows[0]) if rows else ""
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(_cell(v))}</td>" for v in row.values())
        + "</tr>"
        for row in rows
    )  # fmt: skip
    title = f"<caption>{html.escape(caption)}</caption>" if caption else ""
    return f"<table>{title}<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def _names(record: Record) -> list[str]:
    return [one.name for one in dataclasses.fields(record)]  # type: ignore[arg-type]


def _shown(record: Record) -> list[str]:
    found = dataclasses.fields(record)  # type: ignore[arg-type]
    return [one.name for one in found if one.repr and not one.name.startswith("_")]


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else _line(value)


def _line(value: Any) -> str:
    if hasattr(value, "tolist"):
        shape = tuple(value.shape)
        if math.prod(shape) > _SHOWN:
            return f"array{shape}"
        return _line(value.tolist())
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, complex):
        return f"{value:.6g}"
    if isinstance(value, list | tuple) and not hasattr(value, "_asdict"):
        if len(value) > _SHOWN or any(isinstance(one, Record) for one in value):
            return f"{len(value)} {_plural(value)}"
        return f"[{', '.join(_line(one) for one in value)}]"
    return repr(value)


def _plural(values: Any) -> str:
    kinds = {type(one) for one in values}
    return kinds.pop().__name__ if len(kinds) == 1 else "values"
