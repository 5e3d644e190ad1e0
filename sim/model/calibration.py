"""The model with GSCore's resources against what is published of GSCore.

    uv run python -m sim.model.calibration PACK --cameras FILE --rules gsplat --views 0::48

GSCore (Lee et al., ASPLOS 2024): 28 nm, 1 GHz, 51.2 GB/s of LPDDR4, 3.95 mm2, 272 KB, 15.86 times a
Jetson Xavier NX. Its rates at three resolutions are a re-simulation by others, of Tanks & Temples,
whose scenes are not at hand here; so a margin is stated, not a fit. It reads all Gaussians, so
nothing is culled.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from golden.camera import Camera, select_views
from golden.camera_io import read_cameras
from golden.pack import Pack
from golden.pack.file import load_pack
from golden.rules import Rules, rules_named
from sim.model.config import load_model_config
from sim.model.counts import frame_counts, without_culling
from sim.model.frame import model_frame

# (width, height), px: frames a second of GSCore, 4 cores, 51.2 GB/s, Tanks & Temples, re-simulated.
RESIMULATED = {(1280, 720): 66.7, (1920, 1080): 31.1, (2560, 1440): 15.8}
# The published speed-up, and the rate of the GPU that it is over on Mip-NeRF360: about 5.
SPEEDUP, GPU_FRAMES_PER_S = 15.86, 4.9
SPEEDUP_SIZE = (1559, 1039)
# The model may be so many times as fast: on the same class of scene, and on the re-simulated ones.
SPEEDUP_MARGIN, RESIMULATED_MARGIN = (1.0, 2.0), (2.0, 5.0)


@dataclass(frozen=True)
class Calibration:
    """Mean over views at one resolution, nothing culled.

    Parameters
    ----------
    size_px : width, height. model_frames_per_s, published_frames_per_s : latency taken as a frame.
    lane_cycles_per_px : cycles of all blending lanes a pixel in the model, and as many as the
        published rate leaves for.
    """

    size_px: tuple[int, int]
    model_frames_per_s: float
    published_frames_per_s: float
    lane_cycles_per_px: tuple[float, float]

    @property
    def ratio(self) -> float:
        """Model over published."""
        return self.model_frames_per_s / self.published_frames_per_s


def calibrate(
    pack: Pack,
    cameras: Sequence[Camera],
    rules: Rules,
    size_px: tuple[int, int],
    published_frames_per_s: float,
) -> Calibration:
    """The preset `gscore` over some views at a resolution."""
    config = load_model_config("gscore")
    frames = [
        model_frame(
            without_culling(frame_counts(pack, camera.resized(*size_px), rules, config)), config
        )
        for camera in cameras
    ]
    cycles = sum(frame.frame_cycles for frame in frames) / len(frames)
    busy = sum(frame.stage("rasterize").busy_cycles for frame in frames) / len(frames)
    pixels, lanes = size_px[0] * size_px[1], config.cores * config.blend_pixels_per_cycle
    clock_hz = 1e6 * config.clock_mhz
    return Calibration(
        size_px,
        clock_hz / cycles,
        published_frames_per_s,
        (busy * lanes / pixels, clock_hz / published_frames_per_s * lanes / pixels),
    )


def calibrations(pack: Pack, cameras: Sequence[Camera], rules: Rules) -> list[Calibration]:
    """At the speed-up's resolution first, then at those of the re-simulation."""
    targets = {SPEEDUP_SIZE: SPEEDUP * GPU_FRAMES_PER_S, **RESIMULATED}
    return [calibrate(pack, cameras, rules, size, rate) for size, rate in targets.items()]


def table(rows: Sequence[Calibration]) -> str:
    """The comparison as text."""
    lines = ["size, px    model, frames/s  published  ratio  lane cycles/px: model  published"]
    lines += [
        f"{'x'.join(map(str, row.size_px)):<11} {row.model_frames_per_s:15.1f} "
        f"{row.published_frames_per_s:10.1f} {row.ratio:6.2f} "
        f"{row.lane_cycles_per_px[0]:22.0f} {row.lane_cycles_per_px[1]:10.0f}"
        for row in rows
    ]
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
    main()
