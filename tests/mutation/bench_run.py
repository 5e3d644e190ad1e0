"""Runs benches on a copy of the checkout in which one file is changed."""

from __future__ import annotations

import fnmatch
import importlib.util
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.first_failure import FILE_NAME
from tests.mutation.mutants import Mutant

ROOT = Path(__file__).resolve().parents[2]
LEAST_LIMIT_S = 60.0
FIRST_LIMIT_S = 3600.0
TIMES_LIMIT = 4.0  # of what the bench takes without a change, all of it compiled
PASSED, FAILED = 0, 1  # exit codes of pytest
# Whatever ends in these files ended before anything was simulated.
MAKES_HARDWARE = ("golden/", "hw/", "sim/rtl/toolchain.py")


@dataclass(frozen=True)
class Outcome:
    """Of a bench.

    Parameters
    ----------
    word : "passed"; "failed" by a check; "broken": the source was not imported, the hardware not
        made, or the model raised an error; "hung": past the limit.
    detail : the test that failed, or what broke. seconds : of wall time.
    """

    word: str
    detail: str
    seconds: float


@dataclass(frozen=True)
class Verdict:
    """Of a mutant: the outcome of the bench that caught it, or of the last one that did not."""

    mutant: Mutant
    bench: str
    outcome: Outcome

    @property
    def is_caught(self) -> bool:
        return self.outcome.word != "passed"


class Copy:
    """A copy of the checkout's files, with caches of its own, in which benches run.

    Parameters
    ----------
    folder : made, and removed by whoever named it.
    """

    def __init__(self, folder: Path):
        self.root, self._note = folder / "checkout", folder / "failure.json"
        self._log = folder / "log"
        shutil.copytree(ROOT, self.root, ignore=_made_or_not_ours)
        if (ROOT / ".venv").exists():
            (self.root / ".venv").symlink_to(ROOT / ".venv")
        # RTL is kept by the hash of its sources, and changed sources would fill the user's cache.
        (folder / "cache").mkdir()
        self._environment = os.environ | {
            "PYTHONPATH": str(self.root),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis"),
            FILE_NAME: str(self._note),
        }

    def run(self, bench: str, limit_s: float) -> Outcome:
        """Outcome of a bench: words for pytest, which stops at the first test that fails."""
        self._note.unlink(missing_ok=True)
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider"]
        command += ["--hypothesis-seed=1", "-p", "tests.mutation.first_failure"]
        command += shlex.split(bench)
        begin = time.monotonic()
        with self._log.open("w") as log:
            process = subprocess.Popen(
                command,
                cwd=self.root,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a simulator that hangs ends with it
            )
            try:
                code = process.wait(limit_s)
            except subprocess.TimeoutExpired:
                code = None
            finally:
                _end_group(process)
        return self._outcome(code, time.monotonic() - begin)

    def _outcome(self, code: int | None, seconds: float) -> Outcome:
        if code is None:
            return Outcome("hung", "no end within the limit", seconds)
        if code == PASSED:
            return Outcome("passed", "", seconds)
        if not self._note.exists():
            word = "failed" if code < 0 else "broken"
            return Outcome(word, f"pytest ended with {code}: {self._last_line()}", seconds)
        note = json.loads(self._note.read_text(encoding="utf-8"))
        is_broken = note["raised_in"] == "import" or note["raised_in"].startswith(MAKES_HARDWARE)
        detail = f"{note['test']} ({note['error']})"
        return Outcome("broken" if is_broken else "failed", detail, seconds)

    def _last_line(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "no output"

    def verdict(
        self, mutant: Mutant, benches: Sequence[str], limits_s: dict[str, float]
    ) -> Verdict:
        """Of a mutant: its file is changed, the benches run in turn, and it is changed back.

        Parameters
        ----------
        limits_s : of benches that have run unchanged before; others do so now, and are added.

        Raises ValueError where a bench does not pass unchanged: it would catch everything.
        """
        path = self.root / mutant.file
        original = path.read_bytes()

        def run(bench: str) -> Outcome:
            if bench not in limits_s:
                self._write(path, original)
                limits_s[bench] = self.limit_s(bench)
            self._write(path, mutant.text.encode())
            return self.run(bench, limits_s[bench])

        try:
            return first_to_see(mutant, benches, run)
        finally:
            self._write(path, original)

    def limit_s(self, bench: str) -> float:
        """How long a bench may take, by what it takes now."""
        outcome = self.run(bench, FIRST_LIMIT_S)
        if outcome.word != "passed":
            raise ValueError(f"{bench} does not pass without a change: {outcome.detail}.")
        return max(LEAST_LIMIT_S, TIMES_LIMIT * outcome.seconds)

    @staticmethod
    def _write(path: Path, data: bytes) -> None:
        """Bytecode of a text of the same length, written in the same second, would be taken."""
        path.write_bytes(data)
        Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)


def first_to_see(mutant: Mutant, benches: Sequence[str], run: Callable[[str], Outcome]) -> Verdict:
    """The verdict by the first bench that does not pass; else by the last one, which passes."""
    for bench in benches:
        outcome = run(bench)
        if outcome.word != "passed":
            break
    return Verdict(mutant, bench, outcome)


def _made_or_not_ours(folder: str, names: list[str]) -> set[str]:
    """What is not copied: what .gitignore leaves out too, and Git's own folder."""
    made = set(fnmatch.filter(names, "__pycache__") + fnmatch.filter(names, "*.pack"))
    made |= {name for name in names if name.startswith(".") and name.endswith("_cache")}
    if Path(folder) == ROOT:
        made |= {".git", ".venv", ".hypothesis", "build", "out", "api"} & set(names)
    return made


def _end_group(process: subprocess.Popen) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
