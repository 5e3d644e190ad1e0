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
from sim.model.clocked_frame import ClockedFrame, clocked_frames
from sim.model.config import ModelConfig
from sim.model.counts import FrameCounts, frame_counts, without_culling
from sim.model.frame import FrameModel, model_frame
from sim.model.shared_runs import SharedRuns
from sim.views.variation import configured

# What tells a row from every other one.
KEY = ("scene_sha256", "clustering", "rules", "view", "size_px", "culling", "config_sha256")
COLUMNS = (
    *("scene", "scene_sha256", "clustering", "clusters", "rules", "view", "size_px", "culling"),
    *("config", "build", "config_sha256", "clock_mhz", "bandwidth_gb_per_s"),
    *("lanes", "data_bits", "cores", "blend_lanes"),
    *("gaussians", "gaussians_read", "tests", "splats", "bin_pairs"),
    *("front_end_cycles", "front_end_color_cycles", "frame_cycles", "steady_cycles"),
    *("front_end_ms", "frame_ms", "steady_ms", "frame_bytes", "dram_energy_mj"),
)
# Of these, what a view's counts fill.
COUNTS = ("clusters", "gaussians", "gaussians_read", "tests", "splats", "bin_pairs")
CULLING = ("on", "off")
NOT_KNOWN = "not known"  # the memory's file has no currents
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
    """A view with one pack. machines : all with the same bins and sub-tiles, so counted once; or
    one that is clocked.

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
    pack, rules = _pack(job.pack), rules_named(job.rules)
    first = job.machines[0]
    if first.config.is_clocked:
        frames = clocked_frames(pack, job.camera, rules, first.built(), without=True)
        return [
            _row(job, first, culling, of.frame, _clocked_counts(pack, of))
            for culling, of in zip(CULLING, frames, strict=True)
        ]
    counts = frame_counts(pack, job.camera, rules, first.built())
    runs = SharedRuns()
    whole, whole_runs = without_culling(counts), runs.without_culling()
    return [
        _row(job, machine, culling, model_frame(of, machine.built(), found), _formula_counts(of))
        for machine in job.machines
        for culling, of, found in zip(CULLING, (counts, whole), (runs, whole_runs), strict=True)
    ]


@lru_cache(maxsize=1)
def _pack(path: Path) -> Pack:
    """Kept from one job of a worker to the next: jobs come pack by pack."""
    return load_pack(path)


def _formula_counts(counts: FrameCounts) -> dict[str, int]:
    return {name: getattr(counts, name) for name in COUNTS}


def _clocked_counts(pack: Pack, found: ClockedFrame) -> dict[str, int]:
    """What the build counts. With nothing culled there is one cluster as large as the scene."""
    counters = found.counters
    values = (len(pack.clusters), len(pack), counters["members"], counters["tests"])
    return dict(zip(COUNTS, (*values, counters["splats"], counters["list_entries"]), strict=True))


def _row(
    job: Job, machine: Machine, culling: str, frame: FrameModel, counts: dict[str, int]
) -> dict[str, Any]:
    config, energy_mj = machine.built(), frame.dram_energy_mj
    values: dict[str, Any] = dict(zip(KEY, job.key(machine, culling), strict=True))
    values |= {
        "scene": job.scene,
        "config": config.name,
        "build": config.build,
        "clock_mhz": config.clock_mhz,
        "bandwidth_gb_per_s": round(config.memory.peak_gb_per_s, 6),
        "lanes": config.lanes,
        "data_bits": config.data_bits,
        "cores": 1 if config.is_clocked else config.cores,
        "blend_lanes": config.blend_lanes,
        **counts,
        "front_end_cycles": frame.front_end_cycles,
        "front_end_color_cycles": frame.front_end_color_cycles,
        "frame_cycles": frame.frame_cycles,
        "steady_cycles": frame.steady_cycles,
        "front_end_ms": round(config.time_ms(frame.front_end_cycles), 6),
        "frame_ms": round(config.time_ms(frame.frame_cycles), 6),
        "steady_ms": round(config.time_ms(frame.steady_cycles), 6),
        "frame_bytes": frame.bytes,
        "dram_energy_mj": NOT_KNOWN if energy_mj is None else round(energy_mj, 6),
    }
    return {column: values[column] for column in COLUMNS}


def shapes(machines: Sequence[Machine]) -> list[tuple[Machine, ...]]:
    """Machines that share bins and sub-tiles, together: one count serves them all. One that is
    clocked is alone."""
    groups: dict[tuple[object, ...], list[Machine]] = {}
    for machine in machines:
        config = machine.config
        shape: tuple[object, ...] = (config.bin_px, config.subtile_px, config.subtile_test)
        if config.is_clocked:
            shape = (machine.sha256,)
        groups.setdefault(shape, []).append(machine)
    return [tuple(group) for group in groups.values()]
