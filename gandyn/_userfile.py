"""Rules and games from a user's own Python file."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from gandyn.errors import GandynError

T = TypeVar("T")


def load_classes(path: str | Path, base: type[T]) -> dict[str, type[T]]:
    """Import a Python file and return the subclasses of a base that it defines.

    Raises
    ------
    GandynError
        If there is no such file, if it raises (with Python's own message), or if it
        defines no such class.
    """
    module = load_module(Path(path))
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


def load_module(path: Path) -> ModuleType:
    """Import a file under a name made from its path, again only if it was edited."""
    try:
        place = path.resolve(strict=True)
        source = place.read_bytes()
    except OSError as error:
        raise GandynError(f"cannot read {path}: {error.strerror}") from None
    tag = hashlib.sha256(str(place).encode()).hexdigest()[:8]
    name = f"gandyn_user_{place.stem}_{tag}"
    digest = hashlib.sha256(source).hexdigest()
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
            f"{place.name} could not be imported\n{own_words(error, place)}"
        ) from error
    return module


def own_words(error: BaseException, place: Path) -> str:
    """Return Python's own message, with the lines of the user's file that led to it."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename == str(place)]
    lines = traceback.format_list(own[-1:]) + traceback.format_exception_only(error)
    return "".join(lines).rstrip()
