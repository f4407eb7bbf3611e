"""A benchmark's report: what its tables and pictures say, and that it refuses."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("pyarrow")

from gandyn import bench
from gandyn.bench import report
from gandyn.bench.profiles import weights
from gandyn.bench.sensitivities import tuned_solvers
from gandyn.cli import main
from gandyn.errors import GandynError, UnknownName

EVIL = "<script>alert(1)</script>$$x$$"
NAMES = ["Extragradient", "OptimisticGradient", "Adam", "FollowTheRidge", "Alternating"]
PROBLEMS = ["noisy-monotone", "bilinear-scalar", "monotone-0.5"]
SMALL = {"settings": 10, "budget": 600, "starts": 4, "seeds": 2}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench") / "result"
    return bench.run(bench.make_plan(PROBLEMS, NAMES, **SMALL), folder)


@pytest.fixture(scope="module")
def result(done: Path) -> bench.Result:
    return bench.load(done)


@pytest.fixture
def partial(result: bench.Result) -> bench.Result:
    runs = dict(result.runs)
    del runs["monotone-0.5", "Adam"]
    return replace(result, runs=runs)


@pytest.fixture
def hostile(result: bench.Result) -> bench.Result:
    """The same result, with one solver of an unfriendly name."""

    def renamed(name: str) -> str:
        return EVIL if name == "Extragradient" else name

    known = {renamed(k): v for k, v in result.manifest["solvers"].items()}
    return replace(
        result,
        manifest={**result.manifest, "solvers": known},
        runs={(p, renamed(name)): runs for (p, name), runs in result.runs.items()},
    )


def command(*args: str, code: int = 0) -> Any:
    answer = CliRunner().invoke(main, ["bench", "report", *args])
    assert answer.exit_code == code, answer.output
    return answer


def test_problems_count_alike(result: bench.Result) -> None:
    """Not their instances: the stochastic problem has twice as many."""
    own = [
        np.mean(np.isfinite(result.reported(problem, "Extragradient")))
        for problem in PROBLEMS
    ]
    (solved,) = (r.solved for r in bench.ranks(result) if r.solver == NAMES[0])
    assert solved == pytest.approx(np.mean(own), abs=1e-14)
    assert weights(np.array(["a", "b", "a"])).tolist() == [0.25, 0.5, 0.25]


def test_profile_steps_are_the_profile(result: bench.Result) -> None:
    profile = bench.data_profile(result)
    for i, name in enumerate(profile.solvers):
        at, share = profile.steps(name)
        place = np.searchsorted(at, profile.at, "right") - 1
        np.testing.assert_array_equal(share[place], profile.share[i])


def test_pair_is_counted_instance_by_instance(result: bench.Result) -> None:
    pair = ("Extragradient", "OptimisticGradient")
    won, equal = [0.0, 0.0], 0.0
    for problem in PROBLEMS:
        one, two = (result.reported(problem, name).ravel() for name in pair)
        each = 1 / len(PROBLEMS) / one.size
        won[0] += each * sum(a < b for a, b in zip(one, two, strict=True))
        won[1] += each * sum(a > b for a, b in zip(one, two, strict=True))
        equal += each * sum(a == b for a, b in zip(one, two, strict=True))
    share = bench.wins(result, pair).share
    assert [share[0, 1], share[1, 0]] == pytest.approx(won, abs=1e-14)
    assert share[0, 1] + share[1, 0] + equal == pytest.approx(1.0)
    profile = bench.performance_profile(result, pair)  # at ratio 1: the best of two
    at_one = profile.share[:, 0]
    both = np.sum(
        weights(result.settled().problem)
        * (result.settled().calls[0] == result.settled().calls[1])
        * np.isfinite(result.settled().calls[0])
    )
    assert at_one == pytest.approx([won[0] + both, won[1] + both], abs=1e-14)


def test_worst_case_is_beside_the_exact_rate(result: bench.Result) -> None:
    found = bench.rates(result)
    both = np.isfinite(found.exact) & np.isfinite(found.worst)
    assert both.any()
    assert (found.exact[both] <= found.worst[both] + 1e-9).all()
    figure = report.rates_against_theory(result).figure
    assert ["worst case" in ax.get_xlabel() for ax in figure.axes] == [False, True]


def test_sensitivity_is_read_from_the_runs(result: bench.Result) -> None:
    found = bench.sensitivity(result, "Adam", 1e-2)
    runs = result.runs["bilinear-scalar", "Adam"]
    row = found.share[found.problems.index("bilinear-scalar")]
    np.testing.assert_array_equal(row, np.isfinite(runs.calls[1]).mean(axis=-1))
    lr = found.fields[0]
    values = [json.loads(text)["lr_x"] for text in runs.hyperparameters]
    assert lr.name == "lr"
    np.testing.assert_array_equal(lr.values, values)
    np.testing.assert_allclose(lr.range.at(lr.unit), values)
    assert (found.share[found.problems.index("monotone-0.5")] <= 1).all()
    with pytest.raises(GandynError, match="no target"):
        bench.sensitivity(result, "Adam", 0.3)
    with pytest.raises(GandynError, match="several settings"):
        bench.sensitivity(result, "Nobody")


def test_a_solver_that_raised_reached_nothing_there(result: bench.Result) -> None:
    found = bench.sensitivity(result, "FollowTheRidge")
    assert not found.share[found.problems.index("bilinear-scalar")].any()
    (failed,) = {row.failed for row in bench.ranks(result) if row.failed}
    assert failed == 1


def drawers() -> list[Callable[[bench.Result], Any]]:
    return [
        report.calls_profile,
        report.ratio_profile,
        lambda result: report.pair_profile(result, "Adam", "Extragradient"),
        report.pair_matrix,
        report.improvement_bars,
        report.rates_against_theory,
        report.robustness_bars,
        lambda result: report.sensitivity_map(result, "Adam"),
        lambda result: report.sensitivity_map(result, "Extragradient"),
        lambda result: report.sensitivity_map(result, "FollowTheRidge"),
    ]


@pytest.mark.parametrize("place", range(len(drawers())))
def test_titles_say_the_terms_and_what_is_missing(
    result: bench.Result, partial: bench.Result, place: int
) -> None:
    def words(of: bench.Result) -> str:
        return drawers()[place](of).figure.get_suptitle().replace("\n", " ")

    assert "10 settings" in words(result)
    assert "INCOMPLETE" not in words(result)
    told = words(partial)
    assert "INCOMPLETE: incomplete: 14 of 15 jobs; read are the 2 of 3 problems" in told


def test_statistics_of_an_incomplete_result(partial: bench.Result) -> None:
    assert partial.covered == PROBLEMS[:2]
    assert "2 of 3 problems" in partial.caveat
    shares = bench.robustness(partial)
    runs = partial.runs
    known = [
        np.isfinite(runs[p, "Alternating"].calls[3]).all(axis=-1).mean()
        for p in PROBLEMS[:2]
    ]
    assert shares["Alternating"] == pytest.approx(np.mean(known))
    none = replace(partial, runs={k: v for k, v in runs.items() if k[1] != "Adam"})
    for read in (bench.ranks, bench.rank_tables, bench.robustness, bench.wins):
        with pytest.raises(GandynError, match="no problem has been run by all"):
            read(none)


def test_matrix_and_tiles_show_their_numbers(result: bench.Result) -> None:
    ax = report.pair_matrix(result, NAMES[:2]).figure.axes[0]
    share = bench.wins(result, NAMES[:2]).share
    shown = [text.get_text() for text in ax.texts]
    assert shown == [f"{100 * share[0, 1]:.0f}", f"{100 * share[1, 0]:.0f}"]
    tiles = report.sensitivity_map(result, "Extragradient").figure.axes[0]
    (mesh,) = tiles.collections
    told = bench.sensitivity(result, "Extragradient").share.mean(axis=0)
    assert set(np.unique(mesh.get_array())) <= set(told)  # nothing in between


def test_many_solvers_are_few_lines(result: bench.Result) -> None:
    (legend,) = report.calls_profile(result, ["Adam"]).figure.legends
    labels = [text.get_text() for text in legend.get_texts()]
    assert labels == ["Adam", "4 others"]
    with pytest.raises(UnknownName, match="did you mean Adam"):
        report.calls_profile(result, ["Adm"])


def test_names_of_files(hostile: bench.Result, result: bench.Result) -> None:
    names = set(report.pictures(result, (), [("Adam", "Alternating")]))
    assert {"pairs", "improvement", "pair-Adam-Alternating"} <= names
    assert {n.split("/")[1] for n in names if "/" in n} == set(NAMES)
    assert set(tuned_solvers(hostile)) == {EVIL, *NAMES[1:]}
    for name in report.pictures(hostile, (), [(EVIL, "Adam")]):
        assert re.fullmatch(r"(sensitivity/)?[\w-]+", name)


def page_of(result: bench.Result, folder: Path) -> str:
    made = {name: make() for name, make in report.pictures(result).items()}
    return report.write_page(result, made, folder / "report.html").read_text("utf-8")


def test_page_is_self_contained_and_harmless(
    hostile: bench.Result, tmp_path: Path
) -> None:
    page = page_of(hostile, tmp_path)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-eval" not in policy[1]
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)
    assert script
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in policy[1]
    assert not re.search(r"<script(?!>| type=\"application/json\">)", page)
    assert len(page) > 50_000
    assert not re.search(r'(src|href)="(?!#|data:)|https?://|<link|@import', page)
    assert EVIL not in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "J_yy is singular" in page
    assert "Incomplete" not in page


def test_page_says_what_is_missing(partial: bench.Result, tmp_path: Path) -> None:
    page = page_of(partial, tmp_path)
    assert "incomplete: 14 of 15 jobs; read are the 2 of 3 problems" in page


def test_page_says_command_date_machine_and_settings(
    result: bench.Result, tmp_path: Path
) -> None:
    page, (origin,) = page_of(result, tmp_path), result.origin
    assert html.escape(origin["command"]) in page
    assert origin["command"].startswith("gandyn bench run noisy-monotone")
    assert "--settings 10 --starts 4 --seeds 2 --budget 600" not in origin["command"]
    assert {"--settings 10", "--seeds 2", "--budget 600"} <= {
        " ".join(pair) for pair in pairwise(origin["command"].split())
    }
    assert f"from {origin['began']} UTC on; {origin['machine']}" in page
    setting = result.runs["bilinear-scalar", "Adam"].hyperparameters[
        result.best("bilinear-scalar", "Adam")
    ]
    told = ", ".join(f"{k} = {v:.4g}" for k, v in json.loads(setting).items())
    assert told in page


def test_page_fits_a_phone(result: bench.Result, tmp_path: Path) -> None:
    page = page_of(result, tmp_path)
    assert 'content="width=device-width' in page
    assert not re.search(r"<svg[^>]* (width|height)=", page)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style
    assert not re.search(r"(?<!max-)width: *\d{3,}(px|pt)", style[1])


@pytest.mark.parametrize("place", range(len(drawers())))
def test_pictures_are_drawn_from_their_tables(result: bench.Result, place: int) -> None:
    """Columns of one length, which the panels name; the page has the same numbers."""
    picture = drawers()[place](result)
    sizes = {len(column) for column in picture.table.values()}
    assert len(sizes) == 1
    svg, data = picture.embedded("some.name")
    assert list(data["columns"]) == list(picture.table)
    assert not re.search(r' id="(?!some\.name\.)', svg)
    for panel, told in zip(picture.panels, data["panels"], strict=True):
        assert {panel.x, panel.y, panel.series} - {""} <= picture.table.keys()
        left, top, width, height = told["box"]
        assert 0 < left < left + width <= 72 * picture.size[0]
        assert 0 < top < top + height <= 72 * picture.size[1]
    for name, column in picture.table.items():
        told = data["columns"][name]
        if "levels" in told:
            words = [told["levels"][code] for code in told["codes"]]
            assert words == column.tolist()
        else:
            got = np.array(told["values"], dtype=float)
            finite = np.isfinite(column)
            np.testing.assert_allclose(got[finite], column[finite], rtol=1e-3)
            assert not np.isfinite(got[~finite]).any()


def test_tables_hold_the_numbers_of_the_result(result: bench.Result) -> None:
    profile = bench.data_profile(result)
    table = report.calls_profile(result).table
    own = table["solver"] == "Adam"
    at, share = profile.steps("Adam")
    np.testing.assert_array_equal(table["oracle calls"][own][:-1], np.maximum(at, 1))
    np.testing.assert_array_equal(table["share of instances solved"][own][:-1], share)
    matrix = report.pair_matrix(result, NAMES).table
    won = matrix["fewer calls in % of instances"].reshape(5, 5) / 100
    away = ~np.eye(5, dtype=bool)
    np.testing.assert_allclose(won[away], bench.wins(result, NAMES).share[away])
    bars = report.robustness_bars(result).table
    shares = dict(zip(bars["solver"], bars["share of settings"], strict=True))
    assert shares == bench.robustness(result)


def test_network_gans_have_a_table(result: bench.Result, tmp_path: Path) -> None:
    from gandyn.bench.summary import generated

    assert generated(result) == []
    pair = ("monotone-0.5", "Adam")
    runs = result.runs[pair]
    coverage = np.arange(40.0).reshape(10, 4) / 100
    distance = coverage + 1
    distance[:, 3] = np.inf
    changed = replace(runs, coverage=coverage, wasserstein=distance)
    (row,) = generated(replace(result, runs={**result.runs, pair: changed}))
    best = result.best(*pair)
    assert (row.problem, row.solver) == pair
    assert row.coverage == coverage[best, 2]  # start 2; start 3 did not end
    assert (row.wasserstein, row.ended, row.runs) == (1 + row.coverage, 1, 2)


def test_command_line(done: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    args = [str(done), "-o", str(folder), "--rule", "Adam", "--rule",
            "Alternating", "--pair", "Adam", "Alternating"]  # fmt: skip
    printed = command(*args).output
    assert "Deterministic problems: 2 of 2" in printed
    assert "Stochastic problems: 1 of 1" in printed
    assert re.search(r"FollowTheRidge .*failed on 1 problems", printed)
    written = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    assert written == {
        "data-profile.png", "performance-profile.png", "rates.png", "robustness.png",
        "pairs.png", "improvement.png", "pair-Adam-Alternating.png", "report.html",
        "summary.json",
        "sensitivity/Adam.png", "sensitivity/Alternating.png",
    }  # fmt: skip
    (folder / "rates.png").write_bytes(b"mine")
    (folder / "pairs.png").unlink()
    assert "--overwrite" in command(*args, code=2).output
    assert not (folder / "pairs.png").exists()  # nothing is written
    found = json.loads(command(*args, "--overwrite", "--json").stdout)
    assert (folder / "rates.png").read_bytes() != b"mine"
    kinds = {table["kind"]: table for table in found["tables"]}
    assert kinds["deterministic"]["rows"][0]["rank_interval"] is None
    assert len(kinds["stochastic"]["rows"][0]["rank_interval"]) == 2
    assert found["failures"][0]["solver"] == "FollowTheRidge"
    assert len(found["written"]) == 11
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    assert summary["tables"] == found["tables"]
    assert "did you mean" in command(str(done), "--pair", "Adam", "Adm", code=2).output


def test_pictures_in_another_format(result: bench.Result, tmp_path: Path) -> None:
    done = report.write_report(result, tmp_path, suffix="svg", solvers=["Adam"])
    assert [p.name for p in done.paths] == [
        "data-profile.svg", "performance-profile.svg", "rates.svg", "robustness.svg",
        "Adam.svg", "summary.json", "report.html",
    ]  # fmt: skip
    assert all(path.exists() for path in done.paths)


def test_results_and_tables_are_short_to_read(
    result: bench.Result, partial: bench.Result
) -> None:
    plan = bench.make_plan(PROBLEMS, NAMES, **SMALL)
    assert repr(plan) == f"<Plan: {result.origin[0]['command']}>"
    words = "3 problems, 5 solvers; random tuning per problem, 10 settings"
    assert repr(result).startswith(f"<Result: {words}")
    assert "incomplete: 14 of 15 jobs" in repr(partial)
    runs = result.runs["noisy-monotone", "Adam"]
    assert repr(runs) == "<Runs: 10 settings x 8 replicates>"
    stochastic = bench.rank_tables(result)[1]
    best = stochastic.rows[0]
    assert f"best: {best.solver} {best.rank:.2f}" in repr(stochastic)
    page = stochastic._repr_html_()
    assert page.count("<tr>") == 1 + len(NAMES)
    assert best.rank_interval
    assert "{:.2f} to {:.2f}".format(*best.rank_interval) in page


def test_a_name_in_a_table_is_no_markup(hostile: bench.Result) -> None:
    (page, *_) = (table._repr_html_() for table in bench.rank_tables(hostile))
    assert EVIL not in page
    assert "&lt;script&gt;" in page
