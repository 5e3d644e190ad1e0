"""Every reader of a file that a user may give: what calls it, and how its files are changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from golden.camera_io import read_cameras
from golden.camera_io.frame_transform import read_transform
from golden.image import image_size_px, read_image
from golden.pack.file import load_pack
from golden.scene_io import read_scene
from hw.synth.activity import read_activity
from hw.synth.liberty import read_liberty
from hw.synth.macros import read_macros
from sim.gpu.edge_gpu import machine_in
from sim.gpu.trace import load_trace
from sim.model.config import load_model_config
from sim.model.dram_config import load_dram
from sim.sweeps.sweep_table import SweepTable
from tests.fuzz import corpus
from tests.fuzz.containers import changed_glb, changed_gzip, changed_pack, changed_zip
from tests.fuzz.mutation import Change, changed_bytes, changed_json, changed_text

Files = Mapping[str, bytes]
Calls = tuple[Callable[[Path], object], ...]


@dataclass(frozen=True)
class Reader:
    """A reader and what it is tried with.

    Parameters
    ----------
    file : name that each input is written under.
    calls : of that path, one after the other; each returns, or raises InputError.
    seeds : makes the small valid files that inputs come from.
    change : of a file of this form, so that what lies within is reached.
    beside : makes the good files that lie in the same folder, by name.
    """

    file: str
    calls: Calls
    seeds: Callable[[], list[bytes]]
    change: Change = changed_bytes
    beside: Callable[[], Files] = field(default=dict)


def _valid_part(path: Path) -> None:
    read_scene(path, drop_invalid=True)


def _streamed(path: Path) -> None:
    read_scene(path, detail=1)


def _cameras(path: Path) -> None:
    """With what a user may add, where a file lacks it."""
    read_cameras(path, (64, 48), path.with_name(corpus.TRANSFORM))


def _config(path: Path) -> None:
    config = load_model_config(str(path))
    if config.is_clocked:
        _ = config.built
    _ = config.memory


def _dram(path: Path) -> None:
    load_dram(str(path))


def _mapping(path: Path) -> None:
    read_liberty(path).for_mapping()


def _macros(path: Path) -> None:
    read_macros([path])


SCENE: Calls = (read_scene, _valid_part)
LIBRARY: Calls = (_mapping, _macros)
READERS: dict[str, Reader] = {
    "ply": Reader("scene.ply", SCENE, corpus.ply_files),
    "ply_text": Reader("scene.ply", SCENE, corpus.ply_texts, changed_text),
    "splat": Reader("scene.splat", SCENE, corpus.splat_files),
    "ksplat": Reader("scene.ksplat", SCENE, corpus.ksplat_files),
    "spz": Reader("scene.spz", SCENE, corpus.spz_files, changed_gzip),
    "sog": Reader("scene.sog", SCENE, corpus.sog_files, changed_zip),
    "sog_folder": Reader("meta.json", SCENE, corpus.sog_metas, changed_json, corpus.sog_pictures),
    "sog_streamed": Reader(
        "lod-meta.json", (_streamed,), corpus.lod_metas, changed_json, corpus.lod_parts
    ),
    "glb": Reader("scene.glb", SCENE, corpus.glb_files, changed_glb),
    "gltf": Reader("scene.gltf", SCENE, corpus.gltf_files, changed_json),
    "cameras": Reader(
        "cameras.json",
        (read_cameras, _cameras),
        corpus.camera_files,
        changed_json,
        corpus.transform_file,
    ),
    "colmap_lenses": Reader(
        "cameras.bin", (read_cameras,), corpus.colmap("cameras.bin"), beside=corpus.colmap_files
    ),
    "colmap_poses": Reader(
        "images.bin", (read_cameras,), corpus.colmap("images.bin"), beside=corpus.colmap_files
    ),
    "colmap_lens_texts": Reader(
        "cameras.txt",
        (read_cameras,),
        corpus.colmap("cameras.txt"),
        changed_text,
        corpus.colmap_files,
    ),
    "colmap_pose_texts": Reader(
        "images.txt",
        (read_cameras,),
        corpus.colmap("images.txt"),
        changed_text,
        corpus.colmap_files,
    ),
    "transform": Reader("transform.json", (read_transform,), corpus.transforms, changed_json),
    "pack": Reader("scene.pack", (load_pack,), corpus.packs, changed_pack),
    "trace": Reader("trace.json", (load_trace,), corpus.traces, changed_json),
    "config": Reader("config.toml", (_config,), corpus.configs, changed_text),
    "dram": Reader("dram.toml", (_dram,), corpus.drams, changed_text),
    "gpu": Reader("gpu.toml", (machine_in,), corpus.gpus, changed_text),
    "activity": Reader("activity.json", (read_activity,), corpus.activities, changed_json),
    "liberty": Reader("cells.lib", LIBRARY, corpus.libraries, changed_text),
    "liberty_gzip": Reader("cells.lib.gz", LIBRARY, corpus.packed_libraries, changed_gzip),
    "picture": Reader("photo.png", (image_size_px, read_image), corpus.pictures),
    "sweep": Reader("sweep.csv", (SweepTable,), corpus.tables, changed_text),
}
