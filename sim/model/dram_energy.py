"""Energy of a frame's DRAM, from counts of its commands and published supply currents.

An estimate: of the DRAM itself, on the rails that its file names. What these are and what is left
out (I/O, controller), the file in sim/drams says.

    activate    power(IDD0 - IDD3N) tRAS + power(IDD0 - IDD2N) tRP, with its precharge
    read        power(IDD4R - IDD3N) x time of a burst; written: IDD4W
    refresh     power(IDD5 - IDD3N) tRFC, each tREFI of the frame in every channel
    background  power(IDD3N) x time of the frame, every channel: a bank counts as always open

where power(I) is the sum over the rails of volts x I. The terms are those of DRAMPower's LPDDR4
core, for banks that are open all the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from sim.model.dram import DramRun
from sim.model.dram_config import DramConfig

MJ_A_PJ = 1e-9


@dataclass(frozen=True)
class CommandEnergy:
    """Of one activate with its precharge, of one burst read or written, of one refresh, pJ;
    power of a channel that waits, mW."""

    activate_pj: float
    read_pj: float
    write_pj: float
    refresh_pj: float
    background_mw: float


@dataclass(frozen=True)
class DramEnergy:
    """Of a frame, mJ; an estimate."""

    activate_mj: float
    read_mj: float
    write_mj: float
    refresh_mj: float
    background_mj: float

    @property
    def total_mj(self) -> float:
        """Sum of all terms."""
        return float(sum(getattr(self, term) for term in TERMS))


TERMS = tuple(field.name for field in fields(DramEnergy))
NOT_KNOWN = "not known: the memory's file has no currents"


def command_energy(dram: DramConfig) -> CommandEnergy | None:
    """By the formulas above; None where the memory's file has no currents."""
    of = dram.currents
    if of is None:
        return None
    power = of.power_mw
    standby, closed = power(of.idd3n_ma), power(of.idd2n_ma)
    return CommandEnergy(
        activate_pj=(power(of.idd0_ma) - standby) * dram.ras_ns
        + (power(of.idd0_ma) - closed) * dram.rp_ns,
        read_pj=(power(of.idd4r_ma) - standby) * dram.burst_ns,
        write_pj=(power(of.idd4w_ma) - standby) * dram.burst_ns,
        refresh_pj=(power(of.idd5_ma) - standby) * dram.rfc_ns,
        background_mw=standby,
    )


def dram_energy(
    dram: DramConfig, activates: int, reads: int, writes: int, time_ns: float
) -> DramEnergy | None:
    """Of that many commands in that time; None where the memory's file has no currents.

    Parameters
    ----------
    activates : rows opened. reads, writes : bursts. All over all channels.
    time_ns : of the whole frame, in which the refreshes are due.
    """
    each = command_energy(dram)
    if each is None:
        return None
    refreshes = dram.channels * int(time_ns // dram.refi_ns)
    return DramEnergy(
        activate_mj=activates * each.activate_pj * MJ_A_PJ,
        read_mj=reads * each.read_pj * MJ_A_PJ,
        write_mj=writes * each.write_pj * MJ_A_PJ,
        refresh_mj=refreshes * each.refresh_pj * MJ_A_PJ,
        background_mj=dram.channels * each.background_mw * time_ns * MJ_A_PJ,
    )


def energy_of_runs(dram: DramConfig, runs: Iterable[DramRun], time_ns: float) -> DramEnergy | None:
    """Of the runs that make up a frame of that time."""
    listed = list(runs)
    bursts = sum(run.hits + run.misses for run in listed)
    written = sum(run.written for run in listed)
    misses = sum(run.misses for run in listed)
    return dram_energy(dram, misses, bursts - written, written, time_ns)


def mean_energy(energies: Sequence[DramEnergy | None]) -> DramEnergy | None:
    """Mean of each term; None where one is not known."""
    known = [energy for energy in energies if energy is not None]
    if not known or len(known) < len(energies):
        return None
    return DramEnergy(
        *(sum(getattr(energy, term) for energy in known) / len(known) for term in TERMS)
    )
