"""Small valid files of every kind, made by the writers of the project and of its tests."""

from __future__ import annotations

import gzip
import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.spatial.transform import Rotation

from golden.clustering.cluster import ClusterOptions
from golden.pack import build_pack
from golden.pack.file import pack_bytes
from golden.rules import INRIA
from hw.synth.activity import FORMAT
from sim.gpu.edge_gpu import MACHINES
from sim.gpu.trace import trace_text
from sim.model.config import PRESETS
from sim.model.dram_config import DRAMS
from sim.sweeps.sweep_job import COLUMNS
from tests.golden.camera_io.test_camera_readers import (
    View,
    inria_text,
    transforms_text,
    write_colmap_binary,
    write_colmap_text,
)
from tests.golden.scene_io.gltf_scene_files import (
    Builder,
    glb_file,
    glb_of_spz,
    gltf_text,
    splat_primitive,
)
from tests.golden.scene_io.scene_files import random_scene
from tests.golden.scene_io.scene_kinds import KINDS, whole_file
from tests.golden.scene_io.sog_scene_files import leaf, write_streamed
from tests.golden.scene_io.sog_scene_files import sog_files as files_of_sog
from tests.rtl.synth.tiny_library import LIBRARY, ram
from tests.sim.gpu.test_trace import make_trace

TRANSFORM = "dataparser_transforms.json"
EYE = np.eye(4).tolist()


def _kinds(*ends: str) -> list[bytes]:
    return [whole_file(kind) for kind in KINDS if kind.endswith(ends)]


def ply_files() -> list[bytes]:
    """Of both byte orders, and compressed."""
    return _kinds("little.ply", "big.ply", "compressed.ply")


def ply_texts() -> list[bytes]:
    """Ascii; of degree 0 and 1."""
    return [whole_file("ascii.ply", 2, degree) for degree in (0, 1)]


def splat_files() -> list[bytes]:
    """One and four Gaussians."""
    return [whole_file("scene.splat", count, 0) for count in (1, 4)]


def ksplat_files() -> list[bytes]:
    """Of every level of compression."""
    return _kinds(".ksplat")


def spz_files() -> list[bytes]:
    """Of every version."""
    return _kinds(".spz")


def sog_files() -> list[bytes]:
    """Bundles of both versions."""
    return _kinds(".sog")


def sog_metas() -> list[bytes]:
    """Of both versions."""
    return [files_of_sog(random_scene(4, 1), version)["meta.json"] for version in (1, 2)]


def sog_pictures() -> dict[str, bytes]:
    """Those of version 2, which both meta.json name."""
    files = files_of_sog(random_scene(4, 1))
    return {name: data for name, data in files.items() if name != "meta.json"}


def _streamed() -> dict[str, bytes]:
    scenes = [random_scene(6, 1, seed) for seed in (0, 1)]
    tree = {"children": [leaf(l0=(0, 0, 3), l1=(1, 2, 4)), leaf(l0=(0, 3, 3), l1=(0, 0, 1))]}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_streamed(folder, scenes, tree, 2, random_scene(2, 0, 2))
        paths = [path for path in folder.rglob("*") if path.is_file()]
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def lod_metas() -> list[bytes]:
    """Of two files, two levels and an environment."""
    return [_streamed()["lod-meta.json"]]


def lod_parts() -> dict[str, bytes]:
    """What it names."""
    return {name: data for name, data in _streamed().items() if name != "lod-meta.json"}


def glb_files() -> list[bytes]:
    """Plain under a tree of nodes, and of .spz."""
    turned = {"rotation": [0, 0.6, 0, 0.8], "scale": [2, 2, 2], "translation": [1, 2, 3]}
    nodes = [
        {"children": [1, 2]},
        {"mesh": 0, **turned},
        {"mesh": 0, "matrix": np.eye(4).ravel().tolist()},
    ]
    return [glb_file(random_scene(4, 1), nodes), glb_of_spz(random_scene(4, 1))]


def gltf_files() -> list[bytes]:
    """With the buffer in it, of float32 and of whole numbers."""
    found = []
    for kinds in ({}, {"quats": "h", "opacities": "B"}):
        build = Builder()
        primitive = splat_primitive(build, random_scene(2, 0), bool(kinds), **kinds)
        found.append(gltf_text(build.document([primitive]), build.binary))
    return found


def _views() -> list[View]:
    rotations = Rotation.random(2, random_state=5)
    return [
        View(f"{i}.png", rotations[i], np.arange(3.0) + i, (64, 48), (50.0, 50.0), (32.0, 24.0))
        for i in range(2)
    ]


