"""A small valid file of every kind of scene that is one file."""

from __future__ import annotations

from tests.golden.scene_io.gltf_scene_files import glb_file, glb_of_spz
from tests.golden.scene_io.ksplat_scene_files import ksplat_file
from tests.golden.scene_io.scene_files import (
    compressed_elements,
    inria_file,
    ply_file,
    random_scene,
    splat_file,
    spz4_file,
    spz_file,
)
from tests.golden.scene_io.sog_scene_files import sog_bundle

KINDS = {
    "ascii.ply": lambda scene: inria_file(scene, "ascii"),
    "little.ply": inria_file,
    "big.ply": lambda scene: inria_file(scene, "binary_big_endian"),
    "compressed.ply": lambda scene: ply_file(compressed_elements(scene)),
    "scene.splat": splat_file,
    "v1.spz": lambda scene: spz_file(scene, 1),
    "v2.spz": lambda scene: spz_file(scene, 2),
    "v3.spz": lambda scene: spz_file(scene, 3),
    "v4.spz": spz4_file,
    "v1.sog": lambda scene: sog_bundle(scene, 1),
    "v2.sog": sog_bundle,
    "level0.ksplat": lambda scene: ksplat_file(scene, 0),
    "level1.ksplat": lambda scene: ksplat_file(scene, 1),
    "level2.ksplat": lambda scene: ksplat_file(scene, 2),
    "plain.glb": glb_file,
    "spz.glb": glb_of_spz,
}


def whole_file(kind: str, count: int = 4, degree: int = 1) -> bytes:
    """A small valid file of a kind."""
    return KINDS[kind](random_scene(count, degree))
