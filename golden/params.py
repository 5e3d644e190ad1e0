"""The one set of parameters, and the number formats derived from it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import cached_property

from golden.numbers.fixed import Fixed

RASTER_LANES = (0, 4, 16, 64, 96)
POWERS_OF_TWO = (
    "data_bits",
    "burst_beats",
    "bin_px",
    "max_bins",
    "list_pages",
    "sort_entries",
    "cull_cycles",
    "project_cycles",
    "setup_cycles",
)


@dataclass(frozen=True)
class Range:
    """What a parameter may be, and what it is for.

    Parameters
    ----------
    low : least legal value.
    high : largest legal value.
    meaning : one phrase.
    """

    low: int
    high: int
    meaning: str


def _parameter(default: int, low: int, high: int, meaning: str) -> int:
    """A field of Parameters that carries its range."""
    ranged: int = field(default=default, metadata={"range": Range(low, high, meaning)})
    return ranged


def parameter_ranges() -> dict[str, Range]:
    """Parameter -> its legal range and meaning; further rules in Parameters.__post_init__."""
    return {item.name: item.metadata["range"] for item in fields(Parameters)}


@dataclass(frozen=True)
class Parameters:
    """What may be chosen; everything else is derived, once, in the properties below.

    Each field says its default, least and largest legal value, and its meaning (`Range`). Lengths
    are in units of a ball or of a frame: powers of two of scene units (golden.grid).

    Raises ValueError, in one sentence, on a value outside its range.
    """

    center_bits: int = _parameter(24, 12, 30, "a cluster's centre, a coordinate, signed")
    radius_bits: int = _parameter(24, 12, 30, "radii of a ball, unsigned; all ones: never cull")
    count_bits: int = _parameter(16, 1, 16, "Gaussians of a cluster, clusters of a group")
    base_bits: int = _parameter(32, 8, 32, "index of a Gaussian or cluster")
    camera_range_bits: int = _parameter(
        2, 0, 6, "log2 of cameras' range by the centres'; then coarser units"
    )
    length_fraction_bits: int = _parameter(
        4, 2, 8, "fraction of lengths in camera space, units of the frame"
    )
    rotation_fraction_bits: int = _parameter(17, 15, 20, "fraction of the rotation")
    normal_fraction_bits: int = _parameter(16, 15, 20, "fraction of the planes' normals")
    weight_fraction_bits: int = _parameter(16, 4, 20, "fraction of the weights of the radii")
    offset_bits: int = _parameter(16, 8, 16, "of the pack alone: a member's offset, signed")
    factor_bits: int = _parameter(16, 8, 16, "mantissas of a covariance factor, signed")
    mantissa_bits: int = _parameter(18, 12, 18, "normalised numbers; more than factor_bits")
    screen_fraction_bits: int = _parameter(8, 4, 8, "fraction of a pixel position")
    conic_bits: int = _parameter(24, 12, 24, "mantissas of a conic")
    lanes: int = _parameter(1, 1, 8, "Gaussians that gaussian_project takes a cycle")
    cull_cycles: int = _parameter(1, 1, 4, "cycles that balls of cluster_cull are apart: 1, 2, 4")
    project_cycles: int = _parameter(
        1, 1, 4, "cycles that beats of gaussian_project are apart: 1, 2, 4"
    )
    setup_cycles: int = _parameter(1, 1, 4, "cycles that entries of rasterize are apart: 1, 2, 4")
    data_bits: int = _parameter(256, 64, 512, "width of the memory bus, a power of two")
    address_bits: int = _parameter(40, 32, 64, "width of a byte address")
    outstanding_bursts: int = _parameter(16, 2, 64, "bursts under way on the bus at most")
    burst_beats: int = _parameter(64, 1, 256, "longest burst, a power of two")
    color_cycles: int = _parameter(0, 0, 8, "cycles a splat of color: 1, 2, 4, 8; 0: none")
    raster_lanes: int = _parameter(0, 0, 96, "pixels rasterize blends a cycle; 0: no back end")
    bin_px: int = _parameter(64, 32, 64, "side of a bin, a power of two")
    max_bins: int = _parameter(1024, 16, 4096, "bins of a strip at most, a power of two")
    list_pages: int = _parameter(8192, 16, 32768, "pages of 2 KiB for lists, a power of two")
    list_memories: int = _parameter(
        2, 1, 2, "frames whose lists are known at once; 2: one is drawn, the next is streamed"
    )
    sort_entries: int = _parameter(4096, 256, 8192, "entries put in order at once, a power of two")
    antialiased: int = _parameter(0, 0, 1, "1: a frame may be drawn antialiased")
    padded_splats: int = _parameter(
        0, 0, 1, "1: a splat takes 64 bytes of m_axis_splat, zeros above its record"
    )

    def __post_init__(self) -> None:
        for name, legal in parameter_ranges().items():
            value = getattr(self, name)
            if not isinstance(value, int) or not legal.low <= value <= legal.high:
                raise ValueError(f"{name} = {value!r} is outside {legal.low}..{legal.high}.")
        for name in POWERS_OF_TWO:
            if getattr(self, name).bit_count() != 1:
                raise ValueError(f"{name} = {getattr(self, name)} is not a power of two.")
        if self.color_cycles.bit_count() > 1:
            raise ValueError(f"color_cycles = {self.color_cycles} is none of 0, 1, 2, 4 and 8.")
        if self.raster_lanes not in RASTER_LANES:
            raise ValueError(f"raster_lanes = {self.raster_lanes} is none of {RASTER_LANES}.")
        if self.raster_lanes and not self.color_cycles:
            raise ValueError(
                "a build with raster_lanes needs color_cycles too: choose 1, 2, 4 or 8."
            )
        if self.raster_lanes and self.padded_splats:
            raise ValueError("padded_splats = 1: a build with raster_lanes gives no splats away.")
        if self.raster_lanes and self.address_bits > 43:
            raise ValueError(
                f"address_bits = {self.address_bits}: a page of the lists is named by 32 bits, so "
                "a build with raster_lanes has 43 at most."
            )
        if self.burst_beats * self.data_bits < 256:
            raise ValueError(
                f"burst_beats = {self.burst_beats} of data_bits = {self.data_bits} hold no record "
                "of 256 bits."
            )
        if self.mantissa_bits <= self.factor_bits:
            raise ValueError(
                f"mantissa_bits = {self.mantissa_bits} must exceed factor_bits = "
                f"{self.factor_bits}."
            )
        if self.camera_space.bits > 32:
            raise ValueError(
                f"camera space needs {self.camera_space.bits} bits where records hold 32: lower "
                "center_bits, camera_range_bits or length_fraction_bits."
            )

    @property
    def has_few_lanes(self) -> bool:
        """Whether it draws with so few lanes that memory is not what it waits for."""
        return 0 < self.raster_lanes <= 16

    @property
    def has_short_queues(self) -> bool:
        """Whether header and lists are read 16 beats at a time: few lanes, and frames that do not
        overlap. Beside a streamed frame lists read so would come too late."""
        return self.has_few_lanes and self.list_memories == 1

    @property
    def has_paced_reads(self) -> bool:
        """Whether no client of the memory takes records in two cycles one after another for long:
        what reads them takes several cycles an item, or merges them at half the rate."""
        apart = min(self.cull_cycles, self.project_cycles, self.color_cycles // 2)
        return self.has_few_lanes and apart > 1

    @property
    def merge_lanes(self) -> int:
        """Chains of depth_sort's merger: 2 take two entries a cycle, 1 takes one in two cycles. Few
        lanes blend one in ten."""
        return 1 if self.has_few_lanes else 2

    def with_antialiasing(self, wanted: bool) -> Parameters:
        """These, able to draw antialiased where that is wanted."""
        return replace(self, antialiased=1) if wanted else self

    @cached_property
    def center(self) -> Fixed:
        """A coordinate of a cluster centre in the table, units of the ball."""
        return Fixed(True, self.center_bits)

    @cached_property
    def radius(self) -> Fixed:
        """A radius in the table, units of the ball, rounded up; all ones: never cull."""
        return Fixed(False, self.radius_bits)

    @cached_property
    def count(self) -> Fixed:
        """Gaussians in a cluster."""
        return Fixed(False, self.count_bits)

    @cached_property
    def base(self) -> Fixed:
        """Index of a cluster's first Gaussian in pack order."""
        return Fixed(False, self.base_bits)

    @cached_property
    def camera_position(self) -> Fixed:
        """A coordinate of the camera position, units of the frame, rounded to nearest."""
        return Fixed(
            True,
            self.center_bits + self.camera_range_bits + self.length_fraction_bits,
            self.length_fraction_bits,
        )

    @cached_property
    def difference(self) -> Fixed:
        """Centre minus camera position, the coarser unit of both, one bit wider than either."""
        return Fixed(True, self.camera_position.bits + 1, self.length_fraction_bits)

    @cached_property
    def exponent(self) -> Fixed:
        """Exponent of a ball's or a frame's unit, grid units."""
        return Fixed(False, 8)

    @cached_property
    def rotation(self) -> Fixed:
        """An entry of the rotation world to camera, nearest; +1 is cut to its largest."""
        return Fixed(True, self.rotation_fraction_bits + 1, self.rotation_fraction_bits)

    @cached_property
    def camera_space(self) -> Fixed:
        """A coordinate in camera space, as `difference`: a rotation grows it by sqrt(3) at most."""
        return Fixed(True, self.difference.bits + 1, self.length_fraction_bits)

    @cached_property
    def normal(self) -> Fixed:
        """An entry of a plane normal (unit length or shorter), rounded to nearest."""
        return Fixed(True, self.normal_fraction_bits + 2, self.normal_fraction_bits)

    @cached_property
    def weight(self) -> Fixed:
        """Weight of the second radius, 0 to 1, rounded up."""
        return Fixed(False, self.weight_fraction_bits + 1, self.weight_fraction_bits)

    @cached_property
    def plane_offset(self) -> Fixed:
        """Constant of a plane (margins, near depth), units of the frame, rounded the safe way."""
        return Fixed(True, self.camera_space.bits, self.length_fraction_bits)

    @property
    def max_member_exponent(self) -> int:
        """Largest exponent of a member's offset: rotated, it is shifted right by 1 or more."""
        return min(12, self.rotation_fraction_bits - self.length_fraction_bits - 1)

    @property
    def distance_shift(self) -> int:
        """The margin for rounded rotation and normals is max |centre - camera| >> this shift.

        See golden.stages.cluster_cull.integer for the bound it comes from.
        """
        return min(self.rotation_fraction_bits, self.normal_fraction_bits) - 2
