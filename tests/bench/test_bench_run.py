"""Running a benchmark: the same rows, killed and resumed, bad input."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("pyarrow")

from gandyn import bench
from gandyn.bench.problem import VERSION
from gandyn.bench.rows import read_rows
from gandyn.cli import main
from gandyn.errors import FieldError, GandynError, UnknownName

NAMES = ["Simultaneous", "Extragradient", "OptimisticGradient", "FollowTheRidge"]
PROBLEMS = ["bilinear-scalar", "bilinear-1e1"]
SMALL = {"settings": 24, "budget": 2000, "starts": 2}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench") / "result"
    return bench.run(bench.make_plan(PROBLEMS, NAMES, **SMALL), folder)


def command(*args: str, code: int = 0) -> Any:
    result = CliRunner().invoke(main, ["bench", *args])
    assert result.exit_code == code, result.output
    return result


def test_every_run_is_a_row(done: Path) -> None:
    tables, damaged = read_rows(done / "rows.parquet")
    assert not damaged
    whole = 24 * 2 * 8  # settings, starts, targets
    assert [t.num_rows for t in tables] == [whole, whole, whole, 8] * 2
    row = tables[1].slice(0, 1).to_pylist()[0]
    assert row["calls"] == 4 * row["steps"]
    assert json.loads(row["hyperparameters"]).keys() == {
        "lr_x", "lr_y", "ratio_x", "ratio_y",
    }  # fmt: skip


def test_twice_the_same_file(done: Path, tmp_path: Path) -> None:
    again = bench.run(bench.make_plan(PROBLEMS, NAMES, **SMALL), tmp_path / "again")
    for name in ("rows.parquet", "manifest.json"):
        assert (again / name).read_bytes() == (done / name).read_bytes()


def test_resumed_gives_the_same_file(done: Path, tmp_path: Path) -> None:
    plan = bench.make_plan(PROBLEMS, NAMES, **SMALL)

    def interrupt(count: int, total: int) -> None:
        if count == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.run(plan, tmp_path / "cut", progress=interrupt)
    partial = bench.load(tmp_path / "cut")
    assert partial.remark == "incomplete: 3 of 8 jobs"
    first = tmp_path / "cut" / "parts" / "000000.parquet"
    first.write_bytes(first.read_bytes()[:100])  # half written: run again
    bench.run(plan, tmp_path / "cut")
    assert not bench.load(tmp_path / "cut").remark
    rows = (tmp_path / "cut" / "rows.parquet").read_bytes()
    assert rows == (done / "rows.parquet").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2])
def test_killed_at_random_and_resumed_gives_the_same_file(
    done: Path, tmp_path: Path, processes: int
) -> None:
    rng = np.random.default_rng(processes)
    flags = [f"--{key}={value}" for key, value in SMALL.items()]
    folder = tmp_path / "killed"
    args = ["bench", "run", *PROBLEMS, *flags, "-o", str(folder)]
    args += [part for name in NAMES for part in ("--rule", name)]
    args += ["--processes", str(processes)]
    kills = 0
    while not (folder / "rows.parquet").exists():
        process = subprocess.Popen([sys.executable, "-m", "gandyn.cli", *args])
        try:
            process.wait(rng.uniform(0.7, 1.6) * (1 + kills / 2))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.wait()
    assert kills
    assert (folder / "rows.parquet").read_bytes() == (
        done / "rows.parquet"
    ).read_bytes()


def test_a_solver_that_raises_is_recorded(done: Path) -> None:
    failures = bench.load(done).failures()
    assert failures.keys() == {(problem, "FollowTheRidge") for problem in PROBLEMS}
    words = "FollowTheRidge is not defined on Bilinear: J_yy is singular"
    assert all(words in failure for failure in failures.values())


def test_a_damaged_row_group_is_left_out(done: Path, tmp_path: Path) -> None:
    import pyarrow.parquet as parquet

    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("rows.parquet", "manifest.json"):
        (copy / name).write_bytes((done / name).read_bytes())
    place = parquet.ParquetFile(done / "rows.parquet").metadata.row_group(1)
    chunk = place.column(8)  # calls
    begin = chunk.dictionary_page_offset or chunk.data_page_offset
    content = bytearray((copy / "rows.parquet").read_bytes())
    content[begin + chunk.total_compressed_size - 1] ^= 0xFF
    (copy / "rows.parquet").write_bytes(content)
    result = bench.load(copy)
    assert result.damaged == (1,)
    assert "1 row groups are damaged" in result.remark
    assert len(result.runs) == 7
    bench.ranks(result)  # of the problem that all have run


def test_reading(done: Path) -> None:
    result = bench.load(done)
    table = bench.ranks(result)
    assert table[-1].solver in ("Simultaneous", "FollowTheRidge")
    profile = bench.data_profile(result)
    assert (np.diff(profile.share, axis=1) >= 0).all()
    solved = {row.solver: row.solved for row in table}
    for name, share in zip(profile.solvers, profile.share[:, -1], strict=True):
        assert share == pytest.approx(solved[name])
    ratio = bench.performance_profile(result)
    assert ratio.at[0] == 1.0
    assert bench.robustness(result)["Simultaneous"] == 0.0
    rates = bench.rates(result)
    scalar = (rates.problem == "bilinear-scalar") & (rates.solver == "Extragradient")
    assert scalar.any()
    np.testing.assert_allclose(rates.measured[scalar], rates.exact[scalar], rtol=0.1)
    with pytest.raises(GandynError, match="no target"):
        bench.robustness(result, 0.3)
    data, best = bench.summary(result), result.best("bilinear-scalar", "Simultaneous")
    setting = result.runs["bilinear-scalar", "Simultaneous"].hyperparameters[best]
    tuned = data["tuned settings"]["bilinear-scalar"]
    assert tuned["Simultaneous"] == json.loads(setting)
    assert "FollowTheRidge" not in tuned  # it has failed
    assert data["origin"] == list(result.origin)


def test_the_summary_is_plain_data(done: Path) -> None:
    result = bench.load(done)
    found = json.loads(json.dumps(bench.summary(result), allow_nan=False))
    ends = found["endings"]["bilinear-scalar"]
    assert sum(ends.values()) == 4  # one start is reported, of four solvers
    assert ends["failed"] == 1
    assert found["step seconds"].keys() == set(NAMES[:3])
    assert all(0 < seconds < 1 for seconds in found["step seconds"].values())
    assert [row["solver"] for row in found["failures"]] == ["FollowTheRidge"] * 2
    assert found["tables"][0]["rows"][0]["solver"] in NAMES[1:3]


def test_one_setting_for_the_suite(done: Path) -> None:
    """It reaches no more targets than one for each problem, where both tune."""
    apart, one = bench.load(done), bench.load(done, "suite")
    for name in NAMES[:3]:
        settings = {one.best(problem, name) for problem in PROBLEMS}
        assert len(settings) == 1
        for problem in PROBLEMS:
            calls = one.runs[problem, name].calls[..., :1]  # the start that tunes
            best, other = apart.best(problem, name), settings.copy().pop()
            reached = np.isfinite(calls).sum(axis=(0, 2))
            assert reached[other] <= reached[best]
    assert np.isinf(one.reported(PROBLEMS[0], "FollowTheRidge")).all()
    assert bench.ranks(one)


def test_comparison(done: Path) -> None:
    result = bench.load(done)
    assert bench.compare(result, result) == []
    other = dict(result.manifest["protocol"], budget=1)
    changed = bench.Result({**result.manifest, "protocol": other}, result.runs, (), 8)
    with pytest.raises(GandynError, match="budget"):
        bench.compare(result, changed)
    pair = ("bilinear-scalar", "Extragradient")
    slower = {pair: replace(result.runs[pair], calls=result.runs[pair].calls * 2)}
    worse = bench.compare(result, bench.Result(result.manifest, slower, (), 8))
    assert worse
    assert all(change.is_worse for change in worse)


def test_another_version_or_plan_is_refused(done: Path, tmp_path: Path) -> None:
    with pytest.raises(GandynError, match="other solvers"):
        bench.run(bench.make_plan(PROBLEMS, NAMES[:1], **SMALL), done)
    manifest = json.loads((done / "manifest.json").read_text("utf-8"))
    manifest["suite"]["version"] = "0"
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(GandynError, match="version 0 of the suite"):
        bench.load(tmp_path)
    manifest["suite"]["version"] = VERSION
    manifest["contenders"] = manifest.pop("solvers")
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(GandynError, match="of an older form"):
        bench.load(tmp_path)
    with pytest.raises(GandynError, match="holds no result"):
        bench.load(tmp_path / "nothing")


def test_a_result_where_a_file_is_is_refused(tmp_path: Path) -> None:
    plan, file = bench.make_plan(PROBLEMS, NAMES[:1], **SMALL), tmp_path / "file"
    file.write_text("mine")
    for folder in (file, file / "result"):
        with pytest.raises(GandynError, match="cannot make"):
            bench.run(plan, folder)
    assert file.read_text() == "mine"


def test_unknown_names_are_met_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean bilinear-1e3"):
        bench.find_problems(["bilinear-1e33"])
    with pytest.raises(UnknownName, match="did you mean Extragradient"):
        bench.find_solvers(["Extragradiant"])
    with pytest.raises(FieldError, match="tuning must be"):
        bench.make_plan(tuning="lucky")


def test_fields_that_are_given_are_fixed_also_at_their_defaults() -> None:
    names = [
        "Extragradient(lr=0.1)",
        "Extragradient(ratio_x=1.0)",
        "Lookahead(HeavyBall(0.1))",
    ]
    found, _ = bench.find_solvers(names)
    one, two, nested = (found[name].ranges.keys() for name in names)
    assert one == {"ratio"}
    assert two == {"lr", "ratio_y"}
    assert nested == {"alpha", "inner.lr_y", "inner.beta"}


OWN = """
import gandyn
from gandyn.bench import Problem
from gandyn.games import Quadratic

