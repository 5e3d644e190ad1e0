"""Memories made of the macros of a kit: the cheapest tiling, and what it takes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from golden.errors import InputError
from hw.synth.liberty import attribute, groups, read_liberty


@dataclass(frozen=True)
class Macro:
    """A memory macro.

    Parameters
    ----------
    name : of its cell. depth, width : words, bits of a word.
    area_um2, leakage_w : as its Liberty file gives them.
    """

    name: str
    depth: int
    width: int
    area_um2: float
    leakage_w: float


@dataclass(frozen=True)
class Tiling:
    """Macros of a memory: number by name, area and leakage of all of them."""

    macros: dict[str, int]
    area_um2: float
    leakage_w: float


def read_macros(paths: list[Path]) -> list[Macro]:
    """The macros of Liberty files; raises InputError where one holds no memory."""
    return [macro for path in paths for macro in _macros(path)]


def _macros(path: Path) -> list[Macro]:
    found = []
    for cell in read_liberty(path).cells.values():
        for memory in groups(cell.body, "memory"):
            address, width = (attribute(memory.body, n) for n in ("address_width", "word_width"))
            if address and width:
                size = 1 << int(address), int(width)
                found.append(Macro(cell.name, *size, cell.area_um2, cell.leakage_w))
    if not found:
        raise InputError(f"{path} has no memory: no cell with address_width and word_width.")
    return found


def tiled(depth: int, width: int, macros: list[Macro]) -> Tiling:
    """The cheapest tiling by area: columns side by side, each of macros one above the other.

    A column is as wide as its narrowest macro; what stands over at its end and at the end of a
    word is unused. The decoder and the multiplexer of several macros are not counted.

    Parameters
    ----------
    depth, width : of the memory, words and bits. macros : at least one.
    """

    @cache
    def column(words: int, bits: int) -> tuple[float, tuple[Macro, ...]]:
        """Least area of so many words, of macros of so many bits or more."""
        choices = []
        for macro in (item for item in macros if item.width >= bits):
            area, rest = column(words - macro.depth, bits) if words > macro.depth else (0.0, ())
            choices.append((area + macro.area_um2, (*rest, macro)))
        return min(choices, key=lambda choice: choice[0])

    @cache
    def row(bits: int) -> tuple[float, tuple[Macro, ...]]:
        """Least area of so many bits of a word."""
        choices = []
        for wide in sorted({item.width for item in macros}):
            area, above = column(depth, wide)
            beside, rest = row(bits - wide) if bits > wide else (0.0, ())
            choices.append((area + beside, (*above, *rest)))
        return min(choices, key=lambda choice: choice[0])

    area, used = row(width)
    return Tiling(
        dict(Counter(macro.name for macro in used)), area, sum(macro.leakage_w for macro in used)
    )
