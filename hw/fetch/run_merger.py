"""Visible clusters into runs of Gaussians to read: neighbours in memory become one run."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.layouts import run_request, visible_cluster

# A run takes no more clusters from here on: well below the 2^20 records of a request.
LONG_RUN_RECORDS = 1 << 16


class RunMerger(wiring.Component):
    """Joins clusters whose Gaussians follow each other while the reader is busy.

    A run waits in `o` until it is taken; the next one grows behind it. So with a reader that
    keeps up each cluster is asked for at once, and with one that does not runs get longer.
    A run is of one frame; a cluster takes along what it needs of its frame's table.

    Latency: 3 cycles from a cluster to its read, with nothing before it.

    Members
    -------
    table : In(address_bits - 5), number of the geometry's first record. gaussians : In(32).
    frame : In(1), of the clusters that come, as table and gaussians are.
    i : In(stream of visible_cluster). o : Out(stream of run_request).
    outside : Out(2), a bit for each `frame`: a cluster of none or beyond `gaussians` came, and was
        not read; until reset.
    busy : Out(1), a run is under way here.
    """

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "table": In(params.address_bits - 5),
                "gaussians": In(32),
                "frame": In(1),
                "i": In(stream.Signature(visible_cluster(params))),
                "o": Out(stream.Signature(run_request(params))),
                "outside": Out(2),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        item = self.i.payload
        # A cluster that was checked: does it follow the one before?
        fresh, follows = Signal(), Signal()
        base = Signal(32, reset_less=True)
        count = Signal(self._params.count_bits, reset_less=True)
        end, last_end = (Signal(33, reset_less=True) for _ in range(2))
        bad = Signal()
        table, gaussians, frame = (
            Signal.like(port, reset_less=True) for port in (self.table, self.gaussians, self.frame)
        )
        # The run that grows, and the one that is offered.
        grows, run = Signal(), Signal(run_request(self._params), reset_less=True)
        offered = Signal(run_request(self._params), reset_less=True)
        move, merge, moved = Signal(), Signal(), Signal()
        m.d.comb += [
            self.o.payload.eq(offered),
            bad.eq((count == 0) | (end > gaussians)),
            moved.eq(~self.o.valid | self.o.ready),
            merge.eq(fresh & grows & follows & ~bad & (run.count < LONG_RUN_RECORDS)),
            move.eq(grows & moved & ~merge),
            self.i.ready.eq(~fresh | merge | ~grows | moved),
            self.busy.eq(fresh | grows | self.o.valid),
        ]
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(move):
            m.d.sync += [self.o.valid.eq(1), offered.eq(run), grows.eq(0)]
        with m.If(merge):
            m.d.sync += run.count.eq(run.count + count)
        with m.Elif(fresh & (~grows | moved)):
            m.d.sync += [
                run.record.eq(table + base),
                run.count.eq(count),
                run.frame.eq(frame),
                grows.eq(~bad),
                self.outside.eq(self.outside | (bad << frame)),
            ]
        with m.If(self.i.ready):
            m.d.sync += fresh.eq(self.i.valid)
            with m.If(self.i.valid):
                m.d.sync += [
                    base.eq(item.base),
                    count.eq(item.count),
                    end.eq(item.base + item.count),
                    last_end.eq(item.base + item.count),
                    follows.eq((item.base == last_end) & (frame == self.frame)),
                    table.eq(self.table),
                    gaussians.eq(self.gaussians),
                    frame.eq(self.frame),
                ]
        return m
