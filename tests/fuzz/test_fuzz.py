"""Nonsense is refused by typed errors: 2,000 cases here, 100,000 among the slow tests.

``pytest -m slow tests/fuzz`` runs the long one: of each of the four kinds 25 children
of 1,000 cases, forked from a process that has imported what they need.
"""

import contextlib
import faulthandler
import os
import random
import resource
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from tests.fuzz import cases

_SECONDS = 30
_BYTES = 2 * 10**9
_CHILD = 1000
"""Cases of a child process: more would compile more kernels than its memory holds."""
_KINDS = ("call", "expression", "file", "command")


class Hang(BaseException):
    """A case took too long: no clause for Exception takes it for its own."""


@contextlib.contextmanager
def bounded():
    """Limit what the process may take beside what it has; let hangs be ended."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * os.sysconf("SC_PAGE_SIZE") + _BYTES

    def end(*signal_and_frame):
        raise Hang

    handler = signal.signal(signal.SIGALRM, end)
    resource.setrlimit(resource.RLIMIT_AS, (most, before[1]))
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, handler)
        resource.setrlimit(resource.RLIMIT_AS, before)


def problems(kind, seed, count, folder):
    """Run random cases of a kind; return what was wrong with any."""
    rng, found = random.Random(f"{kind} {seed}"), []
    make = getattr(cases, kind)
    with warnings.catch_warnings(), bounded():
        warnings.simplefilter("ignore")
        for _ in range(count):
            case = make(rng, folder) if kind in ("file", "command") else make(rng)
            signal.alarm(_SECONDS)
            try:
                wrong = cases.problem(case)
            except Hang:
                wrong = f"{case.label}: over {_SECONDS} s"
            signal.alarm(0)
            found += [wrong] if wrong else []
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="limits on memory are Linux's")
@pytest.mark.parametrize("kind", _KINDS)
def test_nonsense_is_refused(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert problems(kind, 0, 500, tmp_path) == []


@pytest.mark.parametrize("name", cases.CALLS)
def test_what_is_sound_is_not_refused(name):
    cases.sound(name)()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits on memory are Linux's")
@pytest.mark.parametrize("kind", _KINDS)
def test_many_more(kind, tmp_path):
    root = Path(__file__).parents[2]
    code = f"from tests.fuzz.test_fuzz import main; main({kind!r}, 25)"
    path = os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=7200,
    )
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-4000:]


def main(kind, children):
    """Run a thousand cases in each of many processes, which they may crash."""
    faulthandler.enable()
    problems(kind, 0, _CHILD, Path())  # imports and compiles for all children
    wrong = [seed for seed in range(1, children + 1) if _forked(kind, seed)]
    sys.exit(f"wrong with the seeds {wrong}" if wrong else 0)


def _forked(kind, seed):
    """Run a thousand cases in a child; return how it ended, 0 if all is well."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    found = [f"an exception, of seed {seed}"]
    try:
        found = problems(kind, seed, _CHILD, Path())
        sys.stdout.write("".join(f"{one}\n" for one in found))
        sys.stdout.flush()
    finally:
        os._exit(bool(found))
