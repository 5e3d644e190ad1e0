"""The memory behind the accelerator's bus: what harness and cycle model are both told of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MemoryModel:
    """The memory behind the bus, and who takes the splats.

    Parameters
    ----------
    address : where the image lies, a multiple of 4096; DECERR answers elsewhere.
    latency_cycles : from an address taken to its first beat.
    busy_256 : chance of 256 that the memory has no beat in a cycle: a bandwidth limit.
    address_stall_256 : chance of 256 that it takes no address.
    output_stall_256 : chance of 256 that the sink takes no splat.
    fail_beat : the n-th beat, from 1, answers SLVERR; 0 for none.
    fail_write : the burst of the n-th beat written, from 1, answers SLVERR; 0 for none.
    odd_burst : the n-th burst read, from 1, has another length than asked for; 0 for none.
    odd_beats : so many beats more, or fewer where negative; one beat at least.
    seed : of all these chances.
    """

    address: int = 0x4000_0000
    latency_cycles: int = 100
    busy_256: int = 0
    address_stall_256: int = 0
    output_stall_256: int = 0
    fail_beat: int = 0
    fail_write: int = 0
    odd_burst: int = 0
    odd_beats: int = 0
    seed: int = 0
