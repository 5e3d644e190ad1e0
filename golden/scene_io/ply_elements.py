"""The PLY container: elements as structured arrays, checked against the file's size first."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from plyfile import PlyData, PlyListProperty, PlyParseError

from golden.errors import InputError, warn
from golden.scene import MAX_GAUSSIANS, Float32

HEADER_LIMIT_BYTES = 1 << 20
BLANKS = b"\x00\t\n\r \x1a"  # padding, line ends, and the end mark of old systems
GAUSSIAN_ELEMENTS = {"vertex", "chunk", "sh"}
SHOWN = 120  # characters of what is wrong with a header
BLOCK_ROWS = 4096  # rows gathered at a time, so that a block stays in the cache


@dataclass(frozen=True, eq=False)
class PlyFile:
    """Content of a PLY file.

    Parameters
    ----------
    name : file name, for messages.
    elements : element name to structured array, one row an item, one field a property; views of
        the file's bytes where it is binary, float64 fields where it is ascii.
    names : of all elements, also of those with lists, which are not read.
    """

    name: str
    elements: dict[str, NDArray[np.void]]
    names: tuple[str, ...] = ()

    def has(self, element: str, prop: str) -> bool:
        """True where that element has that property."""
        return prop in self.properties(element)

    def properties(self, element: str) -> tuple[str, ...]:
        """Names of an element's properties in file order; none where it has no such element."""
        table = self.elements.get(element)
        return () if table is None else table.dtype.names or ()

    def columns(self, element: str, names: Sequence[str]) -> Float32:
        """Named properties as (rows, len(names)) float32; raises InputError on a missing one."""
        present = self.properties(element)
        missing = [prop for prop in names if prop not in present]
        if missing:
            raise InputError(
                f"{self.name}: its PLY element {element!r} lacks {', '.join(missing)}, which "
                "Gaussians need: export the scene again."
            )
        table = self.elements[element]
        values = np.empty((len(table), len(names)), np.float32)
        with np.errstate(over="ignore", invalid="ignore"):  # the scene refuses what is not finite
            for start in range(0, len(table), BLOCK_ROWS):
                rows = slice(start, start + BLOCK_ROWS)
                block = table[rows]
                for column, prop in enumerate(names):
                    values[rows, column] = block[prop]
        return values

    def sh_coefficients(self, element: str, counts: Sequence[int]) -> int:
        """Number of f_rest_* an element has, one of `counts`, numbered from 0 without a gap.

        Raises InputError on another number or a gap: the degree would be a guess.
        """
        found = {prop for prop in self.properties(element) if prop.startswith("f_rest_")}
        if len(found) not in counts or found != {f"f_rest_{i}" for i in range(len(found))}:
            raise InputError(
                f"{self.name}: {len(found)} properties f_rest_* fit no degree of spherical "
                f"harmonics ({', '.join(map(str, counts))} numbered from 0 would): export the "
                "scene again."
            )
        return len(found)


def parse_elements(data: bytes, name: str) -> PlyFile:
    """Elements of a PLY file: ascii, binary little-endian or binary big-endian.

    Parameters
    ----------
    data : the whole file.
    name : file name, for messages.

    Harmless extras are read or ignored: empty lines in the header, other elements, empty ones,
    elements with lists (faces of a mesh) behind those of Gaussians, and, with a warning unless they
    are blank, bytes behind what the header promises.

    Raises InputError on a damaged header, a list property in or before an element of Gaussians, a
    count above 100,000,000, or data shorter than the header says; nothing is allocated before the
    counts are checked against the size.
    Source: Turk, The PLY Polygon File Format, 1994.
    """
    end, newline = _header_end(data, name)
    layout, counts = _parse_header(data[:end], newline, name)
    names = tuple(element.name for element in layout.elements)
    elements, cut = _readable(layout, counts, name)
    for element, count in elements:
        if count > MAX_GAUSSIANS:
            raise InputError(
                f"{name}: its header promises {count} items of {element.name!r}, above the limit "
                f"of {MAX_GAUSSIANS}: the file is damaged, or cut the scene into parts."
            )
    if layout.text:
        return PlyFile(name, _text_elements(data[end:], elements, cut, name), names)
    order = layout.byte_order
    return PlyFile(name, _binary_elements(data, end, elements, order, cut, name), names)


def _readable(layout: Any, counts: list[int], name: str) -> tuple[list[tuple[Any, int]], bool]:
    """Elements with items, up to the first that has lists, and whether there is such a one."""
    elements = []
    pairs = list(zip(layout.elements, counts, strict=True))
    for place, (element, count) in enumerate(pairs):
        if not any(isinstance(prop, PlyListProperty) for prop in element.properties):
            elements.append((element, count))
        elif count:
            if {later.name for later, _ in pairs[place:]} & GAUSSIAN_ELEMENTS:
                raise InputError(
                    f"{name}: its PLY element {element.name!r} has a list property, as meshes "
                    "have: give a scene of Gaussians."
                )
            return elements, True
    return elements, False


