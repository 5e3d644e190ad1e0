"""Number formats of gaussian_project: each width and binary point, once.

README.md beside this file holds the error budget that they come from.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from golden.numbers.fixed import Fixed
from golden.params import Parameters

# Exponents of the pack's tables that the datapath tells apart; others are cut to these.
MEMBER_SHIFT_MAX = 63
MAX_MEMBER_EXPONENT = 12
# A position's error is not known better than 2^ERROR_FLOOR of its last places, whatever its unit.
ERROR_FLOOR = 4
# Units of a cluster are so many times those of the frame: cut where nothing is left of the frame's.
MAX_FRAME_SHIFT = 63

# Exponent of the footprint: a unit is 2^exponent px over the depth's mantissa. Below the least
# the entries are shifted right, by COARSE_STEP bits at a time; beyond the largest nothing is drawn
# that a picture could tell from a flat colour.
EXPONENT_MAX = 15
COARSE_STEP = 4
COARSE_STEPS = 5

# Entries of the footprint may be off by so many units (README.md), so extents are widened by that.
FOOTPRINT_MARGIN = 8

REACH_FRACTION_BITS = 14
# Below that depth over error, a Gaussian's place is not known well enough: it is drawn everywhere.
DEPTH_TRUST_BITS = 3
MAX_EXTENT_SHIFT = 12
LOW_PASS_FRACTION = 0.3
SIZE_BITS = 14
# Places and extents reach 2^22 px: a Gaussian just behind the near plane may lie that far beside
# the picture and still cover it.
SCREEN_BITS = 22

# Why a member is dropped, the first that holds: it can reach no pixel by its opacity, lies before
# the near plane, or covers no pixel centre of the picture.
DROPS = ("opacity", "near", "outside")


@dataclass(frozen=True)
class ProjectionFormats:
    """Formats of the projection, derived from the one set of parameters.

    B = mantissa_bits, R = rotation_fraction_bits, W = factor_bits, S = screen_fraction_bits.

    Parameters
    ----------
    params : the parameters.
    """

    params: Parameters

    @property
    def mantissa(self) -> int:
        """B: bits of a normalised number, the leading one included."""
        return self.params.mantissa_bits

    @property
    def rotated_offset_bits(self) -> int:
        """Sum of three products offset x rotation, signed."""
        return self.params.offset_bits + self.params.rotation.bits + 2

    @cached_property
    def position(self) -> Fixed:
        """A coordinate of a Gaussian in camera space, as `camera_space` with one more bit."""
        space = self.params.camera_space
        return Fixed(True, space.bits + 1, space.fraction_bits)

    @property
    def depth_bits(self) -> int:
        """Depth before the camera, unsigned, the format of `position` without its sign."""
        return self.position.bits - 1

    @property
    def focal_exponent_range(self) -> tuple[int, int]:
        """E: focal lengths are f^ 2^E px with f^ sqrt(1 + lim^2) <= FOCAL_ROOM."""
        return self.jacobian.fraction_bits - self.params.screen_fraction_bits, 14

    @property
    def tangent_bits(self) -> int:
        """x over the power of two below z, signed, F = E + S fraction bits."""
        return 30

    @cached_property
    def focal(self) -> Fixed:
        """f^, a focal length over 2^E; also times 1/z's mantissa."""
        return Fixed(False, self.mantissa, self.mantissa - 1)

    @property
    def screen_bits(self) -> int:
        """u and v, signed, S fraction bits: the principal point plus a tangent."""
        return self.tangent_bits + 2

    @cached_property
    def jacobian(self) -> Fixed:
        """An entry of f^ (r_x - t r_z), of f^ r_x, and t where it is clamped."""
        return Fixed(True, self.mantissa, self.mantissa - 2)

    @cached_property
    def footprint(self) -> Fixed:
        """An entry of the footprint T, 2^exponent px over the depth's mantissa."""
        return Fixed(True, self.params.factor_bits + 1)

    @property
    def covariance_bits(self) -> int:
        """cov_xx and cov_yy, unsigned; cov_xy has a sign more. At most 32."""
        return 2 * self.params.factor_bits

    @property
    def exponent_min(self) -> int:
        """Least exponent of the footprint: the low pass still fits its bits."""
        return 2 - self.params.factor_bits

    @property
    def low_pass_factor(self) -> int:
        """0.3 px^2, B fraction bits, nearest."""
        return round(LOW_PASS_FRACTION * (1 << self.mantissa))

    @property
    def extent_bits(self) -> int:
        """Extents and margins, unsigned, S fraction bits, saturated."""
        return SCREEN_BITS + self.params.screen_fraction_bits
