"""The AXI4 channels of a master behind flat names, for the tops."""

from __future__ import annotations

from amaranth.hdl import C
from amaranth.lib.wiring import In, Out

INCREMENTING = 1  # ARBURST, AWBURST
PORT = "port"  # clock domain of what is reset with the memory

# Flat name -> member of hw.bus.axi.axi_read.
READ = {
    "araddr": "ar_address",
    "arlen": "ar_length",
    "arvalid": "ar_valid",
    "arready": "ar_ready",
    "rdata": "r_data",
    "rresp": "r_response",
    "rlast": "r_last",
    "rvalid": "r_valid",
    "rready": "r_ready",
}
# Flat name -> member of hw.bus.axi.axi_write.
WRITE = {
    "awaddr": "aw_address",
    "awlen": "aw_length",
    "awvalid": "aw_valid",
    "awready": "aw_ready",
    "wdata": "w_data",
    "wstrb": "w_strobe",
    "wlast": "w_last",
    "wvalid": "w_valid",
    "wready": "w_ready",
    "bresp": "b_response",
    "bvalid": "b_valid",
    "bready": "b_ready",
}


def flat_read(bus):
    """Ports m_axi_ar* and m_axi_r* of a top around that bus, and those that never change."""
    return _flat(bus, READ, "ar") | {"m_axi_rid": In(1)}


def flat_write(bus):
    """Ports m_axi_aw*, m_axi_w* and m_axi_b* of a top around that bus, and the constant ones."""
    return _flat(bus, WRITE, "aw") | {"m_axi_bid": In(1)}


def connect_flat_read(m, top, bus, released=None):
    """Joins the ports of flat_read to the bus, in incrementing bursts of id 0.

    Parameters
    ----------
    released : no address is offered while it is low; always where None.
    """
    _connect(m, top, bus, READ, "ar", len(bus.r_data), released)


def connect_flat_write(m, top, bus, released=None):
    """Joins the ports of flat_write to the bus, as connect_flat_read does; no data either."""
    _connect(m, top, bus, WRITE, "aw", len(bus.w_data), released)


def _flat(bus, names, address):
    members = bus.signature.members
    ports = {
        f"m_axi_{flat}": (Out if members[name].flow == Out else In)(members[name].shape)
        for flat, name in names.items()
    }
    fixed = {"id": 1, "size": 3, "burst": 2}
    return ports | {f"m_axi_{address}{name}": Out(bits) for name, bits in fixed.items()}


def _connect(m, top, bus, names, address, data_bits, released):
    for flat, name in names.items():
        inner, outer = getattr(bus, name), getattr(top, f"m_axi_{flat}")
        is_out = bus.signature.members[name].flow == Out
        if is_out and name.endswith("_valid") and released is not None:
            inner = inner & released
        m.d.comb += outer.eq(inner) if is_out else inner.eq(outer)
    m.d.comb += [
        getattr(top, f"m_axi_{address}size").eq(C((data_bits // 8).bit_length() - 1, 3)),
        getattr(top, f"m_axi_{address}burst").eq(INCREMENTING),
    ]
