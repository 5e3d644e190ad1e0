"""Signals that stop the command: quiet, 128 + their number, and no temporary file left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
import types
from pathlib import Path

import pytest

from splatsieve import entry

# Stand-ins for splatsieve.cli: a file half written, an import that does without what stopped it,
# one whose C code makes an ImportError of it, and a finaliser.
WRITES = """
    from pathlib import Path
    from golden.files import atomic_path
    with atomic_path(Path("x.pack")) as temporary:
        temporary.write_text("half")
        wait()
"""
SWALLOWS = """
    try:
        wait()
    except BaseException:
        pass
    time.sleep(60)
"""
CONVERTS = """
    try:
        wait()
    except BaseException:
        raise ImportError("numpy failed to import")
"""
FINALISES = """
    class Old:
        def __del__(self):
            wait()
    Old()
    time.sleep(60)
"""


# As SciPy's trees do: the threads use what the caller frees as soon as it is left.
JOINS = """
    from threading import Thread
    used = []
    def work():
        time.sleep(0.3)  # until it is joined
        print("ready", flush=True)
        time.sleep(0.5)
        print("joined" if used else "freed")
    thread = Thread(target=work)
    try:
        used.append(1)
        thread.start()
        thread.join()
    finally:
        used.clear()
    time.sleep(60)
"""


def stopped(
    folder: Path, body: str, number: int, before: str = "", *, until_gone: bool = False
) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of the entry that runs `body` until the signal comes.

    `until_gone` sends it on and on, so that one comes in each step of the interpreter's end.
    """
    code = f"""
import signal, sys, time, types
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # off in the background
    signal.signal(number, signal.SIG_DFL)
{before}
def wait():
    print("ready", flush=True)
    time.sleep(60)
def main():
{textwrap.indent(textwrap.dedent(body), "    ")}
cli = sys.modules["splatsieve.cli"] = types.ModuleType("splatsieve.cli")
cli.main = main
from splatsieve.entry import main as enter
enter()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        os.kill(process.pid, number)
        os.kill(process.pid, number)  # as `timeout` does
        while until_gone and process.poll() is None:
            os.kill(process.pid, number)
            time.sleep(0.0005)
        out, err = process.communicate(timeout=30)
    return process.returncode, out, err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_nothing_half_written_is_left(tmp_path: Path, number: int) -> None:
    assert stopped(tmp_path, WRITES, number) == (128 + number, "", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("body", [SWALLOWS, CONVERTS, FINALISES])
def test_what_libraries_do_with_it_is_not_seen(tmp_path: Path, body: str) -> None:
    assert stopped(tmp_path, body, signal.SIGINT) == (130, "", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_that_go_on_to_the_end(tmp_path: Path, number: int) -> None:
    assert stopped(tmp_path, WRITES, number, until_gone=True) == (128 + number, "", "")


def test_threads_that_are_joined_end_first(tmp_path: Path) -> None:
    assert stopped(tmp_path, JOINS, signal.SIGTERM) == (143, "joined\n", "")


def test_a_signal_that_is_ignored_stays_so(tmp_path: Path) -> None:
    ignore = "signal.signal(signal.SIGHUP, signal.SIG_IGN)"
    body = 'print("ready", flush=True); time.sleep(0.3); print("done"); sys.exit(0)'
    assert stopped(tmp_path, body, signal.SIGHUP, ignore) == (0, "done\n", "")


def test_errors_pass_where_no_signal_came(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {number: signal.getsignal(number) for number in (*entry.SIGNALS, signal.SIGALRM)}
    stand_in = types.ModuleType("splatsieve.cli")
    stand_in.main = lambda: 1 / 0  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "splatsieve.cli", stand_in)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    try:
        with pytest.raises(ZeroDivisionError):
            entry.main()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_the_entry_imports_nothing_heavy() -> None:
    code = "import sys, splatsieve.entry; print({'numpy', 'typer', 'golden'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"
