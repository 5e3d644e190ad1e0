"""Verilated objects of a design: Verilator, then g++ on two files of the model and its runtime."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sim.rtl.toolchain import VERILATOR_FLAGS, compiler, run_tool, verilator_root, verilator_version

# The whole renderer compiles in a third of the time of -O2, and runs 8% slower.
OPTIMISATION = "-O1"
# A model is a few very long functions, in which the compiler else looks for equal loads for half of
# its time: 18 s of the whole renderer become 8, and no instruction more.
FEWER_SEARCHES = (
    *("--param", "sccvn-max-alias-queries-per-access=16"),
    *("--param", "dse-max-alias-queries-per-store=4"),
)
CXX_FLAGS = ("-std=gnu++20", "-fPIC", "-w", *FEWER_SEARCHES)
# Of Verilator's include folder; what stands together is compiled together, its headers read once.
RUNTIME = (("verilated", "verilated_threads"),)
SMALL_BYTES = 200_000  # of what runs once, in C++: compiled in the time of the headers


def model_objects(
    top: str,
    harness: Path,
    folder: Path,
    cache: Path,
    optimisation: str = OPTIMISATION,
    options: Sequence[str] = (),
    runtime: Sequence[Sequence[str]] = RUNTIME,
) -> list[Path]:
    """Object files of a model, its harness and its runtime, made side by side on two cores.

    Parameters
    ----------
    top : module name; folder / TOP.v is its source.
    harness : C++ file that includes Vtop.h.
    folder : where everything is made; cache : where the runtime is kept for the next model.
    optimisation : of g++ for the model and the harness.
    options : further ones of Verilator.
    runtime : files of Verilator's include folder, without their suffix, by object file.

    Raises InputError where a tool is missing or fails.
    """
    root = verilator_root()
    with ThreadPoolExecutor() as pool:
        kept = [pool.submit(_runtime_object, sources, cache) for sources in runtime]
        command = [str(root / "bin" / "verilator_bin"), "--cc", str(folder / f"{top}.v")]
        command += ["--prefix", "Vtop", "--Mdir", str(folder), "--top-module", top]
        command += ["-O3", *VERILATOR_FLAGS, *options]
        run_tool(command, "Verilator", {"VERILATOR_ROOT": str(root)})
        jobs = [
            pool.submit(_object, source, source.with_suffix(".o"), folder, level)
            for source, level in _joined(harness, folder, optimisation).items()
        ]
        return [job.result() for job in (*jobs, *kept)]


def _joined(harness: Path, folder: Path, optimisation: str) -> dict[Path, str]:
    """Two files for all of the model, or one for a small one, and how each is optimised.

    Headers are parsed twice, not six times; for a small model that is most of the time. What runs
    once, at the start, is half of a large one, and needs no optimisation.
    """
    sources = [harness, *sorted(folder.glob("Vtop*.cpp"))]
    start = [path for path in sources if "__Slow" in path.name]
    if sum(path.stat().st_size for path in start) < SMALL_BYTES:
        start = []
    parts = {"run": ([path for path in sources if path not in start], optimisation)}
    if start:
        parts["start"] = (start, "-O0")
    made = {}
    for name, (paths, level) in parts.items():
        joined = folder / f"{name}.cpp"
        joined.write_text(_includes(paths))
        made[joined] = level
    return made


def link(objects: Sequence[Path], options: Sequence[str], target: Path) -> Path:
    """Links objects with g++ and these options of it; returns the target."""
    run_tool([compiler(), *map(str, objects), *options, "-o", str(target)], "g++")
    return target


def _runtime_object(sources: Sequence[str], cache: Path) -> Path:
    """Files of Verilator's own runtime, the same for every design: compiled once."""
    target = cache / f"{'-'.join(sources)}-{verilator_version()}.o"
    if not target.is_file():
        with tempfile.TemporaryDirectory(dir=cache, ignore_cleanup_errors=True) as folder_name:
            folder, include = Path(folder_name), verilator_root() / "include"
            joined = folder / "runtime.cpp"
            joined.write_text(_includes(include / f"{source}.cpp" for source in sources))
            os.replace(_object(joined, folder / "runtime.o", folder), target)
    return target


def _includes(paths: Iterable[Path]) -> str:
    return "".join(f'#include "{path}"\n' for path in paths)


def _object(source: Path, target: Path, folder: Path, optimisation: str = OPTIMISATION) -> Path:
    include = verilator_root() / "include"
    paths = [f"-I{path}" for path in (folder, include, include / "vltstd")]
    run_tool(
        [compiler(), optimisation, *CXX_FLAGS, *paths, "-c", str(source), "-o", str(target)], "g++"
    )
    return target
