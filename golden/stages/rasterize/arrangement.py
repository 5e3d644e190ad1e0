"""Which engine of rasterize works on which quad of a bin, and where it keeps it."""

from __future__ import annotations

from dataclasses import dataclass

from golden.params import Parameters

LANES_PER_ENGINE = 4
ROW_STEP = 5  # quads right below one another lie five engines apart
# Lanes -> lines of quads that are tested in a cycle, and words that an engine's queue holds.
LINES = {4: 1, 16: 4, 64: 32, 96: 32}
QUEUE_WORDS = {4: 32, 16: 32, 64: 128, 96: 128}


@dataclass(frozen=True)
class Arrangement:
    """Quad (x, y) of a bin belongs to engine (x + 5 y) mod engines, its four pixels to its lanes.

    So any run of quads along a row or a column is spread over as many engines as it can be.
    A line is a row of quads, or a column where the entry is swapped. `lines` consecutive lines,
    from a multiple on, are tested together: a group. Of a line an engine has up to `places`
    quads, `engines` apart, the first at `first_place`.

    Parameters
    ----------
    params : with raster_lanes above 0.
    """

    params: Parameters

    @property
    def engines(self) -> int:
        """Each of four lanes, which work on one quad a cycle."""
        return self.params.raster_lanes // LANES_PER_ENGINE

    @property
    def side(self) -> int:
        """Quads along a side of the bin."""
        return self.params.bin_px // 2

    @property
    def lines(self) -> int:
        """Lines of a group."""
        return min(LINES[self.params.raster_lanes], self.side)

    @property
    def groups(self) -> int:
        """Groups of a bin."""
        return self.side // self.lines

    @property
    def places(self) -> int:
        """Quads of a line that one engine has at most."""
        return -(-self.side // self.engines)

    @property
    def mask_bits(self) -> int:
        """Quads of a group that one engine has at most: bit line * places + place of a mask."""
        return self.lines * self.places

    @property
    def depth(self) -> int:
        """Quads of a bin that one engine keeps, unused addresses included."""
        return self.side * self.places

    @property
    def queue_words(self) -> int:
        """Words of an engine's queue."""
        return QUEUE_WORDS[self.params.raster_lanes]

    def engine(self, x: int, y: int) -> int:
        """Engine of quad (x, y)."""
        return (x + ROW_STEP * y) % self.engines

    def address(self, x: int, y: int) -> int:
        """Where that engine keeps it."""
        return y * self.places + x // self.engines

    def first_place(self, engine: int, line: int, is_swapped: bool) -> int:
        """Place along a line of the engine's first quad; the next ones follow `engines` apart."""
        places = range(self.engines)
        if is_swapped:
            return next(y for y in places if self.engine(line, y) == engine)
        return next(x for x in places if self.engine(x, line) == engine)

    def quad(self, engine: int, line: int, place: int, is_swapped: bool) -> tuple[int, int] | None:
        """(x, y) of the place-th quad of an engine on a line; None where it has no such quad."""
        along = self.first_place(engine, line, is_swapped) + place * self.engines
        if along >= self.side:
            return None
        return (line, along) if is_swapped else (along, line)
