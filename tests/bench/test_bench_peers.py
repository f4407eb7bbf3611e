"""Other packages' optimizers in the benchmark: names, options, ranges, who is away."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("pyarrow")
pytest.importorskip("torch")
pytest.importorskip("optax")

from gandyn import bench
from gandyn._node import replace
from gandyn.bench.engines import run_solver
from gandyn.bench.peers import peers
from gandyn.bench.ranges import RANGES
from gandyn.bench.settings import settings
from gandyn.cli import main
from gandyn.errors import FieldError, GandynError, UnknownName
from gandyn.games import Bilinear
from gandyn.spec import parse_rule
from gandyn.testing import check_update_rule
from gandyn.testing.adapters import ADAPTERS

PROTOCOL = bench.Protocol(settings=2, starts=1, seeds=1, budget=100)
NAMED = [name for adapter in ADAPTERS.values() for name in adapter.known]
NEED_EXTRA = ("CGDs", "cooper", "torchopt")


def solver(name: str) -> Any:
    found, missing = bench.find_solvers([name])
    assert not missing
    return found[name]


def needed(name: str) -> None:
    package = name.partition(".")[0]
    pytest.importorskip(package, reason="needs the extra peers")


@pytest.mark.parametrize(
    ("peer", "rule"),
    [
        ("torch.optim.SGD(momentum=0)", "Simultaneous"),
        ("torch.optim.SGD(momentum=0, alternating=True)", "Alternating"),
        (
            "torch.optim.SGD(momentum=0, alternating=True, y_first=True)",
            "Alternating(y_first=True)",
        ),
        ("torch.optim.SGD", "HeavyBall"),
        ("torch.optim.Adam(alternating=True)", "AlternatingAdam"),
        ("torch.optim.RMSprop", "RMSProp"),
        ("optax.sgd", "HeavyBall"),
        ("optax.adam", "Adam"),
        ("optax.optimistic_gradient_descent", "OptimisticGradient"),
        ("torchopt.sgd", "Simultaneous"),
        ("torchopt.rmsprop", "RMSProp"),
        ("cooper.optim.ExtraSGD(momentum=0)", "Extragradient"),
    ],
)
@pytest.mark.parametrize("name", ["monotone-0.5", "noisy-bilinear"])
def test_a_peer_reaches_what_its_rule_does(peer: str, rule: str, name: str) -> None:
    needed(peer)
    problem = bench.find_problems([name])[name]
    one, two = solver(peer), solver(rule)
    values = settings(one, problem, PROTOCOL)
    own = {}
    for path, v in values.items():
        path = {"momentum": "beta"}.get(path, path)
        pair = {f"{path}_x", f"{path}_y"} & vars(two.rule).keys()
        own.update(dict.fromkeys(pair or {path}, v))
    got, due = (
        run_solver(c, problem, v, PROTOCOL) for c, v in ((one, values), (two, own))
    )
    np.testing.assert_array_equal(got.steps, due.steps)
    np.testing.assert_array_equal(got.replicates, due.replicates)


@pytest.mark.parametrize("name", NAMED)
def test_known_optimizers_have_declared_ranges(name: str) -> None:
    needed(name)
    found = solver(name)
    fields = {field for names in found.rule.tuned.values() for field in np.ravel(names)}
    assert found.ranges.keys() == {"lr"} | fields
    for field in fields:
        assert found.ranges[field] == (RANGES[field], (field,))
    for end in (0, 1):  # both ends of all ranges are accepted, and arrive
        values = {p: r[end] for r, paths in found.ranges.values() for p in paths}
        rule = replace(found.rule, values)
        sent = [v for option in rule.drawn().values() for v in np.ravel(option)]
        assert sorted(sent) == sorted(values[field] for field in fields)
        if name != "CGDs.GACGD":  # which fails in double precision
            rule.init(Bilinear(), 1.0, 1.0)


@pytest.mark.parametrize("name", [n for n in NAMED if not n.startswith("CGDs")])
def test_known_optimizers_of_single_players_move_each_number_alone(name: str) -> None:
    needed(name)
    report = check_update_rule(parse_rule(name), laws=["batch"], max_examples=3)
    assert report.count("passed") == 1, str(report)


def test_tuned_as_the_rule_of_the_same_name() -> None:
    for peer in ("torch.optim.Adam", "optax.adam"):
        mine, theirs = solver("Adam").ranges, solver(peer).ranges
        assert mine == theirs
    assert solver("torch.optim.SGD(momentum=0.5)").ranges.keys() == {"lr"}
    fixed = solver("torch.optim.Adam(betas=(0.5, 0.9), lr_x=0.2)")
    assert fixed.ranges.keys() == {"lr_y"}
    assert fixed.rule.options == (("betas", (0.5, 0.9)),)
    free = solver("optax.adam(b1=0.5)").rule
    assert (free.beta2, free.drawn()) == (0.999, {"b2": 0.999})
    assert "beta2=0.999" in solver("optax.adam(b1=0.5)").record()["rule"]


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("torch.optim.Adan", r"did you mean torch.optim.\w*Adam"),
        ("torch.optm.SGD", "did you mean torch.optim.SGD"),
        ("optx.sgd", "did you mean optax.sgd"),
        ("optax.sdg", "did you mean optax.sgd"),
        ("torch.optim.SGD(momentun=0.5)", "did you mean momentum"),
        ("torch.optim.SGD(alternatin=True)", "unknown option of torch.optim.SGD"),
        ("torch.optim.SGD(learning_rate=1)", "unknown option of torch.optim.SGD"),
    ],
)
def test_unknown_names_are_met_with_the_nearest(name: str, match: str) -> None:
    with pytest.raises(UnknownName, match=match):
        bench.find_solvers([name])


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("torch.optim.SGD(0.5)", "options are given by name"),
        ("torch.optim.SGD(momentum=0.5, momentum=0.6)", "momentum is given twice"),
        ("torch.optim.SGD(**{'momentum': 1})", "a number, True, False"),
        ("torch.optim.SGD(momentum=__import__('os'))", "a number, True, False"),
        ("torch.optim.SGD(momentum=0.5", "cannot read the rule"),
        ("torch.optim[0]", "a dotted name"),
        ("torch.optim.SGD(lr=-1)", "lr_x must be positive"),
        ("torch.optim.SGD(lr=1, lr_x=1)", "not both"),
    ],
)
def test_what_is_no_call_with_literals_is_refused(name: str, match: str) -> None:
    with pytest.raises(GandynError, match=match):
        bench.find_solvers([name])


class Hidden:
    """A finder that has none of some packages."""

    def __init__(self, *packages: str) -> None:
        self.packages = packages

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name.partition(".")[0] in self.packages:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


@pytest.fixture
def without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [m for m in sys.modules if m.partition(".")[0] in NEED_EXTRA]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Hidden(*NEED_EXTRA), *sys.meta_path])


@pytest.mark.usefixtures("without_the_extra")
def test_all_peers_are_asked_for_and_some_are_away() -> None:
    found, missing = bench.find_solvers(["peers", "Simultaneous"])
    assert [*found, *missing].count("Simultaneous") == 1
    assert {*found, *missing} == {*peers(), "Simultaneous"}
    assert {name.partition(".")[0] for name in missing} == set(NEED_EXTRA)
    assert {name.partition(".")[0] for name in found} == {
        "torch", "optax", "Simultaneous",
    }  # fmt: skip
    assert "torch.optim.SGD(alternating=True)" in found
    for name, reason in missing.items():
        package = name.partition(".")[0]
        want = f"{package} is not installed: pip install 'gandyn[peers]'"
        assert reason.startswith(want)


OWN = """
from gandyn.testing.adapters import FromGradients