PROBLEMS = (Problem("mine", Quadratic(0.5, 1.0, -0.5), "strongly monotone"),)

class Mine(gandyn.Rule):
    lr_x: float = 0.1
    lr_y: float = 0.1
    ranges = {"lr": (0.01, 1.0, "log")}

    def step(self, game, x, y, memory):
        return x - self.lr_x * game.gx(x, y), y - self.lr_y * game.gy(x, y), memory

class Broken(Mine):
    def step(self, game, x, y, memory):
        return x * float("nan"), y, memory
"""


def test_a_users_own_problem_and_solver(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(OWN, "utf-8")
    names = [f"{file}:Mine", f"{file}:Broken", "Simultaneous"]
    folder = bench.run(bench.make_plan([str(file)], names, **SMALL), tmp_path / "out")
    result = bench.load(folder)
    assert result.problems == ["mine"]
    broken = result.runs["mine", names[1]]
    assert np.isfinite(result.reported("mine", names[0])).all()
    assert (broken.verdict == "nan").all()
    assert np.isinf(broken.calls).all()


def test_an_optimizer_of_torch_plays_as_the_rule_does() -> None:
    pytest.importorskip("torch")
    from gandyn.bench.engines import run_solver

    problem = bench.find_problems(["monotone-0.5"])["monotone-0.5"]
    found, missing = bench.find_solvers(["torch.optim.SGD", "Simultaneous"])
    assert not missing
    values = {key: np.array([0.3]) for key in ("lr_x", "lr_y")}
    protocol = bench.Protocol(starts=1, budget=400)
    one, two = (run_solver(c, problem, values, protocol) for c in found.values())
    np.testing.assert_array_equal(one.steps, two.steps)
    np.testing.assert_array_equal(one.verdict, two.verdict)


def test_command_line(done: Path, tmp_path: Path) -> None:
    dry = command("run", "bilinear-scalar", "--rule", "Alternating", "--dry-run")
    assert "1 jobs, at most 128 runs and 256000 oracle calls" in dry.output
    assert re.search(r"about [\d.]+ (seconds|minutes) with one process", dry.output)
    command("run", "nonsense", "--dry-run", code=2)
    printed = command("report", str(done), "-o", str(tmp_path)).output
    assert "mean rank" in printed
    written = {p.stem for p in tmp_path.iterdir()}
    assert {"data-profile", "performance-profile", "rates", "report"} <= written
    same = json.loads(command("compare", str(done), str(done), "--json").stdout)
    assert same["changes"] == []


def test_a_solver_is_added_without_running_the_others_again(
    done: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "added"
    flags = [f"--{key}={value}" for key, value in SMALL.items()]
    args = ["run", *PROBLEMS, *flags, "-o", str(folder)]
    command(*args, *[part for name in NAMES[:-1] for part in ("--rule", name)])
    before = json.loads((folder / "times.json").read_text("utf-8"))
    command(*args, "--rule", NAMES[-1], "--add")
    assert (folder / "rows.parquet").read_bytes() == (
        done / "rows.parquet"
    ).read_bytes()
    after = json.loads((folder / "times.json").read_text("utf-8"))
    for problem, times in before.items():
        assert times.items() <= after[problem].items()  # kept, not measured again
    origin = json.loads((folder / "origin.json").read_text("utf-8"))
    assert [one["jobs"] for one in origin] == [6, 2]
    command(*args, "--rule", NAMES[-1], "--add")  # it is there: nothing to do
    assert len(json.loads((folder / "origin.json").read_text("utf-8"))) == 2


def test_what_is_added_must_fit_the_result(done: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(done, folder)
    flags = [f"--{key}={value}" for key, value in SMALL.items()]
    rule = ["--rule", "HeavyBall", "-o", str(folder), "--add"]
    message = command("run", *PROBLEMS, *rule, code=2).stderr
    assert "other protocol" in message
    message = command("run", PROBLEMS[0], *flags, *rule, code=2).stderr
    assert "other problems" in message
    rows = (folder / "rows.parquet").read_bytes()
    assert rows == (done / "rows.parquet").read_bytes()
    message = command("run", *PROBLEMS, *flags, *rule, "--overwrite", code=2).stderr
    assert "--add or --overwrite" in message
    message = command("run", *PROBLEMS, "--add", code=2).stderr
    assert "-o DIR" in message
