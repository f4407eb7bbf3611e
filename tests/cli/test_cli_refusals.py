"""Bad input on the command line: refused in words, exit code 2, nothing written."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from gandyn.cli import main

LINEAR = ["--game", "bilinear", "--x", "lr_x=0.1:2:5:log", "--y", "lr_y=0.1:2:4"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(*args: object) -> str:
    """Run a command that must be refused, leave no file, and return its message."""
    before = sorted(Path().iterdir())
    result = CliRunner().invoke(main, [str(arg) for arg in args])
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert sorted(Path().iterdir()) == before
    return result.stderr


def test_unknown_commands_and_flags_are_suggested():
    assert "did you mean phase?" in refused("phse")
    assert "--rule" in refused("phase", "--ruel", "gda")


def test_a_third_axis_has_no_picture():
    third = [*LINEAR, "--axis", "A=1,2,4"]
    assert "a picture has 2 axes, not 3" in refused("phase", *third, "-o", "a.png")


def test_what_exists_is_not_replaced():
    for name in ("a.png", "a.nc"):
        Path(name).write_text("mine")
    Path("a.zarr").mkdir()
    for name in ("a.png", "a.nc", "a.zarr"):
        assert "exists" in refused("phase", *LINEAR, "-o", name)
    assert Path("a.png").read_text() == "mine"


def test_outputs_are_checked_before_anything_is_computed(monkeypatch):
    monkeypatch.setattr("gandyn.sweep", lambda *a, **k: pytest.fail("ran"))
    assert "no folder no" in refused("phase", "-o", "no/a.png")
    assert "must end in" in refused("phase", "-o", "a.jpg")
    assert "must end in" in refused("phase", "-o", "a.txt")
    assert "given twice" in refused("phase", "-o", "a.nc", "-o", "a.nc")
    Path("b.png").mkdir()
    assert "it is a folder" in refused("phase", "-o", "b.png", "--overwrite")
    monkeypatch.setattr("os.access", lambda *a: False)
    assert "is not writable" in refused("phase", "-o", "a.png")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--rule", "alternatng"], "did you mean Alternating"),
        (["--rule", "mine.py"], "write FILE.py:NAME, not 'mine.py'"),
        (["--game", "mine.py:"], "write FILE.py:NAME, not 'mine.py:'"),
        (["--game", "diracgn"], "did you mean DiracGAN"),
        (["--rule", "gda(lrx=1)"], "did you mean lr_x"),
        (["--set", "gama=1"], "did you mean gamma"),
        (["--set", "lr"], "write FIELD=VALUE"),
        (["--set", "lr="], "write FIELD=VALUE"),
        (["--set", "lr=fast"], "a number, True, False"),
        (["--set", "lr=nan"], "must be positive and finite, got nan"),
        (["--set", "lr=inf"], "must be positive and finite, got inf"),
        (["--set", "lr=0"], "must be positive and finite, got 0"),
        (["--set", "lr=-0.1"], "must be positive and finite, got -0.1"),
        (["--set", "gamma=-1"], "must be zero or positive"),
        (["--rule", "gda(lr=0.1"], "cannot read the rule"),
        (["--split", "2"], "goes with --jacobian"),
        (["--start", "1"], "write X,Y"),
        (["--start", "1,2,3"], "write X,Y"),
        (["--start", "1,nan"], "start: y must be finite"),
        (["--steps", "0"], "at least 1"),
        (["--steps", "many"], "not a valid integer"),
        (["--config", "no.toml"], "cannot read no.toml: No such file"),
        (["--jacobian", "no.npy"], "no such file"),
        (["--game", "bilinear([[1,2],[3,4]])", "--start", "1,2"], "shape"),
    ],
)
@pytest.mark.parametrize("command", ["phase", "orbit"])
def test_bad_input_is_refused(command, args, words):
    assert words in refused(command, *args)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--x", "lr_x=1:2:0"], "at least 2 points"),
        (["--x", "lr_x=1:2:1"], "at least 2 points"),
        (["--x", "lr_x=2:1:5"], "must rise"),
        (["--y", "lr_y=2:1:5"], "lr_y: axis must rise"),
        (["--at", "lr_x=1"], "leave out --at lr_x"),
        (["--x", "lr_x=0.5"], "axis lr_x must be a sequence of 2 or more"),
        (["--x", "lr_x=2,1"], "must rise"),
        (["--x", "lr_x=0:1:5"], "lr_x must be positive and finite, got 0"),
        (["--x", "lr_x=-1:1:5"], "lr_x must be positive and finite, got -1"),
        (["--x", "lr_x=0:1:5:log"], "start above 0"),
        (["--x", "lr_x=1:nan:5"], "finite"),
        (["--x", "lr_x=1:2"], "LOW:HIGH:NUM"),
        (["--x", "1:2:5"], "write NAME=VALUE"),
        (["--x", "lrx=1:2:5"], "did you mean lr"),
        (["--x", "lr_y=1:2:5"], "two axes are called lr_y"),
        (["--x", "lr=1:2:5"], "both set lr_y"),
        (["--method", "exakt"], "must be one of auto, exact, simulate"),
        (["--method", "exact"], "needs a linear rule on a linear game"),
        (["--threads", "0"], "at least 1"),
        (["--variable", "verdicts"], "did you mean verdict"),
    ],
)
def test_bad_sweeps_are_refused(args, words):
    assert words in refused("phase", *args)


def test_an_address_without_a_port_is_refused():
    pytest.importorskip("distributed")
    args = ["phase", *LINEAR, "-o", "a.zarr", "--executor", "here"]
    done = subprocess.run(  # what a destructor prints is seen by no runner of click's
        [sys.executable, "-m", "gandyn.cli", *args], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.startswith("Error: no dask scheduler answers at here")
    assert len(done.stderr.splitlines()) == 1


def test_jacobians_that_are_refused():
    class Evil:
        def __reduce__(self):
            return (Path("touched").touch, ())

    np.save("whole.npy", np.eye(3))
    np.save("wide.npy", np.ones((2, 3)))
    np.save("nan.npy", np.array([[np.nan, 0], [0, 1]]))
    np.save("text.npy", np.array([["a", "b"], ["c", "d"]]))
    np.save("objects.npy", np.array([[Evil(), 1], [1, 1]], dtype=object))
    Path("pickled.npy").write_bytes(pickle.dumps(Evil()))
    Path("cut.npy").write_bytes(Path("whole.npy").read_bytes()[:-20])
    Path("empty.npy").write_bytes(b"")
    Path("table.csv").write_text("1,2\n3,4\n")
    Path("touched").unlink(missing_ok=True)
    names = ("wide", "nan", "text", "objects", "pickled", "cut", "empty")
    for name in (*(f"{n}.npy" for n in names), "table.csv"):
        message = refused("phase", "--jacobian", name, "--split", 1, "-o", "a.png")
        assert name in message
    assert "split" in refused("phase", "--jacobian", "whole.npy", "-o", "a.png")
    refused("phase", "--jacobian", "whole.npy", "--split", 3, "-o", "a.png")
    assert not Path("touched").exists()


OWN = """
from gandyn import Rule

