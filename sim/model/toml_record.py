"""A frozen dataclass of numbers and texts, read strictly from a TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
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
    "tuple[str, ...]": ("a list of texts", (str,)),
    "tuple[float, ...]": ("a list of numbers", (int, float)),
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


def read_record(
    path: Path, record: type[Record], parts: Mapping[str, type] | None = None
) -> Record:
    """The record in a file: every field named once, of the type that the class names.

    Parameters
    ----------
    parts : records by the names of fields that are tables of their own and may be left out.

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
        return record(**_typed(values, record, parts or {}))
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def check_numbers(record: object, ranges: dict[str, tuple[float, float]]) -> None:
    """Raises InputError where a number lies outside its range, or a text is no short line."""
    for key, value in vars(record).items():
        if isinstance(value, str):
            check_text(key, value)
            continue
        if value is None or is_dataclass(value):  # checked on its own
            continue
        low, high = ranges[key]
        if not low <= value <= high:  # refuses NaN too
            raise InputError(
                f"{key} is {shown(value)} where a number from {low} to {high} is needed: "
                "correct it."
            )


def check_text(key: str, value: str) -> None:
    """Raises InputError where a text is no short line."""
    if not (value.isprintable() and 1 <= len(value) <= MOST_CHARACTERS):
        raise InputError(
            f"{key} is not one line of text, up to {MOST_CHARACTERS} characters: give it a few "
            "words."
        )


def _typed(values: dict[str, object], record: type, parts: Mapping[str, type]) -> dict[str, Any]:
    kinds = {field.name: str(field.type) for field in fields(record)}
    for key in values:
        if key not in kinds:
            raise InputError(
                f"{key[:60]} is not known: remove it, or choose of {', '.join(kinds)}."
            )
    typed: dict[str, Any] = {}
    for key, kind in kinds.items():
        if key in parts:
            if key in values:
                typed[key] = _part(key, values[key], parts[key])
            continue
        if key not in values:
            raise InputError(f"{key} is missing: add it.")
        value, (wanted, allowed) = values[key], KINDS[kind]
        is_list = kind.startswith("tuple")
        items = value if is_list and isinstance(value, list) else [value]
        if is_list != isinstance(value, list) or not all(
            isinstance(item, allowed) and not isinstance(item, bool) for item in items
        ):
            raise InputError(f"{key} is {shown(value)} where {wanted} is needed: correct it.")
        typed[key] = tuple(items) if is_list else value
    return typed


def _part(name: str, values: object, record: type) -> Any:
    """The record in a table of the file; raises InputError, which names the table."""
    if not isinstance(values, dict):
        raise InputError(f"{name} is {shown(values)} where a table is needed: correct it.")
    try:
        return record(**_typed(values, record, {}))
    except InputError as error:
        raise InputError(f"{name}: {error}") from error
