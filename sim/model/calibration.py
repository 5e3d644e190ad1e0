"""The model with GSCore's resources against what is published of GSCore.

    uv run python -m sim.model.calibration PACK --cameras FILE --rules gsplat --views 0::146

GSCore (Lee et al., ASPLOS 2024): 28 nm, 1 GHz, 51.2 GB/s of LPDDR4, 3.95 mm2, 272 KB, 15.86 times a
Jetson Xavier NX. Nothing is fitted: each row says how far the model is from a published rate, what
binds the model, and what would have to be otherwise for the two to be equal. It reads all
Gaussians, so nothing is culled.

Its own text was not at hand. Its units are as three other groups state them: 4 culling and
conversion units, 8 quick and 4 bitonic sorters, 64 volume rendering units (NeRArch-Sim, ISCA 2026,
section VI; FLICKER, arXiv 2603.01158, figure 8: 64 VRUs; Nebula's GSCore has 128).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from golden.camera import Camera, select_views
from golden.camera_io import read_cameras
from golden.errors import InputError
from golden.pack import Pack
from golden.pack.file import load_pack
from golden.rules import Rules, rules_named
from sim.model.config import ModelConfig, load_model_config
from sim.model.counts import frame_counts, without_culling
from sim.model.frame import FrameModel, model_frame


@dataclass(frozen=True)
class Published:
    """A rate of GSCore that someone published.

    Parameters
    ----------
    size_px : width, height that it is compared at.
    low_frames_per_s, high_frames_per_s : the rate; a range where it is of several scenes, or the
        product of two stated figures.
    source : of all of it, and its scenes.
    gb_per_frame : least and most DRAM traffic of a frame, 10^9 bytes, where it was published.
    """

    size_px: tuple[int, int]
    low_frames_per_s: float
    high_frames_per_s: float
    source: str
    gb_per_frame: tuple[float, float] | None = None


NEO = "Neo, arXiv 2511.12930, sections 3.1 and 3.2: re-simulated, six scenes of Tanks & Temples"
PUBLISHED = (
    # 14.4 / 1.1 to 15.86 times a GPU of 4.9 to 5.7 frames/s (the INRIA rasteriser's frame and its
    # kernels alone, derived for a Xavier NX from bonsai on an H100: sim/inria_times.py).
    Published((1559, 1039), 14.4 / 1.1 * 4.9, 15.86 * 5.7,
              "GSCore 15.86 x Xavier NX; FLICKER 14.4 x, 1.1 x GSCore: both over a derived GPU"),
    Published((1237, 822), 61.30, 81.77,
              "NeRArch-Sim, table X: re-simulated, bicycle, stump, garden of Mip-NeRF360"),
    # Traffic: 60.7 and 80.0 GB/s are stated for 60 frames a second in section 3.2, and 104.6 GB for
    # 60 frames at 2560x1440 in section 6.2.
    Published((1280, 720), 66.7, 66.7, NEO),
    Published((1920, 1080), 31.1, 31.1, NEO, (60.7 / 60, 60.7 / 60)),
    Published((2560, 1440), 15.8, 15.8, NEO, (80.0 / 60, 104.6 / 60)),
)  # fmt: skip
# Two figures of one source for the same traffic, 80.0 and 104.6 GB: what its rates are sure to.
TRAFFIC_UNCERTAINTY = 104.6 / 80.0


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
    """

    published: Published
    frames_per_s: float
    gb_per_frame: float
    achieved_gb_per_s: float
    bound: str
    lane_cycles_to_close: tuple[float, float]
    gb_to_close: tuple[float, float]

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


def calibrate(
    pack: Pack, cameras: Sequence[Camera], rules: Rules, published: Published
) -> Calibration:
    """The preset `gscore` over some views at the resolution of a published rate."""
    config = load_model_config("gscore")
    frames = [
        model_frame(without_culling(frame_counts(pack, camera, rules, config)), config)
        for camera in (camera.resized(*published.size_px) for camera in cameras)
    ]
    return calibration_of(frames, config, published)


def calibration_of(
    frames: Sequence[FrameModel], config: ModelConfig, published: Published
) -> Calibration:
    """The same of frames that are modelled already."""

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
    return Calibration(
        published=published,
        frames_per_s=clock_hz / cycles,
        gb_per_frame=size,
        achieved_gb_per_s=achieved,
        bound=_bound(frames),
        lane_cycles_to_close=(lane_cycles[0], lane_cycles[1]),
        gb_to_close=(achieved / rates[0], achieved / rates[1]),
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


def table(rows: Sequence[Calibration]) -> str:
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
        ]
        if published.gb_per_frame is not None and row.ratio_at_published_bytes is not None:
            sizes, ratios = published.gb_per_frame, row.ratio_at_published_bytes
            times = [size / row.gb_per_frame for size in sizes]
            lines.append(
                f"  published traffic {1e3 * sizes[0]:.0f} to {1e3 * sizes[1]:.0f} MB a frame, "
                f"{times[0]:.1f} to {times[1]:.1f} times the model's; with it model / published is "
                f"{ratios[0]:.2f} to {ratios[1]:.2f}"
            )
    return "\n".join(lines)


def main() -> None:
    """Prints the table for a pack."""
    parser = argparse.ArgumentParser(description="The preset gscore against published rates.")
    parser.add_argument("pack", type=Path)
    parser.add_argument("--cameras", type=Path, required=True)
    parser.add_argument("--rules", default="gsplat")
    parser.add_argument("--views", default="0::48")
    given = parser.parse_args()
    cameras = select_views(read_cameras(given.cameras), given.views)
    print(table(calibrations(load_pack(given.pack), cameras, rules_named(given.rules))))


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