def camera_files() -> list[bytes]:
    """INRIA's, transforms.json with lengths and with an angle, and nerfstudio's camera path."""
    pose = _views()[0].opengl_pose()
    frames = [{"file_path": "images/0.png", "transform_matrix": pose.tolist()}]
    steps = [{"camera_to_world": pose.ravel().tolist(), "fov": 60.0}]
    path = {"render_width": 64, "render_height": 48, "camera_path": steps}
    angle = {"camera_angle_x": 0.9, "applied_transform": EYE[:3], "applied_scale": 0.5}
    texts = [inria_text(_views()), transforms_text(_views())]
    return [
        *(text.encode() for text in texts),
        json.dumps(angle | {"frames": frames}).encode(),
        json.dumps(path).encode(),
    ]


def transform_file() -> dict[str, bytes]:
    """nerfstudio's, beside cameras."""
    return {TRANSFORM: transforms()[0]}


def transforms() -> list[bytes]:
    """nerfstudio's transform, a matrix as JSON, and one as text."""
    moved = [[0, -2, 0, 1], [2, 0, 0, 2], [0, 0, 2, 3], [0, 0, 0, 1]]
    nerfstudio = {"transform": EYE[:3], "scale": 0.25}
    text = "\n".join(" ".join(map(str, row)) for row in moved)
    return [json.dumps(nerfstudio).encode(), json.dumps(moved).encode(), text.encode()]


def colmap_files() -> dict[str, bytes]:
    """A model as text and as binary files."""
    with tempfile.TemporaryDirectory() as name:
        for write in (write_colmap_text, write_colmap_binary):
            write(Path(name), _views(), False)
        return {path.name: path.read_bytes() for path in Path(name).iterdir()}


def colmap(name: str) -> Callable[[], list[bytes]]:
    """What makes that file of a model."""
    return lambda: [colmap_files()[name]]


def packs() -> list[bytes]:
    """Of both formats of colours."""
    options = ClusterOptions("reach", 3, "safe", per_group=2)
    scene = random_scene(6, 1)
    return [
        pack_bytes(build_pack(scene, options, INRIA, colors=colors))
        for colors in ("float16", "narrow")
    ]


def traces() -> list[bytes]:
    """Not culled; and culled, of two views of a real one."""
    traces = MACHINES.with_name("traces")
    culled = json.loads((traces / "h100_bonsai_culled.json").read_text(encoding="utf-8"))
    culled["views"] = culled["views"][:2]
    return [trace_text(make_trace()).encode(), json.dumps(culled).encode()]


def configs() -> list[bytes]:
    """The presets of the cycle model."""
    return [path.read_bytes() for path in sorted(PRESETS.glob("*.toml"))]


def drams() -> list[bytes]:
    """Those of sim/drams."""
    return [path.read_bytes() for path in sorted(DRAMS.glob("*.toml"))]


def gpus() -> list[bytes]:
    """The edge GPUs of sim/gpus."""
    return [path.read_bytes() for path in sorted(MACHINES.glob("*_nx.toml"))]


def activities() -> list[bytes]:
    """Of two stages, as `splatsieve frame --activity` writes it."""
    stages = {name: {"activity": 0.25, "net_bits": 7} for name in ("color", "rasterize")}
    frame = {"view": "0.png", "pack": "a/b.pack", "size_px": "64x48"}
    return [json.dumps({"format": FORMAT, "frame": frame, "stages": stages}).encode()]


def libraries() -> list[bytes]:
    """A library, and a memory's."""
    return [LIBRARY.encode(), ram(4, 8, 10.0).encode()]


def packed_libraries() -> list[bytes]:
    """The same in gzip streams."""
    return [gzip.compress(text, 1, mtime=0) for text in libraries()]


def pictures() -> list[bytes]:
    """PNG and JPEG, turned by a tag, with and without a clear ground."""
    pixels = np.arange(6 * 5 * 4, dtype=np.uint8).reshape(6, 5, 4)
    exif = Image.Exif()
    exif[274] = 6
    found = []
    for kind, image in (
        ("PNG", Image.fromarray(pixels)),
        ("PNG", Image.fromarray(pixels[:, :, :3]).quantize(8)),
        ("JPEG", Image.fromarray(np.ascontiguousarray(pixels[:, :, :3]))),
    ):
        out = io.BytesIO()
        image.save(out, kind, exif=exif)
        found.append(out.getvalue())
    return found


def tables() -> list[bytes]:
    """A sweep's, of two rows."""
    rows = [[f"{column}{row}" for column in COLUMNS] for row in range(2)]
    rows[1][0] = '"a ""b"", c"'
    return ["".join(",".join(row) + "\n" for row in (COLUMNS, *rows)).encode()]
