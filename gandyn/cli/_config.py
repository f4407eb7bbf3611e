"""Settings of the commands: defaults, a TOML file, and flags over both."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec

from gandyn.errors import GandynError, UnknownName

AtLeast1 = Annotated[int, msgspec.Meta(ge=1)]


class Settings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a command can be told, by flags and by a file."""


class WithRule(Settings, kw_only=True):
    """What every command that runs an update rule takes."""

    rule: str = "simultaneous"
    set: dict[str, Any] = {}
    output: tuple[str, ...] = ()
    overwrite: bool = False


class WithGame(WithRule, kw_only=True):
    """What every command that runs a rule on a game takes.

    The default game has every ending that a textbook tells apart: the Dirac-GAN loses
    stability to a cycle at lr_x = 4γ and through a flip above.
    """

    game: str = "dirac(regulariser=R1(0.3))"
    jacobian: str | None = None
    split: int | None = None


SettingsT = TypeVar("SettingsT", bound=Settings)


def settle(
    cls: type[SettingsT], path: str | None, flags: Mapping[str, Any]
) -> SettingsT:
    """Return the settings: flags that were given, over the file's, over defaults.

    Raises
    ------
    GandynError
        If the file cannot be read, or a value has the wrong type.
    UnknownName
        If the file has a key that is no setting, with the nearest ones.
    """
    table = {} if path is None else _read(cls, Path(path))
    given = {key: value for key, value in flags.items() if value not in (None, (), {})}
    merged = {**table, **given}
    if "set" in table and "set" in given:
        merged["set"] = {**table["set"], **given["set"]}
    return _convert(merged, cls, "settings")


def _read(cls: type[SettingsT], path: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise GandynError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        # not TOML, not UTF-8, a number of 5000 digits, tables a thousand deep, a NUL
        raise GandynError(f"{path} is not TOML that can be read: {error}") from None
    known = cls.__struct_encode_fields__
    for key in table:
        if key not in known:
            raise UnknownName(f"key of {path}", key, known)
    _convert(table, cls, str(path))
    return table


def _convert(table: dict[str, Any], cls: type[SettingsT], source: str) -> SettingsT:
    try:
        return msgspec.convert(table, cls)
    except (msgspec.ValidationError, OverflowError) as error:
        where = str(error).replace("`$.", "`").replace(" | null`", "`")
        raise GandynError(f"{source}: {where[0].lower()}{where[1:]}") from None
