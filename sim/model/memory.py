"""The memory behind the accelerator's bus: what harness and cycle model are both told of it."""

from __future__ import annotations

from dataclasses import dataclass

from golden.errors import InputError
from sim.model.dram_config import DramConfig

WINDOWS = range(8, 257)
CLOCKS_MHZ = 1.0, 5000.0


@dataclass(frozen=True)
class DramBehind:
    """A DRAM and its controller, behind a bus of some clock.

    Parameters
    ----------
    config : the DRAM.
    clock_mhz : of the accelerator and its bus, MHz.
    window : bursts of the DRAM, each channel and direction, among which the controller chooses.
    path_ns : from the bus to the DRAM and back, beyond the DRAM itself, ns.

    Raises InputError on a window that holds no beat, or a clock out of range.
    """

    config: DramConfig
    clock_mhz: float = 1000.0
    window: int = 32
    path_ns: float = 40.0

    def __post_init__(self) -> None:
        low, high = CLOCKS_MHZ
        if not low <= self.clock_mhz <= high:
            raise InputError(
                f"a clock of {self.clock_mhz:g} MHz is outside {low:g}..{high:g}: choose another."
            )
        if self.window not in WINDOWS:
            raise InputError(
                f"a controller that chooses among {self.window} bursts is not modelled: choose "
                f"{WINDOWS[0]} to {WINDOWS[-1]}."
            )


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
    odd_beats : beats more, or fewer where negative; one beat at least.
    seed : of all these chances.
    dram : the memory is a DRAM, and has neither that latency nor any of these chances; None: it
        has.

    Raises InputError on a DRAM with chances or odd bursts.
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
    dram: DramBehind | None = None

    def __post_init__(self) -> None:
        chances = self.busy_256 or self.address_stall_256 or self.output_stall_256
        if self.dram is not None and (chances or self.odd_burst):
            raise InputError(
                "a DRAM stalls by its own rules: set busy_256, address_stall_256, "
                "output_stall_256 and odd_burst to 0."
            )
