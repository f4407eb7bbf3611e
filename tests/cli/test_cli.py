"""The command line, end to end: results, files, messages and exit codes."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import click
import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner

import gandyn
from gandyn._progress import _EVERY, _lines
from gandyn.cli import _output, main
from gandyn.cli._config import settle
from gandyn.cli._group import PartlyDone
from gandyn.cli._measured import Phase
from gandyn.dynamics import simulate
from gandyn.errors import GandynError
from gandyn.games import CATALOGUE as GAMES
from gandyn.games import Bilinear, DiracGAN
from gandyn.games.dirac import R1
from gandyn.plot import phase_diagram
from gandyn.rules import CATALOGUE as RULES
from gandyn.rules import Extragradient, Simultaneous

LINEAR = ["--game", "bilinear", "--x", "lr_x=0.1:2:5:log", "--y", "lr_y=0.1:2:4"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*args: object, code: int = 0):
    """Run the command line in this process and check its exit code."""
    result = CliRunner().invoke(main, [str(arg) for arg in args])
    assert result.exit_code == code, result.output
    return result


def loaded(code: str, names: set[str], folder: Path) -> set[str]:
    """Return which of some modules a process of its own has loaded after some code."""
    tell = "\nimport sys; print('', *sys.modules, sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", code + tell],
        check=True,
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(Path(gandyn.__file__).parents[1])},
    )
    return names & set(done.stdout.splitlines())


def test_help_imports_nothing_heavy(tmp_path):
    code = (
        "from gandyn.cli import main\n"
        "names = ('phase', 'orbit', 'bifurcations', 'crosscheck', 'check', 'info')\n"
        "run = ['bench', 'run', '--help']\n"
        "for args in (['--help'], run, *([name, '--help'] for name in names)):\n"
        "    main(args, standalone_mode=False)\n"
    )
    heavy = {
        "numpy", "numba", "scipy", "xarray", "matplotlib", "torch", "sympy", "tqdm",
        "zarr",
    }  # fmt: skip
    assert loaded("import json", {"json", "numpy"}, tmp_path) == {"json"}
    assert not loaded(code, heavy, tmp_path)


def test_a_phase_diagram_loads_no_more_than_it_needs(tmp_path):
    axes = "'--x', 'lr_x=0.1:30:8:log', '--y', 'lr_y=0.1:30:8:log'"
    code = (
        "from gandyn.cli import main\n"
        f"main(['phase', {axes}, '-o', 'phase.png'], standalone_mode=False)\n"
    )
    assert not loaded(code, {"scipy.linalg", "torch", "dask"}, tmp_path)
    assert (tmp_path / "phase.png").exists()


def test_every_module_beside_main_is_a_command():
    commands = main.list_commands(click.Context(main))
    assert {"info", "orbit", "phase"} <= set(commands)
    for name in commands:
        command = main.get_command(click.Context(main), name)
        assert command.name == name
        assert command.get_short_help_str()


def test_phase_writes_a_picture_and_the_data():
    result = run("phase", *LINEAR, "-o", "a.svg", "-o", "a.nc", "-o", "a.zarr")
    assert "diverges_spiral       20 cells 100.0 %" in result.stdout
    assert Path("a.svg").read_text().startswith("<?xml")
    with xr.open_dataset("a.nc", engine="h5netcdf") as stored:
        assert stored.verdict.sizes == {"lr_x": 5, "lr_y": 4}
        assert stored.attrs["rule"] == "Simultaneous(lr_x=0.1, lr_y=0.1)"
        predicted = np.sqrt(1 + stored["lr_x"] * stored["lr_y"])
        np.testing.assert_allclose(stored["radius"], predicted, rtol=1e-12)
        assert phase_diagram(stored).get_title()
    with xr.open_zarr("a.zarr", consolidated=False) as stored:
        assert stored.attrs["method"] == "exact"
    assert sorted(p.name for p in Path().iterdir()) == ["a.nc", "a.svg", "a.zarr"]


def test_phase_on_a_nonlinear_game_finds_the_boundary_of_the_theory():
    args = ["--set", "gamma=0.25", "--x", "lr_x=0.5:1.5:5", "--y", "lr_y=0.5:1:2"]
    result = run("phase", *args, "--threads", 1, "--json", "-o", "a.nc")
    with xr.open_dataset("a.nc", engine="h5netcdf") as stored:
        settled = (stored["verdict"] == 1).values  # stable iff lr_x < 4 gamma
        np.testing.assert_array_equal(settled[:, 0], stored["lr_x"] < 1.0)
    assert json.loads(result.stdout)["verdicts"]["converges"] == settled.sum()


def test_json_is_one_object_and_progress_stays_out_of_it():
    result = run("phase", *LINEAR, "--rule", "altgda", "--json", "-o", "a.png")
    found = json.loads(result.stdout)
    # at the corner lr_x lr_y = 4, where -1 is a double multiplier
    assert found["verdicts"] == {"undecided": 1, "neutral": 19}
    assert (found["axes"], found["written"]) == ({"lr_x": 5, "lr_y": 4}, ["a.png"])
    assert found["rule"].startswith("Alternating(")


def test_a_third_axis_goes_to_data():
    run("phase", *LINEAR, "--axis", "A=1,2,4", "-o", "a.nc")
    with xr.open_dataset("a.nc", engine="h5netcdf") as stored:
        assert stored["verdict"].dims == ("lr_x", "lr_y", "A")


def test_overwriting_replaces_files_and_folders():
    for name in ("a.png", "a.nc"):
        Path(name).write_text("mine")
    Path("a.zarr").mkdir()
    Path("a.zarr", "mine").write_text("mine")
    outputs = ["-o", "a.png", "-o", "a.nc", "-o", "a.zarr"]
    run("phase", *LINEAR, *outputs, "--overwrite")
    assert Path("a.png").read_bytes().startswith(b"\x89PNG")
    assert not Path("a.zarr", "mine").exists()
    with xr.open_zarr("a.zarr", consolidated=False) as stored:
        assert stored.verdict.sizes == {"lr_x": 5, "lr_y": 4}


def test_a_linear_game_from_a_file():
    np.save("j.npy", np.array([[0.1, 1.0], [-1.0, 0.1]]))
    args = ["--jacobian", "j.npy", "--split", "1", "--json", "-o", "a.png"]
    found = json.loads(run("phase", *args, *LINEAR[2:]).stdout)
    assert found["game"].startswith("LinearGame(")
    assert found["method"] == "exact"
    np.save("j.npy", np.eye(40))
    said = run("phase", "--jacobian", "j.npy", "--split", "20", *LINEAR[2:]).stdout
    assert max(map(len, said.splitlines())) <= 500


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


def test_a_rule_of_the_users_own_file():
    body = "return x - self.lr_x * game.gx(x, y), y - self.lr_y * game.gy(x, y), memory"
    args = [*LINEAR, "--json", "-o"]
    mine = run("phase", "--rule", own_rule(body), *args, "mine.nc")
    theirs = run("phase", "--rule", "gda", *args, "theirs.nc")
    keys = ("verdicts", "axes", "game")
    mine, theirs = json.loads(mine.stdout), json.loads(theirs.stdout)
    assert [mine[key] for key in keys] == [theirs[key] for key in keys]


def test_orbit_says_what_it_does_and_writes_every_state():
    args = ["--rule", "extragradient(lr=0.5)", "--start", "1,0.5", "--steps", "60"]
    result = run("orbit", *args, "--json", "-o", "a.csv", "-o", "a.png")
    found = json.loads(result.stdout)
    assert (found["verdict"], found["steps"]) == ("converges", 60)
    assert found["oracle_calls"] == {"gx": 2, "gy": 2}
    game = DiracGAN(regulariser=R1(0.3))
    orbit = simulate(Extragradient(lr=0.5), game, (1.0, 0.5), 60)
    with open("a.csv", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [float(row["x"]) for row in rows] == orbit.x.tolist()
    assert [float(row["distance"]) for row in rows] == orbit.distance.tolist()
    assert found["rate"] == orbit.rate


def test_orbit_in_words():
    out = run("orbit", "--set", "lr=0.5", "--steps", "400").stdout
    assert "verdict  converges" in out
    assert "calls  1 gx, 1 gy per step" in out


def test_flags_win_over_the_file_and_the_file_over_defaults():
    Path("run.toml").write_text(
        'rule = "altgda"\nstart = [1.0, 2]\nsteps = 77\noutput = ["a.nc"]\n'
        "[set]\nlr = 0.5\ngamma = 0.75\n"
    )
    flags = {"rule": "eg", "set": {"lr": "0.25"}, "output": (), "steps": None}
    config = settle(Phase, "run.toml", flags)
    assert (config.rule, config.steps, config.output) == ("eg", 77, ("a.nc",))
    assert (config.start, config.set) == ((1.0, 2.0), {"lr": "0.25", "gamma": 0.75})
    assert config.y == Phase().y


def test_a_command_reads_its_file():
    Path("run.toml").write_text('game = "bilinear"\nrule = "eg"\nset = {lr = 0.5}\n')
    out = run("phase", "--config", "run.toml", *LINEAR[2:], "-o", "a.png").stdout
    assert out.startswith("Extragradient(lr_x=0.5")


def test_info_lists_all_that_there_is():
    rules = json.loads(run("info", "rules", "--json").stdout)
    assert list(rules) == list(RULES)
    assert rules["Extragradient"]["bilinear"] == "stable < 1"
    for family, catalogue in (("rules", RULES), ("games", GAMES)):
        lines = run("info", family).stdout.splitlines()[1:]
        assert [line.split()[0] for line in lines] == list(catalogue)
    assert json.loads(run("info", "--json").stdout)["gandyn"]


@pytest.mark.parametrize(
    "args", [("alt-gda",), ("rules", "Alternating"), ("rules", "gauss seidel")]
)
def test_info_describes_one_with_its_fields(args):
    out = run("info", *args).stdout
    assert "lr_x: positive and finite  [default: 0.1]" in out
    assert "k_x: a whole number of at least 1  [default: 1]" in out
    assert "y_first: True or False  [default: False]" in out
    assert "Bailey" in out
    assert "Bilinear games, by ησ:  neutral < 2" in out
    assert "AltGDA" in out.split("\n")[1]


def test_info_names_the_members_of_a_nested_field():
    out = run("info", "dirac").stdout
    assert "loss: one of Minimax, NonSaturating, Wasserstein" in out


def test_errors_of_gandyn_itself_are_told_apart(monkeypatch):
    monkeypatch.setattr("gandyn.dynamics.simulate", lambda *a: 1 / 0)
    result = run("orbit", code=4)
    assert "ZeroDivisionError" in result.stderr
    assert "please report it" in result.stderr


def test_interruption_shows_how_to_start_again(monkeypatch):
    def interrupt(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("gandyn.sweep", interrupt)
    result = run("phase", "--rule", "eg(lr=0.3)", "-o", "a.png", code=130)
    assert "gandyn phase --rule 'eg(lr=0.3)' -o a.png" in result.stderr
    assert not list(Path().iterdir())


def test_where_one_output_fails_none_changes():
    Path("a.nc").write_text("before")

    def fail(path):
        path.write_text("half")
        raise OSError(28, "No space left on device")

    writers = {".nc": lambda path: path.write_text("whole"), ".png": fail}
    with pytest.raises(GandynError, match=r"a.png: No space left .*nothing was"):
        _output.write_all([Path("a.nc"), Path("a.png")], writers)
    assert [path.name for path in Path().iterdir()] == ["a.nc"]
    assert Path("a.nc").read_text() == "before"


def test_partly_done_has_its_own_exit_code(monkeypatch):
    def fail(*args):
        raise PartlyDone("some")

    monkeypatch.setattr("gandyn.cli._output.write_all", fail)
    run("phase", *LINEAR, "-o", "a.png", code=3)


def test_progress_is_a_line_now_and_then(capsys):
    times = iter([0.0, 1.0, _EVERY, _EVERY + 1, 2 * _EVERY])
    report = _lines("phase", lambda: next(times))
    for done in range(1, 5):
        report(done, 8)
    assert capsys.readouterr().err.splitlines() == [
        "phase: 2 of 8 cells, 30 s, 0.0345 cells/s, 174 s left",
        "phase: 4 of 8 cells, 60 s, 0.0508 cells/s, 79 s left",
    ]


def test_version():
    assert run("--version").stdout.startswith("gandyn, version ")


def test_defaults_can_be_built():
    from gandyn.cli._options import build

    rule, game = build(Phase(), "a test")
    assert isinstance(rule, Simultaneous)
    assert game.regulariser.gamma == 0.3
    assert not isinstance(game, Bilinear)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--rule", "adam"), "there is no radius: Adam changes with time"),
        (("--game", "own.py:Nowhere"), "there is no radius: Nowhere has no known"),
    ],
)
def test_a_radius_that_is_none_is_refused_before_the_sweep(args, words, monkeypatch):
    Path("own.py").write_text(
        "from gandyn.games import ScalarGame\n\n\n"
        "class Nowhere(ScalarGame):\n"
        "    def gx(self, x, y):\n        return 1.0 + 0 * x\n\n"
        "    def gy(self, x, y):\n        return 1.0 + 0 * y\n"
    )
    monkeypatch.setattr("gandyn.sweep", lambda *a, **k: pytest.fail("ran"))
    assert words in run("phase", *args, "--variable", "radius", code=2).stderr


def test_progress_has_its_unit(capsys):
    times = iter([0.0, _EVERY])
    _lines("bench", lambda: next(times), "job")(3, 9)
    assert capsys.readouterr().err == "bench: 3 of 9 jobs, 30 s\n"


def test_check_and_bench_read_their_files_too():
    Path("check.toml").write_text('rule = "gda"\nlaw = ["shapes"]\nmax_examples = 3\n')
    found = json.loads(run("check", "--config", "check.toml", "--json").stdout)
    assert [law["examples"] for law in found["laws"]] == [3]
    Path("bench.toml").write_text('problems = ["bilinear-1"]\nrule = ["gda", "eg"]\n')
    args = ["bench", "run", "--config", "bench.toml", "--dry-run", "--json"]
    assert json.loads(run(*args).stdout)["cost"]["jobs"] == 2
    assert json.loads(run(*args, "--rule", "altgda").stdout)["cost"]["jobs"] == 1
    Path("bench.toml").write_text('problems = ["bilinear-1"]\nprocesses = 0\n')
    assert ">= 1" in run(*args, code=2).stderr


def test_json_holds_what_can_be_given_again():
    own = own_rule("return x - self.lr_x * game.gx(x, y), y, memory")
    args = ["orbit", "--rule", own, "--game", "bilinear([[1, 0.5]])", "--json"]
    found = json.loads(run(*args, "--steps", "5").stdout)
    again = ["--rule", found["rule"], "--game", found["game"], "--steps", "5"]
    assert json.loads(run("orbit", *again, "--json").stdout) == found
    own_rule("return x, y, memory")
    assert "mine.py has changed" in run("orbit", *again, code=2).stderr