class Mine(Rule):
    lr_x: float = 0.1
    lr_y: float = 0.1

    def step(self, game, x, y, memory):
        {body}
"""


def own_rule(body: str) -> str:
    Path("mine.py").write_text(OWN.format(body=body))
    return "mine.py:Mine"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return x + no_such_name, y, memory", "no_such_name"),
        ("return x, y", "step"),
        ("return [x, x], y, memory", "shape"),
        ("raise RuntimeError('not today')", "RuntimeError: not today"),
    ],
)
@pytest.mark.parametrize("command", ["phase", "orbit"])
def test_own_rules_that_fail_are_refused_in_pythons_words(command, body, words):
    assert words in refused(command, "--rule", own_rule(body), "-o", "a.png")


def test_own_files_that_fail():
    Path("broken.py").write_text("def f(:\n")
    assert "SyntaxError" in refused("orbit", "--rule", "broken.py:Mine")
    assert "cannot read no.py" in refused("orbit", "--rule", "no.py:Mine")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("stpes = 3", "did you mean steps"),
        ("steps = '3'", "run.toml: expected `int"),
        ("steps = '3'", "expected `int`, got `str` - at `steps`"),
        ("output = 'a.png'", "run.toml: expected `array`"),
        ("start = [1]", "run.toml: expected `array`"),
        ("steps = ", "run.toml is not TOML"),
        ("rule = 'no'", "unknown rule 'no'"),
        ("set = {gama = 1}", "did you mean gamma"),
    ],
)
def test_bad_files_are_refused(text, words):
    Path("run.toml").write_text(text)
    assert words in refused("phase", "--config", "run.toml")


def test_info_that_is_refused():
    assert "did you mean Alternating" in refused("info", "alternatng")
    assert "unknown family 'ruls': did you mean rules" in refused("info", "ruls", "x")
    assert "unknown game" in refused("info", "games", "alternating")
    assert "at most" in refused("info", "a", "b", "c")


@pytest.mark.parametrize(
    "args",
    [
        ["phase", *LINEAR, "-o", f"{'a' * 5000}.png"],
        ["phase", "--from", f"{'a' * 5000}.nc", "-o", "a.png"],
        ["phase", "--game", f"bilinear('{'a' * 5000}.npz')", "-o", "a.png"],
        ["explore", f"{'a' * 5000}.zarr", "-o", "a.html"],
        ["bench", "report", "a" * 5000],
        ["info", "rules", "alternating" * 100_000],
    ],
)
def test_names_without_end_are_refused_at_once(args):
    assert len(refused(*args).removeprefix("Error: ").rstrip()) <= 500
