"""Compares the addresses of beats with a window, and with one another."""

from __future__ import annotations

from amaranth.hdl import C, Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.bus.burst_splitter import PAGE_BYTES
from hw.layouts import write_beat


class WindowCheck(wiring.Component):
    """Says of each beat whether it lies in the window, and whether it follows the one before.

    inside = window_first <= address and address + data_bits/8 <= window_end, for bounds of any
    alignment. A window whose end is not above its first holds nothing.

    Latency: LATENCY_CYCLES = 2. Throughput: a beat a cycle; it is never held up.

    Members
    -------
    i_valid : In(1), i : In(write_beat).
    window_first, window_end : In(address_bits), byte addresses; of the cycle after `i_valid`.
    valid : Out(1), o : Out(write_beat), what came LATENCY_CYCLES before.
    inside : Out(1), the beat lies in the window.
    follows : Out(1), its frame and its page are those of the beat before, and its place in the
        page is the next one; behind the last place that is the first.
    busy : Out(1), a beat is inside.
    """

    LATENCY_CYCLES = 2

    def __init__(self, params: Parameters):
        self._beat_bits = (params.data_bits // 8).bit_length() - 1  # of a byte address
        super().__init__(
            {
                "i_valid": In(1),
                "i": In(write_beat(params)),
                "window_first": In(params.address_bits),
                "window_end": In(params.address_bits),
                "valid": Out(1),
                "o": Out(write_beat(params)),
                "inside": Out(1),
                "follows": Out(1),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        # The payload is registered before it is compared: the client's logic ends here.
        beat, checked = (
            Signal(self.i.shape(), name=name, reset_less=True) for name in ("beat", "checked")
        )
        beat_valid = Signal()
        is_above, is_below, follows = (
            Signal(name=name, reset_less=True) for name in ("is_above", "is_below", "follows")
        )
        m.d.sync += [beat_valid.eq(self.i_valid), beat.eq(self.i), self.valid.eq(beat_valid)]
        number, before = (each.address[self._beat_bits :] for each in (beat, checked))
        place_bits = (PAGE_BYTES - 1).bit_length() - self._beat_bits
        next_place = (before[:place_bits] + 1)[:place_bits]
        with m.If(beat_valid):
            m.d.sync += [
                checked.eq(beat),
                is_above.eq(Cat(C(0, self._beat_bits), number) >= self.window_first),
                is_below.eq(number < self.window_end[self._beat_bits :]),
                follows.eq(
                    (number[place_bits:] == before[place_bits:])
                    & (number[:place_bits] == next_place)
                    & (beat.frame == checked.frame)
                ),
            ]
        m.d.comb += [
            self.o.eq(checked),
            self.inside.eq(is_above & is_below),
            self.follows.eq(follows),
            self.busy.eq(beat_valid | self.valid),
        ]
        return m
