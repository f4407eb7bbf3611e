"""The size of the house: files, names, what is loaded, which files a call enters.

``python -m benchmarks.house [FOLDER ...]`` prints a table with a column for each copy
of the repository, this one by default.
"""

from __future__ import annotations

import ast
import collections
import math
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

HERE = Path(__file__).parents[1]
DIRAC = """
from gandyn import Axis, certify, critical_learning_rates, sweep
from gandyn.games import Bilinear, DiracGAN
from gandyn.rules import Alternating, Extragradient
rule, game, rates = Alternating(), DiracGAN(regulariser="R1"), Axis(0.1, 9.0, 12)
axes = {"lr_x": rates, "lr_y": rates}
"""
LOADED = {
    "the first `sweep`": f"{DIRAC}sweep(rule, game, axes)",
    "`gandyn phase`": """
from gandyn.cli import main
sys.argv = ["gandyn", "phase", "--x", "lr_x=0.1:9:12", "--y", "lr_y=0.1:9:12", "-o",
            "phase.png"]
try:
    main()
except SystemExit as done:
    assert not done.code, done.code
""",
    "`critical_learning_rates`": f"{DIRAC}critical_learning_rates(rule, game)",
}
"""What a fresh interpreter runs before its modules are counted."""
WALKS = {
    "`sweep`, simulated": (DIRAC, "sweep(rule, game, axes, threads=1)"),
    "`sweep`, exact": (DIRAC, "sweep(Extragradient(), Bilinear(1.0), axes)"),
    "`sweep`, certified": (DIRAC, "sweep(rule, game, axes, certify=True)"),
    "`critical_learning_rates`": (DIRAC, "critical_learning_rates(rule, game)"),
    "`certify`": (DIRAC, "certify(rule, game)"),
    "a periodic orbit continued": (
        """
from gandyn import stability
henon = stability.Map(lambda z, a: (1 - a * z[0] * z[0] + z[1], 0.3 * z[0]), "a")
orbit = stability.periodic_orbit(henon, [0.9, -0.2], 2, 0.5)
""",
        """
if hasattr(stability, "continue_periodic_orbit"):
    stability.continue_periodic_orbit(henon, orbit, 0.5, 0.8)
else:
    stability.follow_cycle(henon, orbit, 0.8)
""",
    ),
    "an invariant curve continued": (
        """
from gandyn import critical_learning_rates, stability
from gandyn.games import DiracGAN
from gandyn.rules import Simultaneous
rule, game = Simultaneous(), DiracGAN("non-saturating", "R1")
(born,) = critical_learning_rates(rule, game, "lr", 0.1, 1.0)
map = stability.RuleMap(rule, game)
""",
        """
if hasattr(stability, "continue_invariant_curve"):
    stability.continue_invariant_curve(map, born, 0.1, 0.45)
else:
    stability.follow_curve(map, born, until=0.45)
""",
    ),
    "`train`": (
        """
import torch
from gandyn.gans import make_gan, train
from gandyn.rules import Alternating
game, start = make_gan("dirac", regulariser="R1").game(), (torch.ones(1).double(),) * 2
""",
        "train(Alternating(lr=0.5), game, start, 20)",
    ),
}
"""Calls, each after what it needs: which files they enter is counted."""
COUNTED = """
ours = [name for name in sys.modules if name.split(".")[0] == "gandyn"]
print(len(ours), len(sys.modules))
"""
ENTERED = """
import threading
entered = set()
def look(frame, event, value):
    if event == "call":
        entered.add(frame.f_code.co_filename)
call()
threading.setprofile(look)
sys.setprofile(look)
call()
sys.setprofile(None)
print(sum(f"{os.sep}gandyn{os.sep}" in path for path in entered))
"""


def source_rows(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield what the sources say: files, lines, names, lengths of functions."""
    texts = [path.read_text("utf-8") for path in (folder / "gandyn").rglob("*.py")]
    trees = [ast.parse(text) for text in texts]
    names = collections.Counter(name for tree in trees for name in _public(tree))
    lengths = sorted(
        (node.end_lineno or 0) - node.lineno + 1
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    last = lengths[math.ceil(0.9 * len(lengths)) - 1]
    yield "files", f"{len(texts):,}"
    yield "lines", f"{sum(text.count(chr(10)) for text in texts):,}"
    yield "longest file", str(max(text.count("\n") for text in texts))
    yield "public module-level names", f"{sum(names.values()):,}"
    yield (
        "names defined in several files",
        str(sum(count > 1 for count in names.values())),
    )
    yield (
        "lines of a function: median / 90 % / longest, with docstrings",
        f"{statistics.median(lengths):g} / {last} / {lengths[-1]}",
    )


def _public(tree: ast.Module) -> set[str]:
    """Return the public names that a module defines at its level."""
    found = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return {name for name in found if not name.startswith("_")}


def run_rows(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield what interpreters say that run the calls."""
    for name, code in LOADED.items():
        ours, everything = _run(folder, code + COUNTED).split()
        yield f"modules loaded by {name}: gandyn's / all", f"{ours} / {everything}"
    for name, (before, call) in WALKS.items():
        body = "".join(f"    {line}\n" for line in call.strip().split("\n"))
        code = f"{before}\ndef call():\n{body}{ENTERED}"
        yield f"files entered by {name}", _run(folder, code)


def _run(folder: Path, code: str) -> str:
    with tempfile.TemporaryDirectory() as place:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", f"import os, sys\n{code}"],
            check=False,
            cwd=place,
            env={**os.environ, "PYTHONPATH": str(folder.resolve())},
            capture_output=True,
            text=True,
        )
    if done.returncode:
        sys.stderr.write(done.stderr)
    return done.stdout.splitlines()[-1] if not done.returncode else "failed"


def table(folders: list[Path], parts: list[Callable[..., Iterator[tuple[str, str]]]]):
    """Return the Markdown table."""
    columns = [
        dict(row for part in parts for row in part(folder)) for folder in folders
    ]
    lines = [
        "| | " + " | ".join(folder.resolve().name for folder in folders) + " |",
        "|---|" + "---|" * len(folders),
    ]
    for name in columns[0]:
        values = " | ".join(column.get(name, "") for column in columns)
        lines.append(f"| {name} | {values} |")
    return "\n".join(lines)


if __name__ == "__main__":
    given = [Path(one) for one in sys.argv[1:]] or [HERE]
    print(table(given, [source_rows, run_rows]))
