"""Reads the clusters that cluster_cull asks for."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.records import CLUSTER_DTYPE
from hw.bus.record_stream import RecordStream, unpacked
from hw.layouts import cluster_record, cluster_run, run_request, slot_beat


class ClusterReader(wiring.Component):
    """Runs of clusters into reads of the cluster table, and their records into clusters.

    record = table_record + base. A run of none, or one that ends beyond `table_count`, is not read:
    `outside` of its frame stays high from then on.

    Latency: 2 cycles from a run to its read; 0 from a beat to its first cluster.

    Members
    -------
    table_record : In(address_bits - 5), number of the table's first record.
    table_count : In(32), its records.
    frame : In(1), which its reads are for.
    runs : In(stream of cluster_run).
    requests : Out(stream of run_request).
    slots : In(stream of slot_beat).
    o : Out(stream of cluster_record).
    outside : Out(2), a bit for each `frame`: a run lay outside the table; until reset.
    busy : Out(1), a run was not asked for yet, or never will be.
    """

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "table_record": In(params.address_bits - 5),
                "table_count": In(32),
                "frame": In(1),
                "runs": In(stream.Signature(cluster_run(params))),
                "requests": Out(stream.Signature(run_request(params))),
                "slots": In(stream.Signature(slot_beat(params))),
                "o": Out(stream.Signature(cluster_record(params))),
                "outside": Out(2),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        run = self.runs.payload
        pending, bad = Signal(), Signal()
        end = Signal(33, reset_less=True)
        held = Signal(cluster_run(self._params), reset_less=True)
        request = Signal(run_request(self._params), reset_less=True)
        free = Signal()
        # First its end is computed, then it is compared and asked for.
        m.d.comb += [
            self.runs.ready.eq(~pending),
            bad.eq((held.count == 0) | (end > self.table_count)),
            free.eq(~self.requests.valid | self.requests.ready),
            self.busy.eq(pending | self.outside.any()),
            self.requests.payload.eq(request),
        ]
        with m.If(self.requests.ready):
            m.d.sync += self.requests.valid.eq(0)
        with m.If(self.runs.valid & self.runs.ready):
            m.d.sync += [held.eq(run), end.eq(run.base + run.count), pending.eq(1)]
        with m.Elif(pending & free):
            m.d.sync += [
                pending.eq(0),
                self.requests.valid.eq(~bad),
                request.record.eq(self.table_record + held.base),
                request.count.eq(held.count),
                request.frame.eq(self.frame),
            ]
            with m.If(bad):
                m.d.sync += self.outside.bit_select(self.frame, 1).eq(1)
        m.submodules.records = records = RecordStream(self._params)
        wiring.connect(m, wiring.flipped(self.slots), records.i)
        m.d.comb += [
            self.o.valid.eq(records.o.valid),
            records.o.ready.eq(self.o.ready),
            *unpacked(self.o.payload, records.o.payload, CLUSTER_DTYPE),
        ]
        return m
