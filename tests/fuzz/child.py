"""One reader in a process of its own, guided by coverage where atheris is installed.

The process may be ended by an input: by a crash in a library, or by SIGALRM where a call does not
return. Faults are written as they come, so that what came before is not lost.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, TextIO

HANG_SECONDS = 30
ROOM_BYTES = 1 << 30  # of address space beyond what is taken before the first input
ROOT = Path(__file__).resolve().parents[2]
# What is read by coverage. Kernels of numba are left as they are: it compiles their bytecode.
READING = (
    *("golden.scene_io", "golden.camera_io", "golden.pack", "golden.files", "golden.image"),
    *("golden.camera", "golden.scene", "sim.gpu", "sim.model.config", "sim.model.dram_config"),
    *("sim.model.toml_record", "sim.sweeps.sweep_table", "hw.synth.activity", "hw.synth.liberty"),
    *("hw.synth.macros", "golden.errors"),
)


@dataclass(frozen=True)
class Task:
    """What a process is to do; its files lie in `folder`.

    Parameters
    ----------
    name : of the reader. inputs : to try. seed : of them.
    blind : without a look at coverage.
    """

    name: str
    inputs: int
    seed: int
    blind: bool
    folder: Path

    @property
    def report(self) -> Path:
        """Lines of JSON: a fault each, then the sums."""
        return self.folder / "report"

    @property
    def files(self) -> Path:
        """Folder in which the reader finds its files."""
        return self.folder / "files"


def instrumented() -> None:
    """Imports the readers, so that atheris sees which of their lines an input reaches."""
    import atheris

    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for layer in ("golden", "hw", "sim")
        for path in (ROOT / layer).rglob("*.py")
    }
    passed = [
        name for name in modules if not f"{name}.".startswith(tuple(f"{r}." for r in READING))
    ]
    with atheris.instrument_imports(include=["golden", "hw", "sim", "plyfile"], exclude=passed):
        import tests.fuzz.rounds  # noqa: F401


def run(task: Task) -> None:
    """Tries the inputs and writes the report."""
    if not task.blind:
        instrumented()
    from tests.fuzz.rounds import Tally, bench_of, changed
    from tests.fuzz.verdict import Verdict

    bench = bench_of(task.name, task.files)
    limit_memory()
    tally, began = Tally(), time.process_time()
    with task.report.open("w", encoding="utf-8") as report:

        def tried(data: bytes) -> Verdict:
            signal.alarm(HANG_SECONDS)
            verdict = bench.verdict(data)
            signal.alarm(0)
            if tally.add(data, verdict):
                shown = base64.b64encode(data).decode()
                write(report, {"key": verdict.key, "detail": verdict.detail, "data": shown})
            if tally.inputs >= task.inputs:
                sums = {"inputs": tally.inputs, "faults": tally.faults}
                write(report, sums | {"seconds": time.process_time() - began})
                os._exit(0)  # libFuzzer would go on
            return verdict

        def change(data: bytes, rng: Random, pool: list[bytes]) -> bytes:
            return changed(bench.reader, data, rng, pool)

        (blind if task.blind else guided)(task, bench.seeds, change, tried)


def limit_memory() -> None:
    """What a library takes outside Python's sight ends as a MemoryError or ends the process."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + ROOM_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def write(report: TextIO, line: dict[str, Any]) -> None:
    """A line of JSON, at once on disk."""
    report.write(json.dumps(line) + "\n")
    report.flush()


def blind(task: Task, seeds: list[bytes], change: Any, tried: Any) -> None:
    """An input that ends a reader at a place where none did before is kept, and changed in turn."""
    rng, pool, places = Random(f"{task.seed} {task.name}"), list(seeds), set()
    while True:
        data = change(rng.choice(pool), rng, pool)
        place = tried(data).place
        if place not in places:
            places.add(place)
            pool.append(data)


def guided(task: Task, seeds: list[bytes], change: Any, tried: Any) -> None:
    """libFuzzer keeps what reaches new code; a third of the changes are its own."""
    import atheris

    corpus = task.folder / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(seeds):
        (corpus / f"{number:02}").write_bytes(seed)

    def mutator(data: bytes, most_bytes: int, seed: int) -> bytes:
        rng = Random(seed)
        if not rng.randrange(3):
            return bytes(atheris.Mutate(data, most_bytes))
        return change(data, rng, seeds)[:most_bytes]

    options = [f"-seed={task.seed % (1 << 32) or 1}", "-timeout=0", "-rss_limit_mb=0"]
    options += [f"-max_len={1 << 16}", "-verbosity=0", "-detect_leaks=0", "-reload=0"]
    options += [f"-handle_{name}=0" for name in ("segv", "bus", "abrt", "ill", "fpe", "int")]
    atheris.Setup(["fuzz", *options, str(corpus)], lambda data: tried(data) and None,
                  custom_mutator=mutator)  # fmt: skip
    atheris.Fuzz()


if __name__ == "__main__":
    name, inputs, seed, is_blind, folder = sys.argv[1:]
    run(Task(name, int(inputs), int(seed), is_blind == "blind", Path(folder)))
