"""A round: inputs of one reader, the same for the same seed, and the faults that they show."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.fuzz.mutation import changed_bytes
from tests.fuzz.readers import Reader
from tests.fuzz.verdict import Bench, Verdict

Tried = Callable[[bytes], Verdict]


@dataclass
class Tally:
    """What a round found.

    Parameters
    ----------
    bench : where inputs are tried.
    inputs : how many were. faults : how many inputs showed each, by Verdict.key.
    first : of each fault, the input that was the first to show it, and the verdict.
    """

    bench: Bench
    inputs: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    first: dict[str, tuple[bytes, Verdict]] = field(default_factory=dict)
    _digest: Any = field(default_factory=hashlib.sha256)

    def tried(self, data: bytes) -> Verdict:
        """The verdict of an input, which is counted."""
        verdict = self.bench.verdict(data)
        self.inputs += 1
        self._digest.update(len(data).to_bytes(8, "little") + data)
        if verdict.fault is not None:
            self.faults[verdict.key] = self.faults.get(verdict.key, 0) + 1
            self.first.setdefault(verdict.key, (data, verdict))
        return verdict

    @property
    def digest(self) -> str:
        """Equal for rounds of the same inputs in the same order."""
        return str(self._digest.hexdigest())[:12]


def changed(reader: Reader, data: bytes, rng: Random, pool: Sequence[bytes]) -> bytes:
    """An input made of another one, as a file of its form or as mere bytes."""
    change = reader.change if rng.randrange(4) else changed_bytes
    return change(data, rng, pool)


def blind_round(bench: Bench, inputs: int, seed: int, tried: Tried) -> None:
    """Tries inputs that are drawn without a look at what code they reach.

    An input that ends a reader at a place where none did before is kept, and changed in turn.
    """
    rng, pool = Random(f"{seed} {bench.reader.file}"), list(bench.seeds)
    places: set[str] = set()
    for _ in range(inputs):
        data = changed(bench.reader, rng.choice(pool), rng, pool)
        place = tried(data).place
        if place not in places:
            places.add(place)
            pool.append(data)
