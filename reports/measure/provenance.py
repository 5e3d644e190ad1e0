"""What a report came from: versions, commit, and what each stage of the model is charged."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from sim.model.stages.cluster_cull import cluster_cull
from sim.model.stages.color import color
from sim.model.stages.depth_sort import depth_sort, sort_cycles
from sim.model.stages.gaussian_fetch import gaussian_fetch
from sim.model.stages.gaussian_project import gaussian_project
from sim.model.stages.rasterize import raster_cycles, rasterize
from sim.model.stages.tile_bin import tile_bin
from sim.rtl.toolchain import verilator_version

ROOT = Path(__file__).resolve().parents[2]


def versions() -> dict[str, str]:
    """Versions of what the numbers come from."""
    packages = ("splatsieve", "amaranth", "numpy", "numba", "scipy")
    found = {package: version(package) for package in packages}
    return found | {"verilator": verilator_version(), "python": platform.python_version()}


def commit() -> str | None:
    """Commit of the checkout, with "+" behind it where files differ; None outside a checkout."""
    if not (ROOT / ".git").exists():
        return None
    try:
        told = [
            subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True)
            for words in (["rev-parse", "HEAD"], ["status", "--porcelain", "-uno"])
        ]
    except OSError:
        return None
    if any(one.returncode for one in told):
        return None
    return told[0].stdout.strip() + ("+" if told[1].stdout.strip() else "")


def accounting() -> dict[str, str]:
    """What each stage is charged, in words and formulas, by stage: the text of its functions."""
    stages = {
        "cluster_cull": (cluster_cull,),
        "gaussian_fetch": (gaussian_fetch,),
        "gaussian_project": (gaussian_project,),
        "color": (color,),
        "tile_bin": (tile_bin,),
        "depth_sort": (depth_sort, sort_cycles),
        "rasterize": (rasterize, raster_cycles),
    }
    return {
        name: " ".join(" ".join((one.__doc__ or "").split()) for one in functions)
        for name, functions in stages.items()
    }
