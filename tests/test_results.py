"""Results of every room: a line that people read and a form that JSON holds."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest

from gandyn import Axis, stability, sweep
from gandyn._records import Record
from gandyn.bench.ranking import Rank, RankTable
from gandyn.bench.uncertainty import Interval
from gandyn.dynamics.orbits import Orbit, simulate
from gandyn.games.dirac import R1, DiracGAN
from gandyn.rules import Alternating, Simultaneous
from gandyn.stability.equilibria.fixed_point_records import Equilibrium, Unresolved
from gandyn.testing import check_update_rule

GAME = DiracGAN(regulariser=R1(0.3))


def stored(record: Any) -> dict[str, Any]:
    found = record.as_dict()
    text = json.dumps(found, allow_nan=False)
    assert json.loads(text) == found
    return json.loads(text)  # type: ignore[no-any-return]


def test_bifurcations() -> None:
    found = stability.critical_learning_rates(Simultaneous(), GAME, "lr", 0.1, 5.0)
    assert repr(found[0]).startswith(
        "Bifurcation(kind='neimark-sacker', field='lr', value=1.2, bracket=["
    )
    assert "\n" not in repr(found[0])
    row = stored(found)["bifurcations"][0]
    assert row["multiplier"] == [found[0].multiplier.real, found[0].multiplier.imag]
    assert row["angle"] == found[0].angle
    assert stored(found)["known_to"] is None
    page = found._repr_html_()
    assert "<caption>1 bifurcations</caption>" in page
    assert "<td>neimark-sacker</td><td>1.2</td>" in page


def test_multipliers_are_pairs_also_where_all_are_real() -> None:
    point = Equilibrium(1.0, np.zeros(2), np.array([0.5, -0.25]), 0, 0)
    assert point.multipliers.dtype == float
    assert stored(point)["multipliers"] == [[0.5, 0.0], [-0.25, 0.0]]


def test_what_is_not_decided_gives_its_extent_alone() -> None:
    pieces = np.array([[[0.0], [1.0]], [[2.0], [3.0]]])
    found = stored(Unresolved(pieces, None))
    assert found == {"point": None, "extent": [3.0]}


def test_orbit() -> None:
    orbit = simulate(Simultaneous(lr=0.1), GAME, (0.1, 0.1), 20)
    assert "oracle_calls={" in repr(orbit)
    assert "array" not in repr(orbit)
    found = stored(orbit)
    assert found["rule"] == "Simultaneous(lr_x=0.1, lr_y=0.1)"
    assert len(found["x"]) == 21
    assert found["steps"] == 20
    assert found["residual"] is None
    assert dataclasses.replace(orbit, verdict="other").verdict == "other"
    assert f"<caption>{Orbit.__name__}</caption>" in orbit._repr_html_()


def test_linearisation() -> None:
    torch = pytest.importorskip("torch")
    from gandyn.gans import DiracGAN as MeasuredGAN
    from gandyn.gans.spectra.equilibria import Polished
    from gandyn.gans.spectra.linearisation import linearise

    zero = torch.zeros(1, dtype=torch.float64)
    found = linearise(MeasuredGAN().game(), zero, zero)
    assert isinstance(found, Record)
    assert np.array(stored(found)["J"]).shape == (2, 2)
    assert not any(name.startswith("_") for name in stored(found))
    end = Polished(zero, zero, np.inf, False, (1.0,), 0.0, 1)
    assert repr(end).startswith("Polished(residual=inf, converged=False, ")
    assert stored(end)["x"] == [0.0]


def test_laws() -> None:
    report = check_update_rule(Simultaneous(), laws=["identity"])
    again = check_update_rule(Simultaneous(), laws=["identity"])
    assert report == again
    found = stored(report)
    assert found["results"] == [one.as_dict() for one in report.results]
    assert found["results"][0]["outcome"] == "passed"


def test_rank_table() -> None:
    rows = [Rank("<Adam>", 1.5, 0.25, 0, Interval(1.0, 2.0), None)]
    table = RankTable("stochastic", ("a",), 2, 4, 0.5, rows)
    row = stored(table)["rows"][0]
    assert row["rank_interval"] == [1.0, 2.0]
    assert row["solved_interval"] is None
    assert "<td>1.00 to 2.00</td>" in table._repr_html_()
    assert "<Adam>" not in table._repr_html_()


def test_rules_and_games_in_a_notebook() -> None:
    page = GAME._repr_html_()
    assert "<caption>DiracGAN</caption>" in page
    assert "<td>regulariser</td><td>R1(gamma=0.3)</td>" in page


def test_sweep_in_a_notebook() -> None:
    axis = Axis(0.5, 2.5, 2)
    diagram = sweep(Alternating(), GAME, {"lr_x": axis, "lr_y": axis})
    counts = diagram.gandyn.counts()
    assert all(
        f"{word} {count}" in repr(diagram.gandyn) for word, count in counts.items()
    )
    word, count = next(iter(counts.items()))
    assert f"<td>{word}</td><td>{count}</td>" in diagram.gandyn._repr_html_()
