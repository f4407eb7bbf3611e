"""Rules and games from a user's own Python file."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import NamedTuple, TypeVar

from gandyn._specification import DIGITS, digest_of
from gandyn.errors import GandynError

T = TypeVar("T")

_FILE = re.compile(
    r"^\s*(?P<path>[^'\"]+?\.py)(?:@(?P<digest>[0-9a-f]{8,64}))?:(?P<rest>.+)$",
    re.DOTALL,
)
_NO_NAME = re.compile(r"^[^'\"(]+\.py(@[0-9a-f]{8,64})?\s*:?\s*$")


class FileSpec(NamedTuple):
    """A specification ``path.py:rest`` or ``path.py@digest:rest``, taken apart."""

    path: Path
    digest: str
    rest: str


def file_spec(text: str) -> FileSpec | None:
    """Return the parts of a specification of a user's file, None if it is none.

    Raises
    ------
    GandynError
        If it is a file, and does not say what of it.
    """
    if _NO_NAME.match(text):
        raise GandynError(f"write FILE.py:NAME, not {text!r}: a file may hold several")
    match = _FILE.match(text)
    if match is None:
        return None
    return FileSpec(Path(match["path"]), match["digest"] or "", match["rest"].strip())


def load_classes(
    path: str | Path, base: type[T], expected: str = ""
) -> dict[str, type[T]]:
    """Import a Python file and return the subclasses of a base that it defines.

    Raises
    ------
    GandynError
        As `load_module`, and if the file defines no such class.
    """
    module = load_module(Path(path), expected)
    found = {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, base)
        and value.__module__ == module.__name__
    }
    if not found:
        raise GandynError(
            f"{path} defines no rule or game: write a class that inherits gandyn.Rule "
            "or gandyn.Game"
        )
    return found


def load_module(path: Path, expected: str = "") -> ModuleType:
    """Import a file under a name made from its path, again only if it was edited.

    Raises
    ------
    GandynError
        If there is no such file, if it raises (with Python's own message), or if its
        SHA-256 does not begin with the digits that are expected.
    """
    try:
        place = path.resolve(strict=True)
        source = place.read_bytes()
    except OSError as error:
        raise GandynError(f"cannot read {path}: {error.strerror}") from None
    except ValueError:  # of Python's, for a NUL
        raise GandynError(f"no path: {str(path)!r} holds a NUL") from None
    tag = hashlib.sha256(str(place).encode()).hexdigest()[:8]
    name = f"gandyn_user_{place.stem}_{tag}"
    digest = digest_of(source)
    if not digest.startswith(expected):
        raise GandynError(
            f"{path} has changed: its SHA-256 begins with {digest[:DIGITS]}, and "
            f"{expected} was used; bring that version back, or leave out @{expected} "
            "to take the file as it is"
        )
    known = sys.modules.get(name)
    if known is not None and vars(known).get("__source_digest__") == digest:
        return known
    return _execute(name, place, source, digest)


def _execute(name: str, place: Path, source: bytes, digest: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, place)
    assert spec is not None  # the suffix is .py
    module = importlib.util.module_from_spec(spec)
    vars(module)["__source_digest__"] = digest
    before = sys.modules.get(name)
    sys.modules[name] = module  # before execution: dataclasses look their module up
    try:
        # compiled here: the import system trusts a .pyc for a second after an edit
        exec(compile(source, str(place), "exec"), vars(module))  # noqa: S102
    except Exception as error:
        if before is None:
            del sys.modules[name]
        else:
            sys.modules[name] = before
        raise GandynError(
            f"{place.name} could not be imported\n{_own_words(error, place)}"
        ) from error
    return module


def _own_words(error: BaseException, place: Path) -> str:
    """Return Python's own message, with the lines of the user's file that led to it."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename == str(place)]
    lines = traceback.format_list(own[-1:]) + traceback.format_exception_only(error)
    return "".join(lines).rstrip()
