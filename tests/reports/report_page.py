"""Reads report.html with the standard parser, for the tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "link", "img", "br", "hr", "input"}
NUMBER = re.compile(r"(?<![\w.,-])[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?(?![\w.])")


class Page(HTMLParser):
    """A page: its elements, the text of each section and of the cells of its tables.

    tags : (name, attributes) of every element. ids : of elements. sections : h2 to its tables,
    each a list of rows of cells. script : the embedded document. open : elements not closed.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self.open: list[str] = []
        self.title = self.script = ""
        self.sections: dict[str, list[list[list[str]]]] = {"": []}
        self._at, self._heading = "", False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "h2":
            self._at, self._heading = "", True
        elif tag == "table":
            self.sections[self._at].append([])
        elif tag == "tr":
            self.sections[self._at][-1].append([])
        elif tag in ("td", "th"):
            self.sections[self._at][-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:  # written as <img />
            return
        assert self.open[-1:] == [tag], f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()
        if tag == "h2":
            self._heading = False
            self.sections.setdefault(self._at, [])

    def handle_data(self, data: str) -> None:
        if self._heading:
            self._at += data
        elif self.open[-1:] == ["title"]:
            self.title += data
        elif self.open[-1:] == ["script"]:
            self.script += data
        elif {"td", "th"} & set(self.open):
            self.sections[self._at][-1][-1][-1] += data

    def table(self, section: str, number: int = 0) -> list[list[str]]:
        """Rows of a table, its head left out."""
        return self.sections[section][number][1:]

    @property
    def references(self) -> Iterator[str]:
        """Whatever an element points to."""
        for _, attributes in self.tags:
            for name in ("src", "href", "srcset", "action", "data", "poster", "background"):
                if attributes.get(name) is not None:
                    yield str(attributes[name])


def numbers_of(text: str) -> list[tuple[float, float]]:
    """Numbers in a text, each with half a unit of its last digit."""
    found = []
    for match in NUMBER.finditer(text):
        word = match[0].replace(",", "")
        mantissa, _, exponent = word.partition("e")
        digits = len(mantissa.partition(".")[2])
        found.append((float(word), 0.5 * 10.0 ** (int(exponent or 0) - digits)))
    return found


def values_of(document: Any) -> Iterator[float]:
    """Every number in a document, and those in its texts."""
    if isinstance(document, dict):
        for value in document.values():
            yield from values_of(value)
    elif isinstance(document, list):
        yield float(len(document))
        for value in document:
            yield from values_of(value)
    elif isinstance(document, str):
        for number, _ in numbers_of(document):
            yield number
    elif isinstance(document, int | float) and not isinstance(document, bool):
        yield float(document)
