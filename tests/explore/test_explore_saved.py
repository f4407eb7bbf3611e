"""Pages of saved sweeps: the numbers of the file, and what is refused."""

import base64
import json
import re

import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner

from gandyn import Axis, sweep
from gandyn.cli import main
from gandyn.errors import GandynError
from gandyn.explore import saved_explorer
from gandyn.games import Bilinear, Quadratic
from gandyn.rules import Alternating, Extragradient
from gandyn.store import open_sweep
from tests.explore.node import evaluate, needs_node, number
from tests.explore.test_explore_page import at, chromium, settled  # noqa: F401

MATRIX = [[1.0, 0.5], [0.0, 2.0], [0.25, -1.0]]


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    axes = {
        "lr_x": Axis(0.05, 2.0, 9, "log"), "lr_y": Axis(0.1, 1.5, 6),
        "ratio_x": [0.5, 1.0, 2.0],
    }  # fmt: skip
    dataset = sweep(Extragradient(), Bilinear(MATRIX), axes)
    path = tmp_path_factory.mktemp("saved") / "sweep.nc"
    dataset.to_netcdf(path, engine="h5netcdf")
    return path, dataset


def data_of(text):
    return json.loads(re.search(r"^const DATA = (.*);$", text, re.MULTILINE)[1])


def test_a_page_holds_every_number_of_the_sweep(saved):
    path, dataset = saved
    found = data_of(saved_explorer(open_sweep(path)))
    assert [dim["name"] for dim in found["dims"]] == ["lr_x", "lr_y", "ratio_x"]
    assert found["exact"] is True
    for name, variable in found["variables"].items():
        kind = "<" + variable["type"]
        values = np.frombuffer(base64.b64decode(variable["data"]), kind)
        expected = dataset[name].values.ravel().astype(kind)
        assert np.array_equal(values, expected, equal_nan=kind == "<f4"), name
    edges = found["dims"][0]["edges"]
    assert len(edges) == 10
    assert edges[0] * edges[1] == pytest.approx(0.05**2)


def test_a_plane_of_two_numbers_has_its_exact_boundary():
    axes = {"lr_x": Axis(0.1, 10.0, 12, "log"), "lr_y": Axis(0.1, 10.0, 12, "log")}
    found = data_of(saved_explorer(sweep(Alternating(), Quadratic(0.5, 1, -0.5), axes)))
    assert {line["kind"] for line in found["lines"]} == {"flip"}
    assert found["command"].startswith("gandyn phase --rule ")


def test_refusals(saved, tmp_path):
    _, dataset = saved
    with pytest.raises(GandynError, match="no verdicts"):
        saved_explorer(dataset.drop_vars("verdict"))
    many = xr.Dataset({"verdict": (("a", "b"), np.zeros((600, 600), np.int8))})
    with pytest.raises(GandynError, match="360000 cells"):
        saved_explorer(many)
    with pytest.raises(GandynError, match="no such file"):
        open_sweep(tmp_path / "none.nc")
    broken = tmp_path / "broken.nc"
    broken.write_text("nothing")
    with pytest.raises(GandynError, match="cannot read the sweep"):
        open_sweep(broken)


def run(*args, code=0):
    done = CliRunner().invoke(main, ["explore", *map(str, args)])
    assert done.exit_code == code, done.output
    return done.output


def test_the_command_writes_pages(saved, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path, _ = saved
    assert "162 cells" in run(path, "-o", "saved.html")
    made = json.loads(run("--rule", "gda", "--game", "bilinear", "--json"))
    assert made["written"] == ["explorer.html"]
    assert made["bytes"] == (tmp_path / "explorer.html").stat().st_size
    assert "exists" in run("--rule", "gda", code=2)
    assert "a rule is given by --rule" in run("adam", "-o", "a.html", code=2)
    assert "give FILE alone" in run(path, "--rule", "gda", "-o", "a.html", code=2)
    assert "did you mean" in run("--rule", "adm", "-o", "a.html", code=2)
    assert "must end in .html" in run("-o", "a.png", code=2)
    assert "foreign" in run("--rule", "torch.optim.Adam", "-o", "a.html", code=2)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["explorer.html", "saved.html"]


def test_a_users_rule_is_played(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(
        "from gandyn import Rule\n\n\n"
        "class Mine(Rule):\n"
        "    lr_x: float = 0.1\n    lr_y: float = 0.1\n    pull: float = 0.5\n\n"
        "    def step(self, game, x, y, memory):\n"
        "        x = x - self.lr_x * game.gx(x, y)\n"
        "        return x, y - self.lr_y * (game.gy(x, y) + self.pull * y), memory\n"
    )
    monkeypatch.chdir(tmp_path)
    run("--rule", "mine.py:Mine", "--game", "losses('x*y', '-x*y')")
    found = data_of((tmp_path / "explorer.html").read_text("utf-8"))
    assert [field["path"] for field in found["rules"][0]["fields"]][-1] == "pull"


@needs_node
def test_places_belong_to_their_cells(saved, tmp_path):
    path, dataset = saved
    text = saved_explorer(open_sweep(path))
    engine = re.search(r'<script id="engine">\n(.*?)</script>', text, re.DOTALL)[1]
    found = evaluate(tmp_path, engine + "const FOUND = Engine.DATA.dims[1].edges;")
    edges = np.array([number(v) for v in found])
    values = dataset["lr_y"].values
    assert ((edges[:-1] < values) & (values < edges[1:])).all()


def test_a_saved_page_in_a_browser(saved, chromium, tmp_path):  # noqa: F811
    path, dataset = saved
    page_file = tmp_path / "saved.html"
    page_file.write_text(saved_explorer(open_sweep(path)), "utf-8")
    context = chromium.new_context(viewport={"width": 1350, "height": 900})
    page, wrong = context.new_page(), []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(page_file.as_uri())
    settled(page)
    page.mouse.click(*at(page, 0.02, 0.98))
    rows = page.locator("#facts tr").all_inner_texts()
    corner = dataset.isel(lr_x=0, lr_y=-1, ratio_x=0)
    names = corner.verdict.attrs["flag_meanings"].split()
    assert f"verdict\t{names[int(corner.verdict)].replace('_', ' ')}" in rows
    radius = next(row for row in rows if row.startswith("radius")).split("\t")[1]
    assert float(radius) == pytest.approx(float(corner.radius), rel=1e-4)
    page.locator("#sliders input[type=range]").fill("2")
    assert "ratio_x (dimensionless)\t2" in page.locator("#facts tr").all_inner_texts()
    assert page.locator(".multiplier").count() >= 1
    page.select_option("#up", "ratio_x")
    assert page.inner_text("#regime")
    context.close()
    assert wrong == []
