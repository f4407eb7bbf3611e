"""The tables of rules and games: complete, and true of what they list."""

from __future__ import annotations

import importlib
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from gandyn._node import find_member, replace, resolve
from gandyn.catalogue import (
    HEADINGS,
    bilinear_stability,
    citations,
    game_table,
    rule_table,
)
from gandyn.dynamics import multipliers
from gandyn.games import CATALOGUE as GAMES
from gandyn.games import Bilinear, Game
from gandyn.rules import CATALOGUE as RULES
from gandyn.rules import Alternating, Consensus, Extragradient, HeavyBall, Rule

RULE_ROWS = {row.name: row for row in rule_table()}
GAME_ROWS = {row.name: row for row in game_table()}


@pytest.mark.parametrize(
    ("rows", "catalogue"), [(RULE_ROWS, RULES), (GAME_ROWS, GAMES)]
)
def test_every_entry_has_a_row_without_gaps(rows: Any, catalogue: Any) -> None:
    assert list(rows) == list(catalogue)
    for row in rows.values():
        assert set(row._fields) <= set(HEADINGS)
        gaps = [name for name, text in row._asdict().items() if not text]
        assert set(gaps) <= {"aliases"}, row.name
        assert row.aliases == ", ".join(catalogue[row.name].aliases)


@pytest.mark.parametrize("name", list(RULES))
def test_order_and_linearity_agree_with_the_traits(name: str) -> None:
    row, rule = RULE_ROWS[name], RULES[name]()
    assert (row.order != "first") == rule.second_order
    assert (row.linear == "yes") == rule.linear
    assert row.bilinear != "changes with time" or not rule.autonomous


CALLS = {
    "Simultaneous": ("1 gx, 1 gy", "none", "first"),
    "Extragradient": ("2 gx, 2 gy", "none", "first"),
    "PastExtragradient": ("1 gx, 1 gy", "1 (x, y)", "first"),
    "OptimisticGradient": ("1 gx, 1 gy", "1 (x, y)", "first"),
    "Adam": ("1 gx, 1 gy", "2 (x, y), 4 numbers", "first"),
    "Lookahead": ("5 gx, 5 gy", "none", "first"),
    "AlexGDA": ("1 gx, 1 gy", "1 y", "first"),
    "Consensus": ("1 gx, 1 gy, 1 vjp", "none", "second"),
    "CompetitiveGradientDescent": ("1 gx, 1 gy, 1 jacobian", "none", "second"),
    "ProximalPoint": ("9 gx, 9 gy, 8 solve", "none", "implicit"),
    "RungeKutta4": ("4 gx, 4 gy", "none", "first"),
}


@pytest.mark.parametrize("name", list(CALLS))
def test_calls_and_memory(name: str) -> None:
    row = RULE_ROWS[name]
    assert (row.calls, row.memory, row.order) == CALLS[name]


def _lookahead_edge() -> float:
    """|1 - α + α (1 + i q)ᵏ| = 1 for k = 5, α = ½."""
    return brentq(lambda q: abs(0.5 + 0.5 * (1 + 1j * q) ** 5) - 1, 0.3, 1.5)


EDGES = {
    "Alternating": 2.0,
    "Extragradient": 1.0,
    "AlternatingExtragradient": 1.0,
    "PastExtragradient": 3**-0.5,
    "OptimisticGradient": 3**-0.5,
    "AlternatingOptimisticGradient": 2 / 3,
    "NegativeMomentum": 1.0,
    "Lookahead": _lookahead_edge(),
    "Consensus": 1.0,
    "HamiltonianGradientDescent": 2**0.5 * 2**0.5,
    "SymplecticGradientAdjustment": 1.0,
    "LookAheadPlay": 1.0,
    "LOLA": 0.75**0.5,
    "ChambollePock": (4 / 3) ** 0.5,
    "RungeKutta4": 8**0.5,
}


@pytest.mark.parametrize("name", list(EDGES))
def test_edges_of_stability_are_the_closed_forms(name: str) -> None:
    word = "neutral" if name == "Alternating" else "stable"
    assert RULE_ROWS[name].bilinear == f"{word} < {EDGES[name]:.6g}"


@pytest.mark.parametrize(
    "name", [name for name, cls in RULES.items() if cls().linear and cls().autonomous]
)
def test_stability_is_that_of_the_multipliers(name: str) -> None:
    """Rates off the scan's grid, on either side of what the table says."""
    rule, text = RULES[name](), RULE_ROWS[name].bilinear
    if text.startswith("not defined"):
        return
    limit = {"never": 0.0, "stable always": np.inf}.get(text)
    limit = float(text.rpartition("< ")[2]) if limit is None else limit
    for rate in (0.0543, 0.321, 0.99 * limit, 1.01 * limit, 2.34, 56.7):
        if 0 < rate < np.inf:
            played = replace(rule, dict.fromkeys(resolve(rule, "lr"), rate))
            radius = abs(multipliers(played, Bilinear(1.0))[0])
            if text.startswith("neutral") and rate < limit:
                assert radius == pytest.approx(1.0, abs=1e-12)
            else:
                assert (radius < 1) == (rate < limit), rate


def test_stability_in_words() -> None:
    assert bilinear_stability(Consensus(gamma=0.3)) == f"stable < {0.6 / 1.09:.6g}"
    assert bilinear_stability(HeavyBall(beta_x=-0.3, beta_y=-0.3)) == "never"
    assert bilinear_stability(Alternating(k_y=2)).startswith("neutral < ")
    assert bilinear_stability(Extragradient(ratio_x=3.0, ratio_y=3.0)) == (
        f"stable < {1 / 3 * 5**0.5:.6g}"
    )


