"""The AXI4 read channels of a master."""

from __future__ import annotations

from enum import IntEnum

from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters


class Response(IntEnum):
    """RRESP of a beat."""

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
