"""The AXI4 read channels of a master behind flat names, for the tops."""

from __future__ import annotations

from amaranth.hdl import C
from amaranth.lib.wiring import In, Out

INCREMENTING = 1  # ARBURST

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


def flat_read(bus):
    """Ports m_axi_ar* and m_axi_r* of a top around that bus, and those that never change."""
    members = bus.signature.members
    ports = {
        f"m_axi_{flat}": (Out if members[name].flow == Out else In)(members[name].shape)
        for flat, name in READ.items()
    }
    fixed = {"m_axi_arid": Out(1), "m_axi_arsize": Out(3), "m_axi_arburst": Out(2)}
    return ports | fixed | {"m_axi_rid": In(1)}


def connect_flat_read(m, top, bus, released=None):
    """Joins the ports of flat_read to the bus, in incrementing bursts of id 0.

    Parameters
    ----------
    released : no address is offered while it is low; always where None.
    """
    for flat, name in READ.items():
        inner, outer = getattr(bus, name), getattr(top, f"m_axi_{flat}")
        is_out = bus.signature.members[name].flow == Out
        if name == "ar_valid" and released is not None:
            inner = inner & released
        m.d.comb += outer.eq(inner) if is_out else inner.eq(outer)
    m.d.comb += [
        top.m_axi_arsize.eq(C((len(bus.r_data) // 8).bit_length() - 1, 3)),
        top.m_axi_arburst.eq(INCREMENTING),
    ]
