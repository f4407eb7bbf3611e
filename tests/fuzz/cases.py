"""Random cases: calls of functions, expressions, damaged files and command lines."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from click.testing import CliRunner

import gandyn
from gandyn import bench, dynamics, games, stability
from gandyn.cli import main
from gandyn.errors import LONGEST, GandynError
from tests.fuzz.values import GOOD, LONG, NOT, text


class Case(NamedTuple):
    """What is run, how it is called in a report, and whether it must be refused."""

    label: str
    run: Callable[[], Any]
    nonsense: bool = False


CALLS: dict[str, tuple[Callable[..., Any], dict[str, str], dict[str, Any]]] = {
    "simulate": (
        gandyn.simulate, {"rule": "rule", "game": "game", "start": "start",
        "steps": "count"}, {},
    ),
    "sweep": (
        gandyn.sweep, {"rule": "rule", "game": "game", "axes": "axes", "steps": "count",
        "start": "start", "escape": "escape", "threads": "count", "method": "method"},
        {},
    ),
    "multipliers": (dynamics.multipliers, {"rule": "rule", "game": "game"}, {}),
    "linear_stability": (
        gandyn.linear_stability, {"rule": "rule", "game": "game"}, {},
    ),
    "critical_learning_rates": (
        gandyn.critical_learning_rates, {"rule": "rule", "game": "game",
        "field": "word", "low": "number", "high": "number"}, {"low": 0.1, "high": 1.0},
    ),
    "stability_limit": (
        stability.stability_limit, {"rule": "rule", "game": "game", "field": "word",
        "low": "number", "high": "number"}, {"low": 0.1, "high": 1.0},
    ),
    "boundary": (
        gandyn.boundary, {"rule": "rule", "game": "game", "fields": "fields",
        "box": "box"}, {},
    ),
    "certify": (gandyn.certify, {"subject": "subject", "game": "game"}, {}),
    "certify_interval": (
        stability.certify_interval, {"rule": "rule", "game": "game", "field": "word",
        "low": "number", "high": "number", "pieces": "count"},
        {"low": 0.1, "high": 0.2, "pieces": 2},
    ),
    "game_eigenvalues": (
        stability.game_eigenvalues, {"game": "game", "tau": "number"}, {},
    ),
    "modified_flow": (
        stability.modified_flow, {"rule": "rule", "game": "game", "order": "count"},
        {"order": 2},
    ),
    "Axis": (
        gandyn.Axis, {"low": "number", "high": "number", "num": "count"},
        {"low": 0.1, "high": 1.0, "num": 3},
    ),
    "check_update_rule": (
        gandyn.check_update_rule, {"rule": "rule", "laws": "word",
        "max_examples": "count"}, {"laws": ["batch"], "max_examples": 1},
    ),
    "parse_rule": (gandyn.parse_rule, {"text": "word"}, {"text": "adam"}),
    "parse_game": (gandyn.parse_game, {"text": "word"}, {"text": "dirac"}),
    "from_losses": (games.from_losses, {"loss_x": "word", "name": "new"}, {
        "loss_x": "x*y", "name": "New"}),
}  # fmt: skip
"""Functions, the kinds of their arguments, and what these are where it matters."""
_MORE = {
    "escape": ([*NOT["number"], 0.5, -1, 1], 1e8),
    "method": ([*NOT["word"], 3], "auto"),
    "subject": (["a", {}, lambda: 1, 3j, object], GOOD["rule"][0]),
    "new": ([3, "", "a b", "_x", "DiracGAN", "a\0", {}, LONG + "("], "New"),
}


def sound(name: str) -> Callable[[], Any]:
    """Return a call of a function of which nothing is nonsense."""
    function, kinds, own = CALLS[name]
    given = {
        argument: _MORE[kind][1] if kind in _MORE else GOOD[kind][0]
        for argument, kind in kinds.items()
    }
    return lambda: function(**{**given, **own})


def call(rng: random.Random) -> Case:
    """Return a call of a function of which one or two arguments are nonsense."""
    name = rng.choice(list(CALLS))
    function, kinds, own = CALLS[name]
    given = {
        argument: _MORE[kind][1] if kind in _MORE else rng.choice(GOOD[kind])
        for argument, kind in kinds.items()
    } | own
    wrong = rng.sample(list(kinds), min(rng.choice((1, 1, 2)), len(kinds)))
    for argument in wrong:
        kind = kinds[argument]
        given[argument] = rng.choice(_MORE[kind][0] if kind in _MORE else NOT[kind])
    said = ", ".join(f"{key}={repr(given[key])[:60]}" for key in wrong)
    return Case(f"{name}({said})", lambda: function(**given), nonsense=True)


def expression(rng: random.Random) -> Case:
    """Return the reading of a specification or a loss."""
    kind = rng.choice(("rule", "game", "loss", "axis"))
    if kind == "loss":
        loss = text(rng, "loss")
        forbidden = any(part in loss for part in ("lambda", "__class__", "\0", "{"))
        return Case(loss[:200], lambda: games.from_losses(loss), forbidden)
    if kind == "axis":
        parts = ["lr", "0.1", "1", "5", "log", ":", ",", "=", "1e400", "-", "nan", "x"]
        made = "".join(rng.choice(parts) for _ in range(rng.randrange(8)))
        return Case(made, lambda: gandyn.spec.parse_axis(made))
    made = text(rng, kind)
    read = gandyn.parse_rule if kind == "rule" else gandyn.parse_game
    return Case(made[:200], lambda: read(made))


def file(rng: random.Random, folder: Path) -> Case:
    """Return the reading of a file with some of its bytes changed or left out."""
    suffix = rng.choice((".npy", ".npz", ".npy", ".npz", ".toml", ".py", ".json"))
    path = folder / f"file{suffix}"
    content = bytearray(_whole(suffix, path))
    for _ in range(rng.choice((1, 2, 8))):
        place, what = rng.randrange(len(content)), rng.randrange(4)
        if what == 0:
            del content[place : place + rng.randrange(1, 40)]
        elif what == 1:
            content[place:place] = rng.choice(_BYTES)
        else:
            content[place] = rng.randrange(256)
        content = content or bytearray(b" ")
    path.write_bytes(content)
    if suffix in (".npy", ".npz"):
        return Case(
            f"{suffix} {bytes(content[:150])!r}", lambda: games.Bilinear.from_file(path)
        )
    if suffix == ".py":
        return Case(f"{content!r}", lambda: gandyn.parse_rule(f"{path}:Mine(lr_x=0.2)"))
    if suffix == ".json":
        place = folder / "result"
        place.mkdir(exist_ok=True)
        (place / "manifest.json").write_bytes(content)
        return Case(f"{content!r}", lambda: bench.load(place))
    arguments = ["orbit", "--config", str(path), "-o", str(folder / "made.csv")]
    return Case(f"{content!r}", lambda: command_line([*arguments, "--overwrite"]))


def _whole(suffix: str, path: Path) -> bytes:
    if suffix == ".npy":
        np.save(path, np.eye(3))
    elif suffix == ".npz":
        np.savez(path, np.eye(3))
    else:
        return _TEXTS[suffix]
    return path.read_bytes()


_TEXTS = {
    ".toml": b'rule = "alternating"\ngame = "bilinear"\nsteps = 9\n'
    b"set = {lr_x = 0.1}\n",
    ".py": b"import gandyn\n\nclass Mine(gandyn.Rule):\n"
    b"    lr_x: gandyn.Positive = 0.1\n"
    b"    lr_y: float = 0.1\n    def step(self, game, x, y, memory):\n"
    b"        return x, y, memory\n",
    ".json": b'{"complete": true, "suite": {"version": 2}, "solvers": {},'
    b' "missing": {}, "problems": {}, "protocol": {"tuning": "random"}}',
}
_BYTES = [
    b"[" * 3000, b"{" * 3000, b"9" * 400, b"9" * 5000, b"\0", b"\xff\xfe", b'"', b"\n",
    b"nan", b"= 1\n", b"(", b"Zzz", b"-", b"1e400", b": 99999999999, ",
]  # fmt: skip


def command(rng: random.Random, folder: Path) -> Case:
    """Return a command line with one or two flags that are nonsense."""
    name, base, flags = rng.choice(_COMMANDS)
    arguments = [name, *base]
    if name in ("orbit", "phase"):
        suffix = "csv" if name == "orbit" else "nc"
        arguments += ["-o", str(folder / f"made.{suffix}"), "--overwrite"]
    for flag in rng.sample(flags, rng.choice((1, 1, 2))):
        arguments += [flag, rng.choice(_WORDS)]
    return Case(" ".join(arguments)[:300], lambda: command_line(arguments))


_COMMANDS = [
    ("orbit", ["--game", "bilinear", "--steps", "5"],
     ["--rule", "--game", "--set", "--steps", "--start", "--jacobian", "--split",
      "--config", "-o", "--zzz"]),
    ("phase", ["--game", "bilinear", "--x", "lr_x=0.1:1:2", "--y", "lr_y=0.1:1:2"],
     ["--rule", "--game", "--set", "--x", "--y", "--axis", "--steps", "--method",
      "--threads", "--variable", "--start", "--config", "-o", "--jacobian"]),
    ("info", [], ["rules", "games", "zzz", "laws"]),
    ("bench", ["run", "--dry-run"], ["--rule", "--tuning", "--measure", "--budget",
                                     "--settings", "--seed", "bilinear", "--config"]),
    ("bench", ["report"], ["--rule", "--output", "zzz"]),
    ("claims", ["run"], ["zzz", "--output", "--zzz"]),
    ("bifurcations", ["--game", "dirac"], ["--rule", "--field", "--low", "--high",
                                           "--set", "--game"]),
    ("check", ["--law", "zzz"], ["--rule", "--examples", "--zzz"]),
]  # fmt: skip
_WORDS = [
    "", " ", "zzz", "-1", "0", "nan", "inf", "1e400", "1" * 400, "9" * 5000, LONG,
    "a=b",
    "lr_x=0.1", "lr_x=-1", "lr_x=nan", "lr_x=0.1:1:2", "lr_x=1:0.1:2", "lr_x=0.1:1:0",
    "lr_x=0.1:1:1000000000", "zzz=0.1:1:2", "lr_x=a:b:c", "lr_x=0:1:2:log", "1,2", "1",
    "nan,1", "1,2,3", "a,b", "/", "/dev/null", "no/such.py:Mine", "a.py:", "x.npy",
    "alternating(", "alternating(lr=1e400)", "bilinear('no.npy')", "💥", "é", "--", "-",
    "losses('x*y')", "losses('tanh(tanh(x))*y')", "losses('1/0')", "adam(beta1=2)",
    ".", "..", "a.png/b.png", "a.jpg", "simulate", "exact", "auto", "theory",
]  # fmt: skip


def command_line(arguments: list[str]) -> None:
    """Run a command; raise what it must not end in."""
    result = CliRunner().invoke(main, arguments)
    if result.exit_code not in (0, 1, 2, 3) or "Traceback" in result.output:
        raise AssertionError(f"exit {result.exit_code}: {result.output[-800:]}")
    said = result.stderr.partition("Error: ")[2]
    if len(said) > LONGEST + 20:
        raise AssertionError(f"a message of {len(said)} characters: {said[:200]}")


def problem(case: Case) -> str:
    """Run a case; return what is wrong with how it ended, nothing if all is well."""
    try:
        case.run()
    except GandynError as error:
        size = len(str(error))
        return "" if size <= LONGEST else f"{case.label}: message of {size} characters"
    except Exception as error:
        return f"{case.label}: {type(error).__name__}: {str(error)[:800]}"
    return f"{case.label}: accepted" if case.nonsense else ""
