"""Records: one plain form, one line, one table."""

import json
import math
from fractions import Fraction

import numpy as np
import pytest

from gandyn._records import Record, html_table, plain


class Inner(Record):
    value: float


class Outer(Record):
    name: str
    inner: Inner
    states: np.ndarray
    many: tuple[Inner, ...] = ()
    _own: object = None

    derived = ("double",)

    @property
    def double(self) -> float:
        return 2 * self.inner.value


@pytest.fixture
def record():
    inner = Inner(math.inf)
    return Outer("<b>", inner, np.array([[1 + 2j, np.nan]]), (inner,), object())


def test_plain_form_is_json(record):
    found = record.as_dict()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found == {
        "name": "<b>",
        "inner": {"value": None},
        "states": [[[1.0, 2.0], [None, 0.0]]],
        "many": [{"value": None}],
        "double": None,
    }


def test_records_are_frozen(record):
    with pytest.raises(AttributeError):
        record.name = "other"


def test_line_says_shapes_and_counts(record):
    line = repr(Outer("a", Inner(0.1), np.zeros((5, 2)), (Inner(1.0), Inner(2.0))))
    assert line == (
        "Outer(name='a', inner=Inner(value=0.1), states=array(5, 2), many=2 Inner)"
    )
    assert "_own" not in repr(record)


def test_tables_escape_their_cells(record):
    assert "<b>" not in record._repr_html_()
    assert "&lt;b&gt;" in record._repr_html_()
    assert html_table([], "nothing") == (
        "<table><caption>nothing</caption><thead><tr></tr></thead><tbody></tbody>"
        "</table>"
    )


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (np.float32(0.5), 0.5),
        (np.True_, True),
        (Fraction(1, 3), "1/3"),
        ({1: -math.inf}, {"1": None}),
        (complex(math.nan, 1), [None, 1.0]),
        (None, None),
    ],
)
def test_plain_values(value, wanted):
    assert plain(value) == wanted