USUAL = {
    "GDA": "Simultaneous", "SimGDA": "Simultaneous", "TTUR": "Simultaneous",
    "AltGDA": "Alternating", "EG": "Extragradient", "AltEG": "AlternatingExtragradient",
    "PEG": "PastExtragradient", "Popov": "PastExtragradient",
    "OGDA": "OptimisticGradient", "OMD": "OptimisticGradient",
    "AltOGDA": "AlternatingOptimisticGradient", "Polyak": "HeavyBall",
    "momentum": "HeavyBall", "NAG": "Nesterov", "CM": "ComplexMomentum",
    "PPM": "ProximalPoint", "CO": "Consensus", "ConOpt": "Consensus",
    "HGD": "HamiltonianGradientDescent", "SGA": "SymplecticGradientAdjustment",
    "SGA-align": "AlignedSymplecticGradientAdjustment", "LOLA": "LOLA",
    "SOS": "StableOpponentShaping", "JARE": "JacobianRegularisation",
    "CGD": "CompetitiveGradientDescent", "FTR": "FollowTheRidge",
    "EAG-C": "ExtraAnchoredGradientC", "EAG-V": "ExtraAnchoredGradientV",
    "FEG": "FastExtragradient", "PDHG": "ChambollePock", "Alex-GDA": "AlexGDA",
    "extra-adam": "ExtraAdam", "OAdam": "OptimisticAdam", "AltAdam": "AlternatingAdam",
    "RK2": "RungeKutta2", "RK4": "RungeKutta4", "ODE-GAN": "RungeKutta4",
    "EMA": "ExponentialAverage", "LA": "Lookahead", "weight clipping": "Projected",
}  # fmt: skip
USUAL_GAMES = {
    "dirac": "DiracGAN", "LQ GAN": "LQGAN", "covariance GAN": "CovarianceGAN",
    "mean-shift GAN": "MeanGAN", "instance noise": "NoisyDiracGAN",
    "Hsieh": "AlmostBilinear", "Grimmer": "GrimmerQuartic", "market": "LetcherMarket",
    "torus": "TorusGame", "hidden bilinear": "HiddenBilinear",
    "linearised GAN": "LinearGame", "weight clipping": "ClippedDiracGAN",
}  # fmt: skip


@pytest.mark.parametrize(("family", "names"), [(Rule, USUAL), (Game, USUAL_GAMES)])
def test_usual_names_are_known(family: Any, names: dict[str, str]) -> None:
    found = {name: find_member(family, name).__name__ for name in names}
    assert found == names


def test_citations_are_authors_and_years() -> None:
    assert citations(RULES["Simultaneous"]) == [
        "Mescheder, Nowozin, Geiger 2017",
        "Zhang, Yu 2020",
    ]
    assert citations(GAMES["LetcherMarket"]) == ["Letcher 2021"]
    assert citations(GAMES["CovarianceGAN"]) == ["Daskalakis et al. 2018"]
    assert citations(int) == []


def test_the_docs_have_the_same_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "docs"))
    tables, bars = (importlib.import_module(name) for name in ("tables", "bars"))
    page = tables.catalogue_page()
    for row in (*RULE_ROWS.values(), *GAME_ROWS.values()):
        entry = page[page.index(f".{row.name}`\n") :].partition("   * - ")[0]
        cells = [line.strip(" -") for line in entry.split("\n")[1 : len(row)]]
        assert cells == [bars.escape_bars(text).strip(" -") for text in row[1:]]


SIGNS = {
    "every orbit": "0",
    "1 stable": "+-",
    "1 unstable inside 1 stable": "-+-",
    "none": "-",
    "a family around (π, 0)": "0",
    "a family around the first": "0",
}
"""How orbits from growing distances come back: farther out, as far, or nearer."""
DISTANCES = (0.05, 0.15, 0.3, 0.6, 0.9, 1.1, 1.3, 1.6, 2.2, 3.0)
CLOSED = 1e-6
"""Relative change of a distance after a turn that counts as none."""


def _after_a_turn(game: Any, centre: Any, distance: float) -> float:
    """Return the log ratio of distances on a ray after one turn of the flow."""
    x0, y0 = centre

    def motion(_: float, z: Any) -> Any:
        return [-game.gx(z[0], z[1]), -game.gy(z[0], z[1])]

    def crossing(_: float, z: Any) -> float:
        return z[1] - y0

    start = [x0 + distance, y0]
    crossing.direction = math.copysign(1, motion(0, start)[1])  # type: ignore[attr-defined]
    options = {"rtol": 1e-10, "atol": 1e-13, "method": "DOP853"}
    time = 4.0
    while time < 5000:
        run = solve_ivp(motion, (0, time), start, events=crossing, **options)
        back = [z[0] - x0 for z in run.y_events[0] if z[0] - x0 > 1e-3 * distance]
        back = back[1:] if back and abs(run.t_events[0][0]) < 1e-9 else back
        if back:
            return math.log(back[0] / distance)
        time *= 4
    return math.nan


@pytest.mark.parametrize(
    "name",
    [n for n, cls in GAMES.items() if cls.cycles in SIGNS and not cls().shape[0]],
)
def test_cycles_of_the_flow(name: str) -> None:
    game: Any = GAMES[name]()
    centre = (math.pi, 0.0) if "π" in game.cycles else game.equilibria()[0]
    far = 0.5 if game.cycles.startswith("a family") else DISTANCES[-1]
    far = 0.95 if name == "LQGAN" else far
    logs = [_after_a_turn(game, centre, d) for d in DISTANCES if d <= far]
    signs = ["0" if abs(c) < CLOSED else "+-"[c < 0] for c in logs]
    runs = "".join(s for i, s in enumerate(signs) if i == 0 or s != signs[i - 1])
    assert runs == SIGNS[game.cycles], logs
