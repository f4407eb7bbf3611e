"""What is said about GANs, predicted and measured: one file per claim.

Every module here has a ``CLAIM``, whose name is the module's; none is listed anywhere.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable

from gandyn._userfile import file_spec, load_module
from gandyn.claims._claim import KINDS, Check, Claim, Quantity
from gandyn.claims._run import Outcome, last_run, run
from gandyn.errors import GandynError, UnknownName

__all__ = [
    "CLAIMS",
    "KINDS",
    "Check",
    "Claim",
    "Outcome",
    "Quantity",
    "find_claims",
    "last_run",
    "run",
]


def _discover() -> dict[str, Claim]:
    names = (info.name for info in pkgutil.iter_modules(__path__))
    return {
        name: importlib.import_module(f"{__name__}.{name}").CLAIM
        for name in sorted(names)
        if not name.startswith("_")
    }


CLAIMS: dict[str, Claim] = _discover()
"""Every claim by its name."""


def find_claims(names: Iterable[str]) -> dict[str, Claim]:
    """Return claims by their names.

    Parameters
    ----------
    names : iterable of str
        Names of `CLAIMS`, or ``file.py:NAME``: a module-level `Claim` of a user's file,
        which is imported, and so runs. Its name is then ``file.NAME``.

    Returns
    -------
    dict of str to Claim

    Raises
    ------
    UnknownName
        If there is no such claim, with the nearest names.
    GandynError
        If a file cannot be imported, or has two claims asked for by one name.

    Examples
    --------
    >>> list(find_claims(["critic_steps"]))
    ['critic_steps']
    """
    found: dict[str, Claim] = {}
    for text in names:
        name, claim = _find(text)
        if found.get(name, claim) is not claim:
            raise GandynError(f"two claims are called {name}: rename a file")
        found[name] = claim
    return found


def _find(text: str) -> tuple[str, Claim]:
    file = file_spec(text)
    if file is None:
        if text not in CLAIMS:
            raise UnknownName("claim", text, CLAIMS)
        return text, CLAIMS[text]
    module = load_module(file.path, file.digest)
    own = {name: one for name, one in vars(module).items() if isinstance(one, Claim)}
    if file.rest not in own:
        raise UnknownName(f"claim of {file.path}", file.rest, own)
    return f"{file.path.stem}.{file.rest}", own[file.rest]
