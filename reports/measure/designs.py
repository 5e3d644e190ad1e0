"""Designs of a sweep beside what they take: speed, area in gates, energy of DRAM and logic.

The area of a design is there only where the Verilog of each of its seven stages was mapped
(hw.synth.stage_areas). Power of the logic is known only for the build and the view in which the
activity of its nets was counted. What is not known is None, and not in a front.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from hw.synth.stage_areas import StageArea, stages_of
from hw.synth.units import build_parameters
from sim.model.config import NO_BUILD
from sim.sweeps.sweep_job import NOT_KNOWN

MM2_A_UM2 = 1e-6
GROUP = ("scene_sha256", "clustering", "rules", "size_px", "config_sha256")


@dataclass(frozen=True)
class DesignPoint:
    """A build behind a memory, on a scene, mean over its views, culling on.

    Parameters
    ----------
    scene, size_px, views : what was modelled, and how many views.
    build : of the RTL. bandwidth_gb_per_s : peak of the memory. clock_mhz : of frame_ms.
    frame_ms : of a frame alone.
    dram_mj : energy of the DRAM in a frame, an estimate.
    area_mm2, cell_mm2 : of the seven stages with their macros, and of their cells alone.
    slowest_mhz : clock of the slowest stage by static timing, before any layout.
    logic_mj : of the stages' cells in a frame; macros are not in it.
    unmapped : stages whose Verilog was not mapped.
    """

    scene: str
    size_px: str
    views: int
    build: str
    bandwidth_gb_per_s: float
    clock_mhz: float
    frame_ms: float
    dram_mj: float | None
    area_mm2: float | None
    cell_mm2: float | None
    slowest_mhz: float | None
    logic_mj: float | None
    unmapped: tuple[str, ...]

    @property
    def frames_per_s(self) -> float:
        """1000 / frame_ms."""
        return 1e3 / self.frame_ms


def design_points(
    rows: Iterable[Mapping[str, str]], known: Sequence[StageArea]
) -> list[DesignPoint]:
    """A point for each scene, size, clustering and configuration that is a build."""
    groups: dict[tuple[str, ...], list[Mapping[str, str]]] = {}
    for row in rows:
        if row["culling"] == "on" and row["build"] != NO_BUILD:
            groups.setdefault(tuple(row[column] for column in GROUP), []).append(row)
    stages = {
        build: stages_of(build, list(known))
        for build in sorted({group[0]["build"] for group in groups.values()})
    }
    points = [_point(group, stages[group[0]["build"]]) for group in groups.values()]
    return sorted(points, key=lambda p: (p.scene, p.size_px, p.bandwidth_gb_per_s, p.frame_ms))


def _point(
    group: Sequence[Mapping[str, str]], stages: Mapping[str, StageArea | None]
) -> DesignPoint:
    one, frame_ms = group[0], _mean(float(row["frame_ms"]) for row in group)
    energies = [row["dram_energy_mj"] for row in group]
    found = [stage for stage in stages.values() if stage is not None]
    areas = [stage.area.area_um2 for stage in found]
    whole = [area for area in areas if area is not None]
    is_mapped = len(whole) == len(stages)
    timings = [stage.area.timing for stage in found]
    clocks = [timing.fmax_mhz for timing in timings if timing is not None]
    return DesignPoint(
        scene=one["scene"],
        size_px=one["size_px"],
        views=len(group),
        build=one["build"],
        bandwidth_gb_per_s=float(one["bandwidth_gb_per_s"]),
        clock_mhz=float(one["clock_mhz"]),
        frame_ms=frame_ms,
        dram_mj=None if NOT_KNOWN in energies else _mean(map(float, energies)),
        area_mm2=sum(whole) * MM2_A_UM2 if is_mapped else None,
        cell_mm2=sum(s.area.cell_area_um2 for s in found) * MM2_A_UM2 if is_mapped else None,
        slowest_mhz=min(clocks) if len(clocks) == len(stages) else None,
        logic_mj=_logic_mj(group, found, frame_ms) if is_mapped else None,
        unmapped=tuple(name for name, stage in stages.items() if stage is None),
    )


def _logic_mj(
    group: Sequence[Mapping[str, str]], stages: Sequence[StageArea], frame_ms: float
) -> float | None:
    """Power of the cells x time of the frame, where the activity is of this build in this view."""
    one, power_w = group[0], 0.0
    params = build_parameters(one["build"])
    for stage in stages:
        timing, power = stage.area.timing, stage.area.cell_power_w
        if timing is None or power is None or not stage.activity_build:
            return None
        is_of_view = timing.measured.startswith(f"view {one['view']} of ") and (
            timing.measured.endswith(f" {one['size_px']} px")
        )
        is_of_build = build_parameters(stage.activity_build) == params
        if not (is_of_view and is_of_build and len(group) == 1):
            return None
        if timing.freq_mhz != float(one["clock_mhz"]):
            return None
        power_w += power
    return power_w * frame_ms  # W x ms


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed)


def fronts(points: Sequence[DesignPoint], cost: str) -> list[DesignPoint]:
    """Of the points of one scene and size, those that none beats at the same or less cost.

    Parameters
    ----------
    cost : field of DesignPoint; points where it is not known are left out.
    """
    known = [point for point in points if getattr(point, cost) is not None]
    front: list[DesignPoint] = []
    for point in sorted(known, key=lambda p: (getattr(p, cost), p.frame_ms)):
        if not front or point.frame_ms < front[-1].frame_ms:
            front.append(point)
    return front


def designs_part(points: Sequence[DesignPoint], command: str) -> dict[str, Any]:
    """For a JSON file."""
    return {
        "format": "splatsieve designs",
        "command": command,
        "points": [
            asdict(p) | {"frames_per_s": p.frames_per_s, "unmapped": list(p.unmapped)}
            for p in points
        ],
    }
