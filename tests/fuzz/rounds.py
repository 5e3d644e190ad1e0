"""A round: inputs of one reader, the same for the same seed, and the faults that they show."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.fuzz.mutation import changed_bytes
from tests.fuzz.readers import READERS, Reader
from tests.fuzz.verdict import Bench, Verdict


@dataclass
class Tally:
    """What a round found.

    Parameters
    ----------
    inputs : that were tried. seconds : of CPU time that they took.
    faults : how many inputs showed each, by Verdict.key.
    first : of each fault, the input that was the first to show it, and the verdict.
    """

    inputs: int = 0
    seconds: float = 0.0
    faults: dict[str, int] = field(default_factory=dict)
    first: dict[str, tuple[bytes, Verdict]] = field(default_factory=dict)

    def add(self, data: bytes, verdict: Verdict) -> bool:
        """Counts an input; whether it is the first to show its fault."""
        self.inputs += 1
        if verdict.fault is None:
            return False
        self.faults[verdict.key] = self.faults.get(verdict.key, 0) + 1
        return self.first.setdefault(verdict.key, (data, verdict))[0] is data


def changed(reader: Reader, data: bytes, rng: Random, pool: Sequence[bytes]) -> bytes:
    """An input made of another one, as a file of its form or as mere bytes."""
    change = reader.change if rng.randrange(4) else changed_bytes
    return change(data, rng, pool)


def blind_round(bench: Bench, name: str, inputs: int, seed: int) -> Tally:
    """Inputs drawn without a look at what code they reach.

    An input that ends a reader at a place where none did before is kept, and changed in turn.

    Parameters
    ----------
    bench : of the reader of that name.
    """
    rng, pool = Random(f"{seed} {name}"), list(bench.seeds)
    places: set[str] = set()
    tally, began = Tally(), time.process_time()
    for _ in range(inputs):
        data = changed(bench.reader, rng.choice(pool), rng, pool)
        verdict = bench.verdict(data)
        tally.add(data, verdict)
        if verdict.place not in places:
            places.add(verdict.place)
            pool.append(data)
    tally.seconds = time.process_time() - began
    return tally


def bench_of(name: str, folder: Path) -> Bench:
    """The reader of that name in an empty folder."""
    return Bench(READERS[name], folder)
