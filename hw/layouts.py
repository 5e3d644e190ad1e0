"""Hardware shapes of the number formats and of the payloads that streams carry."""

from __future__ import annotations

from amaranth.hdl import Shape, signed, unsigned
from amaranth.lib import data

import golden.stages.cluster_cull.constants as cluster_cull
import golden.stages.color.constants as color
import golden.stages.gaussian_project.constants as gaussian_project
from golden.numbers.depth import CODE_BITS
from golden.numbers.fixed import Fixed
from golden.pack.color_record import DEGREES, EXPONENT
from golden.params import Parameters
from golden.records import PARTS, RECORD_BYTES
from golden.stages.color.formats import COLOR
from golden.stages.gaussian_project.formats import ProjectionFormats

COUNTER_BITS = 32  # of every counter; it wraps


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
            "exponent": shape(params.exponent),
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
            "exponent": shape(params.exponent),
        }
    )


def cluster_run(params: Parameters) -> data.StructLayout:
    """A run of clusters to be read: the first, and how many."""
    return data.StructLayout({"base": shape(params.base), "count": shape(params.count)})


def constants_layout(formats: dict[str, Fixed]) -> data.StructLayout:
    """Frame constants of a stage, a member each, in the order of the formats."""
    return data.StructLayout({name: shape(form) for name, form in formats.items()})


def cluster_cull_constants(params: Parameters) -> data.StructLayout:
    """Constants of cluster_cull under the port names of ClusterCullConstants.as_ports."""
    return constants_layout(cluster_cull.constant_formats(params))


def _parts(name: str, field: Shape) -> data.StructLayout:
    """The parts of a vector field of golden.records, all of one shape."""
    return data.StructLayout({part: field for part in PARTS[name]})


def member_record(params: Parameters) -> data.StructLayout:
    """A member of a visible cluster, as golden.records.MEMBER_DTYPE names it."""
    geometry = {
        "offset": data.StructLayout({axis: signed(16) for axis in "xyz"}),
        "factor": _parts("factor", signed(16)),
        "factor_exponent": signed(8),
        "flags": unsigned(8),
        "reach_factor": unsigned(16),
        "opacity": unsigned(16),
    }
    return data.StructLayout(
        {
            "geometry": data.StructLayout(geometry),
            "center_camera": vector(params.camera_space),
            "index": shape(params.base),
            "member_exponent": signed(8),
            "exponent": shape(params.exponent),
        }
    )


def splat_record(params: Parameters) -> data.StructLayout:
    """A splat, as golden.records.SPLAT_DTYPE names it, no wider than its values."""
    formats = ProjectionFormats(params)
    mantissa = params.conic_bits
    return data.StructLayout(
        {
            "mean2d": _parts("mean2d", signed(formats.screen_bits)),
            "conic": data.StructLayout(
                {
                    "a": unsigned(mantissa + 1),
                    "b": signed(mantissa + 2),
                    "c": unsigned(mantissa + 1),
                }
            ),
            "depth": unsigned(CODE_BITS),
            "index": shape(params.base),
            "tile_rect": _parts("tile_rect", unsigned(16)),
            "extent": _parts("extent", unsigned(16)),
            "opacity": unsigned(16),
            "conic_exponent": signed(8),
        }
    )


def gaussian_project_constants(params: Parameters) -> data.StructLayout:
    """Constants of gaussian_project, named by GaussianProjectConstants.as_ports."""
    return constants_layout(gaussian_project.constant_formats(params))


def run_request(params: Parameters) -> data.StructLayout:
    """Records to be read: the number of the first (byte address / 32), how many, for which frame.

    `frame` tells the frames that are under way together apart; they take 0 and 1 in turn.
    """
    record_bits = params.address_bits - (RECORD_BYTES - 1).bit_length()
    return data.StructLayout({"record": unsigned(record_bits), "count": unsigned(20), "frame": 1})


def slot_beat(params: Parameters) -> data.StructLayout:
    """Records of one beat, a slot each; those whose bit of `slots` is 0 are none.

    There is one slot, of a record put together from several beats, at data widths below 256.
    """
    slots = max(1, params.data_bits // (8 * RECORD_BYTES))
    return data.StructLayout({"data": data.ArrayLayout(8 * RECORD_BYTES, slots), "slots": slots})


CHANNELS = ("red", "green", "blue")


def color_constants(params: Parameters) -> data.StructLayout:
    """Frame constants of color, named by ColorConstants.as_ports."""
    return constants_layout(color.constant_formats(params))


def color_mantissas() -> data.StructLayout:
    """Mantissas of one channel of a narrow colour record, m_k of the k-th coefficient."""
    return data.StructLayout(
        {
            f"m_{part.first + j}": shape(part.mantissa)
            for part in DEGREES
            for j in range(part.coefficients)
        }
    )


def color_record() -> data.StructLayout:
    """A narrow colour record, as golden.pack.color_record has it: exponents e_l, then channels."""
    exponents = {f"e_{degree}": shape(EXPONENT) for degree in range(len(DEGREES))}
    return data.StructLayout(
        {
            "exponents": data.StructLayout(exponents),
            **{channel: color_mantissas() for channel in CHANNELS},
        }
    )


def colored_splat(params: Parameters) -> data.StructLayout:
    """A splat and its colour: 0 to 2, cut at both, 9 fraction bits."""
    channels = data.StructLayout({channel: shape(COLOR) for channel in CHANNELS})
    return data.StructLayout({"splat": splat_record(params), "color": channels})


def write_word(params: Parameters) -> data.StructLayout:
    """What a beat writes: its data, and a strobe a byte."""
    return data.StructLayout({"data": params.data_bits, "strobe": params.data_bits // 8})


def write_beat(params: Parameters) -> data.StructLayout:
    """A beat to be written.

    Members
    -------
    address : address_bits, byte address, a multiple of data_bits/8; lower bits are ignored.
    data : data_bits.
    strobe : data_bits/8, a bit a byte.
    last : 1, ends a run of consecutive addresses.
    frame : 1, of the two under way, as in run_request.
    """
    return data.StructLayout(
        {"address": params.address_bits, **write_word(params).members, "last": 1, "frame": 1}
    )
