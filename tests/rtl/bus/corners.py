"""Corners of the parameters at which both masters of the memory port are run."""

from __future__ import annotations

from golden.params import Parameters


def bus_params(
    data_bits: int, address_bits: int, outstanding_bursts: int, burst_beats: int
) -> Parameters:
    """Parameters of that memory port, the others by default."""
    return Parameters(
        data_bits=data_bits,
        address_bits=address_bits,
        outstanding_bursts=outstanding_bursts,
        burst_beats=burst_beats,
    )


# Parameters, and the depth of each client's queue.
CORNERS = {
    "single beats": (bus_params(256, 64, 2, 1), (5, 2, 48)),
    "one record a burst": (bus_params(64, 32, 64, 4), (7, 2)),
    "longest bursts": (bus_params(64, 48, 16, 256), (256, 100, 3)),
    "whole pages": (bus_params(512, 33, 3, 256), (100, 2, 3)),
    "one client": (bus_params(128, 40, 64, 16), (33,)),
}


def flat_name(master: str, params: Parameters, depths: tuple[int, ...]) -> str:
    """Name of a bench's top, from which the bench reads these parameters."""
    values = (params.data_bits, params.address_bits, params.outstanding_bursts, params.burst_beats)
    return "_".join(map(str, (master, *values, *depths)))
