"""Splats with colours into entries and their spans: a pipeline with two queues at its end."""

from __future__ import annotations

from itertools import pairwise

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.blocks.skid_buffer import SkidBuffer
from hw.layouts import colored_splat
from hw.stages.tile_bin.encode import Encode
from hw.stages.tile_bin.layouts import entry_spans, list_entry, tile_bin_constants


def encoder_members(params: Parameters) -> dict[str, In | Out]:
    """Members of SplatEncoder and of HeldEncoder."""
    return {
        "constants": In(tile_bin_constants(params)),
        "i": In(stream.Signature(colored_splat(params))),
        "entries": Out(stream.Signature(list_entry())),
        "spans": Out(stream.Signature(entry_spans(params))),
        "idle": Out(1, init=1),
    }


def track_places(m: Module, encoder, begun, dropped, passed, has_room) -> None:
    """Counts splats under way and entries that wait; says a cycle later whether one more may begin.

    As in GaussianProject, a place that comes free is counted a cycle later.

    Parameters
    ----------
    encoder : has queue_depth places, and the member `idle`.
    begun, dropped, passed : a splat begins, is known to be dropped, its entry leaves.
    has_room : Signal(1) that is driven.
    """
    pending, after, freed = Signal(range(encoder.queue_depth + 1)), Signal(8), Signal()
    m.d.comb += after.eq(pending + begun - dropped - freed)
    m.d.sync += [
        freed.eq(passed),
        pending.eq(after),
        encoder.idle.eq(after == 0),
        has_room.eq(pending < encoder.queue_depth - 1),
    ]


class SplatEncoder(wiring.Component):
    """Encodes splats, and drops those that touch no bin of the strip.

    The arithmetic never stands still: a splat is taken only while its entry is sure to find a place
    in the queues. An entry waits in its own until all bins of its spans are known.

    Latency: `latency_cycles` = that of Encode + 3, from a splat taken to its spans offered.
    Throughput: a splat a cycle. Multipliers: those of Encode.

    Members
    -------
    constants : In(tile_bin_constants), held while not idle.
    i : In(stream of colored_splat).
    entries : Out(stream of list_entry). spans : Out(stream of entry_spans), of each as well, not
        later; they may be taken before.
    idle : Out(1), no splat is under way and no entry waits.
    """

    def __init__(self, params: Parameters):
        self._params = params
        self._encode = Encode(params)
        self.latency_cycles = self._encode.latency_cycles + 3
        self.queue_depth = 1 << (self.latency_cycles + 4).bit_length()
        super().__init__(encoder_members(params))

    @property
    def drop_cycles(self) -> int:
        """From a splat taken to where it is known, and counted, that it is dropped."""
        return self.latency_cycles - 2

    def elaborate(self, platform):
        m = Module()
        m.submodules.encode = encode = self._encode
        taken, passed, dropped, written = (Signal() for _ in range(4))
        valid = [Signal(name=f"valid_{n}") for n in range(encode.latency_cycles)]
        m.d.comb += [
            encode.constants.eq(self.constants),
            encode.colored.eq(self.i.payload),
            taken.eq(self.i.valid & self.i.ready),
            passed.eq(self.entries.valid & self.entries.ready),
        ]
        m.d.sync += [
            valid[0].eq(taken),
            *(after.eq(before) for before, after in pairwise(valid)),
            written.eq(valid[-1] & ~encode.none),
            dropped.eq(valid[-1] & encode.none),
        ]
        # What takes the spans knows late whether it does.
        m.submodules.skid = skid = SkidBuffer(entry_spans(self._params))
        wiring.connect(m, skid.o, wiring.flipped(self.spans))
        self._queue(m, "entries", encode.entry, written, self.entries)
        self._queue(m, "spans", encode.spans, written, skid.i)
        track_places(m, self, taken, dropped, passed, self.i.ready)
        return m

    def _queue(self, m, name, made, written, o):
        """A queue from the pipeline's end to a stream."""
        kept = Signal(made.shape(), name=f"kept_{name}", reset_less=True)
        queue = SyncFIFOBuffered(width=len(kept.as_value()), depth=self.queue_depth)
        m.submodules[f"{name}_queue"] = queue
        m.d.sync += kept.eq(made)
        m.d.comb += [
            queue.w_en.eq(written),
            queue.w_data.eq(kept),
            o.valid.eq(queue.r_rdy),
            o.payload.eq(queue.r_data),
            queue.r_en.eq(o.ready),
        ]
