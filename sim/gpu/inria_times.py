"""Times of the INRIA rasteriser on an H100, quoted from a measurement, and what they derive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from golden.errors import InputError
from sim.gpu.edge_gpu import MACHINES, Machine, derived_stages_us, read_toml
from sim.gpu.trace_kernels import fold_stages

FILE = MACHINES / "inria_h100_bonsai.toml"


@dataclass(frozen=True)
class InriaTimes:
    """Mean over the views of bonsai at one size.

    Parameters
    ----------
    renderer, scene, scene_gaussians, views : what ran, and on what.
    machine : that it ran on; `machine.source` holds renderer, versions, scene and views.
    width_px, height_px : of every view.
    mean_frame_ms, slowest_frame_ms : between two CUDA events, ms: kernels and gaps.
    mean_visible, mean_tile_pairs : Gaussians with radii > 0; pairs of Gaussian and tile.
    kernels_us : short name to mean time, us.
    """

    renderer: str
    scene: str
    scene_gaussians: int
    views: str
    machine: Machine
    width_px: int
    height_px: int
    mean_frame_ms: float
    slowest_frame_ms: float
    mean_visible: float
    mean_tile_pairs: float
    kernels_us: Mapping[str, float]

    @property
    def stages_us(self) -> dict[str, float]:
        """Stages, us; its preprocessing holds projection and colour in one kernel."""
        return fold_stages(self.kernels_us)

    @property
    def kernels_ms(self) -> float:
        """All kernels of the mean frame, ms."""
        return sum(self.kernels_us.values()) / 1e3

    def derived_ms(self, edge: Machine) -> float:
        """All kernels of the mean frame on the edge GPU, ms."""
        return sum(derived_stages_us(self.stages_us, self.machine, edge).values()) / 1e3


def inria_times(width_px: int, height_px: int) -> InriaTimes:
    """The quoted times at that size; raises InputError where there are none."""
    values = read_toml(FILE)
    sizes = {(size["width_px"], size["height_px"]): size for size in values["sizes"]}
    if (width_px, height_px) not in sizes:
        known = ", ".join(f"{width}x{height}" for width, height in sizes)
        raise InputError(
            f"no times of the INRIA rasteriser are quoted at {width_px}x{height_px}: choose of "
            f"{known}."
        )
    size = sizes[width_px, height_px]
    source = (
        f"{values['renderer']}; driver {values['driver']}, torch {values['torch']}; "
        f"{values['scene']}; views {values['views']}"
    )
    machine = Machine(values["device"], values["memory_gb_per_s"], values["fp32_tflops"], source)
    return InriaTimes(
        renderer=values["renderer"],
        scene=values["scene"],
        scene_gaussians=values["scene_gaussians"],
        views=values["views"],
        machine=machine,
        width_px=width_px,
        height_px=height_px,
        mean_frame_ms=size["mean_frame_ms"],
        slowest_frame_ms=size["slowest_frame_ms"],
        mean_visible=size["mean_visible"],
        mean_tile_pairs=size["mean_tile_pairs"],
        kernels_us=size["mean_kernels_us"],
    )


def quoted_sizes() -> list[tuple[int, int]]:
    """Width and height of every size that inria_times knows, px."""
    return [(size["width_px"], size["height_px"]) for size in read_toml(FILE)["sizes"]]
