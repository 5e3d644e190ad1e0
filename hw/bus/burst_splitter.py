"""Cuts runs of records into AXI bursts for which there is room."""

from __future__ import annotations

from amaranth.hdl import C, Cat, Module, Mux, Shape, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.records import RECORD_BYTES
from hw.layouts import run_request, slot_beat

PAGE_BYTES = 4096  # no burst crosses a multiple of it


def read_burst(params: Parameters) -> data.StructLayout:
    """A burst: byte address, beats - 1, whether its first and its last slot hold no record, and
    the frame of its run."""
    flags = dict.fromkeys(("skip_first", "skip_last", "frame"), 1)
    return data.StructLayout({"address": params.address_bits, "length": 8, **flags})


class BurstSplitter(wiring.Component):
    """Cuts the runs of one client into bursts, and keeps count of the room in its queue.

    All is counted in entries of the queue: a beat, or at data widths below a record's 256 bits a
    record of several beats. A burst ends at `burst_entries`, at the 4 KiB boundary or with the
    run, and is offered once the queue has room for all of it.

    Latency: OFFER_CYCLES = 3 from a run taken to its first burst offered, where there is room.
    Throughput: a burst in 3 cycles, a run of one burst in 4.

    Parameters
    ----------
    depth : entries of the client's queue, 2 or more.

    Members
    -------
    i : In(stream of run_request); a run of no records is taken and forgotten.
    o : Out(stream of read_burst); a burst taken has its room reserved.
    freed : In(1), an entry has left the queue.

    Attributes
    ----------
    burst_entries : the longest burst, the largest power of two that neither burst_beats nor the
        depth forbids.
    """

    OFFER_CYCLES = 3

    def __init__(self, params: Parameters, depth: int):
        if depth < 2:
            raise ValueError(f"a queue of {depth} entries is too short: give it 2 or more.")
        self._params, self._depth = params, depth
        self._slots = Shape.cast(slot_beat(params)["slots"].shape).width
        self._entry_bytes = RECORD_BYTES * self._slots
        self._entry_beats = self._entry_bytes * 8 // params.data_bits
        self._page_entries = PAGE_BYTES // self._entry_bytes
        fitting = 1 << (depth.bit_length() - 1)
        self.burst_entries = min(
            params.burst_beats // self._entry_beats, fitting, self._page_entries
        )
        super().__init__(
            {
                "i": In(stream.Signature(run_request(params))),
                "o": Out(stream.Signature(read_burst(params))),
                "freed": In(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        page = Signal(self._params.address_bits - _log2(PAGE_BYTES), reset_less=True)
        # Of the next entry, in its page.
        place = Signal(_log2(self._page_entries), reset_less=True)
        page_left = Signal(range(self._page_entries + 1), reset_less=True)
        run_left = Signal(self.i.payload["count"].shape(), reset_less=True)
        loaded, fresh, decided, granted = Signal(), Signal(), Signal(), Signal()
        near, length = (Signal(range(self.burst_entries + 1), reset_less=True) for _ in range(2))
        ends_run, ends_page, skip_last = Signal(), Signal(), Signal()
        burst = self.o.payload

        # First cycle of a burst: its length. Second: what follows from it, and is there room?
        # run_left <= near, where near is the lesser of burst_entries and page_left: side by side.
        longest = _log2(self.burst_entries)
        is_far = page_left[longest:].any()
        exceeds = run_left[longest + 1 :].any() | (run_left[longest] & run_left[:longest].any())
        is_end = ~exceeds & (run_left[: longest + 1] <= page_left)
        next_page, last_entry = (Signal.like(signal, reset_less=True) for signal in (page, length))
        m.d.comb += near.eq(Mux(is_far, self.burst_entries, page_left))
        m.d.sync += [
            length.eq(Mux(is_end, run_left, near)),
            ends_run.eq(is_end),
            ends_page.eq(length == page_left),
            last_entry.eq(length - 1),
            next_page.eq(page + 1),
            decided.eq(fresh | (decided & ~granted)),
            fresh.eq(granted & ~ends_run),
        ]
        self._reserve(m, decided, granted, length)
        m.d.comb += [
            granted.eq(self.o.valid & self.o.ready),
            burst.address.eq(Cat(C(0, _log2(self._entry_bytes)), place, page)),
            burst.length.eq(Cat(C(self._entry_beats - 1, _log2(self._entry_beats)), last_entry)),
            burst.skip_last.eq(skip_last & ends_run),
            self.i.ready.eq(~loaded),
        ]
        with m.If(granted):
            m.d.sync += [
                page.eq(Mux(ends_page, next_page, page)),
                page_left.eq(Mux(ends_page, self._page_entries, page_left - length)),
                place.eq(place + length),
                run_left.eq(run_left - length),
                burst.skip_first.eq(0),
                loaded.eq(~ends_run),
            ]
        with m.If(self.i.valid & ~loaded):
            self._load(m, Cat(place, page), page_left, run_left, skip_last)
            m.d.sync += [
                loaded.eq(self.i.payload["count"].any()),
                burst.frame.eq(self.i.payload.frame),
            ]
            m.d.sync += [fresh.eq(self.i.payload["count"].any())]
        return m

    def _load(self, m, entry, page_left, run_left, skip_last):
        """Takes a run; with two slots a beat it may begin in the second and end in the first."""
        record, count = self.i.payload["record"], self.i.payload["count"]
        if self._slots == 1:
            m.d.sync += [entry.eq(record), run_left.eq(count)]
        else:
            is_odd = record[0]
            m.d.sync += [
                entry.eq(record[1:]),
                run_left.eq((count + is_odd + 1) >> 1),
                self.o.payload.skip_first.eq(is_odd),
                skip_last.eq(is_odd ^ count[0]),
            ]
        first = record[_log2(self._slots) :][: _log2(self._page_entries)]
        m.d.sync += page_left.eq(self._page_entries - first)

    def _reserve(self, m, decided, granted, length):
        """Counts the room that no burst has yet; a burst is offered once there is enough."""
        room = Signal(range(self._depth + 1), init=self._depth)
        m.d.sync += [
            room.eq(room + self.freed - Mux(granted, length, 0)),
            self.o.valid.eq(decided & ~granted & (length <= room)),
        ]


def _log2(value: int) -> int:
    return value.bit_length() - 1
