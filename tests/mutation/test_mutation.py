"""The command that mutates: verdicts, counts, reasons, and real mutants of a small component.

`uv run python -m tests.mutation` tries 100 mutants of every component. Measured: 7 to 29 s each.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from tests.mutation import __main__ as command
from tests.mutation.bench_run import Copy, Outcome, Verdict, first_to_see
from tests.mutation.benches import FLOATS, ROOT, components
from tests.mutation.mutants import mutants_in, mutants_of
from tests.mutation.reasons import Reason, reasons
from tests.mutation.report import Report

MUTANT, OTHER = mutants_of("a.py", "x = a < b\nx = a & b\n")
REASON = Reason("a.py", "x = a & b", "x = a | b", "equivalent", "Nothing reads it.")
PASSES, FAILS = Outcome("passed", "", 1.0), Outcome("failed", "test_x", 2.0)
DEPTH, BENCH = "golden/numbers/depth.py", "tests/golden/numbers/test_depth.py"
FOLDERS = ("hw/blocks", "hw/bus", "hw/frame", "hw/host", "hw/stages", "golden/stages")


@pytest.mark.parametrize(
    ("outcomes", "ran", "caught"),
    [
        ([PASSES, PASSES], ["one", "two"], False),
        ([PASSES, FAILS], ["one", "two"], True),
        ([FAILS, PASSES], ["one"], True),
        ([Outcome("hung", "", 9.0), PASSES], ["one"], True),
    ],
)
def test_the_first_bench_to_see_it_ends_the_run(outcomes, ran, caught):
    given, seen = dict(zip(["one", "two"], outcomes, strict=True)), []

    def run(bench: str) -> Outcome:
        seen.append(bench)
        return given[bench]

    verdict = first_to_see(MUTANT, ["one", "two"], run)
    assert (seen, verdict.bench, verdict.is_caught) == (ran, ran[-1], caught)


def report(caught: int, broken: int, survivors: int, explained: int) -> Report:
    verdicts = [Verdict(MUTANT, "b", FAILS)] * caught
    verdicts += [Verdict(MUTANT, "b", Outcome("broken", "", 1.0))] * broken
    verdicts += [Verdict(MUTANT, "b", PASSES)] * survivors
    verdicts += [Verdict(OTHER, "b", PASSES)] * explained
    return Report("it", 500, verdicts, [REASON])


def test_the_counts():
    found = report(80, 10, 4, 6)
    assert (found.caught, found.count("broken"), found.explained) == (90, 10, 6)
    assert "100 of 500 mutants, 90 caught (90%), 10 of them at once" in found.lines()[0]
    assert "80 of 90 (89%); caught of those that can be: 90 of 94 (96%)" in found.lines()[1]
    assert found.lines()[2:5] == [
        "    survived: a.py:1:7",
        "        x = a < b",
        "        x = a <= b",
    ]
    assert found.lines()[-1] == "        equivalent: Nothing reads it."
    record = json.loads(json.dumps(found.record()))
    assert len(record["mutants"]) == record["drawn"] == 100


@pytest.mark.parametrize(
    ("counts", "code"),
    [((95, 0, 5, 0), 0), ((94, 0, 6, 0), 1), ((90, 0, 5, 5), 1), ((0, 19, 1, 80), 0)],
)
def test_the_exit_code(tmp_path, monkeypatch, capsys, counts, code):
    made = report(*counts)
    monkeypatch.setattr(command, "verdicts", lambda *_: made.verdicts)
    monkeypatch.setattr(command, "reasons", lambda: [REASON])
    words = ["--component", "model_numbers", "--json", str(tmp_path / "found" / "x.json")]
    monkeypatch.setattr(command.sys, "argv", ["mutation", *words])
    assert command.main() == code
    assert json.loads((tmp_path / "found" / "x.json").read_text())[0]["drawn"] == 100
    assert capsys.readouterr().out.startswith("model_numbers: 100 of ")


def test_a_source_that_is_not_of_the_component_is_refused(monkeypatch, capsys):
    monkeypatch.setattr(command.sys, "argv", ["mutation", "--component", "bus", "--file", DEPTH])
    assert command.main() == 2
    assert capsys.readouterr().err == "bus has none of these sources: name files of it.\n"


def test_every_reason_speaks_of_a_mutant_that_there_is():
    for reason in reasons():
        assert any(reason.is_of(mutant) for mutant in mutants_in(ROOT, [reason.file])), reason
        assert reason.why.endswith("."), reason


def test_a_reason_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="equivalent, unreachable, speed, not 'dull'"):
        Reason("a.py", "x", "y", "dull", "")


def test_every_source_has_a_component_and_every_bench_is_there():
    known = components()
    files = [file for component in known.values() for file in component]
    assert len(files) == len(set(files))
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    expected = {path.relative_to(ROOT).as_posix() for path in paths
                if path.name not in ("__init__.py", *FLOATS)}  # fmt: skip
    assert expected <= set(files)
    for component in known.values():
        for file, benches in component.items():
            assert benches, file
            for place in re.findall(r"tests/[\w/.]+", " ".join(benches)):
                assert (ROOT / place).exists(), place


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Copy:
    return Copy(tmp_path_factory.mktemp("copy"))


def test_real_mutants_of_a_small_component(copy):
    """One that its bench sees, one that cannot be imported, and the file is as it was."""
    limits_s: dict[str, float] = {}
    before = (copy.root / DEPTH).read_bytes()
    seen = next(m for m in mutants_in(ROOT, [DEPTH]) if m.kind == "shift")
    verdict = copy.verdict(seen, [BENCH], limits_s)
    assert verdict.outcome.word == "failed", verdict.outcome
    assert BENCH in verdict.outcome.detail
    broken = mutants_of(DEPTH, before.decode() + "\nUNUSED = [0][0]\n")[-1]
    verdict = copy.verdict(broken, [BENCH], limits_s)
    assert verdict.outcome.word == "broken", verdict.outcome
    assert (copy.root / DEPTH).read_bytes() == before
    assert limits_s[BENCH] >= 60


def test_a_hang_is_ended_and_a_bench_that_fails_anyway_is_refused(copy, tmp_path):
    slow, wrong = copy.root / "tests" / "test_slow.py", copy.root / "tests" / "test_wrong.py"
    slow.write_text("import time\ndef test_it():\n    time.sleep(600)\n")
    wrong.write_text("def test_it():\n    assert False\n")
    assert copy.run("tests/test_slow.py", 3.0).word == "hung"
    with pytest.raises(ValueError, match=r"^tests/test_wrong\.py does not pass without a change"):
        copy.limit_s("tests/test_wrong.py")


def test_nothing_but_the_report_is_printed_without_a_terminal():
    words = ["--component", "model_numbers", "--file", DEPTH, "--count", "1"]
    done = subprocess.run([sys.executable, "-m", "tests.mutation", *words], cwd=ROOT,
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.stderr == ""
    assert done.stdout.startswith("model_numbers: 1 of ")
