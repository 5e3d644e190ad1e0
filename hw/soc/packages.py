"""LiteX's packages: whether they are there, and their work without their talk."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from golden.errors import InputError

SYSTEM = ("migen", "litex", "litedram", "pythondata_cpu_vexriscv")
SIMULATION = (*SYSTEM, "ziglang")
BOARD = (*SYSTEM, "liteeth", "litex_boards")


def check_packages(names: tuple[str, ...]) -> None:
    """Raises InputError where one of them is not installed."""
    missing = [name for name in names if find_spec(name) is None]
    if missing:
        raise InputError(
            f"a system needs the package {missing[0]}: run it as `uv run --extra soc splatsieve "
            "soc ...`."
        )


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing of what LiteX tells, which sets up the logging of the whole program as it comes."""
    root = logging.getLogger()
    handlers, level, disabled = root.handlers[:], root.level, logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.disable(disabled)


def without_comments(text: str) -> str:
    """What LiteX writes in C or Verilog, without its comments, which have the date."""
    return re.sub(r"(?m)^//.*\n", "", text)
