"""Errors that a user can act on: each message names the field and the remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LONGEST = 500
"""Characters of a message: what was given is echoed, but not a file of it."""
_SHOWN = 12
"""Names that a message lists at most."""
_READ = 80
"""Characters of a name that are compared with those known: of more that takes long."""


def shortened(text: str, longest: int = LONGEST) -> str:
    """Return a text without its middle where it is too long for a message."""
    half = (longest - 3) // 2
    return text if len(text) <= longest else f"{text[:half]} … {text[-half:]}"


class GandynError(ValueError):
    """Base of every error that bad input causes (command line exit code 2).

    A message that is longer than `LONGEST` loses its middle.
    """

    def __init__(self, message: str = "", *rest: object) -> None:
        super().__init__(shortened(str(message)), *rest)


class FieldError(GandynError):
    """A field of a rule, a game or a sweep has a value outside its domain."""


class UnknownName(GandynError):
    """A rule, game or field that does not exist; suggests the nearest names."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(set(known))
        read = name[:_READ]
        close = difflib.get_close_matches(read, names, n=3, cutoff=0.5)
        if not close:  # names are read in small letters too
            plain = {own.lower(): own for own in names}
            near = difflib.get_close_matches(read.lower(), plain, n=3, cutoff=0.5)
            close = [plain[own] for own in near]
        if close:
            remedy = f"did you mean {' or '.join(close)}?"
        else:
            some = ", ".join(names[:_SHOWN])
            more = f", … ({len(names)} in all)" if len(names) > _SHOWN else ""
            remedy = f"choose one of {some}{more}"
        super().__init__(f"unknown {kind} {_short(name)}: {remedy}")


class MissingExtra(GandynError, ImportError):
    """An optional dependency is not installed; the message has the pip command."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"{package} is not installed: pip install 'gandyn[{extra}]', or in a copy "
            f"of the repository pip install -c constraints.txt '.[{extra}]'"
        )


def _short(name: str) -> str:
    """Return a name in quotes, of a long one the beginning."""
    return repr(name if len(name) <= _READ else f"{name[: _READ - 3]}...")
