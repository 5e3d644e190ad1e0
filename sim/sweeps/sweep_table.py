"""The table of a sweep: a CSV file to which rows are added as they come, each once.

A row is whole when its line has its end: a last line that was cut short when a run was stopped is
dropped, and its job done again. CSV rather than Parquet: a few thousand rows of text, read by
anything, and no dependency of 50 MB.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from golden.errors import InputError
from golden.files import check_target, write_text
from sim.sweeps.sweep_job import COLUMNS, KEY, Key


class SweepTable:
    """Rows by key, on disk.

    Parameters
    ----------
    path : the file, made with the first row where it is not there; rows that it holds are kept.

    Raises InputError where the file is another table, or cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: dict[Key, dict[str, str]] = {}
        check_target(path)
        if os.path.exists(path):
            self._read()
            self._write_all()

    def add(self, rows: Iterable[Mapping[str, Any]]) -> int:
        """Appends rows that are not there yet, and sees them to the disk; how many were new.

        Raises InputError where the file cannot be written.
        """
        new = {}
        for row in rows:
            text = {column: _printable(str(row[column])) for column in COLUMNS}
            key = _key(text)
            if key not in self.rows:
                new[key] = text
        if new:
            if not os.path.exists(self.path):
                self._write_all()
            try:
                with self.path.open("a", encoding="utf-8", newline="") as file:
                    file.write(_lines(new.values()))
                    file.flush()
                    os.fsync(file.fileno())
            except OSError as error:
                raise InputError(
                    f"{self.path} cannot be written ({error.strerror}): make room and run the "
                    "same sweep again, which goes on from here."
                ) from error
            self.rows |= new
        return len(new)

    def sort(self) -> None:
        """Rewrites the file in the order of the keys, so that two runs give the same bytes."""
        self.rows = dict(sorted(self.rows.items()))
        self._write_all()

    def _read(self) -> None:
        try:
            text = self.path.read_bytes().decode("utf-8", errors="replace")
        except OSError as error:
            raise InputError(
                f"{self.path} cannot be read ({error.strerror}): check the path."
            ) from error
        whole = text[: text.rfind("\n") + 1]
        try:
            lines = list(csv.reader(io.StringIO(whole)))
        except csv.Error:  # a bare carriage return, or a value of 128 KiB
            lines = []
        if not lines or tuple(lines[0]) != COLUMNS:
            raise InputError(
                f"{self.path} is no table of this version's sweeps: remove it, or name another."
            )
        if whole.count('"') % 2 and lines[1:]:
            del lines[-1]  # cut short behind a line break in a name
        for line in lines[1:]:
            if len(line) != len(COLUMNS):
                raise InputError(
                    f"{self.path} holds a row of {len(line)} values where {len(COLUMNS)} belong: "
                    "remove that row."
                )
            row = dict(zip(COLUMNS, line, strict=True))
            self.rows[_key(row)] = row

    def _write_all(self) -> None:
        head = ",".join(COLUMNS) + "\n"
        write_text(self.path, head + _lines(self.rows.values()))


def _printable(text: str) -> str:
    """Text that UTF-8 and CSV readers take: line breaks stay, others of no text are escaped."""
    return "".join(
        c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text
    )


def _key(row: Mapping[str, str]) -> Key:
    return tuple(row[column] for column in KEY)


def _lines(rows: Iterable[Mapping[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([row[column] for column in COLUMNS] for row in rows)
    return out.getvalue()
