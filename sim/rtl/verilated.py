"""Generated Verilog, compiled: shared libraries and simulators, kept in the user's cache."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from cocotb_tools import config

from golden.cache_folder import cache_folder
from golden.errors import InputError
from sim.rtl.compiled_model import CXX_FLAGS, OPTIMISATION, RUNTIME, link, model_objects
from sim.rtl.memory_loops import with_memory_loops
from sim.rtl.toolchain import verilator_version

PATTERNS = Path(__file__).with_name("patterns.h")  # included by harnesses
# A bench drives and reads the ports of the top: nothing below need be public.
BENCH_OPTIONS = ("--vpi", "--public-depth", "1", "--timescale", "1ns/1ps")
# Nets of any width; memories are none.
ACTIVITY_OPTIONS = ("--trace-saif", "--trace-max-width", "4096", "--trace-max-array", "1")
ACTIVITY_RUNTIME = (("verilated_saif_c",),)
BENCH_RUNTIME = (*RUNTIME, ("verilated_dpi",), ("verilated_vpi",))
# Registers begin as the Verilog says, wires as what drives them: none needs a random value first.
FAST_OPTIONS = ("--x-assign", "fast", "--x-initial", "fast", "--noassert")


def build_library(
    name: str,
    verilog: str,
    harness: Path,
    headers: dict[str, str],
    optimisation: str = OPTIMISATION,
    traces_activity: bool = False,
) -> Path:
    """Path of the shared library of a design, built now or taken from the cache.

    The cache's key covers the Verilog, the harness, all headers and Verilator's version.

    Parameters
    ----------
    name : module name of the top.
    verilog : its source.
    harness : C++ file that includes Vtop.h and exports C functions.
    headers : further headers that the harness includes, by file name.
    optimisation : of g++ for the model and the harness.
    traces_activity : the model can count the transitions of its nets (VerilatedSaifC).

    Raises InputError where a tool is missing, fails, or the cache cannot be written.
    """
    options = (*FAST_OPTIONS, *(ACTIVITY_OPTIONS if traces_activity else ()))
    runtime = (*RUNTIME, *(ACTIVITY_RUNTIME if traces_activity else ()))

    def make(folder: Path, cache: Path) -> Path:
        objects = model_objects(name, harness, folder, cache, optimisation, options, runtime)
        return link(objects, ["-shared"], folder / "harness.so")

    parts = [harness.read_text(), PATTERNS.read_text(), *headers.values(), optimisation]
    parts += FAST_OPTIONS
    parts += ACTIVITY_OPTIONS if traces_activity else ()
    files = {f"{name}.v": with_memory_loops(verilog), **headers}
    return _kept(name, ".so", parts, files, make)


def build_simulator(name: str, verilog: str) -> Path:
    """Path of the program that runs cocotb on a design, built now or taken from the cache.

    Its main is that of cocotb, linked with cocotb's library for Verilator.

    Parameters
    ----------
    name : module name of the top.
    verilog : its source.

    Raises InputError where a tool is missing, fails, or the cache cannot be written.
    """
    main = Path(config.share_dir) / "lib" / "verilator" / "verilator.cpp"
    libraries = str(config.libs_dir)

    def make(folder: Path, cache: Path) -> Path:
        objects = model_objects(
            name, main, folder, cache, options=BENCH_OPTIONS, runtime=BENCH_RUNTIME
        )
        options = [f"-Wl,-rpath,{libraries}", f"-L{libraries}", "-lcocotbvpi_verilator"]
        return link(objects, options, folder / name)

    files = {f"{name}.v": with_memory_loops(verilog)}
    return _kept(name, "", [main.read_text(), libraries], files, make)


def _kept(
    name: str,
    suffix: str,
    parts: Sequence[str],
    files: dict[str, str],
    make: Callable[[Path, Path], Path],
) -> Path:
    """NAME-KEY with the suffix, in the cache: what `make` made of these files.

    Parameters
    ----------
    name : module name of the top.
    parts : what the key covers besides files, Verilator's version and the compiler's flags.
    files : text by name, written before `make` runs.
    make : takes a folder with the files, and the cache; returns what it made.
    """
    key_of = [*files.values(), *parts, verilator_version(), *CXX_FLAGS]
    key = hashlib.sha256("\0".join(key_of).encode()).hexdigest()[:16]
    kept = cache_folder()
    if kept is None:
        raise InputError(
            "the RTL cannot be built: no folder can be written to keep it; set XDG_CACHE_HOME or "
            "TMPDIR to one that can."
        )
    cache = kept / "rtl"
    target = cache / f"{name}-{key}{suffix}"
    if target.is_file():
        return target
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, ignore_cleanup_errors=True) as folder_name:
            folder = Path(folder_name)
            try:
                for file, text in files.items():
                    (folder / file).write_text(text)
                os.replace(make(folder, cache), target)
            except (OSError, InputError):
                if not folder.is_dir():
                    raise InputError(
                        f"{cache} was deleted while the RTL was built in it: run it again."
                    ) from None
                raise
    except OSError as error:
        raise InputError(
            f"the RTL cannot be built in {cache} ({error.strerror}): {_remedy(error)}."
        ) from error
    return target


def _remedy(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "free some space there"
    return "let it be written, or set XDG_CACHE_HOME to another folder"
