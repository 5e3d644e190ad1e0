"""Time and memory of `splatsieve pack` over scene sizes: copies of one scene, side by side.

splatsieve bench pack SCENE --copies 1,2,4 --repeats 2 -o FILE.json
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from golden.errors import InputError
from golden.scene import Scene
from golden.scene_io import read_scene, write_ply
from reports.benches.bench_clusters import untold

FORMAT = "splatsieve pack scale"

# Copies lie that much farther apart than the scene is long, so that their ends stay apart.
SPACING = 1.01

# ru_maxrss is in KiB on Linux and in bytes on macOS.
MAXRSS_BYTES = 1 if sys.platform == "darwin" else 1024


class Measured(NamedTuple):
    """One process: standard output, wall clock, user and system time of all threads, peak."""

    output: str
    total_s: float
    cpu_s: float
    peak_memory_gib: float


def tiled(scene: Scene, copies: int) -> Scene:
    """Copies of a scene along x, shifted by 1.01 times its extent, in float64 before rounding.

    Parameters
    ----------
    copies : 1 or more; the first one stays where it is.
    """
    extent = float(np.ptp(scene.means[:, 0].astype(np.float64)))
    shifts = np.repeat(np.arange(copies) * SPACING * extent, len(scene))
    means = np.tile(scene.means, (copies, 1)).astype(np.float64)
    means[:, 0] += shifts
    return Scene(
        name=f"{scene.name} x {copies}",
        means=means.astype(np.float32),
        scales=np.tile(scene.scales, (copies, 1)),
        quats=np.tile(scene.quats, (copies, 1)),
        opacities=np.tile(scene.opacities, copies),
        sh=np.tile(scene.sh, (copies, 1, 1)),
    )


def exponent(gaussians: Sequence[int], amounts: Sequence[float]) -> float | None:
    """p of the least-squares fit amount = c gaussians^p; None for fewer than two sizes."""
    if len(set(gaussians)) < 2:
        return None
    slope, _ = np.polyfit(np.log(gaussians), np.log(amounts), 1)
    return float(slope)


def measure(command: Sequence[str]) -> Measured:
    """Runs one process to its end.

    The peak is ru_maxrss of the process. That also counts what its parent held when it was
    started, so the caller must be small itself. Raises InputError where the process fails.
    """
    start = time.perf_counter()
    with (
        tempfile.TemporaryFile("w+") as output,
        subprocess.Popen(command, stdout=output, stderr=subprocess.PIPE, text=True) as process,
    ):
        assert process.stderr is not None
        error = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            lines = error.strip().splitlines() or ["no message"]
            raise InputError(f"packing failed with exit code {process.returncode}: {lines[-1]}")
        output.seek(0)
        peak_gib = usage.ru_maxrss * MAXRSS_BYTES / 2**30
        return Measured(output.read(), seconds, usage.ru_utime + usage.ru_stime, peak_gib)


def bench(
    scene: Path,
    copies: Sequence[int],
    repeats: int,
    method: str,
    tell: Callable[[str], None] = untold,
) -> dict[str, Any]:
    """Packs each number of copies `repeats` times, each in a process of its own; a JSON document.

    Raises InputError where the scene cannot be read, packed, or written to the temporary folder.
    """
    runs: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="bench_pack.") as folder:
        source, packed = Path(folder) / "scene.ply", Path(folder) / "scene.pack"
        for count in copies:
            # In a process of its own: see measure. One that ends gives all its memory back.
            context = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(1, mp_context=context) as executor:
                executor.submit(_write_tiled, scene, count, source).result()
            for repeat in range(repeats):
                run = {"copies": count, "repeat": repeat, **_pack(source, packed, method)}
                runs.append(run)
                tell(_line(run))
    sizes = [run["gaussians"] for run in runs]
    hashes = {count: {r["pack_sha256"] for r in runs if r["copies"] == count} for count in copies}
    return {
        "format": FORMAT,
        "scene": scene.name,
        "method": method,
        "seed": 0,
        "input": "binary .ply of the copies",
        "times": "total_s: wall clock of the whole command, start included, on a machine as busy "
        "as load_average_before says; cpu_s: user and system time of all its threads",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "versions": {name: version(name) for name in ("splatsieve", "numpy", "scipy", "numba")},
        "runs": runs,
        "fit": {
            "equation": "amount = c gaussians^p, least squares over the logarithms of all runs",
            **{
                f"{name}_exponent": _rounded(exponent(sizes, [run[name] for run in runs]))
                for name in ("total_s", "cpu_s", "peak_memory_gib")
            },
        },
        "same_bytes": all(len(found) == 1 for found in hashes.values()) if repeats > 1 else None,
    }


def _pack(source: Path, packed: Path, method: str) -> dict[str, Any]:
    """One run of the command: sizes, seconds, GiB and bytes."""
    load = os.getloadavg()[0]
    command = [sys.executable, "-m", "splatsieve", "pack", str(source), "--json"]
    measured = measure([*command, "--method", method, "-o", str(packed)])
    report = json.loads(measured.output)
    return {
        **{name: report[name] for name in ("gaussians", "clusters", "groups")},
        "total_s": round(measured.total_s, 2),
        "cpu_s": round(measured.cpu_s, 2),
        **{step: round(report[step], 2) for step in ("read_s", "cluster_s", "tables_s", "write_s")},
        "peak_memory_gib": round(measured.peak_memory_gib, 3),
        "scene_file_bytes": source.stat().st_size,
        "pack_file_bytes": report["file_bytes"],
        "pack_sha256": _file_sha256(packed),
        "load_average_before": round(load, 2),
    }


def _write_tiled(scene: Path, copies: int, path: Path) -> None:
    write_ply(tiled(read_scene(scene), copies), path)


def _file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _line(run: dict[str, Any]) -> str:
    steps = ", ".join(f"{step[:-2]} {run[step]:.1f}" for step in run if step.endswith("_s"))
    return (
        f"{run['copies']} x: {run['gaussians']:,} Gaussians, {run['clusters']:,} clusters, "
        f"seconds: {steps}; peak {run['peak_memory_gib']:.2f} GiB; "
        f"load {run['load_average_before']:.1f}"
    )
