"""A frozen dataclass of numbers and texts, read strictly from a TOML file."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from golden.errors import InputError, shown
from golden.files import read_bytes

Record = TypeVar("Record")
MOST_CHARACTERS = 500
KINDS = {
    "str": ("text", (str,)),
    "int": ("a whole number", (int,)),
    "float": ("a number", (int, float)),
}


def named_or_file(name_or_path: str, folder: Path, what: str) -> Path:
    """The file of that name in the folder, or that path, which must end in .toml.

    Raises InputError, which lists the names, where it is neither.
    """
    names = sorted(path.stem for path in folder.glob("*.toml"))
    if name_or_path in names:
        return folder / f"{name_or_path}.toml"
    if Path(name_or_path).suffix == ".toml":
        return Path(name_or_path)
    raise InputError(
        f"{what} {name_or_path!r} is not known: choose {', '.join(names)} or give a .toml file."
    )


def read_record(path: Path, record: type[Record]) -> Record:
    """The record in a file: every field named once, of the type that the class names.

    Raises InputError on a file that is no TOML, and on a missing, unknown, mistyped or impossible
    value.
    """
    data = read_bytes(path)
    try:
        values = tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:  # TOML and UTF-8 errors are ValueErrors
        reason = str(error).split("\n")[0][:120]
        raise InputError(f"{path} is not TOML ({reason}): correct it.") from error
    try:
        return record(**_typed(values, record))
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def check_numbers(record: object, ranges: dict[str, tuple[float, float]]) -> None:
    """Raises InputError where a number lies outside its range, or a text is no short line."""
    for key, value in vars(record).items():
        if isinstance(value, str):
            if not (value.isprintable() and 1 <= len(value) <= MOST_CHARACTERS):
                raise InputError(
                    f"{key} is not one line of text, up to {MOST_CHARACTERS} characters: give it "
                    "a few words."
                )
            continue
        low, high = ranges[key]
        if not low <= value <= high:  # refuses NaN too
            raise InputError(
                f"{key} is {shown(value)} where a number from {low} to {high} is needed: "
                "correct it."
            )


def _typed(values: dict[str, object], record: type) -> dict[str, Any]:
    kinds = {field.name: str(field.type) for field in fields(record)}
    for key in values:
        if key not in kinds:
            raise InputError(
                f"{key[:60]} is not known: remove it, or choose of {', '.join(kinds)}."
            )
    typed: dict[str, Any] = {}
    for key, kind in kinds.items():
        if key not in values:
            raise InputError(f"{key} is missing: add it.")
        value, (wanted, allowed) = values[key], KINDS[kind]
        if not isinstance(value, allowed) or isinstance(value, bool):
            raise InputError(f"{key} is {shown(value)} where {wanted} is needed: correct it.")
        typed[key] = value
    return typed
