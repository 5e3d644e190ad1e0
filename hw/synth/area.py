"""What a unit takes in a library's cells and a kit's memories: an estimate without a layout."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from hw.synth.gates import Mapped
from hw.synth.liberty import Library
from hw.synth.macros import Macro, tiled
from hw.synth.memories import MACRO_BITS
from hw.synth.timing import MISSING, Timing

RESULTS = Path(__file__).with_name("area.json")
# A unit for each of the seven stages: with the colour and the four lanes of blending of `render`.
STAGES = ("cull", "fetch", "project", "color_4", "tile_bin", "depth_sort", "rasterize")
NOTES = (
    "Estimates: cells after Yosys and abc, no layout, wires, clock tree or test logic.",
    "The critical path is between registers and memories; ports are not timed.",
    "A module is mapped at a time: nothing is shared or moved between modules.",
    "Nets of many loads get buffers afterwards; no gate is sized again.",
    f"Clocked memories of {MACRO_BITS:,} bits and more are macros, others registers, tables logic.",
    "Macros are counted as given: one of two ports, where a memory reads and writes in a cycle, is "
    "larger.",
)


@dataclass(frozen=True)
class Area:
    """Area of a unit.

    Parameters
    ----------
    unit : of hw.synth.units.UNITS. library : name of the Liberty library.
    cells, registers : numbers of its cells in all, of those that hold a bit.
    cell_area_um2, cell_leakage_w : of all cells, as the library gives them.
    macro_bits : of memories that are macros; register_bits : of those that are not.
    macros : number by name, None where no macro was given.
    macro_area_um2, macro_leakage_w : of all macros, None where no macro was given.
    macro_cycle_j : energy of all macros' clocks in a cycle, accessed or not, as given.
    timing : of OpenSTA, None where it is not installed.
    seconds : of Yosys. cells_by_type : number by name.
    """

    unit: str
    library: str
    cells: int
    registers: int
    cell_area_um2: float
    cell_leakage_w: float
    macro_bits: int
    register_bits: int
    macros: dict[str, int] | None
    macro_area_um2: float | None
    macro_leakage_w: float | None
    macro_cycle_j: float | None
    timing: Timing | None
    seconds: float
    cells_by_type: dict[str, int]

    @property
    def area_um2(self) -> float | None:
        """Cells and macros; None where there are memories and no macro was given."""
        if self.macro_bits and self.macro_area_um2 is None:
            return None
        return self.cell_area_um2 + (self.macro_area_um2 or 0.0)

    @property
    def cell_power_w(self) -> float | None:
        """Of the cells with their leakage; None without OpenSTA."""
        if self.timing is None:
            return None
        return self.timing.internal_w + self.timing.switching_w + self.cell_leakage_w

    @property
    def macro_power_w(self) -> float | None:
        """Of the macros, clocked in every cycle; None without OpenSTA or macros."""
        if self.timing is None or self.macro_cycle_j is None or self.macro_leakage_w is None:
            return None
        return self.macro_leakage_w + self.macro_cycle_j * self.timing.freq_mhz * 1e6

    def as_json(self) -> dict[str, object]:
        """The fields, and what follows from them."""
        names = ("area_um2", "cell_power_w", "macro_power_w")
        return asdict(self) | {name: getattr(self, name) for name in names}


def area_of(
    name: str,
    mapped: Mapped,
    library: Library,
    macros: list[Macro],
    timing: Timing | None = None,
) -> Area:
    """The sums over the cells and memories of a mapped unit, with what OpenSTA found of it."""
    used = [(library.cells[cell], n) for cell, n in mapped.cells.items()]
    tilings = [
        (tiled(memory.depth, memory.width, macros), n * memory.copies)
        for memory, n in mapped.boxes
        if macros
    ]
    number: dict[str, int] = {}
    for tiling, n in tilings:
        for macro, each in tiling.macros.items():
            number[macro] = number.get(macro, 0) + each * n
    return Area(
        unit=name,
        library=library.name,
        cells=sum(mapped.cells.values()),
        registers=sum(n for cell, n in used if cell.is_register),
        cell_area_um2=sum(cell.area_um2 * n for cell, n in used),
        cell_leakage_w=sum(cell.leakage_w * n for cell, n in used),
        macro_bits=sum(memory.bits * memory.copies * n for memory, n in mapped.boxes),
        register_bits=mapped.register_bits,
        macros=number if macros else None,
        macro_area_um2=sum(t.area_um2 * n for t, n in tilings) if macros else None,
        macro_leakage_w=sum(t.leakage_w * n for t, n in tilings) if macros else None,
        macro_cycle_j=sum(t.cycle_j * n for t, n in tilings) if macros else None,
        timing=timing,
        seconds=mapped.seconds,
        cells_by_type=mapped.cells,
    )


def notes(areas: list[Area]) -> list[str]:
    """What is to be known of the figures."""
    found = list(NOTES)
    timings = [area.timing for area in areas if area.timing is not None]
    if len(timings) < len(areas):
        found.append(MISSING)
    for freq, activity in sorted({(t.freq_mhz, t.activity) for t in timings if not t.measured}):
        found.append(
            f"Power at {freq:g} MHz, every net changing {activity:g} times a cycle: an assumption, "
            "no measured activity. Macros are clocked in every cycle."
        )
    for freq, frame in sorted({(t.freq_mhz, t.measured) for t in timings if t.measured}):
        found.append(
            f"Power at {freq:g} MHz, nets as active as in the RTL: {frame}. "
            "Macros are clocked in every cycle."
        )
    return found


def from_json(entry: dict) -> Area:
    """The area that as_json gave."""
    values = {item.name: entry[item.name] for item in fields(Area)}
    if values["timing"] is not None:
        values["timing"] = Timing(**values["timing"])
    return Area(**values)


def load(path: Path = RESULTS) -> list[Area]:
    """The areas of a file that dump gave the text of."""
    return [from_json(entry) for entry in json.loads(path.read_text())["areas"]]


def dump(areas: list[Area]) -> str:
    """JSON text of areas and their notes."""
    entries = [area.as_json() for area in areas]
    return json.dumps({"areas": entries, "notes": notes(areas)}, indent=1) + "\n"


def of_all_stages(areas: list[Area]) -> list[Area]:
    """Those of STAGES, one of each; none where one is missing."""
    by_unit = {area.unit: area for area in areas}
    return [by_unit[name] for name in STAGES] if by_unit.keys() >= set(STAGES) else []


def table(areas: list[Area]) -> str:
    """Two Markdown tables, area and speed; the library, and what is to be known of the figures.

    Where all of STAGES are there, the first ends with their sum, and so does the second.
    """
    stages = of_all_stages(areas)
    library = ", ".join(sorted({area.library for area in areas}))
    lines = [
        "| unit | cells | registers | cells, um2 | bits in macros | macros, um2 | in all, um2 "
        "| other memory bits |",
        "| --- |" + " ---: |" * 7,
        *map(_area_row, areas),
        *_sum_of_areas(stages),
        "",
        "| unit | macros | leakage, mW | critical path, ps | MHz | activity | cells, mW "
        "| macros, mW |",
        "| --- | --- |" + " ---: |" * 6,
        *map(_speed_row, areas),
        *_sum_of_powers(stages),
        "",
        f"- Library: {library}.",
        *(f"- {note}" for note in notes(areas)),
    ]
    return "\n".join(lines) + "\n"


def _area_row(area: Area) -> str:
    values = [
        f"`{area.unit}`",
        f"{area.cells:,}",
        f"{area.registers:,}",
        f"{area.cell_area_um2:,.0f}",
        f"{area.macro_bits:,}",
        "not given" if area.macro_area_um2 is None else f"{area.macro_area_um2:,.0f}",
        "not known" if area.area_um2 is None else f"{area.area_um2:,.0f}",
        f"{area.register_bits:,}",
    ]
    return "| " + " | ".join(values) + " |"


def _sum_of_areas(stages: list[Area]) -> list[str]:
    """The row of all stages, where there are any."""
    if not stages or any(area.area_um2 is None for area in stages):
        return []
    values = [
        "the seven stages",
        f"{sum(area.cells for area in stages):,}",
        f"{sum(area.registers for area in stages):,}",
        f"{sum(area.cell_area_um2 for area in stages):,.0f}",
        f"{sum(area.macro_bits for area in stages):,}",
        f"{sum(area.macro_area_um2 or 0.0 for area in stages):,.0f}",
        f"{sum(area.area_um2 or 0.0 for area in stages):,.0f}",
        f"{sum(area.register_bits for area in stages):,}",
    ]
    return ["| " + " | ".join(values) + " |"]


def _sum_of_powers(stages: list[Area]) -> list[str]:
    """The row of all stages' leakage and power, where OpenSTA was there for all."""
    if not stages or any(area.cell_power_w is None for area in stages):
        return []
    leakage = sum(area.cell_leakage_w + (area.macro_leakage_w or 0.0) for area in stages)
    cells = sum(area.cell_power_w or 0.0 for area in stages)
    macros = sum(area.macro_power_w or 0.0 for area in stages)
    return [
        f"| the seven stages | | {leakage * 1e3:.4f} | | | | {cells * 1e3:,.3f} "
        f"| {macros * 1e3:,.3f} |"
    ]


def _speed_row(area: Area) -> str:
    macros = ", ".join(f"{n} {name}" for name, n in sorted((area.macros or {}).items()))
    leakage = area.cell_leakage_w + (area.macro_leakage_w or 0.0)
    of_cells = " of cells" if area.area_um2 is None else ""
    timing = area.timing
    values = [
        f"`{area.unit}`",
        macros,
        f"{leakage * 1e3:.4f}{of_cells}",
        *(_timing_cells(timing) if timing else [""] * 3),
        *(
            "" if power is None else f"{power * 1e3:,.3f}"
            for power in (area.cell_power_w, area.macro_power_w)
        ),
    ]
    return "| " + " | ".join(values) + " |"


def _timing_cells(timing: Timing) -> list[str]:
    return [
        f"{timing.critical_ps:,.0f}",
        f"{timing.fmax_mhz:,.0f}",
        f"{timing.activity:.3f}".rstrip("0"),
    ]
