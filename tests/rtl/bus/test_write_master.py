"""Runs the cocotb bench of the write master under Verilator, at every data width."""

from __future__ import annotations

from pathlib import Path

import pytest
from amaranth.hdl import ClockDomain, ClockSignal, Module, ResetSignal, Shape, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.bus.write_master import WriteMaster
from hw.bus.write_splitter import WriteSplitter
from hw.generate import verilog_text
from hw.layouts import write_beat
from hw.verilog import Design
from sim.rtl.cocotb_bench import run_bench
from tests.rtl.bus.corners import CORNERS, flat_name

BUS = {
    "aw_address": "awaddr",
    "aw_length": "awlen",
    "w_strobe": "wstrb",
    "b_response": "bresp",
}


class FlatWriteMaster(wiring.Component):
    """A WriteMaster under the flat names that cocotbext-axi looks for."""

    def __init__(self, params: Parameters, depths: tuple[int, ...]):
        self.master = WriteMaster(params, depths)
        self._clients = range(len(depths))
        self._size = (params.data_bits // 8).bit_length() - 1
        members = {name: In(1) for name in ("aclk", "aresetn", "flush")}
        members |= {"idle": Out(1), "beats": Out(32), "bursts": Out(32)}
        for frame in range(2):
            members |= {f"error_{frame}": Out(2), f"outside_{frame}": Out(1)}
        members |= {"m_axi_awid": Out(1), "m_axi_bid": In(1)}
        members |= {"m_axi_awsize": Out(3), "m_axi_awburst": Out(2)}
        for name, member in self.master.axi.signature.members.items():
            members[self._bus_name(name)] = member
        for n in self._clients:
            members |= {f"{name}_{n}": In(params.address_bits) for name in self.WINDOW}
            members[f"write_{n}_payload"] = In(Shape.cast(write_beat(params)).width)
            members |= {f"write_{n}_valid": In(1), f"write_{n}_ready": Out(1)}
            members[f"drained_{n}"] = Out(1)
        super().__init__(members)

    WINDOW = ("window_first", "window_end")

    @staticmethod
    def _bus_name(name: str) -> str:
        return "m_axi_" + BUS.get(name, name.replace("_", ""))

    def elaborate(self, platform):
        m = Module()
        m.domains.sync = ClockDomain()
        m.submodules.core = core = self.master
        m.d.comb += [ClockSignal().eq(self.aclk), ResetSignal().eq(~self.aresetn)]
        m.d.comb += [self.m_axi_awsize.eq(self._size), self.m_axi_awburst.eq(1)]
        m.d.comb += core.flush.eq(self.flush)
        for name in ("idle", "beats", "bursts"):
            m.d.comb += getattr(self, name).eq(getattr(core, name))
        for frame in range(2):
            for name in ("error", "outside"):
                m.d.comb += getattr(self, f"{name}_{frame}").eq(getattr(core, name)[frame])
        for name, member in core.axi.signature.members.items():
            pair = getattr(core.axi, name), getattr(self, self._bus_name(name))
            inner, outer = pair if member.flow is In else pair[::-1]
            m.d.comb += inner.eq(outer)
        for n in self._clients:
            write = core.writes[n]
            for name in self.WINDOW:
                m.d.comb += getattr(core, name)[n].eq(getattr(self, f"{name}_{n}"))
            m.d.comb += [
                Value.cast(write.payload).eq(getattr(self, f"write_{n}_payload")),
                write.valid.eq(getattr(self, f"write_{n}_valid")),
                getattr(self, f"write_{n}_ready").eq(write.ready),
                getattr(self, f"drained_{n}").eq(core.drained[n]),
            ]
        return m


def flat_design(params: Parameters, depths: tuple[int, ...]) -> Design:
    """Verilog of the bench's top; the bench reads the parameters from the module's name."""
    name = flat_name("write_master", params, depths)
    top = FlatWriteMaster(params, depths)
    return Design(name, verilog_text(top, name), {})


# Bench -> cocotb tests in it.
BENCHES = {"bench_write_master.py": 39, "bench_write_breaks.py": 29}


@pytest.mark.parametrize("bench", BENCHES)
@pytest.mark.parametrize(
    ("data_bits", "depths"),
    [
        (64, (256, 64, 16)),
        pytest.param(128, (160, 40), marks=pytest.mark.slow),
        pytest.param(256, (256, 64, 16), marks=pytest.mark.slow),
        pytest.param(512, (192, 64), marks=pytest.mark.slow),
    ],
)
def test_bench_passes(tmp_path, data_bits, depths, bench):
    design = flat_design(Parameters(data_bits=data_bits), depths)
    assert run_bench(design, Path(__file__).with_name(bench), tmp_path) == BENCHES[bench]


# Two of the longest bursts fit the queue.
WRITE_CORNERS = CORNERS | {"longest bursts": (CORNERS["longest bursts"][0], (600, 100, 3))}


@pytest.mark.slow
@pytest.mark.parametrize("bench", BENCHES)
@pytest.mark.parametrize(("params", "depths"), WRITE_CORNERS.values(), ids=list(WRITE_CORNERS))
def test_corners_of_the_parameters_pass(tmp_path, params, depths, bench):
    design = flat_design(params, depths)
    assert run_bench(design, Path(__file__).with_name(bench), tmp_path) == BENCHES[bench]


def test_short_queues_are_refused():
    with pytest.raises(
        ValueError, match=r"^a queue of 1 entries is too short: give it 2 or more\.$"
    ):
        WriteMaster(Parameters(), (16, 1))
    with pytest.raises(
        ValueError, match=r"^a queue of 5 bursts is too short: give it 6 or more\.$"
    ):
        WriteSplitter(Parameters(), 16, bursts=5)


def test_the_longest_burst_fits_queue_and_page():
    bursts = [WriteSplitter(Parameters(), depth).burst_entries for depth in (2, 48, 63, 64, 500)]
    assert bursts == [2, 32, 32, 64, 64]
    params = Parameters(data_bits=512, burst_beats=256)
    assert WriteSplitter(params, 500).burst_entries == 64
