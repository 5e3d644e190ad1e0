"""Checks that the records of a GPU trace share."""

from __future__ import annotations

import math
import re

from golden.errors import InputError

LONGEST = 1e12  # ms or us


def refuse(bad: bool, what: str) -> None:
    """Raises InputError with that sentence where `bad`."""
    if bad:
        raise InputError(f"{what}: record the trace again.")


def refuse_hash(text: str, what: str) -> None:
    """Raises InputError where the text is no SHA-256."""
    refuse(
        re.fullmatch("[0-9a-f]{64}", text) is None,
        f"{what} {text[:80]!r} is not 64 hexadecimal digits",
    )


def check_time(value: float, what: str) -> None:
    """Raises InputError on a time that is negative, not finite, or too long to be summed."""
    refuse(not math.isfinite(value), f"{what} is not a finite number")
    refuse(value < 0, f"{what} is negative ({value})")
    refuse(value > LONGEST, f"{what} is longer than any frame ({value})")
