"""Stage 1: the cluster test."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.ball_test import BallTest
from hw.camera_transform import CameraTransform
from hw.delay import Delay
from hw.layouts import cluster_record, frame_constants, visible_cluster

RADII = ("radius_low", "radius_high", "radius_mean")
MEMBERS = ("base", "count", "member_exponent")
COUNTER_BITS = 32
COUNTERS = ("tested", "visible", "starved_cycles", "stalled_cycles")


class ClusterCull(wiring.Component):
    """Passes on the clusters that the view may need, with their centres in camera space.

    Takes one cluster a cycle whenever the output is not held back. The pipeline moves as a whole:
    it stands only while a visible cluster waits at the output.

    Latency: PIPELINE_CYCLES = 7: a cluster taken in cycle t is at the output in cycle t + 7 when
    nothing holds it back. Order is kept.
    Multipliers: 9 of 31x18, 8 of 32x18 and 2 of 24x17 bits with the default parameters.

    Members
    -------
    i : In(stream of cluster_record).
    o : Out(stream of visible_cluster).
    constants : In(frame_constants); may change only while the pipeline is empty.
    tested : Out(32), clusters taken. visible : Out(32), clusters passed on.
    starved_cycles : Out(32), cycles in which the input could have been taken but was not there.
    stalled_cycles : Out(32), cycles in which the output was held back.
        tested + starved_cycles + stalled_cycles = cycles since reset. All counters wrap.
    """

    PIPELINE_CYCLES = CameraTransform.PIPELINE_CYCLES + BallTest.PIPELINE_CYCLES + 1

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "i": In(stream.Signature(cluster_record(params))),
                "o": Out(stream.Signature(visible_cluster(params))),
                "constants": In(frame_constants(params)),
                **{name: Out(COUNTER_BITS) for name in COUNTERS},
            }
        )

    def elaborate(self, platform):
        m = Module()
        enable = Signal()
        record = self._delayed(m, "record", enable, self.i.payload, CameraTransform.PIPELINE_CYCLES)
        m.submodules.transform = transform = CameraTransform(self._params)
        m.submodules.ball = ball = BallTest(self._params)
        center = self._delayed(
            m, "center", enable, transform.center_camera, BallTest.PIPELINE_CYCLES
        )
        member = self._delayed(m, "member", enable, record, BallTest.PIPELINE_CYCLES)
        valid = self._delayed(m, "valid", enable, self.i.valid, self.PIPELINE_CYCLES - 1)
        m.d.comb += [
            enable.eq(~self.o.valid | self.o.ready),
            self.i.ready.eq(enable),
            transform.enable.eq(enable),
            transform.constants.eq(self.constants),
            transform.center.eq(self.i.payload.center),
            ball.enable.eq(enable),
            ball.constants.eq(self.constants),
            ball.center_camera.eq(transform.center_camera),
            ball.distance.eq(transform.distance),
        ]
        m.d.comb += [getattr(ball, name).eq(record[name]) for name in RADII]
        with m.If(enable):
            m.d.sync += self.o.valid.eq(valid & ~ball.is_out.any())
            m.d.sync += self.o.payload.center_camera.eq(center)
            m.d.sync += [self.o.payload[name].eq(member[name]) for name in MEMBERS]
        self._count(m)
        return m

    @staticmethod
    def _delayed(m, name, enable, value, cycles):
        m.submodules[f"{name}_delay"] = delay = Delay(value.shape(), cycles)
        m.d.comb += [delay.enable.eq(enable), delay.i.eq(value)]
        return delay.o

    def _count(self, m):
        events = {
            "tested": self.i.valid & self.i.ready,
            "visible": self.o.valid & self.o.ready,
            "starved_cycles": ~self.i.valid & self.i.ready,
            "stalled_cycles": ~self.i.ready,
        }
        for name, event in events.items():
            counter = getattr(self, name)
            m.d.sync += counter.eq(counter + event)
