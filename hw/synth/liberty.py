"""Liberty files: cells of a library, their areas and leakage, and what mapping needs of them."""

from __future__ import annotations

import gzip
import math
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from golden.errors import InputError, shown
from golden.files import read_bytes

# Groups that only a power analysis reads: half of a file and more.
POWER_GROUPS = ("internal_power", "leakage_power")
_BRACE = re.compile(r'"[^"]*"|[{}]')
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_WATTS = {"pW": 1e-12, "nW": 1e-9, "uW": 1e-6, "mW": 1e-3, "W": 1.0}


@dataclass(frozen=True)
class Group:
    """A group of a Liberty file, `kind (name) { body }`, and where it lies in the text."""

    name: str
    body: str
    start: int
    end: int


@dataclass(frozen=True)
class Cell:
    """A cell: area in um2, leakage in W, whether it holds a bit, its number of outputs."""

    name: str
    area_um2: float
    leakage_w: float
    is_register: bool
    outputs: int
    body: str


@dataclass(frozen=True)
class Library:
    """A Liberty file.

    Parameters
    ----------
    name : as the file gives it. text : whole, without comments. cells : by name.
    """

    name: str
    text: str
    cells: dict[str, Cell]

    def for_mapping(self) -> str:
        """The file without power, and without what Yosys and abc are not to choose.

        Left out: latches, clock gates, registers with a scan input, and gates of two outputs; of
        registers alike but for their drive all but the smallest, which Yosys would not prefer.
        """
        text, smallest = self.text, {}
        for cell in sorted(filter(_is_mapped_to, self.cells.values()), key=lambda c: c.area_um2):
            smallest.setdefault(_kind(cell), cell.name)
        kept = set(smallest.values())
        dropped = set(self.cells) - kept
        cuts = [group for group in groups(text, "cell") if group.name in dropped]
        text = _without(text, cuts)
        for kind in POWER_GROUPS:
            text = _without(text, list(groups(text, kind)))
        return text


def read_liberty(path: Path) -> Library:
    """A library of a .lib or .lib.gz file.

    Raises InputError where it cannot be read, is no Liberty file, has no cell with an area or
    what is no number in the place of one.
    """
    data = read_bytes(path)
    try:
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        text = _COMMENT.sub("", data.decode("utf-8"))
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InputError(f"{path} is no Liberty file: it is damaged or not text.") from error
    head = re.match(r"\s*library\s*\(\s*\"?([\w.-]+)\"?\s*\)\s*\{", text)
    if head is None:
        raise InputError(f"{path} is no Liberty file: it does not begin with library (NAME).")
    unit = re.search(r'leakage_power_unit\s*:\s*"?([\d.]+)\s*(\w+)"?', text)
    try:
        watts = number(unit[1], "leakage_power_unit") * _WATTS.get(unit[2], 0.0) if unit else 0.0
        cells = {group.name: _cell(group, watts) for group in groups(text, "cell")}
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    if not any(cell.area_um2 for cell in cells.values()):
        raise InputError(f"{path} has no cell with an area: give the Liberty file of a library.")
    return Library(head[1], text, cells)


def groups(text: str, kind: str) -> Iterator[Group]:
    """Groups of one kind in a text, outermost first, without those within another of the kind.

    Raises InputError where a brace is missing.
    """
    position = 0
    head = re.compile(rf'\b{kind}\s*\(\s*"?([^(){{}};"]*?)"?\s*\)\s*\{{')
    while found := head.search(text, position):
        depth, place = 1, found.end()
        while depth:
            brace = _BRACE.search(text, place)
            if brace is None:
                raise InputError(
                    f"the Liberty file ends within {kind} ({found[1][:60]}): give a complete file."
                )
            depth += {"{": 1, "}": -1}.get(brace[0], 0)
            place = brace.end()
        yield Group(found[1], text[found.end() : place - 1], found.start(), place)
        position = place


def attribute(body: str, name: str) -> str | None:
    """Value of `name : value;`, without quotes; None where it is not there."""
    found = re.search(rf'\b{name}\s*:\s*"?([^";\n]*?)"?\s*[;\n]', body)
    return found[1] if found else None


def number(value: str, what: str) -> float:
    """A finite number; raises InputError, which names it, on any other text."""
    try:
        result = float(value)
    except ValueError:
        result = math.nan
    if not math.isfinite(result):
        raise InputError(f"{what} is {shown(value)}, not a number: give a complete Liberty file.")
    return result


def _cell(group: Group, watts: float) -> Cell:
    """Leakage is the cell's own, or without it the mean over the states it is given for."""
    own, area = attribute(group.body, "cell_leakage_power"), attribute(group.body, "area")
    states = [_leakage(state.body) for state in groups(group.body, "leakage_power")]
    given = [value for value in states if value is not None]
    leakage = number(own, "cell_leakage_power") if own else fmean(given) if given else 0.0
    is_register = any(True for _ in groups(group.body, "ff"))
    outputs = len(re.findall(r"\bdirection\s*:\s*\"?output\"?", group.body))
    return Cell(
        group.name, number(area or "0", "area"), leakage * watts, is_register, outputs, group.body
    )


def _leakage(state: str) -> float | None:
    """Leakage of a state; that of the ground pin is none, being the same current again."""
    pin, value = attribute(state, "related_pg_pin"), attribute(state, "value")
    return None if value is None or pin in ("VSS", "GND") else number(value, "value")


def _is_mapped_to(cell: Cell) -> bool:
    if cell.is_register:
        (register, *_) = groups(cell.body, "ff")
        return (
            re.fullmatch(r"!?\(?\w+\)?'?", attribute(register.body, "next_state") or "") is not None
        )
    sequential = re.search(r"\b(latch|statetable)\s*\(|clock_gating_integrated_cell", cell.body)
    return sequential is None and cell.outputs == 1 and cell.area_um2 > 0


def _kind(cell: Cell) -> tuple[str, ...]:
    """What registers have in common that differ in drive alone; a gate's own name."""
    if not cell.is_register:
        return (cell.name,)
    (register, *_) = groups(cell.body, "ff")
    names = ("clocked_on", "clear", "preset")
    edge, clear, preset = (attribute(register.body, name) or "" for name in names)
    return ("register", str("!" in edge or "'" in edge), str(bool(clear)), str(bool(preset)))


def _without(text: str, cuts: list[Group]) -> str:
    kept, position = [], 0
    for group in cuts:
        kept.append(text[position : group.start])
        position = group.end
    return "".join([*kept, text[position:]])
