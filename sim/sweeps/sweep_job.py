"""One piece of a sweep: a view of a scene with one pack, on many configurations."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from golden.camera import Camera
from golden.pack import Pack
from golden.pack.file import load_pack
from golden.rules import rules_named
from sim.model.config import ModelConfig
from sim.model.counts import FrameCounts, frame_counts, without_culling
from sim.model.frame import model_frame
from sim.model.shared_runs import SharedRuns
from sim.views.variation import configured

# What tells a row from every other one.
KEY = ("scene_sha256", "clustering", "rules", "view", "size_px", "culling", "config_sha256")
COLUMNS = (
    *("scene", "scene_sha256", "clustering", "clusters", "rules", "view", "size_px", "culling"),
    *("config", "config_sha256", "clock_mhz", "bandwidth_gb_per_s", "lanes", "data_bits", "cores"),
    *("blend_lanes", "gaussians", "gaussians_read", "tests", "splats", "bin_pairs"),
    *("front_end_cycles", "front_end_color_cycles", "frame_cycles", "steady_cycles"),
    *("front_end_ms", "frame_ms", "steady_ms", "frame_bytes"),
)
Key = tuple[str, ...]


@dataclass(frozen=True)
class Machine:
    """A configuration and how many channels its memory has; what a worker makes a ModelConfig of.

    Parameters
    ----------
    config : without the memory that was put into it. channels : of that memory.
    """

    config: ModelConfig
    channels: int

    @property
    def sha256(self) -> str:
        """Hash of all values, the memory's too."""
        whole = self.built()
        values = asdict(whole) | {"memory": asdict(whole.memory)}
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]

    def built(self) -> ModelConfig:
        """The configuration with that memory."""
        return configured(self.config, self.channels)


@dataclass(frozen=True, eq=False)
class Job:
    """A view with one pack. machines : all with the same bins and sub-tiles, so counted once.

    Parameters
    ----------
    scene, scene_sha256 : name and hash. clustering : method and how many clusters were asked for.
    rules : their name. pack : file, where every worker finds it.
    """

    scene: str
    scene_sha256: str
    clustering: str
    rules: str
    pack: Path
    camera: Camera
    machines: tuple[Machine, ...]

    def key(self, machine: Machine, culling: str) -> Key:
        """Of the row of one machine; in the order of KEY."""
        size = f"{self.camera.width}x{self.camera.height}"
        view = self.camera.name
        same = (self.scene_sha256, self.clustering, self.rules, view, size)
        return (*same, culling, machine.sha256)


def run_job(job: Job) -> list[dict[str, Any]]:
    """Two rows a machine, culling on and off, in the order of COLUMNS."""
    pack = _pack(job.pack)
    first = job.machines[0].built()
    counts = frame_counts(pack, job.camera, rules_named(job.rules), first)
    runs = SharedRuns()
    whole, whole_runs = without_culling(counts), runs.without_culling()
    return [
        _row(job, machine, culling, of, found)
        for machine in job.machines
        for culling, of, found in (("on", counts, runs), ("off", whole, whole_runs))
    ]


@lru_cache(maxsize=1)
def _pack(path: Path) -> Pack:
    """Kept from one job of a worker to the next: jobs come pack by pack."""
    return load_pack(path)


def _row(
    job: Job, machine: Machine, culling: str, counts: FrameCounts, runs: SharedRuns
) -> dict[str, Any]:
    config = machine.built()
    frame = model_frame(counts, config, runs)
    values: dict[str, Any] = dict(zip(KEY, job.key(machine, culling), strict=True))
    values |= {
        "scene": job.scene,
        "clusters": counts.clusters,
        "config": config.name,
        "clock_mhz": config.clock_mhz,
        "bandwidth_gb_per_s": round(config.memory.peak_gb_per_s, 6),
        "lanes": config.lanes,
        "data_bits": config.data_bits,
        "cores": config.cores,
        "blend_lanes": config.cores * config.blend_pixels_per_cycle,
        "gaussians": counts.gaussians,
        "gaussians_read": counts.gaussians_read,
        "tests": counts.tests,
        "splats": counts.splats,
        "bin_pairs": counts.bin_pairs,
        "front_end_cycles": frame.front_end_cycles,
        "front_end_color_cycles": frame.front_end_color_cycles,
        "frame_cycles": frame.frame_cycles,
        "steady_cycles": frame.steady_cycles,
        "front_end_ms": round(config.time_ms(frame.front_end_cycles), 6),
        "frame_ms": round(config.time_ms(frame.frame_cycles), 6),
        "steady_ms": round(config.time_ms(frame.steady_cycles), 6),
        "frame_bytes": frame.bytes,
    }
    return {column: values[column] for column in COLUMNS}


def shapes(machines: Sequence[Machine]) -> list[tuple[Machine, ...]]:
    """Machines that share bins and sub-tiles, together: one count serves them all."""
    groups: dict[tuple[object, ...], list[Machine]] = {}
    for machine in machines:
        config = machine.config
        shape = (config.bin_px, config.subtile_px, config.subtile_test)
        groups.setdefault(shape, []).append(machine)
    return [tuple(group) for group in groups.values()]
