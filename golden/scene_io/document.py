"""JSON inside scene files, read key by key: what is missing or of another type is named."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.errors import InputError

SHOWN = 40  # characters of a value that a message repeats


@dataclass(frozen=True)
class Entry:
    """A value of a JSON document, and where it stands.

    Parameters
    ----------
    name : of the file, for messages.
    where : keys down to the value, such as "means.files.0"; empty for the whole document.
    value : as json gives it.

    Every method raises InputError where the value is not what it asks for.
    """

    name: str
    where: str
    value: object

    def __getitem__(self, key: str | int) -> Entry:
        """Of an object's key or a list's index."""
        entry = self.get(key)
        if entry is None:
            raise self.error(f"it has no {self._path(key)}")
        return entry

    def get(self, key: str | int) -> Entry | None:
        """As [key], or None where there is no such key, or it is null."""
        value: object = None
        if isinstance(key, int):
            items = self._list()
            value = items[key] if 0 <= key < len(items) else None
        elif isinstance(self.value, dict):
            value = self.value.get(key)
        else:
            raise self._wrong("an object")
        return None if value is None else Entry(self.name, self._path(key), value)

    def __iter__(self) -> Iterator[Entry]:
        """The items of a list."""
        return (Entry(self.name, self._path(i), item) for i, item in enumerate(self._list()))

    def __len__(self) -> int:
        return len(self._list())

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high."""
        value = self.value
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self._wrong(f"a whole number from {low} to {high}")
        return value

    def number(self) -> float:
        """A finite number."""
        value = self.value
        if isinstance(value, int | float) and not isinstance(value, bool):
            try:
                if math.isfinite(float(value)):
                    return float(value)
            except OverflowError:
                pass
        raise self._wrong("a finite number")

    def numbers(self, count: int) -> NDArray[np.float64]:
        """A list of that many finite numbers, (count,)."""
        if len(self) != count:
            raise self._wrong(f"a list of {count} numbers")
        return np.array([item.number() for item in self])

    def text(self) -> str:
        """A string."""
        if not isinstance(self.value, str):
            raise self._wrong("a text")
        return self.value

    def error(self, what: str) -> InputError:
        """The refusal of the file that holds the document."""
        return InputError(f"{self.name} cannot be read ({what}): copy or export it again.")

    def _list(self) -> list[object]:
        if not isinstance(self.value, list):
            raise self._wrong("a list")
        return self.value

    def _wrong(self, wanted: str) -> InputError:
        shown = repr(self.value)[:SHOWN]
        return self.error(f"its {self.where or 'JSON'} is {shown} where {wanted} is needed")

    def _path(self, key: str | int) -> str:
        return f"{self.where}.{key}" if self.where else str(key)


def parse_json(data: bytes, name: str) -> Entry:
    """The document of UTF-8 JSON; raises InputError where it is none, or nested too deeply.

    Parameters
    ----------
    data : all of it; Python's values take up to about 40 times its bytes.
    name : of the file, for messages.
    """
    try:
        return Entry(name, "", json.loads(data.decode("utf-8-sig")))
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{name} cannot be read (its JSON is damaged): copy or export it again."
        ) from error
