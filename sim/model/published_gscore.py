"""What is published of GSCore's speed, for sim.model.calibration: data, with its sources."""

from __future__ import annotations

from dataclasses import dataclass


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
    gaussians : of its smallest and largest scene, where those are known and others than bonsai.
    """

    size_px: tuple[int, int]
    low_frames_per_s: float
    high_frames_per_s: float
    source: str
    gb_per_frame: tuple[float, float] | None = None
    gaussians: tuple[int, int] | None = None


NEO = "Neo, arXiv 2511.12930, sections 3.1 and 3.2: re-simulated, six scenes of Tanks & Temples"
PUBLISHED = (
    # 14.4 / 1.1 to 15.86 times a GPU of 4.9 to 5.7 frames/s (the INRIA rasteriser's frame and its
    # kernels alone, derived for a Xavier NX from bonsai on an H100: sim/gpu/inria_times.py).
    Published((1559, 1039), 14.4 / 1.1 * 4.9, 15.86 * 5.7,
              "GSCore 15.86 x Xavier NX; FLICKER 14.4 x, 1.1 x GSCore: both over a derived GPU"),
    Published((1237, 822), 61.30, 81.77,
              "NeRArch-Sim, table X: re-simulated, bicycle, stump, garden of Mip-NeRF360",
              # garden and bicycle after 15,000 iterations: github.com/BruniLiu/
              # Budgeted-Gaussian-Gating, paper_reports/summary_all.md (bonsai there: 1,066,779)
              gaussians=(4_210_091, 4_728_473)),
    # Traffic: 60.7 and 80.0 GB/s are stated for 60 frames a second in section 3.2, and 104.6 GB for
    # 60 frames at 2560x1440 in section 6.2.
    Published((1280, 720), 66.7, 66.7, NEO),
    Published((1920, 1080), 31.1, 31.1, NEO, (60.7 / 60, 60.7 / 60)),
    Published((2560, 1440), 15.8, 15.8, NEO, (80.0 / 60, 104.6 / 60)),
)  # fmt: skip
# Two figures of one source for the same traffic, 80.0 and 104.6 GB: what its rates are sure to.
TRAFFIC_UNCERTAINTY = 104.6 / 80.0
