"""The pipeline that tests balls, of groups and of clusters alike, one a cycle."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.blocks.delay import Delay
from hw.cull.ball_test import BallTest
from hw.cull.camera_transform import CameraTransform
from hw.layouts import cluster_record, frame_constants, visible_cluster

RADII = ("radius_low", "radius_high", "radius_mean")
MEMBERS = ("base", "count", "member_exponent")


def tagged(layout: data.StructLayout) -> data.StructLayout:
    """A record or visible ball, with the level that it belongs to."""
    return data.StructLayout({"ball": layout, "is_group": 1})


class BallCull(wiring.Component):
    """Passes on the balls that the view may need, with their centres in camera space.

    The pipeline moves as a whole: it stands only while a visible ball waits at the output.

    Latency: PIPELINE_CYCLES = 7: a ball taken in cycle t is at the output in cycle t + 7 when
    nothing holds it back. Order is kept. One ball a cycle.
    Multipliers: 9 of 31x18, 8 of 32x18 and 2 of 24x17 bits with the default parameters.

    Members
    -------
    i : In(stream of tagged cluster_record).
    o : Out(stream of tagged visible_cluster).
    constants : In(frame_constants); may change only while the pipeline is empty.
    group_dropped : Out(1), a group leaves the pipeline unseen in this cycle.
    empty : Out(1), nothing is under way, the output included.
    """

    PIPELINE_CYCLES = CameraTransform.PIPELINE_CYCLES + BallTest.PIPELINE_CYCLES + 1

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "i": In(stream.Signature(tagged(cluster_record(params)))),
                "o": Out(stream.Signature(tagged(visible_cluster(params)))),
                "constants": In(frame_constants(params)),
                "group_dropped": Out(1),
                "empty": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        enable = Signal()
        item = self.i.payload
        early, late = CameraTransform.PIPELINE_CYCLES, BallTest.PIPELINE_CYCLES
        record = self._delayed(m, "record", enable, item.ball, early)
        is_group = self._delayed(m, "is_group", enable, item.is_group, early + late)
        m.submodules.transform = transform = CameraTransform(self._params)
        m.submodules.ball = ball = BallTest(self._params)
        center = self._delayed(m, "center", enable, transform.center_camera, late)
        member = self._delayed(m, "member", enable, record, late)
        valid = Signal(early + late)
        seen = Signal()
        m.d.comb += [
            enable.eq(~self.o.valid | self.o.ready),
            self.i.ready.eq(enable),
            transform.enable.eq(enable),
            transform.constants.eq(self.constants),
            transform.center.eq(item.ball.center),
            ball.enable.eq(enable),
            ball.constants.eq(self.constants),
            ball.center_camera.eq(transform.center_camera),
            ball.distance.eq(transform.distance),
            seen.eq(~ball.is_out.any()),
            self.group_dropped.eq(enable & valid[-1] & is_group & ~seen),
            self.empty.eq(~valid.any() & ~self.o.valid),
        ]
        m.d.comb += [getattr(ball, name).eq(record[name]) for name in RADII]
        with m.If(enable):
            m.d.sync += valid.eq(Cat(self.i.valid, valid))
            m.d.sync += self.o.valid.eq(valid[-1] & seen)
            m.d.sync += self.o.payload.is_group.eq(is_group)
            m.d.sync += self.o.payload.ball.center_camera.eq(center)
            m.d.sync += [self.o.payload.ball[name].eq(member[name]) for name in MEMBERS]
        return m

    @staticmethod
    def _delayed(m, name, enable, value, cycles):
        m.submodules[f"{name}_delay"] = delay = Delay(value.shape(), cycles)
        m.d.comb += [delay.enable.eq(enable), delay.i.eq(value)]
        return delay.o
