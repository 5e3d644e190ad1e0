"""Members of a JSON object fetched by type, with errors that say what is wrong and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from golden.errors import InputError


@dataclass(frozen=True)
class JsonObject:
    """A JSON object whose members are fetched by type; each error names `where` and the key."""

    values: Mapping[str, object]
    where: str

    def _get(self, key: str) -> object:
        if key not in self.values:
            raise InputError(f"{self.where} lacks {key}: record the trace again.")
        return self.values[key]

    def _wrong(self, key: str, wanted: str) -> InputError:
        value = self.values[key]
        shown = "of another kind" if isinstance(value, dict | list) else repr(value)[:60]
        return InputError(f"{self.where}: {key} is {shown}, not {wanted}: record the trace again.")

    def text(self, key: str) -> str:
        """The member that is text."""
        value = self._get(key)
        if not isinstance(value, str):
            raise self._wrong(key, "text")
        return value

    def flag(self, key: str) -> bool:
        """The member that is true or false."""
        value = self._get(key)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false")
        return value

    def whole(self, key: str) -> int:
        """The member that is a whole number."""
        value = self._get(key)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(key, "a whole number")
        return value

    def number(self, key: str) -> float:
        """The member that is a number."""
        value = self._get(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(key, "a number")
        try:
            return float(value)
        except OverflowError as error:
            raise self._wrong(key, "a number of sensible size") from error

    def number_or_none(self, key: str) -> float | None:
        """The member that is a number or null."""
        return None if self._get(key) is None else self.number(key)

    def numbers(self, key: str) -> dict[str, float]:
        """The members of an object, all of them numbers."""
        members = self.child(key)
        return {name: members.number(name) for name in members.values}

    def child(self, key: str) -> JsonObject:
        """The member that is an object."""
        value = self._get(key)
        if not isinstance(value, dict):
            raise self._wrong(key, "an object")
        return JsonObject(value, f"{self.where}: {key}")

    def child_or_none(self, key: str) -> JsonObject | None:
        """The member that is an object or null."""
        return None if self._get(key) is None else self.child(key)

    def children(self, key: str) -> list[JsonObject]:
        """The member that is a list of objects."""
        value = self._get(key)
        if not isinstance(value, list):
            raise self._wrong(key, "a list")
        if not all(isinstance(item, dict) for item in value):
            raise self._wrong(key, "a list of objects")
        return [JsonObject(item, f"{self.where}: {key}[{i}]") for i, item in enumerate(value)]
