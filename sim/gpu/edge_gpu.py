"""An edge GPU derived from a measured trace, kernel by kernel.

Rule: each kernel is bound by one of two things, on both machines the same, and its time grows as
that gets scarcer:

    bandwidth-bound:  t_edge = t * memory_gb_per_s / memory_gb_per_s(edge)
    compute-bound:    t_edge = t * fp32_tflops / fp32_tflops(edge)

Which one: by the stage's float32 operations a byte of DRAM traffic under ACCOUNTING against the
balance of the machines, fp32_tflops / memory_gb_per_s (H100 20 operations a byte, Xavier NX 14,
Orin NX 18). A stage beyond the balance of both is compute-bound, one below both bandwidth-bound.
One in between (blending, from a GPU of many operations a byte such as an RTX 4090) is bound by
other things on the two machines: the smaller of both ratios is taken, a lower bound of its time,
and `derived_note` says so. Launch gaps are left out, since they depend on the host; so are caches,
which favour the large machine, and the edge GPU's frame is if anything too short.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from golden.errors import InputError, shown
from golden.files import read_bytes
from sim.gpu.trace_device import TraceDevice
from sim.gpu.trace_kernels import CULL_STAGES, STAGES
from sim.gpu.trace_records import Trace
from sim.gpu.trace_times import GpuTimes

MACHINES = Path(__file__).parents[1] / "gpus"
MOST_RATE = 1e9  # of what a machine does in a second, far beyond any


@dataclass(frozen=True)
class StageWork:
    """Work of one item of a stage; the bound follows from the ratio.

    Parameters
    ----------
    item : what is counted. operations : float32 operations an item, a multiply-add as two.
    dram_bytes : bytes read and written an item that no cache can save.
    """

    item: str
    operations: float
    dram_bytes: float

    @property
    def operations_per_byte(self) -> float:
        """Arithmetic intensity of the stage."""
        return self.operations / self.dram_bytes


# Equations of golden/, float32 records of the renderer. A pair of splat and tile is blended into
# 256 pixels at about 12 operations each (offset, quadratic form, exponential, colour) and its
# 4-byte index and 48-byte record are read once. All other stages do little with what they read.
ACCOUNTING: Mapping[str, StageWork] = {
    "cluster_cull": StageWork("ball: 5 planes of 6 products; a row of 24 bytes", 60, 24),
    "compaction": StageWork("Gaussian kept: index from a running sum, 8 bytes", 2, 8),
    "gaussian_fetch": StageWork("Gaussian kept: 236 bytes read, written", 0, 472),
    "gaussian_project": StageWork("Gaussian: 44 bytes read, 36 written", 250, 80),
    "color": StageWork("visible Gaussian, degree 3: 48 products, 192 bytes read", 150, 216),
    "tile_bin": StageWork("pair: a key of 8 bytes and an index of 4 written", 4, 12),
    "depth_sort": StageWork("pair and pass: 12 bytes read, written", 0, 24),
    "rasterize": StageWork("pair: 256 pixels of 12 operations; 52 bytes", 3072, 52),
    "other": StageWork("value: element-wise", 1, 8),
}


@dataclass(frozen=True)
class Machine:
    """The two rates of a GPU that scaling needs.

    Parameters
    ----------
    name : for reports.
    memory_gb_per_s : peak of its DRAM, 10^9 bytes a second.
    fp32_tflops : peak, 10^12 float32 operations a second, a multiply-add as two.
    source : where the figures are from.
    published_frames_per_s, published_source : a published rate to check against, or None and "".

    Raises InputError on an empty text, or a rate that is not positive, or beyond MOST_RATE.
    """

    name: str
    memory_gb_per_s: float
    fp32_tflops: float
    source: str
    published_frames_per_s: float | None = None
    published_source: str = ""

    def __post_init__(self) -> None:
        if not (self.name and self.source):
            raise InputError("a machine lacks its name or the source of its figures: state both.")
        for field in ("memory_gb_per_s", "fp32_tflops", "published_frames_per_s"):
            rate = getattr(self, field)
            if rate is not None and not 0 < rate <= MOST_RATE:
                raise InputError(
                    f"{self.name}: {field} is {shown(rate)}: give a rate above 0, up to "
                    f"{MOST_RATE:g}."
                )

    @property
    def operations_per_byte(self) -> float:
        """Balance: operations in the time of a byte."""
        return 1e3 * self.fp32_tflops / self.memory_gb_per_s


def machine_of(device: TraceDevice) -> Machine:
    """The machine that a trace was recorded on."""
    return Machine(
        device.name, device.memory_peak_gb_per_s, device.fp32_peak_tflops, "the trace's device"
    )


def edge_gpu(name: str) -> Machine:
    """The machine of that name in sim/gpus, "xavier_nx" or "orin_nx"; raises InputError."""
    known = sorted(path.stem for path in MACHINES.glob("*_nx.toml"))
    if name not in known:
        raise InputError(f"edge GPU {name!r} is not known: choose of {', '.join(known)}.")
    return machine_in(MACHINES / f"{name}.toml")


def machine_in(path: Path) -> Machine:
    """The machine of a TOML file; raises InputError on a wrong or a missing member."""
    values = read_toml(path)
    texts, numbers = ("name", "source"), ("memory_gb_per_s", "fp32_tflops")
    optional = {"published_frames_per_s": float, "published_source": str}
    unknown = ", ".join(sorted(set(values) - {*texts, *numbers, *optional}))[:200]
    missing = ", ".join(sorted({*texts, *numbers} - set(values)))
    if unknown or missing:
        raise InputError(
            f"{path} has unknown members ({unknown or 'none'}) or lacks some "
            f"({missing or 'none'}): see sim/gpus/xavier_nx.toml."
        )
    for key, value in values.items():
        wanted = str if key in texts or key == "published_source" else (int, float)
        if isinstance(value, bool) or not isinstance(value, wanted):
            raise InputError(f"{path}: {key} is {shown(value)}, of the wrong type: correct it.")
    return Machine(**values)


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file; raises InputError where it is none."""
    data = read_bytes(path)
    try:
        return tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:
        reason = str(error).split("\n")[0][:120]
        raise InputError(f"{path} is not TOML ({reason}): correct it.") from error


