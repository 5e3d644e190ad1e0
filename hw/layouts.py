"""Hardware shapes of the number formats and of the payloads that streams carry."""

from __future__ import annotations

from amaranth.hdl import Shape, signed, unsigned
from amaranth.lib import data

from golden.fixed import Fixed
from golden.frame import PLANES
from golden.params import Parameters


def shape(fixed: Fixed) -> Shape:
    """The signal shape of a fixed-point format."""
    return signed(fixed.bits) if fixed.signed else unsigned(fixed.bits)


def vector(fixed: Fixed) -> data.StructLayout:
    """Three coordinates x, y, z of one format."""
    return data.StructLayout({axis: shape(fixed) for axis in "xyz"})


def cluster_record(params: Parameters) -> data.StructLayout:
    """One row of the cluster table, as golden.records.CLUSTER_DTYPE names it."""
    return data.StructLayout(
        {
            "center": vector(params.center),
            "radius_low": shape(params.radius),
            "radius_high": shape(params.radius),
            "radius_mean": shape(params.radius),
            "base": shape(params.base),
            "count": shape(params.count),
            "member_exponent": signed(8),
        }
    )


def visible_cluster(params: Parameters) -> data.StructLayout:
    """A cluster that may be seen: its members in the pack, and its centre in camera space."""
    return data.StructLayout(
        {
            "center_camera": vector(params.camera_space),
            "base": shape(params.base),
            "count": shape(params.count),
            "member_exponent": signed(8),
        }
    )


def cluster_run(params: Parameters) -> data.StructLayout:
    """A run of clusters to be read: the first, and how many."""
    return data.StructLayout({"base": shape(params.base), "count": shape(params.count)})


def _frame_formats() -> dict[str, str]:
    names = {f"camera_position_{axis}": "camera_position" for axis in "xyz"}
    names |= {f"rotation_{i}{j}": "rotation" for i in range(3) for j in range(3)}
    names |= {f"{plane}_{part}": "normal" for plane in PLANES for part in ("lateral", "depth")}
    names |= {f"weight_{axis}": "weight" for axis in "xy"}
    return names | {"side_offset": "plane_offset", "near_offset": "plane_offset"}


# Frame constant -> name of its format in Parameters, in the order of FrameConstants.as_ports.
FRAME_FORMATS = _frame_formats()


def frame_constants(params: Parameters) -> data.StructLayout:
    """Frame constants under the port names of golden.frame.FrameConstants.as_ports."""
    return data.StructLayout({k: shape(getattr(params, v)) for k, v in FRAME_FORMATS.items()})
