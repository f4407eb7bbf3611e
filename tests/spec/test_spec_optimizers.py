"""Optimizers of other packages and of users' files, as rules of any command."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

pytest.importorskip("torch")
pytest.importorskip("optax")

from gandyn import bench
from gandyn.cli import main
from gandyn.errors import FieldError, GandynError, UnknownName
from gandyn.games import Bilinear
from gandyn.rules import HeavyBall
from gandyn.spec import parse_rule, specify
from gandyn.testing.adapters import FromGradients, OptaxPair, TorchPair, adapter_of

OWN = """
import optax
import torch

from gandyn import Rule
from gandyn.testing.adapters import TorchPair


class Signed(torch.optim.Optimizer):
    def __init__(self, params, lr=0.1, scale=1.0):
        super().__init__(params, {"lr": lr, "scale": scale})

    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                p.data -= group["lr"] * group["scale"] * p.grad


def clipped(lr):
    return optax.chain(optax.clip(1.0), optax.sgd(lr))


fixed = optax.sgd(0.1)


def halves(x, y, gx, gy):
    return x - gx / 2, y - gy / 2


def nothing(one, two):
    raise RuntimeError


class Plain:
    def __init__(self, much=0.5):
        self.much = much

    def init(self, game, x, y):
        return ()

    def step(self, game, x, y, memory):
        return x - self.much * game.gx(x, y), y - self.much * game.gy(x, y), memory


ready = TorchPair("torch.optim.SGD", lr=0.25)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("opts.py").write_text(OWN, "utf-8")


def run(*args: str, code: int = 0) -> Any:
    result = CliRunner().invoke(main, list(args))
    assert result.exit_code == code, result.output
    return result


def after_a_step(rule: Any) -> Any:
    game = Bilinear(1.0)
    return rule.step(game, 1.0, 1.0, rule.init(game, 1.0, 1.0))[:2]


@pytest.mark.parametrize(
    ("text", "kind", "state"),
    [
        ("torch.optim.SGD(lr=0.5)", TorchPair, (0.5, 1.5)),
        ("optax.sgd(lr=0.5, alternating=True)", OptaxPair, (0.5, 1.25)),
        ("opts.py:Signed(lr=0.25, scale=2)", TorchPair, (0.5, 1.5)),
        ("opts.py:Signed(lr_x=0.5, lr_y=0.25)", TorchPair, (0.5, 1.25)),
        ("opts.py:clipped(lr=0.5)", OptaxPair, (0.5, 1.5)),
        ("opts.py:halves", FromGradients, (0.5, 1.5)),
        ("opts.py:Plain", object, (0.5, 1.5)),
        ("opts.py:Plain(much=0.25)", object, (0.75, 1.25)),
        ("opts.py:ready", TorchPair, (0.75, 1.25)),
    ],
)
def test_any_origin_is_read_and_played(text: str, kind: Any, state: Any) -> None:
    rule = parse_rule(text)
    assert isinstance(rule, kind)
    assert after_a_step(rule) == pytest.approx(state, rel=1e-6)


