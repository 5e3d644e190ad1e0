"""Supply currents of a DRAM as its data sheet names them (IDD), for the energy of what it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from golden.errors import InputError, shown
from sim.model.toml_record import check_text

CURRENTS = ("idd0_ma", "idd2n_ma", "idd3n_ma", "idd4r_ma", "idd4w_ma", "idd5_ma")
MOST_RAILS, MOST_V, MOST_MA = 8, 20.0, 100_000.0


@dataclass(frozen=True)
class DramCurrents:
    """Currents of one channel, mA, one of each rail.

    Parameters
    ----------
    source : where they come from.
    rails : names of the supplies that are counted. supply_v : of each, V.
    idd0_ma : activate and precharge of one bank, as often as tRC allows.
    idd2n_ma, idd3n_ma : standby, all banks closed; a bank open.
    idd4r_ma, idd4w_ma : read and written without a gap.
    idd5_ma : refresh of all banks, as often as tRFC allows.

    Raises InputError on rails that do not match, and on values out of range.
    """

    source: str
    rails: tuple[str, ...]
    supply_v: tuple[float, ...]
    idd0_ma: tuple[float, ...]
    idd2n_ma: tuple[float, ...]
    idd3n_ma: tuple[float, ...]
    idd4r_ma: tuple[float, ...]
    idd4w_ma: tuple[float, ...]
    idd5_ma: tuple[float, ...]

    def __post_init__(self) -> None:
        for key, text in (("source", self.source), *(("a rail", name) for name in self.rails)):
            check_text(key, text)
        if not 1 <= len(self.rails) <= MOST_RAILS:
            raise InputError(f"rails has {len(self.rails)} names: give 1 to {MOST_RAILS}.")
        for key in ("supply_v", *CURRENTS):
            values = getattr(self, key)
            if len(values) != len(self.rails):
                raise InputError(
                    f"{key} has {len(values)} values for {len(self.rails)} rails: give each one."
                )
            most = MOST_V if key == "supply_v" else MOST_MA
            for value in values:
                if not 0 <= value <= most:  # refuses NaN too
                    raise InputError(
                        f"{key} has {shown(value)} where a number from 0 to {most:g} is needed: "
                        "correct it."
                    )
        floors = {"idd0_ma": "idd3n_ma", "idd4r_ma": "idd3n_ma", "idd4w_ma": "idd3n_ma",
                  "idd5_ma": "idd3n_ma", "idd3n_ma": "idd2n_ma"}  # fmt: skip
        for key, floor in floors.items():
            if self.power_mw(getattr(self, key)) < self.power_mw(getattr(self, floor)):
                raise InputError(
                    f"{key} takes less power than {floor}, the standby within it: correct it."
                )

    def power_mw(self, currents_ma: Sequence[float]) -> float:
        """Sum over the rails of volts x mA."""
        return sum(v * ma for v, ma in zip(self.supply_v, currents_ma, strict=True))
