"""The model with GSCore's resources against what is published of GSCore.

    splatsieve calibrate PACK --cameras FILE --rules gsplat --views 0::146

GSCore (Lee et al., ASPLOS 2024): 28 nm, 1 GHz, 51.2 GB/s of LPDDR4, 3.95 mm2, 272 KB, 15.86 times a
Jetson Xavier NX. Nothing is fitted: each row says how far the model is from a published rate, what
binds the model, and what would have to be otherwise for the two to be equal. It reads all
Gaussians, so nothing is culled.

Its own text was not at hand. Its units are as three other groups state them: 4 culling and
conversion units, 8 quick and 4 bitonic sorters, 64 volume rendering units (NeRArch-Sim, ISCA 2026,
section VI; FLICKER, arXiv 2603.01158, figure 8: 64 VRUs; Nebula's GSCore has 128). RenderSim
(github.com/submissionTesting/RenderSim) has that unit as RTL: a splat and pixel a cycle, 4 pixels
in turn (VRU_v2, NUM_ROTATE), so 16 units draw a sub-tile in 4 cycles; tiles of 16x16 have 2x2
sub-tiles of 8x8 (gscore_pipeline.py). No source says how the 4 cores share the work. The model
gives each core a bin of its own, which wastes nothing; `in_step` is the other end: the cores take
the sub-tiles of one bin, and the next splat when all are done with this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from golden.camera import Camera
from golden.pack import Pack
from golden.rules import Rules
from sim.model.config import ModelConfig, load_model_config
from sim.model.counts import FrameCounts, frame_counts, without_culling
from sim.model.frame import FrameModel, model_frame
from sim.model.published_gscore import PUBLISHED, Published
from sim.model.stages.rasterize import bin_cycles


@dataclass(frozen=True)
class Calibration:
    """The model beside one published rate, mean over views, nothing culled.

    Parameters
    ----------
    published : what it is held against.
    frames_per_s : of the model, latency taken as a frame.
    gb_per_frame : DRAM traffic of the model, 10^9 bytes.
    achieved_gb_per_s : of its DRAM while at work, both phases.
    bound : stage or memory that binds the longer phase.
    lane_cycles_to_close : cycles that a lane would have to take a pixel and splat, where the model
        takes one, for the lower and the higher published rate.
    gb_to_close : bytes a frame that would keep the model's DRAM at work all of the published frame.
    in_step_frames_per_s : with the cores in step; see in_step_cycles.
    in_step_large_frames_per_s : the same where stages 1 to 5 take longer as the published scenes
        have more Gaussians than this one, largest and smallest scene; None where unknown.
    """

    published: Published
    frames_per_s: float
    gb_per_frame: float
    achieved_gb_per_s: float
    bound: str
    lane_cycles_to_close: tuple[float, float]
    gb_to_close: tuple[float, float]
    in_step_frames_per_s: float
    in_step_large_frames_per_s: tuple[float, float] | None

    @property
    def ratio(self) -> tuple[float, float]:
        """Model over published: over its higher, over its lower rate."""
        published = self.published
        return (
            self.frames_per_s / published.high_frames_per_s,
            self.frames_per_s / published.low_frames_per_s,
        )

    @property
    def ratio_at_published_bytes(self) -> tuple[float, float] | None:
        """The same where the model's DRAM moves the published bytes at the rate that it achieves,
        most and least; None where none were published."""
        if self.published.gb_per_frame is None:
            return None
        most, least = (
            min(self.achieved_gb_per_s / size, self.frames_per_s)
            for size in reversed(self.published.gb_per_frame)
        )
        return most / self.published.high_frames_per_s, least / self.published.low_frames_per_s


def in_step_cycles(counts: FrameCounts, config: ModelConfig) -> int:
    """Blending of a frame where the cores draw sub-tiles of one bin and go on to the next splat
    together: over the bins that fetch, the sum of BIN_CYCLES + max(fetched, sum over the fetched
    splats of ceil(sub-tiles worked on / cores) x ceil(subtile_px^2 / blend_pixels_per_cycle)).
    """
    worked = np.arange(counts.bins.subtile_histogram.shape[1])
    each = -(-worked // config.cores) * -(-(config.subtile_px**2) // config.blend_pixels_per_cycle)
    return int(bin_cycles(counts, each).sum())


def calibrate(
    pack: Pack, cameras: Sequence[Camera], rules: Rules, published: Published
) -> Calibration:
    """The preset `gscore` over some views at the resolution of a published rate."""
    config = load_model_config("gscore")
    counts = [
        without_culling(frame_counts(pack, camera, rules, config))
        for camera in (camera.resized(*published.size_px) for camera in cameras)
    ]
    return calibration_of(counts, config, published)


def calibration_of(
    counts: Sequence[FrameCounts], config: ModelConfig, published: Published
) -> Calibration:
    """The same of frames that are counted already."""
    frames = [model_frame(one, config) for one in counts]
    drawn = [
        max(in_step_cycles(one, config), frame.dram_cycles["render"])
        for one, frame in zip(counts, frames, strict=True)
    ]

    def mean(values: Sequence[float]) -> float:
        return sum(values) / len(values)

    clock_hz = 1e6 * config.clock_mhz
    cycles = mean([frame.frame_cycles for frame in frames])
    stream = mean([frame.stream_cycles for frame in frames])
    blend = mean([frame.stage("rasterize").busy_cycles for frame in frames])
    size = mean([frame.bytes / 1e9 for frame in frames])
    at_work_ns = mean(
        [frame.dram["stream"].time_ns + frame.dram["render"].time_ns for frame in frames]
    )
    achieved = 1e9 * size / at_work_ns
    rates = published.high_frames_per_s, published.low_frames_per_s
    lane_cycles = [(clock_hz / rate - stream) / blend for rate in rates]
    large = None
    if published.gaussians is not None:
        slow, fast = (
            clock_hz / (stream * gaussians / counts[0].gaussians + mean(drawn))
            for gaussians in reversed(published.gaussians)
        )
        large = slow, fast
    return Calibration(
        published=published,
        frames_per_s=clock_hz / cycles,
        gb_per_frame=size,
        achieved_gb_per_s=achieved,
        bound=_bound(frames),
        lane_cycles_to_close=(lane_cycles[0], lane_cycles[1]),
        gb_to_close=(achieved / rates[0], achieved / rates[1]),
        in_step_frames_per_s=clock_hz / (stream + mean(drawn)),
        in_step_large_frames_per_s=large,
    )


def _bound(frames: Sequence[FrameModel]) -> str:
    """What is at work longest in the longer phase, summed over the frames."""
    render = sum(frame.render_cycles - frame.stream_cycles for frame in frames) >= 0
    phase, stages = (
        ("render", ("depth_sort", "rasterize")) if render else ("stream", ("color", "tile_bin"))
    )
    at_work = {name: sum(frame.stage(name).busy_cycles for frame in frames) for name in stages}
    at_work["memory"] = sum(frame.dram_cycles[phase] for frame in frames)
    return max(at_work, key=lambda name: at_work[name])


def calibrations(pack: Pack, cameras: Sequence[Camera], rules: Rules) -> list[Calibration]:
    """The model beside each of PUBLISHED."""
    return [calibrate(pack, cameras, rules, published) for published in PUBLISHED]


def calibration_text(rows: Sequence[Calibration]) -> str:
    """The comparison as text."""
    lines = []
    for row in rows:
        published = row.published
        size = "x".join(map(str, published.size_px))
        low, high = published.low_frames_per_s, published.high_frames_per_s
        lines += [
            f"{size}: model {row.frames_per_s:.1f} frames/s, {1e3 * row.gb_per_frame:.0f} MB a "
            f"frame at {row.achieved_gb_per_s:.1f} GB/s, bound by {row.bound}",
            f"  published {low:.1f} to {high:.1f} frames/s ({published.source})",
            f"  model / published {row.ratio[0]:.2f} to {row.ratio[1]:.2f}; equal at "
            f"{row.lane_cycles_to_close[0]:.2f} to {row.lane_cycles_to_close[1]:.2f} cycles a lane "
            f"and splat, or at {1e3 * row.gb_to_close[0]:.0f} to {1e3 * row.gb_to_close[1]:.0f} MB "
            "a frame",
            f"  cores in step on the sub-tiles of one bin: {row.in_step_frames_per_s:.1f} frames/s",
        ]
        if published.gaussians is not None and row.in_step_large_frames_per_s is not None:
            few, many = (f"{number / 1e6:.1f}" for number in published.gaussians)
            slow, fast = row.in_step_large_frames_per_s
            lines.append(f"  and {few} to {many} million Gaussians: {slow:.1f} to {fast:.1f}")
        if published.gb_per_frame is not None and row.ratio_at_published_bytes is not None:
            sizes, ratios = published.gb_per_frame, row.ratio_at_published_bytes
            times = [size / row.gb_per_frame for size in sizes]
            lines.append(
                f"  published traffic {1e3 * sizes[0]:.0f} to {1e3 * sizes[1]:.0f} MB a frame, "
                f"{times[0]:.1f} to {times[1]:.1f} times the model's; with it model / published is "
                f"{ratios[0]:.2f} to {ratios[1]:.2f}"
            )
    return "\n".join(lines)
