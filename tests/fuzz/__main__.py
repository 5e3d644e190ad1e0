"""Tries every reader with inputs that nobody meant."""

from __future__ import annotations

import argparse
import base64
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.child import ROOT, Task
from tests.fuzz.readers import READERS


@dataclass
class Outcome:
    """Of a reader.

    Parameters
    ----------
    inputs : tried. seconds : of CPU time that they took. digest : of all of them.
    faults : how many inputs showed each. first : of each the first input, and what was wrong.
    """

    inputs: int = 0
    seconds: float = 0.0
    digest: str = "none"
    faults: dict[str, int] = field(default_factory=dict)
    first: dict[str, tuple[bytes, str]] = field(default_factory=dict)


def outcome(task: Task) -> Outcome:
    """Runs a task in a process of its own."""
    task.files.mkdir(parents=True)
    words = [task.name, str(task.inputs), str(task.seed), "blind" if task.blind else "guided"]
    process = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.child", *words, str(task.folder)],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    found = Outcome()
    lines = task.report.read_text(encoding="utf-8").splitlines() if task.report.exists() else []
    for line in map(json.loads, lines):
        if "key" in line:
            found.first[line["key"]] = base64.b64decode(line["data"]), line["detail"]
            found.faults[line["key"]] = 1
        else:
            found.inputs, found.seconds = line["inputs"], line["seconds"]
            found.faults, found.digest = line["faults"], line["digest"]
    if process.returncode or not found.inputs:
        last = task.files / READERS[task.name].file
        key = f"the process ended with {ended(process.returncode)}"
        said = f"{process.stdout[-2000:]}\n{process.stderr[-2000:]}"  # atheris tells on both
        found.first[key] = last.read_bytes() if last.exists() else b"", said
        found.faults[key] = 1
    return found


def ended(code: int) -> str:
    """An exit code in words."""
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def keep(folder: Path, name: str, found: Outcome) -> None:
    """Writes the first input of each fault of a reader, and what is wrong beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, (key, (data, detail)) in enumerate(found.first.items()):
        path = folder / f"{name}_{number}_{READERS[name].file}"
        path.write_bytes(data)
        path.with_name(f"{path.name}.txt").write_text(f"{key}\n{detail}\n", encoding="utf-8",
                                                      errors="backslashreplace")  # fmt: skip


def arguments() -> argparse.Namespace:
    """Of the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000, help="of each reader")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same inputs")
    parser.add_argument("--reader", action="append", choices=[*READERS], help="only this one")
    parser.add_argument(
        "--failures", type=Path, default=Path("build/fuzz"), help="folder of inputs"
    )
    parser.add_argument("--blind", action="store_true", help="do not look at coverage")
    return parser.parse_args()


def main() -> int:
    """A line a reader; 1 where a fault was found."""
    given = arguments()
    is_blind = given.blind or importlib.util.find_spec("atheris") is None
    if is_blind and not given.blind:
        print("atheris is not installed (uv sync --group fuzz): inputs are drawn blindly")
    total = Outcome()
    for name in given.reader or READERS:
        with tempfile.TemporaryDirectory() as folder:
            task = Task(name, given.inputs, given.seed, is_blind, Path(folder))
            found = outcome(task)
        rate = found.inputs / found.seconds if found.seconds else 0
        line = f"{name:18} {found.inputs:8} inputs {rate:6.0f}/s, digest {found.digest}"
        print(f"{line}, {len(found.faults)} faults", flush=True)
        for key, count in found.faults.items():
            print(f"    {count:6} x {key}")
        if found.first:
            keep(given.failures, name, found)
        total.inputs += found.inputs
        total.seconds += found.seconds
        total.faults |= {f"{name}: {key}": count for key, count in found.faults.items()}
    print(f"{total.inputs} inputs in {total.seconds:.0f} s of CPU time, {len(total.faults)} faults")
    return 1 if total.faults else 0


if __name__ == "__main__":
    sys.exit(main())
