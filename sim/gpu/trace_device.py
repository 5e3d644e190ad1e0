"""The GPU of a trace."""

from __future__ import annotations

from dataclasses import dataclass

from golden.errors import shown
from sim.gpu.trace_checks import refuse

LARGEST = 1e12  # figure of a device, far beyond any
PEAK_SOURCES = ("clock_and_bus_width", "device_copy")


@dataclass(frozen=True)
class TraceDevice:
    """The GPU of a trace, and the figures that scaling to another GPU needs.

    Parameters
    ----------
    name, driver : as the driver reports them.
    compute_capability : "major.minor".
    sm_count : streaming multiprocessors.
    fp32_lanes_per_sm : float32 multiply-adds a cycle and multiprocessor.
    sm_clock_max_mhz : highest clock of the multiprocessors, MHz.
    sm_clock_mhz, memory_clock_mhz : clocks read right after the last view, with frames still
        running, MHz; None where nvidia-smi does not tell.
    memory_peak_gb_per_s : 2 x memory clock x bus width, GB/s of 10^9 bytes, or the next figure
        where the driver does not tell; `memory_peak_source` says which.
    memory_copy_gb_per_s : measured copy from device to device, bytes read and written, GB/s.

    Raises InputError on an empty text or a figure that is not positive, or beyond LARGEST.
    """

    name: str
    driver: str
    compute_capability: str
    sm_count: int
    fp32_lanes_per_sm: int
    sm_clock_max_mhz: float
    sm_clock_mhz: float | None
    memory_clock_mhz: float | None
    memory_peak_gb_per_s: float
    memory_peak_source: str
    memory_copy_gb_per_s: float

    def __post_init__(self) -> None:
        for field, value in vars(self).items():
            if isinstance(value, str):
                refuse(not value, f"device {field} is empty")
            elif value is not None:
                refuse(not 0 < value <= LARGEST, f"device {field} is {shown(value)}")
        refuse(
            self.memory_peak_source not in PEAK_SOURCES,
            f"device memory_peak_source is {self.memory_peak_source!r}, "
            f"not {' or '.join(PEAK_SOURCES)}",
        )

    @property
    def fp32_peak_tflops(self) -> float:
        """2 x lanes x multiprocessors x highest clock, 10^12 float32 operations/s."""
        return 2e-6 * self.fp32_lanes_per_sm * self.sm_count * self.sm_clock_max_mhz
