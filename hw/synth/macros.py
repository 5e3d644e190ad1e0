"""Memories made of the macros of a kit: the cheapest tiling, and what it takes."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from golden.errors import InputError, shown
from hw.synth.liberty import attribute, groups, number, read_liberty

MOST_ADDRESS_BITS, MOST_WORD_BITS = 32, 1 << 16


@dataclass(frozen=True)
class Macro:
    """A memory macro.

    Parameters
    ----------
    name : of its cell. depth, width : words, bits of a word.
    area_um2, leakage_w : as its Liberty file gives them.
    access_s, setup_s : from the clock to the word read, and from an input to the clock, at most.
    cycle_j : of a rise and a fall of its clock, whether a word is read or written or not.
    """

    name: str
    depth: int
    width: int
    area_um2: float
    leakage_w: float
    access_s: float = 0.0
    setup_s: float = 0.0
    cycle_j: float = 0.0


@dataclass(frozen=True)
class Tiling:
    """Macros of a memory: number by name, area, leakage, and energy of a cycle of all of them."""

    macros: dict[str, int]
    area_um2: float
    leakage_w: float
    cycle_j: float


def read_macros(paths: list[Path]) -> list[Macro]:
    """The macros of Liberty files; raises InputError where one holds no memory."""
    return [macro for path in paths for macro in _macros(path)]


def _macros(path: Path) -> list[Macro]:
    found, library = [], read_liberty(path)
    second, farad = _units(library.text)
    for cell in library.cells.values():
        for memory in groups(cell.body, "memory"):
            address, width = (attribute(memory.body, n) for n in ("address_width", "word_width"))
            if address and width:
                size = 1 << _bits(address, MOST_ADDRESS_BITS), _bits(width, MOST_WORD_BITS)
                access = _largest(cell.body, "timing", "rising_edge", ("cell_rise", "cell_fall"))
                setup = _largest(
                    cell.body, "timing", "setup_rising", ("rise_constraint", "fall_constraint")
                )
                joule = farad * sum(
                    _largest(pin.body, "internal_power", "", (kind,))
                    for pin in groups(cell.body, "pin")
                    if attribute(pin.body, "clock") == "true"
                    for kind in ("rise_power", "fall_power")
                )
                values = cell.area_um2, cell.leakage_w, access * second, setup * second, joule
                found.append(Macro(cell.name, *size, *values))
    if not found:
        raise InputError(f"{path} has no memory: no cell with address_width and word_width.")
    return found


def _bits(text: str, most: int) -> int:
    """A width; raises InputError where it is none from 1 to `most`."""
    if not (text.isdecimal() and len(text) < 9 and 1 <= int(text) <= most):
        raise InputError(
            f"a memory is {shown(text)} bits wide where 1 to {most} are known: correct the Liberty "
            "file."
        )
    return int(text)


def _units(text: str) -> tuple[float, float]:
    """Seconds of its unit of time, farads of its unit of capacitance; energies are in 1 V times."""
    time = re.search(r'\btime_unit\s*:\s*"?([\d.]+)\s*([pn]s)', text)
    load = re.search(r"\bcapacitive_load_unit\s*\(\s*([\d.]+)\s*,\s*\"?([pf]f)", text)
    second = number(time[1], "time_unit") * {"ps": 1e-12, "ns": 1e-9}[time[2]] if time else 0.0
    return second, number(load[1], "capacitive_load_unit") * {"ff": 1e-15, "pf": 1e-12}[
        load[2]
    ] if load else 0.0


def _largest(body: str, kind: str, timing_type: str, tables: tuple[str, ...]) -> float:
    """Largest value of the tables within groups of a kind and a type of timing; 0 without."""
    return max(
        (
            float(number)
            for group in groups(body, kind)
            if (attribute(group.body, "timing_type") or "") == timing_type
            for name in tables
            for found in groups(group.body, name)
            for row in re.findall(r"\bvalues\s*\(([^)]*)\)", found.body)
            for number in re.findall(r"-?\d+\.?\d*(?:[eE][-+]?\d+)?", row)
        ),
        default=0.0,
    )


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
        dict(Counter(macro.name for macro in used)),
        area,
        sum(macro.leakage_w for macro in used),
        sum(macro.cycle_j for macro in used),
    )
