"""``gandyn claims``: the list, a run into a folder, one claim, a user's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gandyn.claims import CLAIMS, Outcome, last_run, run
from gandyn.claims._run import LAST_RUN
from gandyn.cli import main

FAST = "curved_manifold"
OWN = '''
"""Doubling is multiplication by two."""

import dataclasses

from gandyn.claims import Claim, Quantity


def twice(x):
    return 2 * x


def sums(x):
    return x + x


def wrong(x):
    return 2 * x + 1e-3


def broken(x):
    raise RuntimeError("no number today")


def figure(ax):
    ax.plot([0, 1], [0, 2], "C1o")


def claim(measure, **more):
    points = ({"x": 1.0}, {"x": 3.0})
    one = Quantity("double", twice, measure, "exact", 1e-9, "rounding", points, **more)
    return Claim("Doubling", "It doubles.", "derived here", (one,), figure)


TRUE, FALSE, BROKEN = claim(sums), claim(wrong), claim(broken)
SLOW = claim(sums, slow=True)
UNDRAWN = dataclasses.replace(TRUE, figure=broken)
'''


@pytest.fixture
def own(tmp_path: Path) -> str:
    path = tmp_path / "own.py"
    path.write_text(OWN, "utf-8")
    return str(path)


def claims(*args: str, code: int = 0) -> Any:
    result = CliRunner().invoke(main, ["claims", *args])
    assert result.exit_code == code, result.output
    return result


def test_the_list_has_every_claim_with_its_state() -> None:
    lines = claims().stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(CLAIMS)
    rows = json.loads(claims("--json").stdout)["claims"]
    assert list(rows) == list(CLAIMS)
    assert rows[FAST]["kinds"] == ["exact", "asymptotic"]
    assert rows[FAST]["state"] == last_run(CLAIMS)[FAST].describe()


def test_a_run_into_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    found = json.loads(claims("run", FAST, "-o", str(folder), "--json").stdout)
    assert found["holds"] is True
    assert found["written"] == [str(folder / f) for f in ("claims.json", f"{FAST}.png")]
    assert sorted(path.name for path in folder.iterdir()) == [
        "claims.json",
        f"{FAST}.png",
    ]
    stored = json.loads((folder / "claims.json").read_text("utf-8"))
    assert stored["command"] == f"gandyn claims run {FAST} -o {folder} --json"
    assert {"gandyn", "numpy", "python"} <= set(stored["versions"])
    assert stored["claims"] == found["claims"]
    checks = stored["claims"][FAST]["checks"]
    assert len(checks) == sum(len(one.points) for one in CLAIMS[FAST].quantities)
    for check in checks:
        assert check["holds"] is True
        assert abs(check["predicted"] - check["measured"]) <= check["allowed"]


def test_outputs_are_replaced_only_if_it_is_said(own: str, tmp_path: Path) -> None:
    args = ("run", f"{own}:TRUE", "-o", str(tmp_path / "out"))
    assert "holds: 2 of 2 points" in claims(*args).stdout
    before = (tmp_path / "out" / "claims.json").read_bytes()
    refused = claims("run", f"{own}:TRUE", "-o", str(tmp_path / "out"), code=2)
    assert "claims.json exists" in refused.stderr
    assert (tmp_path / "out" / "claims.json").read_bytes() == before
    claims(*args, "--overwrite")


def test_a_false_claim_is_exit_code_1_with_the_points(own: str) -> None:
    result = claims("run", f"{own}:FALSE", FAST, code=1)
    assert "own.FALSE: double at x=1.0: predicted 2, measured 2.001" in result.stdout
    assert "2 claims: 1 hold, 1 fail" in result.stdout
    found = json.loads(claims("run", f"{own}:FALSE", "--json", code=1).stdout)
    assert found["claims"]["own.FALSE"]["state"] == "fails"


def test_a_claim_that_raises_fails_and_the_others_are_run(own: str) -> None:
    result = claims("run", f"{own}:BROKEN", f"{own}:TRUE", code=1)
    assert "own.BROKEN: double at {'x': 1.0}: RuntimeError: no number" in result.stdout
    assert "own.TRUE    holds: 2 of 2 points" in result.stdout


def test_a_figure_that_raises_leaves_the_numbers(own: str, tmp_path: Path) -> None:
    result = claims("run", f"{own}:UNDRAWN", "-o", str(tmp_path / "out"), code=3)
    assert "cannot draw own.UNDRAWN: RuntimeError: no number today" in result.stderr
    assert (tmp_path / "out" / "claims.json").exists()


def test_slow_quantities_are_asked_for(own: str) -> None:
    assert "own.SLOW  not run" in claims("run", f"{own}:SLOW").stdout
    result = claims("run", f"{own}:SLOW", "--slow")
    assert "own.SLOW  holds: 2 of 2 points" in result.stdout


def test_one_claim_is_shown(own: str) -> None:
    told = claims("show", f"{own}:TRUE", "--run").stdout
    assert "Doubling is multiplication by two." in told
    assert "exact: measured = predicted, within 1e-09: rounding" in told
    assert "  2          2         holds  x=1.0" in told
    assert "not run" in claims("show", f"{own}:TRUE").stdout
    found = json.loads(claims("show", FAST, "--json").stdout)
    assert found["statement"] == CLAIMS[FAST].statement
    assert found["derivation"].startswith("On a curved manifold")
    assert [one["name"] for one in found["quantities"]] == [
        one.name for one in CLAIMS[FAST].quantities
    ]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["run", "curved_manifolds"], "did you mean curved_manifold"),
        (["run"], "say which claims: --all"),
        (["curved_manifold"], "unknown command 'curved_manifold'"),
        (["--json", "show", FAST], "write --json after show"),
        (["show", "absent.py:MINE"], "cannot read absent.py"),
    ],
)
def test_refusals(args: list[str], words: str) -> None:
    assert words in claims(*args, code=2).stderr


def test_an_unknown_claim_of_a_file(own: str) -> None:
    assert "did you mean TRUE" in claims("run", f"{own}:TRU", code=2).stderr
    claims("run", f"{own}:twice", code=2)


def test_the_last_run_counts_only_what_is_still_claimed() -> None:
    stored = json.loads(LAST_RUN.read_text("utf-8"))["claims"]
    assert set(stored) <= set(CLAIMS), "gandyn claims run --all --slow -o DIR"
    for name, one in last_run(CLAIMS).items():
        points = sum(len(quantity.points) for quantity in CLAIMS[name].quantities)
        assert len(one.checks) + len(one.errors) + one.not_run == points
        assert one.state != "fails"


def test_a_stored_check_of_another_tolerance_does_not_count(
    own: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gandyn.claims import _run, find_claims

    chosen = find_claims([f"{own}:TRUE"])
    path = tmp_path / "last_run.json"
    [(name, now)] = run(chosen).items()
    row = now.as_dict()
    row["checks"][0]["allowed"] *= 2
    path.write_text(json.dumps({"claims": {name: row}}), "utf-8")
    monkeypatch.setattr(_run, "LAST_RUN", path)
    assert last_run(chosen)[name].describe() == "holds: 1 of 1 points, 1 not run"


def test_an_outcome_without_checks_does_not_hold() -> None:
    assert Outcome("t", (), (), (), 3).state == "not run"
    assert Outcome("t", (), (), ("q: ValueError",), 3).state == "fails"
