"""The command that fuzzes: what a process that died leaves, what is kept, and the exit code."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.fuzz import __main__ as command
from tests.fuzz.__main__ import Outcome, keep, main, outcome
from tests.fuzz.child import Task


def task_in(folder: Path) -> Task:
    return Task("transform", 10, 1, True, folder)


def ends_with(monkeypatch, code: int, *lines: dict[str, object]) -> None:
    """Every process from now on leaves an input and these lines of a report, and ends so."""

    def run(words: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        folder = Path(words[-1])
        (folder / "files" / "transform.json").write_bytes(b"last")
        (folder / "report").write_text("".join(json.dumps(line) + "\n" for line in lines))
        return subprocess.CompletedProcess(words, code, "", "why")

    monkeypatch.setattr(subprocess, "run", run)


FAULT = {"key": "KeyError is raised at a.py:1", "detail": "x", "data": "Zmlyc3Q="}
SUMS = {"inputs": 10, "faults": {FAULT["key"]: 3}, "digest": "ab", "seconds": 2.0}


@pytest.mark.parametrize(
    ("code", "words"), [(-14, "SIGALRM"), (-11, "SIGSEGV"), (77, "code 77"), (0, "code 0")]
)
def test_a_process_that_dies_leaves_its_last_input(tmp_path, monkeypatch, code, words):
    ends_with(monkeypatch, code, FAULT)
    found = outcome(task_in(tmp_path))
    assert [data for data, _ in found.first.values()] == [b"first", b"last"]
    assert words in [*found.faults][1]


def test_sums_of_a_process_that_ends_well(tmp_path, monkeypatch):
    ends_with(monkeypatch, 0, FAULT, SUMS)
    found = outcome(task_in(tmp_path))
    assert found == Outcome(10, 2.0, "ab", {FAULT["key"]: 3}, {FAULT["key"]: (b"first", "x")})


def test_what_is_kept(tmp_path):
    keep(tmp_path / "made", "transform", Outcome(first={"why": (b"\x00", "more \ud800")}))
    assert (tmp_path / "made" / "transform_0_transform.json").read_bytes() == b"\x00"
    text = (tmp_path / "made" / "transform_0_transform.json.txt").read_text()
    assert text == "why\nmore \\ud800\n"


@pytest.mark.parametrize("faulty", [False, True])
def test_the_exit_code(tmp_path, monkeypatch, capsys, faulty):
    ends_with(monkeypatch, 0, *([FAULT, SUMS] if faulty else [SUMS | {"faults": {}}]))
    words = ["fuzz", "--reader", "transform", "--blind", "--failures", str(tmp_path / "found")]
    monkeypatch.setattr(command.sys, "argv", words)
    assert main() == int(faulty)
    assert "10 inputs in 2 s of CPU time" in capsys.readouterr().out
    assert len([*tmp_path.glob("found/*")]) == 2 * faulty