def step(x, y, gx, gy):
    raise RuntimeError("out of order")

broken = FromGradients(step)
"""


@pytest.mark.usefixtures("without_the_extra")
def test_the_others_go_on(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(OWN, "utf-8")
    names = ["CGDs.BCGD", f"{file}:broken", "torch.optim.SGD(nesterov=True)", "Adam"]
    names += ["torch.optim.SGD"]
    args = [part for name in names for part in ("--rule", name)]
    args += ["--settings=2", "--starts=1", "--budget=20", "-o", str(tmp_path / "out")]
    done = CliRunner().invoke(main, ["bench", "run", "bilinear-scalar", *args])
    assert done.exit_code == 0, done.output
    assert "left out: CGDs.BCGD: CGDs is not installed: pip install" in done.output
    assert "RuntimeError: out of order" in done.output
    assert "Nesterov momentum requires a momentum" in done.output
    result = bench.load(tmp_path / "out")
    failed = {name for _, name in result.failures()}
    assert failed == {*names[:3]}
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    assert manifest["missing"].keys() == {"CGDs.BCGD"}
    assert manifest["solvers"]["torch.optim.SGD"]["ranges"].keys() == {
        "lr", "momentum",
    }  # fmt: skip


def test_extrapolation_is_simultaneous_and_needs_its_method() -> None:
    needed("cooper.optim.ExtraSGD")
    with pytest.raises(FieldError, match="extrapolation is simultaneous"):
        parse_rule("cooper.optim.ExtraSGD(alternating=True)")
    with pytest.raises(FieldError, match=r"has no extrapolation\(\)"):
        parse_rule("cooper.optim.nuPI")


def test_a_defect_of_a_peer_is_a_failure_with_its_traceback(tmp_path: Path) -> None:
    needed("CGDs.BCGD")
    plan = bench.make_plan(["bilinear-scalar"], ["CGDs.BCGD"], settings=1, starts=1)
    failure = bench.load(bench.run(plan, tmp_path / "out")).failures()
    assert "UnboundLocalError" in failure["bilinear-scalar", "CGDs.BCGD"]


def test_the_manifest_names_the_packages_that_took_part() -> None:
    import optax

    plan = bench.make_plan(["bilinear-1"], ["optax.sgd", "Simultaneous"])
    found = plan.manifest()["versions"]
    assert found["optax"] == optax.__version__
    assert "torch" not in found
    assert "torch" in bench.make_plan(["ring"], ["Simultaneous"]).manifest()["versions"]
