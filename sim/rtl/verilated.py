"""Compiles generated Verilog and a C++ harness into a shared library, kept in the user's cache."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from golden.cache_folder import cache_folder
from golden.errors import InputError
from sim.rtl.toolchain import VERILATOR_FLAGS, compiler, run_tool, verilator_root, verilator_version

# The whole renderer compiles in a third of the time of -O2, and runs 8% slower.
OPTIMISATION = "-O1"
CXX_FLAGS = ("-std=gnu++20", "-fPIC", "-w")
RUNTIME = ("verilated", "verilated_threads")
PATTERNS = Path(__file__).with_name("patterns.h")  # included by harnesses


def build_library(
    name: str,
    verilog: str,
    harness: Path,
    headers: dict[str, str],
    optimisation: str = OPTIMISATION,
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

    Raises InputError where a tool is missing, fails, or the cache cannot be written.
    """
    parts = [verilog, harness.read_text(), PATTERNS.read_text(), *headers.values()]
    parts += [verilator_version(), *CXX_FLAGS, optimisation]
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
    kept = cache_folder()
    if kept is None:
        raise InputError(
            "the RTL cannot be built: no folder can be written to keep it; set XDG_CACHE_HOME or "
            "TMPDIR to one that can."
        )
    cache = kept / "rtl"
    library = cache / f"{name}-{key}.so"
    if library.is_file():
        return library
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, ignore_cleanup_errors=True) as folder_name:
            folder = Path(folder_name)
            try:
                for header, text in headers.items():
                    (folder / header).write_text(text)
                (folder / f"{name}.v").write_text(verilog)
                os.replace(_compile(name, harness, folder, cache, optimisation), library)
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
    return library


def _remedy(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "free some space there"
    return "let it be written, or set XDG_CACHE_HOME to another folder"


def _compile(name: str, harness: Path, folder: Path, cache: Path, optimisation: str) -> Path:
    """Verilator, then the model and its runtime side by side on two cores."""
    root = verilator_root()
    with ThreadPoolExecutor() as pool:
        runtime = [pool.submit(_runtime_object, source, cache) for source in RUNTIME]
        command = [str(root / "bin" / "verilator_bin"), "--cc", str(folder / f"{name}.v")]
        command += ["--prefix", "Vtop", "--Mdir", str(folder), "--top-module", name]
        command += ["-O3", "--x-assign", "fast", "--noassert", *VERILATOR_FLAGS]
        run_tool(command, "Verilator", {"VERILATOR_ROOT": str(root)})
        # Two files for all of the model: headers are parsed twice, not six times. What runs once,
        # at the start, is half of it, and needs no optimisation.
        sources = [harness, *sorted(folder.glob("Vtop*.cpp"))]
        parts: dict[str, list[Path]] = {"run": [], "start": []}
        for path in sources:
            parts["start" if "__Slow" in path.name else "run"].append(path)
        for name, paths in parts.items():
            (folder / f"{name}.cpp").write_text("".join(f'#include "{path}"\n' for path in paths))
        start = pool.submit(_object, folder / "start.cpp", folder / "start.o", folder, "-O0")
        model = _object(folder / "run.cpp", folder / "run.o", folder, optimisation)
        objects = [model, start.result(), *(job.result() for job in runtime)]
    library = folder / "harness.so"
    run_tool([compiler(), "-shared", *map(str, objects), "-o", str(library)], "g++")
    return library


def _runtime_object(source: str, cache: Path) -> Path:
    """Verilator's own runtime, the same for every design: compiled once."""
    target = cache / f"{source}-{verilator_version()}.o"
    if not target.is_file():
        part = _object(
            verilator_root() / "include" / f"{source}.cpp",
            target.with_suffix(f".{os.getpid()}.part"),
            cache,
        )
        os.replace(part, target)
    return target


def _object(source: Path, target: Path, folder: Path, optimisation: str = OPTIMISATION) -> Path:
    include = verilator_root() / "include"
    paths = [f"-I{path}" for path in (folder, include, include / "vltstd")]
    run_tool(
        [compiler(), optimisation, *CXX_FLAGS, *paths, "-c", str(source), "-o", str(target)], "g++"
    )
    return target
