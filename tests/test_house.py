"""The house: what is imported when, how long files are, what docstrings must say."""

from __future__ import annotations

import dataclasses
import doctest
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from numpydoc.docscrape import ClassDoc

import gandyn
from gandyn import games, rules
from gandyn._node import Node, members
from gandyn.spec import parse_game, parse_rule

ROOT = Path(__file__).parents[1]
LONGEST_FILE = 400
HEAVY = ("jax", "matplotlib", "numba", "torch", "xarray")
CATALOGUED = [*rules.CATALOGUE.values(), *games.CATALOGUE.values()]
TEXT = {".cff", ".cfg", ".md", ".py", ".rst", ".toml", ".txt", ".yaml", ""}


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    found = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in found if path.is_file() and path.suffix in TEXT]


def modules_after(code: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has after running code."""
    report = (
        "import sys; print('\\n' + ' '.join({m.split('.')[0] for m in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("import gandyn", id="import gandyn"),
        pytest.param(
            "from gandyn.cli import main\n"
            "try: main(['--help'])\n"
            "except SystemExit as done: assert not done.code, done.code",
            id="gandyn --help",
        ),
        pytest.param("import gandyn.rules, gandyn.games", id="rules and games"),
    ],
)
def test_nothing_heavy_is_imported_early(code: str) -> None:
    assert modules_after(code).isdisjoint(HEAVY)


def test_modules_after_sees_what_is_imported() -> None:
    assert "gandyn" in modules_after("import gandyn")
    assert "numba" in modules_after("import gandyn.dynamics")


def test_every_lazy_name_exists() -> None:
    for name in gandyn.__all__:
        assert getattr(gandyn, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        gandyn.nonsense  # noqa: B018


@pytest.mark.parametrize(
    ("package", "name"), [("gandyn", "Axis"), ("gandyn.stability", "Jet")]
)
def test_lazy_packages_list_what_they_have(package: str, name: str) -> None:
    code = (
        f"import sys, {package} as package\n"
        "before = dir(package)\n"
        "assert set(package.__all__) <= set(before)\n"
        "hidden = {name for name in before if name[0] == '_' != name[1]}\n"
        "assert not hidden and 'annotations' not in before, hidden\n"
        "assert 'scipy' not in sys.modules\n"
        f"assert package.{name} is vars(package)['{name}']\n"
        "assert dir(package) == before\n"
    )
    modules_after(code)


def test_the_names_that_everybody_needs_are_at_the_top() -> None:
    errors = {"GandynError", "FieldError", "UnknownName", "MissingExtra"}
    needed = {"bench", "linear_stability", "bifurcations", "check_update_rule"}
    needed |= {"Verdict", "parse_rule", "parse_game", *errors}
    assert needed <= {*gandyn.__all__}


def test_files_are_short() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for path in tracked_files()
        if path.suffix == ".py"
    }
    assert lengths
    assert {name: n for name, n in lengths.items() if n > LONGEST_FILE} == {}


def test_no_absolute_paths() -> None:
    absolute = re.compile(r"(?<![\w./~])/(?:home|root|work|opt|tmp|Users|mnt)/\w")
    here = Path(__file__)
    guilty = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked_files()
        if path != here
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if absolute.search(line)
    ]
    assert guilty == []


def documented_parameters(cls: type[Node]) -> set[str]:
    sections = ClassDoc(cls, config={"show_class_members": False})
    return {
        name.strip() for p in sections["Parameters"] for name in p.name.split(",")
    } - {""}


@pytest.mark.parametrize("cls", CATALOGUED, ids=lambda cls: cls.__name__)
def test_docstrings_say_what_they_must(cls: type[Node]) -> None:
    assert cls.__doc__, "no docstring"
    sections = ClassDoc(cls, config={"show_class_members": False})
    assert sections["Summary"], "no summary line"
    assert sections["Examples"], "no Examples"
    assert sections["References"], "no References"
    names = {field.name for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    assert documented_parameters(cls) == names


@pytest.mark.parametrize("family", [rules.Rule, games.Game])
def test_names_and_aliases_are_unambiguous(family: type[Node]) -> None:
    spellings: dict[str, set[str]] = {}
    for name, cls in members(family).items():
        if cls.__module__.startswith("gandyn."):
            for spelling in (name, *cls.__dict__.get("aliases", ())):
                plain = re.sub(r"[-_\s]", "", spelling).lower()
                spellings.setdefault(plain, set()).add(name)
    assert {key: found for key, found in spellings.items() if len(found) > 1} == {}


def test_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["dynamic"] == ["version"]
    citation = (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"\nversion: {gandyn.__version__}\n" in citation
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert f"\n## {gandyn.__version__}" in changes


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    wanted = {
        re.split(r"[<>=\[]", line)[0]
        for line in [*project["dependencies"], *(x for group in extras for x in group)]
    }
    pins = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    lines = [line for line in pins if not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []
    assert wanted - {line.split("==")[0] for line in lines} == {"gandyn"}


def code_blocks(page: str) -> str:
    text = (ROOT / "docs" / page).read_text("utf-8")
    return "\n\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))


def test_rules_of_the_guide_play(tmp_path: Path) -> None:
    path = tmp_path / "guide_rules.py"
    path.write_text(code_blocks("write-a-rule.md"), "utf-8")
    game = parse_game("bilinear(1.0)")
    halving = parse_rule(f"{path}:Halving(lr=0.5)")
    assert halving.step(game, 1.0, 1.0, ()) == (0.5, 1.125, ())
    heavy = parse_rule(f"{path}:HeavyBall(lr=0.5)")
    memory = heavy.init(game, 1.0, 1.0)
    state = heavy.step(game, 1.0, 1.0, memory)
    assert state == (0.5, 1.5, (-0.5, 0.5))
    assert heavy.step(game, *state) == (-0.5, 2.0, (-1.0, 0.5))


def test_game_of_the_guide_has_the_jacobian_of_its_field(tmp_path: Path) -> None:
    path = tmp_path / "guide_games.py"
    path.write_text(code_blocks("write-a-game.md"), "utf-8")
    game = parse_game(f"{path}:Saddle(a=0.5)")
    (tiny, x, y) = (1e-30, 0.7, -0.3)
    by_x, by_y = complex(x, tiny), complex(y, tiny)
    measured = (
        game.gx(by_x, y).imag / tiny,
        game.gx(x, by_y).imag / tiny,
        complex(game.gy(by_x, y)).imag / tiny,
        complex(game.gy(x, by_y)).imag / tiny,
    )
    assert measured == pytest.approx(game.jacobian(x, y), rel=1e-15)


@pytest.mark.parametrize(
    "page", ["theory.md", "compute-stability.md", "train-gans.md", "advise.md"]
)
def test_examples_of_the_docs(page: str) -> None:
    failed, attempted = doctest.testfile(
        str(ROOT / "docs" / page), module_relative=False, encoding="utf-8"
    )
    assert attempted
    assert not failed
