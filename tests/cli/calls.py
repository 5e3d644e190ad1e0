"""Calling the command line inside the test process."""

from __future__ import annotations

import contextlib
import io
import sys

from splatsieve.cli import main


def run(*arguments: object) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command."""
    out, err, before = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = ["splatsieve", *map(str, arguments)]
    code = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as stop:
        code = int(stop.code or 0)
    finally:
        sys.argv = before
    return code, out.getvalue(), err.getvalue()


def call(*arguments: object) -> str:
    """Stdout of a command that must succeed, silently on stderr."""
    code, out, err = run(*arguments)
    assert code == 0, err
    assert err == ""
    return out


def warned(*arguments: object) -> tuple[str, list[str]]:
    """Stdout of a command that must succeed, and the sentences that it warns with on stderr."""
    code, out, err = run(*arguments)
    assert code == 0, err
    lead = "splatsieve: warning: "
    assert all(line.startswith(lead) and line.endswith(".") for line in err.splitlines()), err
    return out, [line.removeprefix(lead) for line in err.splitlines()]


def refuse(message: str, *arguments: object) -> None:
    """A command that must refuse its input: exit code 2, one sentence that holds `message`."""
    code, out, err = run(*arguments)
    assert code == 2, (code, out, err)
    assert out == ""
    assert message in err
    assert err.count("\n") == 1
    assert err.startswith("splatsieve: ")
    assert err.endswith(".\n")
    assert "Traceback" not in err
