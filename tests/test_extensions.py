"""One of each kind, in one file of a copy of the package, and found everywhere."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import gandyn
from gandyn.bench import find_problems
from gandyn.dynamics.verdicts import VERDICTS

pytest.importorskip("torch")

from gandyn._node import node_fields
from gandyn.gans import TeacherStudent

TESTS = Path(__file__).parent
LOSSES, REGULARISERS = (
    node_fields(TeacherStudent)[field].__module__ for field in ("loss", "regulariser")
)

FILES = {
    "rules/newcomer.py": '''
"""A rule."""

from gandyn.rules._base import Rule


class NewcomerRule(Rule):
    """Plain gradient play, both players at once."""

    lr_x: float = 0.1
    lr_y: float = 0.1

    def step(self, game, x, y, memory):
        return x - self.lr_x * game.gx(x, y), y - self.lr_y * game.gy(x, y), memory
''',
    "games/newcomer.py": '''
"""A game."""

from gandyn.games._base import ScalarGame


class NewcomerGame(ScalarGame):
    """A bilinear game, L_x = 2xy = -L_y."""

    linear = True

    def loss_x(self, x, y):
        return 2 * x * y

    def gx(self, x, y):
        return 2 * y

    def gy(self, x, y):
        return -2 * x

    def jacobian(self, x, y):
        return 0, 2, -2, 0

    def equilibria(self):
        return [(0.0, 0.0)]
''',
    f"{LOSSES.split('.')[1]}/newcomer_loss.py": f'''
"""A GAN loss."""

from {LOSSES} import Minimax


class NewcomerLoss(Minimax):
    """The minimax loss."""

    aliases = ("mine",)
''',
    f"{REGULARISERS.split('.')[1]}/newcomer_penalty.py": f'''
"""A regulariser."""

from {REGULARISERS} import Regulariser

from gandyn._node import NonNegative


class NewcomerPenalty(Regulariser):
    """Weight decay on the discriminator."""

    gamma: NonNegative = 0.1

    def penalty_y(self, play):
        return self.gamma / 2 * play.y.square().sum()
''',
    "testing/laws/newcomer.py": '''
"""A law."""

from gandyn.testing._cases import scalar_cases
from gandyn.testing._law import Broken, Law


class NewcomerLaw(Law):
    """A step returns three things."""

    id = "newcomer-law"
    statement = "A step returns x, y and memory."

    def cases(self, rule):
        return scalar_cases(rule)

    def examine(self, rule, game, x, y):
        if len(rule.step(game, x, y, rule.init(game, x, y))) != 3:
            raise Broken("not three")
''',
    "bench/problems/newcomer.py": '''
"""A problem."""

from gandyn.bench.problem import Problem
from gandyn.games.quadratic import Quadratic

PROBLEMS = (Problem("newcomer", Quadratic(0.5, 1.0, -0.5), "strongly monotone"),)
''',
    "claims/newcomer.py": '''
"""Doubling is adding a number to itself."""

from gandyn.claims._claim import Claim, Quantity

CLAIM = Claim(
    title="Doubling adds a number to itself",
    statement="Twice a number is its sum with itself.",
    reference="derived here",
    quantities=(
        Quantity(
            "double",
            lambda x: 2 * x,
            lambda x: x + x,
            kind="exact",
            tolerance=1e-15,
            reason="rounding",
            points=({"x": 1.5},),
        ),
    ),
    figure=lambda ax: ax.plot([0, 1], [0, 2]),
)
''',
    "plot/styles/newcomer.py": f'''
"""A style of verdicts."""

from gandyn.plot.styles._base import Style


class Newcomer(Style):
    """From black to white."""

    name = "newcomer"
    verdicts = {{
        word: (f"#{{25 * i:02X}}{{25 * i:02X}}{{25 * i:02X}}", "/" * i)
        for i, word in enumerate({VERDICTS!r})
    }}
''',
}
"""What a newcomer writes, by where in the package."""

PROBE = """
import json
from click.testing import CliRunner
from gandyn import games, plot, rules, testing
from gandyn.bench import find_problems, find_solvers
from gandyn.cli import main
from gandyn.gans import parse_gan
from gandyn.plot.styles import STYLES

def told(*words):
    return CliRunner().invoke(main, list(words)).output

GAN = "teacher(loss=mine, regulariser=NewcomerPenalty(gamma=0.5), points=8)"
gan = parse_gan(GAN)
field = gan.game(seed=0).gy(*[part[:, 0] for part in gan.initial([0])])
checked = told("check", "--rule", "NewcomerRule", "--law", "newcomer-law",
               "--max-examples", "5")
