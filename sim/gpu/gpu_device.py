"""The GPU that traces are recorded on: found, read from the driver and measured, never set."""

from __future__ import annotations

import ctypes
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

from golden.errors import InputError
from sim.gpu.trace_device import TraceDevice

# CUdevice_attribute, of the CUDA driver API; both clocks in kHz, the width in bits.
CLOCK_RATE = 13
MEMORY_CLOCK_RATE = 36
GLOBAL_MEMORY_BUS_WIDTH = 37

HOW = "run `uv run --extra gpu splatsieve trace ...` on a machine with an NVIDIA GPU and nvcc"
SMI_FIELDS = ("driver_version", "clocks.sm", "clocks.mem")
SMI_SECONDS = 30.0
COPY_BYTES = 1 << 30
COPY_REPEATS = 20


@dataclass(frozen=True)
class Gpu:
    """PyTorch and gsplat, imported and found able to run."""

    torch: Any
    rasterization: Callable[..., Any]
    gsplat_version: str


def require_gpu() -> Gpu:
    """Imports PyTorch and gsplat; gsplat compiles its kernels where it never did before.

    Raises InputError where one is missing, no CUDA device is there, or nothing was compiled.
    """
    try:
        import torch
    except (ImportError, OSError) as error:
        raise InputError(f"recording a GPU trace needs PyTorch ({_line(error)}): {HOW}.") from error
    if not torch.cuda.is_available():
        raise InputError(f"recording a GPU trace needs a CUDA device and there is none: {HOW}.")
    try:
        # gsplat tells of compiling on stdout, which belongs to the command's own output.
        with redirect_stdout(sys.stderr):
            import gsplat
            from gsplat.cuda import _backend
    except ImportError as error:
        raise InputError(f"recording a GPU trace needs gsplat ({_line(error)}): {HOW}.") from error
    except (OSError, RuntimeError) as error:
        raise InputError(
            f"gsplat could not compile its CUDA kernels ({_line(error)}): set VERBOSE=1 in the "
            "environment to see the compiler's words."
        ) from error
    if _backend._C is None:
        raise InputError(f"gsplat found no CUDA compiler for its kernels: {HOW}.")
    return Gpu(torch, gsplat.rasterization, str(gsplat.__version__))


def read_device(torch: Any, busy: Callable[[], object]) -> TraceDevice:
    """Name, clocks and rates of the current CUDA device.

    memory peak = 2 x memory clock x bus width / 8, as DRAM moves data on both edges; the measured
    copy where the driver tells one of the two as zero or not at all.

    Parameters
    ----------
    torch : the module; its CUDA is in use.
    busy : renders a frame; called while the clocks are read, since an idle GPU lowers them.

    Raises InputError where the driver does not tell the highest clock.
    """
    index = torch.cuda.current_device()
    properties = torch.cuda.get_device_properties(index)
    clock_khz = driver_attribute(CLOCK_RATE, index)
    if not clock_khz:
        raise InputError(
            f"the driver of {properties.name} does not tell its clock rate, which scaling to "
            "another GPU needs: update the NVIDIA driver."
        )
    smi = query_smi(str(getattr(properties, "uuid", "")), index, busy)
    copy_gb_per_s = copy_rate_gb_per_s(torch)
    memory_khz = driver_attribute(MEMORY_CLOCK_RATE, index)
    width_bits = driver_attribute(GLOBAL_MEMORY_BUS_WIDTH, index)
    told = bool(memory_khz and width_bits)
    return TraceDevice(
        name=properties.name,
        driver=smi.get("driver_version") or "unknown",
        compute_capability=f"{properties.major}.{properties.minor}",
        sm_count=properties.multi_processor_count,
        fp32_lanes_per_sm=fp32_lanes_per_sm(properties.major, properties.minor),
        sm_clock_max_mhz=clock_khz / 1e3,
        sm_clock_mhz=_mhz(smi.get("clocks.sm")),
        memory_clock_mhz=_mhz(smi.get("clocks.mem")),
        memory_peak_gb_per_s=2e3 * memory_khz * width_bits / 8 / 1e9 if told else copy_gb_per_s,
        memory_peak_source="clock_and_bus_width" if told else "device_copy",
        memory_copy_gb_per_s=copy_gb_per_s,
    )


