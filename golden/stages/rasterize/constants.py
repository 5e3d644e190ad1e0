"""Constants of a frame for rasterize: what the host computes once from rules and picture."""

from __future__ import annotations

from dataclasses import dataclass

from golden.errors import InputError
from golden.numbers.fixed import Fixed
from golden.params import Parameters
from golden.rules import Rules
from golden.stages.rasterize.formats import RasterFormats
from golden.stages.tile_bin.entry import COLOR_FRACTION_BITS

STRIDE_BYTES = Fixed(False, 20)
BACKGROUND = Fixed(False, COLOR_FRACTION_BITS + 1, COLOR_FRACTION_BITS)
ALIGNMENT_BYTES = 64


@dataclass(frozen=True)
class RasterizeConstants:
    """What the rasterize datapath holds during a frame.

    Parameters
    ----------
    alpha_max : largest alpha, alpha_bits fraction bits.
    background_red, background_green, background_blue : 0 to 1023/512, format BACKGROUND.
    stride_bytes : from a row of the picture to the next one, a multiple of 64.
    """

    alpha_max: int
    background_red: int
    background_green: int
    background_blue: int
    stride_bytes: int

    def as_ports(self) -> dict[str, int]:
        """Each constant under the name of its hardware port."""
        return {name: getattr(self, name) for name in constant_formats(Parameters())}

    @property
    def background(self) -> tuple[int, int, int]:
        """R, G, B."""
        return self.background_red, self.background_green, self.background_blue


def constant_formats(params: Parameters) -> dict[str, Fixed]:
    """Format of each constant, under the names and in the order of as_ports."""
    bits = RasterFormats().alpha_bits
    names = {"alpha_max": Fixed(False, bits, bits)}
    names |= {f"background_{channel}": BACKGROUND for channel in ("red", "green", "blue")}
    return names | {"stride_bytes": STRIDE_BYTES}


def rasterize_constants(
    rules: Rules,
    width: int,
    background: tuple[float, float, float] = (0.0, 0.0, 0.0),
    formats: RasterFormats | None = None,
) -> RasterizeConstants:
    """Integer constants of a picture of so many columns, its rows one after another.

    Parameters
    ----------
    background : R, G, B, 0 to 1023/512.

    Raises InputError where the background or the width does not fit its format.
    """
    alpha_bits = (formats or RasterFormats()).alpha_bits
    codes = [
        BACKGROUND.nearest(value, f"the background's {channel}")
        for value, channel in zip(background, ("red", "green", "blue"), strict=True)
    ]
    row_bytes = -(-4 * width // ALIGNMENT_BYTES) * ALIGNMENT_BYTES
    if not STRIDE_BYTES.contains(row_bytes):
        raise InputError(
            f"a row of {width} px takes {row_bytes} bytes, more than {STRIDE_BYTES.max_int}: "
            "choose a smaller --size."
        )
    # Rounded to nearest: 0.99 is 1014/1024, 0.999 is 1023/1024.
    alpha_max = min(round(rules.alpha_max * (1 << alpha_bits)), (1 << alpha_bits) - 1)
    red, green, blue = codes
    return RasterizeConstants(alpha_max, red, green, blue, row_bytes)