orbit = told("orbit", "--rule", "newcomer-rule", "--game", "newcomer-game",
             "--steps", "20")
print(json.dumps({
    "rules": list(rules.CATALOGUE),
    "games": list(games.CATALOGUE),
    "info rule": told("info", "NewcomerRule"),
    "info game": told("info", "NewcomerGame"),
    "orbit": orbit,
    "solvers": list(find_solvers(["built-in"])[0]),
    "gan": repr(gan),
    "finite": bool(field.isfinite().all()),
    "laws": list(testing.LAWS),
    "checked": checked,
    "problems": list(find_problems(["standard"])),
    "bench": told("bench", "run", "newcomer", "--dry-run"),
    "claims": told("claims"),
    "claimed": told("claims", "run", "newcomer"),
    "styles": list(STYLES),
    "colour": STYLES["newcomer"].of("converges", 1)[0],
}))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package and of its tests, with a newcomer's file of each kind."""
    root = tmp_path_factory.mktemp("copy")
    package = Path(gandyn.__file__).parent
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(package, root / "gandyn", ignore=ignored)
    shutil.copytree(TESTS, root / "tests", ignore=ignored)
    shutil.copy(TESTS.parent / "pyproject.toml", root)
    for name, text in FILES.items():
        target = root / "gandyn" / name
        assert not target.exists()
        target.write_text(text.lstrip(), "utf-8")
    return root


def python(copy: Path, *args: str) -> str:
    env = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *args], cwd=copy, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def found(copy: Path) -> dict[str, Any]:
    return dict(json.loads(python(copy, "-c", PROBE).splitlines()[-1]))


@pytest.fixture(scope="module")
def collected(copy: Path) -> list[str]:
    """The tests that all of a kind share, of the newcomers."""
    files = (
        "rules_catalogue", "games_all", "testing_rules", "mutants", "gans_products",
        "plot", "claims",
    )  # fmt: skip
    args = ["-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    tests = copy / "tests"
    args += [str(path) for name in files for path in tests.rglob(f"test_{name}.py")]
    return python(copy, *args, "-k", "newcomer").splitlines()


def shared(collected: list[str], file: str, word: str) -> list[str]:
    return [line for line in collected if f"/{file}:" in line and word in line]


def test_a_rule(found: dict[str, Any], collected: list[str]) -> None:
    assert "NewcomerRule" in found["rules"]
    assert "Plain gradient play" in found["info rule"]
    assert "NewcomerRule" in found["solvers"]
    assert shared(collected, "test_rules_catalogue.py", "NewcomerRule")
    assert shared(collected, "test_testing_rules.py", "NewcomerRule")


def test_a_game(found: dict[str, Any], collected: list[str]) -> None:
    assert "NewcomerGame" in found["games"]
    assert "A bilinear game" in found["info game"]
    assert "diverges_spiral" in found["orbit"]  # simultaneous play, whatever the rate
    assert shared(collected, "test_games_all.py", "NewcomerGame")


def test_a_loss(found: dict[str, Any], collected: list[str]) -> None:
    assert "loss=NewcomerLoss()" in found["gan"]
    assert found["finite"]
    assert shared(collected, "test_gans_products.py", "NewcomerLoss")


def test_a_regulariser(found: dict[str, Any], collected: list[str]) -> None:
    assert "regulariser=NewcomerPenalty(gamma=0.5)" in found["gan"]
    assert shared(collected, "test_gans_products.py", "NewcomerPenalty")


def test_a_law(found: dict[str, Any], collected: list[str]) -> None:
    assert "newcomer-law" in found["laws"]
    assert "newcomer-law: passed" in found["checked"]
    assert shared(collected, "test_mutants.py", "newcomer-law")


def test_a_problem(found: dict[str, Any]) -> None:
    assert "newcomer" in found["problems"]
    assert set(found["problems"]) - {"newcomer"} == set(find_problems(["standard"]))
    assert found["bench"].startswith(f"{len(found['solvers'])} jobs")


def test_a_claim(found: dict[str, Any], collected: list[str]) -> None:
    assert "Doubling adds a number to itself" in found["claims"]
    assert found["claimed"].startswith("newcomer  holds: 1 of 1 points")
    assert shared(collected, "test_claims.py", "every_claim_is_whole[newcomer]")


def test_a_plot_style(found: dict[str, Any], collected: list[str]) -> None:
    assert "newcomer" in found["styles"]
    assert found["colour"] == "#191919"
    assert shared(collected, "test_plot.py", "style_that_is_asked_for[newcomer]")