def _header_end(data: bytes, name: str) -> tuple[int, bytes]:
    """Offset of the first byte after the header, bytes, and the line end that the file uses."""
    newline = b"\r\n" if data[3:5] == b"\r\n" else data[3:4]
    marker = newline + b"end_header" + newline
    found = data.find(marker, 0, HEADER_LIMIT_BYTES) if newline in (b"\r\n", b"\r", b"\n") else -1
    if data[:3] != b"ply" or found < 0:
        raise InputError(
            f"{name} has no complete PLY header in its first {HEADER_LIMIT_BYTES} bytes: the file "
            "is truncated or damaged, so copy it again."
        )
    return found + len(marker), newline


def _parse_header(header: bytes, newline: bytes, name: str) -> tuple[Any, list[int]]:
    """Elements as plyfile sees them, and their counts.

    plyfile allocates what a header promises, so it is shown every count as 0; comments may hold
    characters it refuses, so it is shown none.
    """
    lines, counts = [], []
    for line in header.removesuffix(newline).decode("ascii", "replace").split(newline.decode()):
        words = line.split()
        if not words:
            continue
        if words[:1] == ["element"]:
            digits = words[2] if len(words) == 3 else ""
            if not digits.isdecimal() or not digits.isascii() or len(digits) > 18:
                raise _damaged_header(name, f"{line[:60]!r} is no element with a count")
            counts.append(int(digits))
            line = f"element {words[1]} 0"
        lines.append(words[0] if words[0] in ("comment", "obj_info") else line)
    text = "\n".join(lines) + "\n"
    try:
        return PlyData.read(io.BytesIO(text.encode("ascii", "replace"))), counts
    except (PlyParseError, ValueError) as error:
        raise _damaged_header(name, str(error)) from error


def _damaged_header(name: str, what: str) -> InputError:
    return InputError(f"{name} has a damaged PLY header ({what[:SHOWN]}): export the scene again.")


def _wrong_size(name: str, held: int, promised: str) -> InputError:
    return InputError(
        f"{name} holds {held} bytes of data where its PLY header promises {promised}: the file is "
        "truncated or damaged, so copy it again."
    )


def _warn_of_more(name: str, what: str) -> None:
    warn(
        f"{name} goes on for {what} after the items that its PLY header promises: they are left "
        "out, so check that the header is right."
    )


def _binary_elements(
    data: bytes,
    offset: int,
    readable: list[tuple[Any, int]],
    byte_order: str,
    cut: bool,
    name: str,
) -> dict[str, NDArray[np.void]]:
    """Views of the elements, which follow one another without padding."""
    dtypes = [element.dtype(byte_order) for element, _ in readable]
    promised = sum(
        count * dtype.itemsize for (_, count), dtype in zip(readable, dtypes, strict=True)
    )
    if promised > len(data) - offset:
        raise _wrong_size(name, len(data) - offset, str(promised))
    if not cut and data[offset + promised :].strip(BLANKS):
        _warn_of_more(name, f"{len(data) - offset - promised:,} bytes")
    elements = {}
    for (element, count), dtype in zip(readable, dtypes, strict=True):
        if dtype.itemsize:
            elements[element.name] = np.frombuffer(data, dtype, count, offset)
        offset += count * dtype.itemsize
    return elements


def _text_elements(
    body: bytes, readable: list[tuple[Any, int]], cut: bool, name: str
) -> dict[str, NDArray[np.void]]:
    """Elements of an ascii file, one row a line, as float64, which holds every PLY type."""
    widths = [len(element.properties) for element, _ in readable]
    least = sum(2 * count * width for (_, count), width in zip(readable, widths, strict=True)) - 1
    if least > len(body):
        raise _wrong_size(name, len(body), f"at least {least}")
    if body and not body.endswith((b"\n", b"\r")):  # a number cut short is still a number
        raise InputError(
            f"{name} stops in the middle of a line: it is truncated, so copy it again (or end its "
            "last line)."
        )
    lines = (line for line in body.decode("ascii", "replace").splitlines() if line.strip())
    elements = {}
    for (element, count), width in zip(readable, widths, strict=True):
        dtype = np.dtype([(prop.name, np.float64) for prop in element.properties])
        if not (width and count):
            elements[element.name] = np.empty(0, dtype)
            continue
        rows = list(islice(lines, count))
        try:
            values = np.loadtxt(rows, comments=None, ndmin=2) if rows else np.empty((0, width))
        except ValueError as error:
            raise InputError(
                f"{name} has a line that does not hold {width} numbers among its {element.name!r}: "
                "the file is damaged, so export the scene again."
            ) from error
        if values.shape != (count, width):
            raise InputError(
                f"{name} has {len(values)} lines of {values.shape[1]} numbers where its PLY header "
                f"promises {count} of {width}: the file is truncated or damaged, so copy it again."
            )
        elements[element.name] = np.ascontiguousarray(values).view(dtype).reshape(-1)
    more = 0 if cut else sum(1 for _ in lines)
    if more:
        _warn_of_more(name, f"{more:,} lines")
    return elements
