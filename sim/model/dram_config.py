"""A DRAM as data: channels, banks, rows and timing, read from sim/drams."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from golden.errors import InputError
from sim.model.dram_currents import DramCurrents
from sim.model.toml_record import check_numbers, named_or_file, read_record

DRAMS = Path(__file__).parents[1] / "drams"
RANGES: dict[str, tuple[float, float]] = {
    "channels": (1, 64),
    "banks": (1, 64),
    "bank_groups": (1, 8),
    "row_bytes": (256, 65536),
    "burst_bytes": (8, 256),
    "interleave_bytes": (32, 65536),
    "burst_ns": (0.1, 100),
    "ccd_long_ns": (0.1, 100),
    "rcd_ns": (1, 200),
    "rp_ns": (1, 200),
    "ras_ns": (1, 200),
    "rrd_ns": (0.1, 200),
    "faw_ns": (0.1, 400),
    "rtp_ns": (0.1, 200),
    "wr_ns": (0.1, 200),
    "read_latency_ns": (1, 200),
    "write_latency_ns": (1, 200),
    "read_to_write_ns": (0, 200),
    "write_to_read_ns": (0, 200),
    "refi_ns": (100, 20000),
    "rfc_ns": (10, 2000),
}


@dataclass(frozen=True)
class DramConfig:
    """Organisation and timing of a memory; all times in ns, of one channel.

    Parameters
    ----------
    name, source : which memory, and where its numbers come from.
    channels, banks, bank_groups : independent channels; banks of one, and their groups (1: none).
    row_bytes, burst_bytes : of a bank's open row and of one burst, in one channel.
    interleave_bytes : consecutive bytes that lie in one channel before the next one follows.
    burst_ns : data of a burst; bursts follow each other so (tCCD_S where there are groups).
    ccd_long_ns : the same within a bank group; equal to burst_ns without groups.
    rcd_ns, rp_ns, ras_ns : activate to read or write, precharge to activate, activate to precharge.
    rrd_ns, faw_ns : activate to activate of another bank; five activates within it are too many.
    rtp_ns, wr_ns : read to precharge; end of written data to precharge.
    read_latency_ns, write_latency_ns : command to first data.
    read_to_write_ns, write_to_read_ns : idle data bus when the direction turns.
    refi_ns, rfc_ns : a refresh of all banks every refi, which takes rfc.
    currents : for the energy; None where they are not known.

    Raises InputError on a number outside its range or an organisation that does not divide.
    """

    name: str
    source: str
    channels: int
    banks: int
    bank_groups: int
    row_bytes: int
    burst_bytes: int
    interleave_bytes: int
    burst_ns: float
    ccd_long_ns: float
    rcd_ns: float
    rp_ns: float
    ras_ns: float
    rrd_ns: float
    faw_ns: float
    rtp_ns: float
    wr_ns: float
    read_latency_ns: float
    write_latency_ns: float
    read_to_write_ns: float
    write_to_read_ns: float
    refi_ns: float
    rfc_ns: float
    currents: DramCurrents | None = None

    def __post_init__(self) -> None:
        check_numbers(self, RANGES)
        divides = (
            self.row_bytes % self.interleave_bytes == 0
            and self.interleave_bytes % self.burst_bytes == 0
            and self.banks % self.bank_groups == 0
        )
        if not divides or self.rfc_ns >= self.refi_ns:
            raise InputError(
                f"{self.name} is no memory: interleave_bytes must divide row_bytes, burst_bytes "
                "interleave_bytes, bank_groups banks, and rfc_ns be below refi_ns."
            )

    @property
    def peak_gb_per_s(self) -> float:
        """channels x burst_bytes / burst_ns."""
        return self.channels * self.burst_bytes / self.burst_ns

    @property
    def idle_latency_ns(self) -> float:
        """Of a read from a closed bank: activate, read, and its data."""
        return self.rcd_ns + self.read_latency_ns + self.burst_ns


def load_dram(name_or_path: str) -> DramConfig:
    """The memory of that name in sim/drams, or in that file; raises InputError."""
    path = named_or_file(name_or_path, DRAMS, "memory")
    return read_record(path, DramConfig, {"currents": DramCurrents})
