"""The one set of parameters, and the number formats derived from it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

from golden.numbers.fixed import Fixed

# Parameter -> least and largest legal value; further rules in Parameters.__post_init__.
LEGAL_RANGES: dict[str, tuple[int, int]] = {
    "center_bits": (12, 30),
    "radius_bits": (12, 30),
    "count_bits": (1, 16),
    "base_bits": (8, 32),
    "camera_range_bits": (0, 6),
    "length_fraction_bits": (2, 8),
    "rotation_fraction_bits": (15, 20),
    "normal_fraction_bits": (15, 20),
    "weight_fraction_bits": (4, 20),
    "offset_bits": (8, 16),
    "factor_bits": (8, 16),
    "mantissa_bits": (12, 18),
    "screen_fraction_bits": (4, 8),
    "conic_bits": (12, 24),
    "lanes": (1, 8),
    "data_bits": (64, 512),
    "address_bits": (32, 64),
    "outstanding_bursts": (2, 64),
    "burst_beats": (1, 256),
}


@dataclass(frozen=True)
class Parameters:
    """What may be chosen; everything else is derived, once, in the properties below.

    Lengths are in units of a ball or of a frame: powers of two of scene units (golden.grid).

    Parameters
    ----------
    center_bits : signed width of a cluster centre, a coordinate each, 12 to 30.
    radius_bits : unsigned width of the radii; all ones means "never cull".
    count_bits : width of the number of Gaussians in a cluster, 1 to 16.
    base_bits : width of a cluster's first Gaussian, 8 to 32.
    camera_range_bits : how many times (as a power of two) beyond the centres' range the camera
        may stand before a frame's unit becomes coarser than the finest of the pack.
    length_fraction_bits : fraction bits of the camera position and of camera space.
    rotation_fraction_bits : fraction bits of the rotation; 17 makes it 18 bits wide.
    normal_fraction_bits : fraction bits of the plane normals; 16 makes them 18 bits wide.
    weight_fraction_bits : fraction bits of the radius weight.
    offset_bits : signed width of a member's offset from its cluster's centre, 8 to 16.
    factor_bits : signed width of the mantissas of a covariance factor, 8 to 16.
    mantissa_bits : width of normalised numbers in the projection (depth, reciprocals, focal
        length), factor_bits + 1 to 18.
    screen_fraction_bits : fraction bits of a pixel position, 4 to 8.
    conic_bits : width of the mantissas of a conic, 12 to 24.
    lanes : Gaussians that gaussian_project takes a cycle, 1 to 8.
    data_bits : width of the memory bus: 64, 128, 256 or 512.
    address_bits : width of a byte address, 32 to 64.
    outstanding_bursts : reads under way on the bus at most, 2 to 64.
    burst_beats : longest burst, 1 to 256.

    Raises ValueError, in one sentence, on a value outside its range.
    """

    center_bits: int = 24
    radius_bits: int = 24
    count_bits: int = 16
    base_bits: int = 32
    camera_range_bits: int = 2
    length_fraction_bits: int = 4
    rotation_fraction_bits: int = 17
    normal_fraction_bits: int = 16
    weight_fraction_bits: int = 16
    offset_bits: int = 16
    factor_bits: int = 16
    mantissa_bits: int = 18
    screen_fraction_bits: int = 8
    conic_bits: int = 24
    lanes: int = 1
    data_bits: int = 256
    address_bits: int = 40
    outstanding_bursts: int = 16
    burst_beats: int = 64

    def __post_init__(self) -> None:
        for field in fields(self):
            low, high = LEGAL_RANGES[field.name]
            value = getattr(self, field.name)
            if not isinstance(value, int) or not low <= value <= high:
                raise ValueError(f"{field.name} = {value!r} is outside {low}..{high}.")
        for name in ("data_bits", "burst_beats"):
            if getattr(self, name).bit_count() != 1:
                raise ValueError(f"{name} = {getattr(self, name)} is not a power of two.")
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
