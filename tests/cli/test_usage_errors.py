"""Options, values and commands that are wrong or missing: one sentence that names the help."""

from __future__ import annotations

import errno
import os
import subprocess
import sys

import pytest

from splatsieve import cli
from tests.cli.calls import call, refuse, run


@pytest.mark.parametrize(
    ("words", "what", "command"),
    [
        (["nope"], "no such command 'nope'", ""),
        (["pac"], "no such command 'pac', did you mean 'pack'", ""),
        (["--nope"], "no such option: --nope", ""),
        (["--nope", "pack"], "no such option: --nope", ""),
        (["pack"], "missing argument 'scene'", " pack"),
        (["pack", "x.ply"], "missing option '-o' / '--output'", " pack"),
        (["pack", "x.ply", "-o"], "option '-o' requires an argument", " pack"),
        (["pack", "x.ply", "-o", "y", "--clus", "3"], "no such option: --clus", " pack"),
        (["pack", "x.ply", "y\nz", "-o", "y"], "unexpected extra argument(s) (y", " pack"),
        (["pack", "x.ply", "-o", "y", "--seed", "a"], "invalid value for '--seed'", " pack"),
        (["sweep", "x", "-o", "y", "--workers", "0"], "invalid value for '--workers'", " sweep"),
        (["render", "default", "-o", "y", "--json=1"], "'--json' does not take a value", " render"),
    ],
)
def test_usage_errors_are_one_sentence(words, what, command):
    refuse(what, *words)
    refuse(f": see `splatsieve{command} --help`.", *words)


def test_the_help_and_a_call_of_nothing():
    shown = call("--help")
    assert "Usage: splatsieve [OPTIONS] COMMAND [ARGS]..." in shown
    assert "╭─ Commands " in shown
    assert call() == shown
    assert "Usage: splatsieve pack [OPTIONS]" in call("pack", "-h")


def test_no_control_character_of_a_name_reaches_the_terminal(tmp_path):
    refuse("a [2Jb.ply cannot be read", "pack", tmp_path / "a\x1b[2Jb.ply", "-o", tmp_path / "x")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the output cannot be written (No sp"),
        (OSError(errno.ENOENT, "No such file"), "the current folder is no longer there"),
        (OSError(errno.EAGAIN, "Resource unavailable"), "refuses a step (Resource unavailable)"),
        (OSError(errno.EMFILE, "Too many open files", "a.ply"), "a.ply cannot be used (Too many"),
    ],
)
def test_what_the_system_refuses_is_one_sentence(monkeypatch, error, sentence):
    def app(*words, **options):
        raise error

    monkeypatch.setattr(cli, "app", app)
    refuse(sentence, "pack")


def shell(command: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a shell in which $S is the command."""
    done = subprocess.run(
        ["sh", "-c", command],
        env=os.environ | {"S": f"{sys.executable} -m splatsieve"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_full_or_closed_output():
    if os.path.exists("/dev/full"):
        code, _, err = shell("$S --version > /dev/full")
        assert (code, err.count("\n")) == (2, 1)
        assert "the output cannot be written (No space left on device)" in err
    assert shell("$S --version >&-") == (0, "", "")
    assert shell("$S pack --nope 2>&-") == (2, "", "")
    assert shell("($S --help; echo $? >&2) | true")[2] in ("0\n", "1\n")


def test_the_exit_code_of_a_success():
    assert run("--version")[0] == 0
