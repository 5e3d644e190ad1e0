"""A short round of every reader, and that each kind of fault is seen; the long one is a command.

`uv run --group fuzz python -m tests.fuzz --inputs 100000` takes an hour and a half on a core.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from random import Random

import numpy as np
import pytest

from golden.errors import InputError, warn
from tests.fuzz import verdict
from tests.fuzz.child import ROOT
from tests.fuzz.mutation import changed_bytes
from tests.fuzz.readers import READERS, Reader
from tests.fuzz.rounds import Tally, blind_round
from tests.fuzz.verdict import Bench

INPUTS = 80


@pytest.mark.parametrize("name", READERS)
def test_a_short_round(tmp_path, name):
    tally = Tally(Bench(READERS[name], tmp_path))
    for seed in tally.bench.seeds:
        assert "returned" in tally.tried(seed).place, "the file to begin with is not valid"
    blind_round(tally.bench, INPUTS, 0, tally.tried)
    assert tally.first == {}


def ends_without_a_sentence(path: Path) -> None:
    raise InputError("it is wrong")


def ends_otherwise(path: Path) -> None:
    raise KeyError(path.name)


def divides_by_zero(path: Path) -> None:
    np.ones(1) / np.zeros(1)


def mumbles(path: Path) -> None:
    warn("hm")


def hoards(path: Path) -> None:
    bytes(verdict.SLACK_BYTES + 1000 * verdict.MOST_RATIO)


def dawdles(path: Path) -> None:
    sum(range(300_000))


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (ends_without_a_sentence, "an error is not one sentence"),
        (ends_otherwise, "KeyError is raised"),
        (divides_by_zero, "RuntimeWarning is shown"),
        (mumbles, "a warning is not one sentence"),
        (hoards, "too much memory"),
        (dawdles, "more than 0.001 s"),
    ],
)
def test_faults_are_seen(tmp_path, monkeypatch, call, fault):
    monkeypatch.setattr(verdict, "MOST_SECONDS", 1e-3 if call is dawdles else 10)
    tally = Tally(Bench(Reader("input", (len, call), lambda: [b"valid"]), tmp_path))
    assert tally.tried(b"some").fault == "TypeError is raised"  # a path has no length
    tally = Tally(Bench(Reader("input", (Path.stat, call), lambda: [b"valid"]), tmp_path))
    assert tally.tried(b"some").fault == fault
    assert tally.inputs == 1
    assert [*tally.faults.values()] == [1]


def test_memory_of_the_inputs_before_does_not_count(tmp_path):
    """Nor that of a reader that keeps what it read, and the bench keeps none itself."""
    kept: list[bytes] = []

    def keeps(path: Path) -> None:
        kept.append(bytes(verdict.SLACK_BYTES // 2))

    bench = Bench(Reader("input", (keeps,), lambda: [b""]), tmp_path)
    assert [bench.verdict(b"").fault for _ in range(8)] == [None] * 8
    assert len(kept) == 9


def test_what_is_right_is_no_fault(tmp_path):
    def refuses(path: Path) -> None:
        warn("it is odd: look at it.")
        raise InputError("it is wrong\nthere: mend it.")

    assert Bench(Reader("input", (refuses,), lambda: [b""]), tmp_path).verdict(b"").fault is None


def test_the_same_seed_gives_the_same_inputs_and_another_others(tmp_path):
    digests = []
    for seed in (1, 1, 2):
        tally = Tally(Bench(READERS["transform"], tmp_path))
        blind_round(tally.bench, 50, seed, tally.tried)
        digests.append(tally.digest)
    assert digests[0] == digests[1] != digests[2]


def test_a_change_never_fails():
    """Of no bytes, of bytes that are none of the form, and of what it made itself."""
    rng = Random(3)
    for reader in READERS.values():
        data = b""
        for change in (reader.change, changed_bytes, *[reader.change] * 20):
            data = change(data, rng, [b"", b"\x1f\x8b", data])
            assert isinstance(data, bytes)


@pytest.mark.slow
@pytest.mark.parametrize("blind", [True, False], ids=["blind", "guided"])
def test_the_command_twice(tmp_path, blind):
    """The same digest of all inputs; no fault, so exit code 0 and no file."""
    if not blind and importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris is not installed: uv sync --group fuzz")
    words = [sys.executable, "-m", "tests.fuzz", "--inputs", "300", "--reader", "transform"]
    words += ["--failures", str(tmp_path / "found"), *(["--blind"] if blind else [])]
    lines = []
    for _ in range(2):
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
        lines.append(done.stdout.split("digest ")[1].split(",")[0])
    assert lines[0] == lines[1]
    assert not [*tmp_path.glob("found/*")]
