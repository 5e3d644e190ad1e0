"""Changes of a file at random: of its bytes, of the words of a text, of the values of JSON."""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

MOST_BYTES = 1 << 16  # of an input
HOW_MANY = (1, 1, 1, 2, 2, 3, 5, 8)  # changes of one input
SIZES = (0, 1, 2, 3, 4, 7, 8, 12, 15, 16, 20, 24, 31, 32, 53, 63, 64)
REALS = (0.0, -0.0, 1.0, -1.0, 0.5, 1e-45, 1e-38, 3.4e38, 1e300, 1.8e308, math.inf, math.nan)
WORDS = (
    *("", "0", "-1", "1", "nan", "-inf", "1e999", "1e-999", "0x10", "0x" + "f" * 4000, "9" * 400),
    *("9" * 5000, "1_0", "\u0663", "\ud800", "\n", "\r", "\x00", "\x1b[31m", "..", "/", "a" * 3000),
    *('"', "{", "}", "[", "]", "(", ")", "\\", ",", ";", "/*", "*/", "true", "null", "#", "."),
)
WORD = re.compile(rb"[\w.+-]+|[^\w\s]")

Change = Callable[[bytes, Random, Sequence[bytes]], bytes]
Step = Callable[[bytearray, Random, Sequence[bytes]], None]


def whole_number(rng: Random) -> int:
    """At or beside a power of two, of either sign."""
    return rng.choice((1, 1, 1, -1)) * ((1 << rng.choice(SIZES)) + rng.choice((-1, 0, 0, 1)))


def changed_bytes(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Bits, bytes, numbers and runs of a file changed; others : files to take runs from."""
    buffer = bytearray(data)
    for _ in range(rng.choice(HOW_MANY)):
        rng.choice(STEPS)(buffer, rng, others)
    return bytes(buffer[:MOST_BYTES])


def changed_text(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Words of a text replaced, dropped and doubled."""
    for _ in range(rng.choice(HOW_MANY)):
        words = list(WORD.finditer(data))
        if not words:
            return changed_bytes(data, rng, others)
        at, to = rng.choice(words).span()
        known = WORD.findall(rng.choice(others))
        new = rng.choice(
            (
                lambda: rng.choice(WORDS).encode("utf-8", "surrogatepass"),
                lambda: str(whole_number(rng)).encode(),
                lambda: repr(rng.choice(REALS)).encode(),
                lambda known=known: rng.choice(known) if known else b"",
                lambda at=at, to=to, data=data: data[at:to] * 2,
            )
        )()
        data = data[:at] + new + data[to:]
    return data[:MOST_BYTES]


def changed_json(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Values of a JSON document replaced, dropped, doubled and swapped; a text where it is none."""
    document = _document(data)
    if document is None:
        return changed_text(data, rng, others)
    holder = [document]
    for _ in range(rng.choice(HOW_MANY)):
        container, key = rng.choice(_places(holder))
        action = rng.randrange(8)
        if action == 0 and container is not holder:
            del container[key]
        elif action == 1 and isinstance(container, list) and container is not holder:
            container.insert(key, container[key])
        elif action == 2 and isinstance(container, dict):
            container[rng.choice((*container, *WORDS))] = container.pop(key)
        elif action == 3:
            donor = _document(rng.choice(others))
            value, place = rng.choice(_places([donor]))
            container[key] = value[place]
        else:
            container[key] = _value(container[key], rng)
    # Values may have been put below themselves by now, or be too deep to write.
    try:
        return json.dumps(holder[0]).encode()[:MOST_BYTES]
    except (ValueError, RecursionError):
        return changed_text(data, rng, others)


def _document(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _places(top: list[Any]) -> list[tuple[Any, Any]]:
    """Container and key of every value, the document itself first."""
    found: list[tuple[Any, Any]] = []
    waiting: list[Any] = [top]
    while waiting and len(found) < 5000:
        container = waiting.pop()
        keys = list(container) if isinstance(container, dict) else range(len(container))
        found += [(container, key) for key in keys]
        waiting += [container[key] for key in keys if isinstance(container[key], dict | list)]
    return found


def _value(old: Any, rng: Random) -> Any:
    """Something else in place of a value, near to it or of another kind."""
    if isinstance(old, int | float) and not isinstance(old, bool) and rng.randrange(2):
        number = whole_number(rng)
        return rng.choice((number, float(number), rng.choice(REALS), -old, old))
    if isinstance(old, str) and rng.randrange(2):
        at = rng.randrange(len(old) + 1)
        return old[:at] + rng.choice(WORDS) + old[at:]
    nested: Any = old
    for _ in range(rng.choice((1, 2, 200))):
        nested = [nested]
    return rng.choice((None, True, 0, -1, 1.5, 10**400, "", rng.choice(WORDS), [], {}, nested))


def _flip(buffer: bytearray, rng: Random, others: Sequence[bytes]) -> None:
    if buffer:
        buffer[rng.randrange(len(buffer))] ^= 1 << rng.randrange(8)


def _set(buffer: bytearray, rng: Random, others: Sequence[bytes]) -> None:
    if buffer:
        buffer[rng.randrange(len(buffer))] = rng.randrange(256)


def _number(buffer: bytearray, rng: Random, others: Sequence[bytes]) -> None:
    """A number that breaks things, more often near the begin, where headers are."""
    size = rng.choice((1, 2, 4, 4, 8))
    end = rng.choice((64, 256, len(buffer)))
    at = rng.randrange(max(1, min(end, len(buffer))))
    order = rng.choice(("little", "little", "big"))
    raw = (whole_number(rng) % (1 << 8 * size)).to_bytes(size, order)
    if size >= 4 and not rng.randrange(3):
        limits = 3.4e38 if size == 4 else math.inf
        real = rng.choice([r for r in REALS if not limits < abs(r) < math.inf])
        raw = struct.pack({4: "<f", 8: "<d"}[size], real)
    buffer[at : at + size] = raw


def _cut(buffer: bytearray, rng: Random, others: Sequence[bytes]) -> None:
    del buffer[rng.randrange(len(buffer) + 1) :]


def _drop(buffer: bytearray, rng: Random, others: Sequence[bytes]) -> None:
    at = rng.randrange(len(buffer) + 1)
    del buffer[at : at + rng.choice((1, 2, 4, 8, 64, 1024))]


def _insert(buffer: bytearray, rng: Random, others: Sequence[bytes]) -> None:
    at = rng.randrange(len(buffer) + 1)
    buffer[at:at] = rng.randbytes(rng.choice((1, 2, 4, 8, 64, 1024)))


def _double(buffer: bytearray, rng: Random, others: Sequence[bytes]) -> None:
    at = rng.randrange(len(buffer) + 1)
    buffer[at:at] = buffer[at : at + rng.choice((1, 4, 32, 256, 4096))]


def _splice(buffer: bytearray, rng: Random, others: Sequence[bytes]) -> None:
    """A run of another file in place of as many bytes, or between them."""
    other = rng.choice(others)
    at, start = rng.randrange(len(buffer) + 1), rng.randrange(len(other) + 1)
    run = other[start : start + rng.choice((4, 32, 256, 4096))]
    buffer[at : at + rng.choice((0, len(run)))] = run


STEPS: tuple[Step, ...] = (
    *(_flip, _set, _number, _number, _number),
    *(_cut, _drop, _insert, _double, _splice),
)
