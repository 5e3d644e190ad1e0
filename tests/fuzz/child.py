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
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:  # readers are imported under the eyes of atheris
    from tests.fuzz.verdict import Bench, Verdict

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
    from tests.fuzz.readers import READERS
    from tests.fuzz.rounds import Tally, blind_round
    from tests.fuzz.verdict import Bench

    tally, began = Tally(Bench(READERS[task.name], task.files)), time.process_time()
    limit_memory()
    with task.report.open("w", encoding="utf-8") as report:

        def tried(data: bytes) -> Verdict:
            known = len(tally.first)
            signal.alarm(HANG_SECONDS)
            verdict = tally.tried(data)
            signal.alarm(0)
            if len(tally.first) > known:
                shown = base64.b64encode(data).decode()
                write(report, {"key": verdict.key, "detail": verdict.detail, "data": shown})
            if tally.inputs >= task.inputs:
                sums = {"inputs": tally.inputs, "faults": tally.faults, "digest": tally.digest}
                write(report, sums | {"seconds": time.process_time() - began})
                os._exit(0)  # libFuzzer would go on
            return verdict

        if task.blind:
            blind_round(tally.bench, task.inputs, task.seed, tried)
        else:
            guided_round(task, tally.bench, tried)


def limit_memory() -> None:
    """What a library takes outside Python's sight ends as a MemoryError or ends the process."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + ROOM_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def write(report: TextIO, line: dict[str, Any]) -> None:
    """A line of JSON, at once on disk."""
    report.write(json.dumps(line) + "\n")
    report.flush()


def guided_round(task: Task, bench: Bench, tried: Callable[[bytes], Verdict]) -> None:
    """libFuzzer keeps what reaches new code; a third of the changes are its own."""
    import atheris

    from tests.fuzz.rounds import changed

    corpus = task.folder / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(bench.seeds):
        (corpus / f"{number:02}").write_bytes(seed)

    def mutator(data: bytes, most_bytes: int, seed: int) -> bytes:
        rng = Random(seed)
        if not rng.randrange(3):
            return bytes(atheris.Mutate(data, most_bytes))
        return changed(bench.reader, data, rng, bench.seeds)[:most_bytes]

    options = [f"-seed={task.seed % (1 << 32) or 1}", "-timeout=0", "-rss_limit_mb=0"]
    options += [f"-max_len={1 << 16}", "-verbosity=0", "-detect_leaks=0", "-reload=0"]
    options += [f"-handle_{name}=0" for name in ("segv", "bus", "abrt", "ill", "fpe", "int")]

    def one(data: bytes) -> None:
        tried(data)

    atheris.Setup(["fuzz", *options, str(corpus)], one, custom_mutator=mutator)
    atheris.Fuzz()


if __name__ == "__main__":
    name, inputs, seed, is_blind, folder = sys.argv[1:]
    run(Task(name, int(inputs), int(seed), is_blind == "blind", Path(folder)))
