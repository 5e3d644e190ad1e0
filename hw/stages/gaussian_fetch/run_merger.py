"""Visible clusters into runs of Gaussians to read: neighbours in memory become one run."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.layouts import run_request, visible_cluster

# A run takes one more cluster at most from here on: well below the 2^20 records of a request.
LONG_RUN_RECORDS = 1 << 16


class RunMerger(wiring.Component):
    """Joins clusters whose Gaussians follow each other while the reader is busy.

    A run waits in `o` until it is taken; the next one grows behind it. So with a reader that
    keeps up each cluster is asked for at once, and with one that does not runs get longer.
    A run is of one frame; a cluster takes along what it needs of its frame's table.

    Latency: 4 cycles from a cluster to its read, with nothing before it: its end; whether that is
    within the table; the run; the run offered.

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
        # A cluster that came; one that was checked, and does it follow the one before?
        layout = data.StructLayout(
            {
                "base": item.base.shape(),
                "count": item.count.shape(),
                "table": self.table.shape(),
                "frame": 1,
                "follows": 1,
            }
        )
        entry, checked = (Signal(layout, name=n, reset_less=True) for n in ("entry", "checked"))
        came_here, checked_here = Signal(), Signal()
        end, last_end = (Signal(33, reset_less=True) for _ in range(2))
        gaussians = Signal.like(self.gaussians, reset_less=True)
        bad, joins, is_bad = Signal(reset_less=True), Signal(reset_less=True), Signal()
        # The run that grows, and the one that is offered.
        grows, run = Signal(), Signal(run_request(self._params), reset_less=True)
        offered = Signal(run_request(self._params), reset_less=True)
        move, merge, moved, used = Signal(), Signal(), Signal(), Signal()
        is_long = Signal(reset_less=True)  # the run, a cycle ago
        m.d.sync += is_long.eq(run.count >= LONG_RUN_RECORDS)
        m.d.comb += [
            self.o.payload.eq(offered),
            is_bad.eq((entry.count == 0) | (end > gaussians)),
            moved.eq(~self.o.valid | self.o.ready),
            merge.eq(checked_here & grows & joins & ~is_long),
            move.eq(grows & moved & ~merge),
            used.eq(~checked_here | merge | ~grows | moved),
            self.i.ready.eq(~came_here | used),
            self.busy.eq(came_here | checked_here | grows | self.o.valid),
        ]
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(move):
            m.d.sync += [self.o.valid.eq(1), offered.eq(run), grows.eq(0)]
        with m.If(merge):
            m.d.sync += run.count.eq(run.count + checked.count)
        with m.Elif(checked_here & (~grows | moved)):
            m.d.sync += [
                run.record.eq(checked.table + checked.base),
                run.count.eq(checked.count),
                run.frame.eq(checked.frame),
                grows.eq(~bad),
                self.outside.eq(self.outside | (bad << checked.frame)),
            ]
        with m.If(used):
            m.d.sync += [
                checked_here.eq(came_here),
                checked.eq(entry),
                bad.eq(is_bad),
                joins.eq(entry.follows & ~is_bad),
            ]
        with m.If(self.i.ready):
            m.d.sync += came_here.eq(self.i.valid)
            with m.If(self.i.valid):
                m.d.sync += [
                    entry.base.eq(item.base),
                    entry.count.eq(item.count),
                    end.eq(item.base + item.count),
                    last_end.eq(item.base + item.count),
                    entry.follows.eq((item.base == last_end) & (entry.frame == self.frame)),
                    entry.table.eq(self.table),
                    gaussians.eq(self.gaussians),
                    entry.frame.eq(self.frame),
                ]
        return m
