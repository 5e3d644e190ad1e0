"""What the cycle model describes: clock, memory, and the width of every stage, read from TOML."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from golden.errors import InputError
from golden.params import Parameters
from golden.rules import TILE_PX
from golden.stages.rasterize.counts import SUBTILE_TESTS
from hw.package.presets import PRESETS as BUILDS
from hw.package.presets import changed_parameters
from sim.model.dram_config import DramConfig, load_dram
from sim.model.toml_record import check_numbers, named_or_file, read_record

PRESETS = Path(__file__).with_name("presets")
NO_BUILD = "none"
RANGES: dict[str, tuple[float, float]] = {
    "clock_mhz": (1, 5000),
    "data_bits": (64, 512),
    "lanes": (1, 8),
    "path_ns": (0, 1000),
    "reorder_window": (1, 256),
    "color_lanes": (1, 64),
    "color_record_bytes": (2, 1024),
    "splat_record_bytes": (24, 128),
    "bin_px": (16, 128),
    "bin_pairs_per_cycle": (1, 64),
    "sort_keys_per_cycle": (1, 256),
    "sort_passes": (1, 16),
    "cores": (1, 64),
    "blend_pixels_per_cycle": (1, 1024),
    "subtile_px": (4, 128),
}


@dataclass(frozen=True)
class ModelConfig:
    """An accelerator; how each stage uses a number is said in sim/model/stages/NAME.py.

    Parameters
    ----------
    name, description : for reports.
    clock_mhz : of all stages, MHz.
    dram : name of a file in sim/drams, or a path.
    path_ns : from an address on the bus to the DRAM's command and back, beyond the DRAM itself, ns.
    reorder_window : requests among which the memory controller chooses, each channel.
    build : preset of hw.package.presets that draws, and NAME=VALUE of each parameter that is
        another, of the same data_bits and lanes: its frames are clocked, and what follows from
        color_lanes on is not looked at; "none": frames are by formula.
    data_bits, lanes : of the front end's RTL, golden.params.Parameters.
    color_lanes : splats coloured a cycle.
    color_record_bytes : of one Gaussian's colours in memory: 96 float16 of degree 3, 32 narrow.
    splat_record_bytes : of a splat with its colour, written once and fetched by the rasteriser.
    bin_px : side of the square for which splats are listed and sorted, px: 16 a tile; larger, tiles
        share a list (as GS-TG's groups do, arXiv 2509.00911).
    bin_pairs_per_cycle : pairs of bin and splat written a cycle.
    sort_keys_per_cycle : pairs a cycle through one pass, over all sorters.
    sort_passes : passes over a list.
    cores : rasterisers; each takes the next bin when it is free.
    blend_pixels_per_cycle : of one core: pixels of a sub-tile that a splat is blended into.
    subtile_px : side of a sub-tile, px; bin_px where none is skipped.
    subtile_test : "ellipse", skipped where no pixel centre has alpha >= 1/255; "box", where its
        axis-aligned box reaches none; "none", all that have a live pixel are worked on.

    Raises InputError on an empty text and on a number outside its range.
    """

    name: str
    description: str
    clock_mhz: float
    dram: str
    path_ns: float
    reorder_window: int
    build: str
    data_bits: int
    lanes: int
    color_lanes: int
    color_record_bytes: int
    splat_record_bytes: int
    bin_px: int
    bin_pairs_per_cycle: int
    sort_keys_per_cycle: int
    sort_passes: int
    cores: int
    blend_pixels_per_cycle: int
    subtile_px: int
    subtile_test: str

    def __post_init__(self) -> None:
        check_numbers(self, RANGES)
        if self.bin_px % TILE_PX or self.bin_px % self.subtile_px:
            raise InputError(
                f"bin_px = {self.bin_px} is no multiple of a tile's {TILE_PX} px and of "
                f"subtile_px = {self.subtile_px}: choose another."
            )
        if (self.bin_px // self.subtile_px) ** 2 > 64:
            raise InputError(
                f"a bin of {self.bin_px} px has more than 64 sub-tiles of {self.subtile_px} px: "
                "make them larger."
            )
        if self.subtile_test not in SUBTILE_TESTS:
            raise InputError(
                f"subtile_test is {self.subtile_test[:40]!r}: choose {', '.join(SUBTILE_TESTS)}."
            )
        try:
            _ = self.params
        except ValueError as error:
            raise InputError(str(error)) from error

    @cached_property
    def params(self) -> Parameters:
        """Of the front end's RTL."""
        return Parameters(data_bits=self.data_bits, lanes=self.lanes)

    @property
    def is_clocked(self) -> bool:
        """Whether it is a build whose frames are clocked."""
        return self.build != NO_BUILD

    @cached_property
    def built(self) -> Parameters:
        """Of the build; raises InputError where it is none, or of other widths."""
        draws: dict[str, Parameters] = {
            name: preset.params for name, preset in BUILDS.items() if preset.draws
        }
        name, *changes = self.build.split()
        found: Parameters | None = None
        if name in draws:
            found = changed_parameters(draws[name], changes)
        widths = (self.data_bits, self.lanes)
        if found is None or not found.raster_lanes or (found.data_bits, found.lanes) != widths:
            names = ", ".join(f"{n} ({p.data_bits}, {p.lanes})" for n, p in draws.items())
            raise InputError(
                f"build {self.build!r} draws nothing with data_bits = {self.data_bits} and lanes = "
                f"{self.lanes}: choose {NO_BUILD} or one of {names}."
            )
        return found

    @property
    def blend_lanes(self) -> int:
        """Pixels blended a cycle: of all cores, or of the build."""
        if self.is_clocked:
            return self.built.raster_lanes
        return self.cores * self.blend_pixels_per_cycle

    @cached_property
    def memory(self) -> DramConfig:
        """The DRAM; raises InputError as load_dram does."""
        return load_dram(self.dram)

    @property
    def peak_bytes_per_cycle(self) -> float:
        """Of the DRAM: peak bandwidth / clock."""
        return 1e3 * self.memory.peak_gb_per_s / self.clock_mhz

    def time_ms(self, cycles: float) -> float:
        """Time of that many cycles, ms: cycles / (1000 clock_mhz)."""
        return cycles / (1e3 * self.clock_mhz)


def model_preset_names() -> list[str]:
    """Names that load_model_config knows."""
    return sorted(path.stem for path in PRESETS.glob("*.toml"))


def load_model_config(name_or_path: str) -> ModelConfig:
    """The preset of that name, or the configuration in that file.

    Raises InputError on an unknown name and as read_record does.
    """
    return read_record(named_or_file(name_or_path, PRESETS, "configuration"), ModelConfig)