@pytest.mark.parametrize(
    ("text", "error", "match"),
    [
        ("torch.optim.Adan", UnknownName, r"did you mean torch.optim.\w*Adam"),
        ("tensorflow.Adam", UnknownName, "unknown optimizer"),
        ("torch.optim.Adam(0.5)", GandynError, "options are given by name"),
        ("torch.optim.Adam(lr=__import__('os'))", GandynError, "a number, True"),
        ("opts.py:Signed(scal=2)", UnknownName, "did you mean scale"),
        ("opts.py:Signed(lr=0)", FieldError, "lr_x must be positive"),
        ("opts.py:fixed", GandynError, r"write a function .* def fixed\(lr\)"),
        ("opts.py:halves(lr=0.5)", GandynError, "halves is a function of gradients"),
        ("opts.py:ready(lr=0.5)", GandynError, "ready is no class"),
        ("opts.py:Plain(more=1)", GandynError, r"Plain\(\) raised TypeError"),
        ("opts.py:Signd", UnknownName, "did you mean Signed"),
        ("opts.py@00000000:Signed", GandynError, "opts.py has changed"),
        ("opts.py:Signed(lr=1+1)", GandynError, "at character 11"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, error: Any, match: str) -> None:
    with pytest.raises(error, match=match):
        parse_rule(text)


def test_what_no_adapter_takes() -> None:
    parse_rule("opts.py:ready")
    own = next(m for name, m in sys.modules.items() if "gandyn_user_opts" in name)
    for name in ("nothing", "Plain", "fixed", "ready"):
        assert adapter_of(vars(own)[name]) is None


@pytest.mark.parametrize(
    "text",
    [
        "torch.optim.Adam",
        "torch.optim.Adam(lr_x=0.5, alternating=True, betas=(0.5, 0.9))",
        "optax.adam(lr_y=0.5, b1=0.5, eps=1e-06)",
        "opts.py:Signed(lr_x=0.5, scale=2.0)",
        "opts.py:clipped",
        "opts.py:halves",
    ],
)
def test_a_specification_is_read_back(text: str) -> None:
    rule = parse_rule(text)
    found = parse_rule(specify(rule))
    assert found == rule
    name = text.replace("opts.py:", "")
    assert specify(rule).endswith(name)
    assert specify(rule).startswith("opts.py@" if name != text else name)


def test_options_that_are_tuned_are_written_where_they_are_not_the_defaults() -> None:
    from gandyn._node import replace

    rule = replace(parse_rule("torch.optim.Adam"), {"beta1": 0.5})
    assert specify(rule) == "torch.optim.Adam(betas=(0.5, 0.999))"


@pytest.mark.parametrize("command", ["phase", "orbit", "bifurcations"])
@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("torch.optim.Adam(lr=0.1)", "gandyn has its own Adam"),
        ("opts.py:Signed", "opts.py:Signed is foreign code: gandyn check"),
        ("opts.py:Plain", "gandyn bench run --rule take it"),
    ],
)
def test_what_cannot_be_compiled_is_refused_in_a_line(
    command: str, rule: str, words: str
) -> None:
    message = run(command, "--rule", rule, code=2).stderr
    assert words in message
    assert message.startswith(f"Error: gandyn {command} compiles and differentiates")
    assert len(message.splitlines()) == 1
    assert [path.name for path in Path().iterdir()] == ["opts.py"]


@pytest.mark.parametrize(
    "rule", ["torch.optim.Adam", "opts.py:Signed", "opts.py:clipped", "opts.py:halves"]
)
def test_check_does_the_wrapping(rule: str) -> None:
    out = run("check", "--rule", rule, "--law", "shapes", "--max-examples", "5").stdout
    assert "1 passed" in out


def test_bench_does_the_wrapping() -> None:
    pytest.importorskip("pyarrow")
    names = ["opts.py:Signed", "opts.py:clipped", "torch.optim.SGD", "opts.py:halves"]
    args = ["bench", "run", "bilinear-scalar", "--settings=2", "--starts=1"]
    args += [part for name in names for part in ("--rule", name)]
    found = json.loads(run(*args, "--budget=20", "-o", "out", "--json").stdout)
    assert found["failures"] == []
    result = bench.load("out")
    assert list(result.solvers) == names
    manifest = result.manifest["solvers"]
    assert manifest["opts.py:Signed"]["ranges"].keys() == {"lr"}
    assert len(manifest["opts.py:Signed"]["sha256"]) == 64
    for name in ("Signed", "clipped", "halves"):
        assert manifest[f"opts.py:{name}"]["rule"].endswith(f":{name}")
    again = run(*args, "--budget=20", "-o", "out", "--json").stdout  # it is complete
    assert json.loads(again) == found
    assert "other solvers" in run(*args[:-2], "--budget=20", "-o", "out", code=2).stderr
    begun = run(*args[:-2], "--budget=20", "-o", "out", "--overwrite", "--json").stdout
    assert json.loads(begun)["cost"]["jobs"] == 3
    assert list(bench.load("out").solvers) == names[:-1]


def test_bench_says_what_is_no_solver() -> None:
    with pytest.raises(GandynError, match=r"opts.py:Plain is no solver: write"):
        bench.find_solvers(["opts.py:Plain"])


def test_a_claim_is_part_of_the_specification() -> None:
    text = "torch.optim.SGD(lr_x=0.5, implements=HeavyBall)"
    rule = parse_rule(text)
    assert rule.implements == HeavyBall()
    assert parse_rule(specify(rule)) == rule
    args = ["--rule", text, "--law", "implements", "--max-examples", "5"]
    out = run("check", *args, code=1).stdout
    assert out.startswith("torch.optim.SGD(lr_x=0.5, implements=HeavyBall(lr_x=0.1")
    right = "torch.optim.SGD(momentum=0.5, implements=heavyball)"
    args[1] = right.replace("heavyball", "HeavyBall(beta_x=0.5, beta_y=0.5)")
    assert "1 passed" in run("check", *args).stdout
    open_ = run("check", "--rule", "torch.optim.SGD", "--law", "scale", code=2)
    assert "left open: say implements= the rule" in open_.stdout