def fp32_lanes_per_sm(major: int, minor: int) -> int:
    """Float32 multiply-adds a cycle and multiprocessor, by compute capability.

    64 for 6.0 (P100), 7.x (Volta, Turing) and 8.0 (A100); 128 for all others from 5.0 on.
    Source: CUDA C++ Programming Guide, table of arithmetic throughput.
    """
    return 64 if major == 7 or (major, minor) in ((6, 0), (8, 0)) else 128


def driver_attribute(attribute: int, device_index: int) -> int:
    """One CUdevice_attribute of a device; 0 where the driver does not tell it.

    Read from the driver since PyTorch does not pass these on and the CUDA 13 runtime dropped
    the clocks from its properties.
    """
    value, device = ctypes.c_int(0), ctypes.c_int(0)
    try:
        driver = ctypes.CDLL("nvcuda.dll" if os.name == "nt" else "libcuda.so.1")
        failed = (
            driver.cuInit(0)
            or driver.cuDeviceGet(ctypes.byref(device), device_index)
            or driver.cuDeviceGetAttribute(ctypes.byref(value), attribute, device)
        )
    except (OSError, AttributeError):
        return 0
    return 0 if failed else value.value


def query_smi(uuid: str, device_index: int, busy: Callable[[], object]) -> dict[str, str]:
    """SMI_FIELDS as nvidia-smi prints them, `busy` being called meanwhile; {} where it cannot."""
    prefixed = uuid if uuid.startswith(("GPU-", "MIG-")) else f"GPU-{uuid}"
    for identity in (prefixed, str(device_index)):
        command = [
            "nvidia-smi",
            f"--query-gpu={','.join(SMI_FIELDS)}",
            "--format=csv,noheader,nounits",
            f"--id={identity}",
        ]
        try:
            process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
        except OSError:
            return {}
        with process:
            deadline = time.monotonic() + SMI_SECONDS
            while process.poll() is None and time.monotonic() < deadline:
                busy()
            if process.poll() is None:
                process.kill()
            output, _ = process.communicate()
        values = [value.strip() for value in output.strip().split(",")]
        if process.returncode == 0 and len(values) == len(SMI_FIELDS):
            return dict(zip(SMI_FIELDS, values, strict=True))
    return {}


def copy_rate_gb_per_s(torch: Any) -> float:
    """Median rate of device-to-device copies, bytes read plus bytes written, GB/s of 10^9."""
    free_bytes, _ = torch.cuda.mem_get_info()
    size_bytes = max(1 << 20, min(COPY_BYTES, free_bytes // 4))
    source = torch.zeros(size_bytes, dtype=torch.uint8, device="cuda")
    target = torch.zeros_like(source)
    times_ms = event_times_ms(torch, lambda: target.copy_(source), COPY_REPEATS)
    return float(2 * size_bytes / (statistics.median(times_ms) * 1e-3) / 1e9)


def event_times_ms(torch: Any, work: Callable[[], object], repeats: int) -> list[float]:
    """Times between CUDA events around each of `repeats` calls, ms.

    The calls follow one another without a pause, so that the host prepares the next while the
    device works on the last, as in a renderer that runs freely; a call is charged only what it
    adds to that.
    """
    events = [
        (torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True))
        for _ in range(repeats)
    ]
    torch.cuda.synchronize()
    for start, end in events:
        start.record()
        work()
        end.record()
    torch.cuda.synchronize()
    return [float(start.elapsed_time(end)) for start, end in events]


def _mhz(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:  # "[N/A]"
        return None
    return value if 0 < value < float("inf") else None


def _line(error: BaseException) -> str:
    """First line of an error's text, shortened."""
    return (str(error) or type(error).__name__).split("\n")[0][:160]