def bound_of(stage: str, measured: Machine, edge: Machine) -> str:
    """ "compute" or "bandwidth" on both machines, or "mixed" where they differ."""
    intensity = ACCOUNTING[stage].operations_per_byte
    beyond = {intensity > machine.operations_per_byte for machine in (measured, edge)}
    if len(beyond) > 1:
        return "mixed"
    return "compute" if beyond.pop() else "bandwidth"


def slowdown(stage: str, measured: Machine, edge: Machine) -> float:
    """Time on the edge GPU over the measured time, of a kernel of that stage; where its bound is
    mixed, the smaller ratio. By a roofline the true one lies between them: I bytes/s measured /
    (operations/s of the edge) where the edge is the one bound by arithmetic."""
    compute = measured.fp32_tflops / edge.fp32_tflops
    bandwidth = measured.memory_gb_per_s / edge.memory_gb_per_s
    bound = bound_of(stage, measured, edge)
    return {"compute": compute, "bandwidth": bandwidth, "mixed": min(compute, bandwidth)}[bound]


def derived_note(measured: Machine, edge: Machine) -> str:
    """Why figures over the derived GPU are lower bounds, or "" where each stage has one bound."""
    mixed = [stage for stage in ACCOUNTING if bound_of(stage, measured, edge) == "mixed"]
    if not mixed:
        return ""
    return (
        f"A lower bound: {', '.join(mixed)} has operations a byte between the balance of "
        f"{measured.name} ({measured.operations_per_byte:.1f}) and that of {edge.name} "
        f"({edge.operations_per_byte:.1f}), so the smaller of both ratios scales it; a trace of a "
        "GPU nearer to the edge GPU's balance gives the figure itself."
    )


def derived_stages_us(
    stages_us: Mapping[str, float], measured: Machine, edge: Machine
) -> dict[str, float]:
    """Stages on the edge GPU, us. As all kernels of a stage share its bound, this is by kernel."""
    return {stage: us * slowdown(stage, measured, edge) for stage, us in stages_us.items()}


def derived_times(trace: Trace, edge: Machine) -> tuple[GpuTimes, ...]:
    """Times of every view of a trace on the edge GPU: kernels alone, frame_us None."""
    measured = machine_of(trace.device)
    return tuple(
        GpuTimes(view.name, trace.variant, derived_stages_us(view.stages_us, measured, edge), None)
        for view in trace.views
    )


def rule_lines(measured: Machine, edge: Machine) -> list[str]:
    """The rule with its numbers, for reports: both machines, then a line a stage."""
    lines = [
        f"{machine.name}: {machine.memory_gb_per_s:g} GB/s, {machine.fp32_tflops:.3g} TFLOP/s "
        f"float32, {machine.operations_per_byte:.1f} operations a byte ({machine.source})"
        for machine in (measured, edge)
    ]
    words = {
        "compute": "compute-bound",
        "bandwidth": "bandwidth-bound",
        "mixed": "between both balances, the smaller ratio",
    }
    for stage in (*CULL_STAGES, *STAGES):
        work = ACCOUNTING[stage]
        lines.append(
            f"{stage}: {work.operations_per_byte:.1f} operations a byte ({work.item}), "
            f"{words[bound_of(stage, measured, edge)]}, "
            f"x{slowdown(stage, measured, edge):.1f}"
        )
    return lines
