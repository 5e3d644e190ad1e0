"""The AXI4 channels of a master, those that read and those that write."""

from __future__ import annotations

from enum import IntEnum

from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters


class Response(IntEnum):
    """RRESP of a beat, BRESP of a burst."""

    OKAY = 0
    EXOKAY = 1
    SLVERR = 2
    DECERR = 3


def axi_read(params: Parameters) -> wiring.Signature:
    """Address and data channel, seen from the master; what never changes is left to the top.

    Members
    -------
    ar_address : Out(address_bits), byte address of the first beat, a multiple of a beat's bytes.
    ar_length : Out(8), beats - 1.
    ar_valid : Out(1), ar_ready : In(1).
    r_data : In(data_bits), r_response : In(2), r_last : In(1).
    r_valid : In(1), r_ready : Out(1).
    """
    return wiring.Signature(
        {
            "ar_address": Out(params.address_bits),
            "ar_length": Out(8),
            "ar_valid": Out(1),
            "ar_ready": In(1),
            "r_data": In(params.data_bits),
            "r_response": In(2),
            "r_last": In(1),
            "r_valid": In(1),
            "r_ready": Out(1),
        }
    )


def axi_write(params: Parameters) -> wiring.Signature:
    """Address, data and response channel, seen from the master; the rest is left to the top.

    Members
    -------
    aw_address : Out(address_bits), byte address of the first beat, a multiple of a beat's bytes.
    aw_length : Out(8), beats - 1.
    aw_valid : Out(1), aw_ready : In(1).
    w_data : Out(data_bits).
    w_strobe : Out(data_bits/8), a bit a byte.
    w_last : Out(1).
    w_valid : Out(1), w_ready : In(1).
    b_response : In(2).
    b_valid : In(1), b_ready : Out(1).
    """
    return wiring.Signature(
        {
            "aw_address": Out(params.address_bits),
            "aw_length": Out(8),
            "aw_valid": Out(1),
            "aw_ready": In(1),
            "w_data": Out(params.data_bits),
            "w_strobe": Out(params.data_bits // 8),
            "w_last": Out(1),
            "w_valid": Out(1),
            "w_ready": In(1),
            "b_response": In(2),
            "b_valid": In(1),
            "b_ready": Out(1),
        }
    )
