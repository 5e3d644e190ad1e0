"""Runs the cocotb bench of the read master under Verilator, at every data width."""

from __future__ import annotations

from pathlib import Path

import pytest
from amaranth.hdl import ClockDomain, ClockSignal, Module, ResetSignal, Shape
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.bus.burst_splitter import BurstSplitter
from hw.bus.read_master import ReadMaster
from hw.generate import verilog_text
from hw.layouts import run_request, slot_beat
from hw.verilog import Design
from sim.rtl.cocotb_bench import run_bench
from tests.rtl.bus.corners import CORNERS, flat_name

BENCH = Path(__file__).with_name("bench_read_master.py")
BUS = {"ar_address": "araddr", "ar_length": "arlen", "r_response": "rresp"}


class FlatReadMaster(wiring.Component):
    """A ReadMaster under the flat names that cocotbext-axi looks for."""

    def __init__(self, params: Parameters, depths: tuple[int, ...]):
        self.master = ReadMaster(params, depths)
        self._clients = range(len(depths))
        members = {name: In(1) for name in ("aclk", "aresetn", "flush")}
        members |= {
            "idle": Out(1),
            "error": Out(2),
            "error_1": Out(2),
            "beats": Out(32),
            "bursts": Out(32),
        }
        members |= {"m_axi_arid": Out(1), "m_axi_rid": In(1)}
        members |= {"m_axi_arsize": Out(3), "m_axi_arburst": Out(2)}
        for name, member in self.master.axi.signature.members.items():
            members[self._bus_name(name)] = member
        for n in self._clients:
            for name, flow, shape in (
                (f"request_{n}", In, run_request(params)),
                (f"slots_{n}", Out, slot_beat(params)),
            ):
                back = Out if flow is In else In
                members[f"{name}_payload"] = flow(Shape.cast(shape).width)
                members |= {f"{name}_valid": flow(1), f"{name}_ready": back(1)}
        self._size = (params.data_bits // 8).bit_length() - 1
        super().__init__(members)

    @staticmethod
    def _bus_name(name: str) -> str:
        return "m_axi_" + BUS.get(name, name.replace("_", ""))

    def elaborate(self, platform):
        m = Module()
        m.domains.sync = ClockDomain()
        m.submodules.core = core = self.master
        m.d.comb += [ClockSignal().eq(self.aclk), ResetSignal().eq(~self.aresetn)]
        m.d.comb += [self.m_axi_arsize.eq(self._size), self.m_axi_arburst.eq(1)]
        m.d.comb += core.flush.eq(self.flush)
        m.d.comb += [self.error.eq(core.error[0]), self.error_1.eq(core.error[1])]
        for name in ("idle", "beats", "bursts"):
            m.d.comb += getattr(self, name).eq(getattr(core, name))
        for name, member in core.axi.signature.members.items():
            pair = getattr(core.axi, name), getattr(self, self._bus_name(name))
            inner, outer = pair if member.flow is In else pair[::-1]
            m.d.comb += inner.eq(outer)
        for n in self._clients:
            request, slots = core.requests[n], core.slots[n]
            m.d.comb += [
                request.payload.eq(getattr(self, f"request_{n}_payload")),
                request.valid.eq(getattr(self, f"request_{n}_valid")),
                getattr(self, f"request_{n}_ready").eq(request.ready),
                getattr(self, f"slots_{n}_payload").eq(slots.payload),
                getattr(self, f"slots_{n}_valid").eq(slots.valid),
                slots.ready.eq(getattr(self, f"slots_{n}_ready")),
            ]
        return m


def flat_design(params: Parameters, depths: tuple[int, ...]) -> Design:
    """Verilog of the bench's top; the bench reads the parameters from the module's name."""
    name = flat_name("read_master", params, depths)
    top = FlatReadMaster(params, depths)
    return Design(name, verilog_text(top, name), {})


USUAL_DEPTHS = (256, 64, 16)
TESTS = 24 + 8 + 12 + 2 + 1 + 4 + 1


@pytest.mark.parametrize(
    "data_bits",
    [512, *(pytest.param(bits, marks=pytest.mark.slow) for bits in (64, 128, 256))],
)
def test_bench_passes(tmp_path, data_bits):
    design = flat_design(Parameters(data_bits=data_bits), USUAL_DEPTHS)
    assert run_bench(design, BENCH, tmp_path) == TESTS


@pytest.mark.slow
@pytest.mark.parametrize(("params", "depths"), CORNERS.values(), ids=list(CORNERS))
def test_corners_of_the_parameters_pass(tmp_path, params, depths):
    assert run_bench(flat_design(params, depths), BENCH, tmp_path) == TESTS


def test_short_queues_are_refused():
    with pytest.raises(
        ValueError, match=r"^a queue of 1 entries is too short: give it 2 or more\.$"
    ):
        ReadMaster(Parameters(), (16, 1))


def test_the_longest_burst_fits_the_queue():
    bursts = [BurstSplitter(Parameters(), depth).burst_entries for depth in (2, 48, 63, 64, 500)]
    assert bursts == [2, 32, 32, 64, 64]
