"""Vectors of the plain-Verilog testbenches: the integer model on a cut of the default scene."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from golden.clustering.cluster import ClusterOptions
from golden.default_scene import default_cameras, default_scene
from golden.numbers.bits import round_up
from golden.pack import build_pack
from golden.pack.file import pack_bytes
from golden.params import Parameters
from golden.records import REQUEST_DTYPE, SPLAT_DTYPE, streamed
from golden.rules import INRIA
from golden.scene import Scene
from golden.view import ListMemory, ViewFrame, view_frame
from hw.host.register_map import constant_register, register_map

SCENE_GAUSSIANS, CUT_GAUSSIANS, CLUSTERS, PER_GROUP = 20_000, 600, 48, 3
PACK_ADDRESS = 0x4000_0000
WORD_MASK = 0xFFFF_FFFF
# Of the testbench that draws: list memory, and a picture whose rows are whole beats.
REGION_BYTES, LIST_BYTES, PICTURE_PX = 4096, 64 * 2048, (96, 64)


@dataclass(frozen=True)
class Vectors:
    """What a testbench reads, and the numbers in its text.

    Parameters
    ----------
    files : content for $readmemh by file name: a hexadecimal word a line.
    numbers : values of the template's placeholders by name.
    """

    files: dict[str, str]
    numbers: dict[str, int]


@cache
def cut_frame(params: Parameters) -> ViewFrame:
    """View 0 of the first Gaussians of the default scene; some clusters pass, some do not.

    Drawn antialiased where the build can.
    """
    pack = build_pack(
        _cut(default_scene(SCENE_GAUSSIANS), CUT_GAUSSIANS),
        ClusterOptions("morton", CLUSTERS, "safe", 0, per_group=PER_GROUP),
        INRIA,
    )
    rules = replace(INRIA, antialiased=bool(params.antialiased))
    return view_frame(pack, default_cameras()[0], rules, params)


def accelerator_vectors(params: Parameters) -> Vectors:
    """registers.hex: offset and value of each write; memory.hex: the pack; splats.hex."""
    frame = cut_frame(params)
    files = _host_files(frame, {}) | {"splats.hex": _records(frame.splats)}
    return _counted(files, _host_numbers(params))


def render_vectors(params: Parameters) -> Vectors:
    """registers.hex, memory.hex as those of accelerator_vectors; picture.hex is expected."""
    small = cut_frame(params)
    pack = build_pack(
        _cut(default_scene(SCENE_GAUSSIANS), CUT_GAUSSIANS),
        ClusterOptions("morton", CLUSTERS, "safe", 0, per_group=PER_GROUP),
        INRIA,
        colors="narrow",
    )
    lists = ListMemory(round_up(PACK_ADDRESS + len(pack_bytes(pack)), REGION_BYTES), LIST_BYTES)
    first = lists.list_address + lists.list_bytes
    camera = small.camera.resized(*PICTURE_PX)
    frame = replace(small, pack=pack, camera=camera, memory=lists)
    picture = frame.picture.reshape(-1)
    windows = {"PICTURE_ADDRESS": first, "PICTURE_BYTES": picture.nbytes}
    beat_bytes = params.data_bits // 8
    files = _host_files(frame, windows)
    files["picture.hex"] = _words(picture.reshape(-1, beat_bytes))
    numbers = _host_numbers(params) | {
        "FIRST": (first - PACK_ADDRESS) // beat_bytes,
        "BEATS": (first + picture.nbytes - PACK_ADDRESS) // beat_bytes,
    }
    return _counted(files, numbers)


def _host_files(frame: ViewFrame, windows: dict[str, int]) -> dict[str, str]:
    """registers.hex: offset and value of each write; memory.hex: the pack.

    Parameters
    ----------
    windows : further registers of two words, by their names without _LOW and _HIGH.
    """
    params, image = frame.params, pack_bytes(frame.pack)
    offsets = {register.name: register.offset for register in register_map(params)}
    writes: dict[str, int] = {}
    for name, value in {"PACK_ADDRESS": PACK_ADDRESS, "PACK_BYTES": len(image), **windows}.items():
        writes |= {f"{name}_LOW": value & WORD_MASK, f"{name}_HIGH": value >> 32}
    writes |= {constant_register(name): value & WORD_MASK for name, value in frame.ports.items()}
    beat_bytes = params.data_bits // 8
    image += bytes(-len(image) % beat_bytes)
    return {
        "registers.hex": "".join(f"{offsets[n]:08x}{value:08x}\n" for n, value in writes.items()),
        "memory.hex": _words(np.frombuffer(image, np.uint8).reshape(-1, beat_bytes)),
    }


def _host_numbers(params: Parameters) -> dict[str, int]:
    offsets = {register.name: register.offset for register in register_map(params)}
    return {
        "LANES": params.lanes,
        **_slot(params),
        "DATA_BITS": params.data_bits,
        "ADDRESS_BITS": params.address_bits,
        "PACK_ADDRESS": PACK_ADDRESS,
        "CONTROL": offsets["CONTROL"],
        "STATUS": offsets["STATUS"],
        "COUNTER_SPLATS": offsets["COUNTER_SPLATS"],
    }


def cull_vectors(params: Parameters) -> Vectors:
    """groups.hex, clusters.hex; requests.hex and visible.hex are expected."""
    frame = cut_frame(params)
    pack, levels = frame.pack, frame.levels
    requests = np.zeros(int(levels.group_visible.sum()), REQUEST_DTYPE)
    for name in ("base", "count"):
        requests[name] = pack.groups[name][levels.group_visible]
    files = {
        "groups.hex": _records(pack.groups),
        "clusters.hex": _records(pack.clusters),
        "requests.hex": _records(requests),
        "visible.hex": _records(frame.visible),
    }
    return _counted(files, {})


def project_vectors(params: Parameters) -> Vectors:
    """members.hex; splats.hex is expected. One lane."""
    frame = cut_frame(params)
    files = {
        "members.hex": _records(frame.members),
        "splats.hex": _records(frame.splats),
    }
    return _counted(files, _slot(params))


def _slot(params: Parameters) -> dict[str, int]:
    """Bits of a splat's place on the stream."""
    return {"SLOT_BITS": 8 * streamed(SPLAT_DTYPE, params).itemsize}


def _cut(scene: Scene, count: int) -> Scene:
    """The first Gaussians of a scene, whose order is random."""
    return Scene(
        name=scene.name,
        means=scene.means[:count],
        quats=scene.quats[:count],
        scales=scene.scales[:count],
        opacities=scene.opacities[:count],
        sh=scene.sh[:count],
    )


def _records(records: NDArray[np.void]) -> str:
    data = np.ascontiguousarray(records).view(np.uint8)
    return _words(data.reshape(len(records), records.dtype.itemsize))


def _words(rows: NDArray[np.uint8]) -> str:
    """A row of bytes a line, the last byte first: little-endian records as Verilog words."""
    return "".join(row[::-1].tobytes().hex() + "\n" for row in rows)


def _counted(files: dict[str, str], numbers: dict[str, int]) -> Vectors:
    lines = {name.removesuffix(".hex").upper(): text.count("\n") for name, text in files.items()}
    return Vectors(files, numbers | lines)
