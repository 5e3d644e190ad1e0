"""The plain-Verilog testbench of a preset: its template, what all share, the vectors it reads."""

from __future__ import annotations

from pathlib import Path

from golden.numbers.fixed import Fixed
from golden.params import Parameters
from hw.package.presets import Preset
from hw.stages.rows import CLUSTER_CULL, GAUSSIAN_PROJECT
from sim.package.vectors import (
    Vectors,
    accelerator_vectors,
    cull_vectors,
    cut_frame,
    project_vectors,
    render_vectors,
)

TEMPLATES = Path(__file__).with_name("tb")
# Parts of several testbenches; they hold placeholders themselves.
SHARED = ("common", "reads", "host")
VECTORS = {
    "accelerator": accelerator_vectors,
    "render": render_vectors,
    "cluster_cull": cull_vectors,
    "gaussian_project": project_vectors,
}
ITEMS = {
    "accelerator": "splats",
    "render": "beats of a picture",
    "cluster_cull": "visible clusters",
    "gaussian_project": "splats",
}


def bench_files(preset: Preset, name: str) -> dict[str, str]:
    """testbench.v for a module of that name, and the .hex files that it reads, by file name."""
    params = preset.params
    vectors = VECTORS[preset.bench](params)
    text = (TEMPLATES / f"{preset.bench}.v").read_text(encoding="utf-8")
    values = {
        part.upper(): (TEMPLATES / f"{part}.v").read_text(encoding="utf-8").rstrip()
        for part in SHARED
    }
    values["ITEMS"] = ITEMS[preset.bench]
    values |= {"NAME": name, "CONSTANTS": _constants(preset.bench, params), **_numbers(vectors)}
    for placeholder, value in values.items():
        text = text.replace(f"@{placeholder}@", value)
    return {"testbench.v": text, **vectors.files}


def _numbers(vectors: Vectors) -> dict[str, str]:
    return {name: str(number) for name, number in vectors.numbers.items()}


def _constants(bench: str, params: Parameters) -> str:
    """A line for each port of a stage's frame constants."""
    frame = cut_frame(params)
    if bench == "cluster_cull":
        formats, ports = CLUSTER_CULL.formats(params), frame.culling.as_ports()
    else:
        formats, ports = GAUSSIAN_PROJECT.formats(params), frame.projecting.as_ports()
    return "\n".join(f"      {_port(name, form, ports[name])}" for name, form in formats.items())


def _port(name: str, form: Fixed, value: int) -> str:
    return f".frame_{name}({form.bits}'h{value & ((1 << form.bits) - 1):x}),"
