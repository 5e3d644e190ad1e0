"""Where the meshes of a glTF file stand in its world: the tree of nodes, walked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from golden.scene_io.document import Entry

Float64 = NDArray[np.float64]
MAX_INDEX = 1 << 30


def placed_meshes(document: Entry) -> list[tuple[Entry, Float64]]:
    """Meshes of the file's scene and their (4, 4) transforms into its world, in order.

    The scene is the one that the file names, or its first; where there is none, every mesh stands
    as it is.

    Raises InputError where a node is reached twice, which a tree of nodes rules out.
    """
    if document.get("scenes") is None:
        return [(mesh, np.eye(4)) for mesh in document["meshes"]]
    chosen = document.get("scene")
    scene = document["scenes"][0 if chosen is None else chosen.whole(0, MAX_INDEX)]
    found: list[tuple[Entry, Float64]] = []
    seen: set[int] = set()
    waiting = [(root, np.eye(4)) for root in reversed(_list(scene, "nodes"))]
    while waiting:
        index, above = waiting.pop()
        if index in seen:
            raise document.error(f"its node {index} is reached twice")
        seen.add(index)
        node = document["nodes"][index]
        _refuse_instances(node)
        with np.errstate(all="ignore"):  # what is not finite is refused where it is used
            matrix = above @ _matrix(node)
        mesh = node.get("mesh")
        if mesh is not None:
            found.append((document["meshes"][mesh.whole(0, MAX_INDEX)], matrix))
        waiting.extend((child, matrix) for child in reversed(_list(node, "children")))
    return found


def _list(entry: Entry, key: str) -> list[int]:
    items = entry.get(key)
    return [] if items is None else [item.whole(0, MAX_INDEX) for item in items]


def _refuse_instances(node: Entry) -> None:
    extensions = node.get("extensions")
    if extensions is not None and extensions.get("EXT_mesh_gpu_instancing") is not None:
        raise node.error(f"{node.where} uses EXT_mesh_gpu_instancing, which is not read")


def _matrix(node: Entry) -> Float64:
    """Of a node in the one above it: its matrix, or translation, rotation and scale."""
    given = node.get("matrix")
    if given is not None:
        return given.numbers(16).reshape(4, 4).T
    matrix = np.eye(4)
    rotation, scale, shift = node.get("rotation"), node.get("scale"), node.get("translation")
    if rotation is not None:
        xyzw = rotation.numbers(4)
        if not np.linalg.norm(xyzw) > 0:
            raise node.error(f"{rotation.where} is no rotation")
        matrix[:3, :3] = Rotation.from_quat(xyzw).as_matrix()
    if scale is not None:
        matrix[:3, :3] *= scale.numbers(3)
    if shift is not None:
        matrix[:3, 3] = shift.numbers(3)
    return matrix
