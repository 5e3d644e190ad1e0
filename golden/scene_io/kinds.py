"""PLY files that are nearly scenes of Gaussians, or scenes of another kind: told by their names."""

from __future__ import annotations

from golden.errors import InputError
from golden.scene_io.ply_elements import PlyFile

# Properties by which other kinds of scene are known; drawn as Gaussians they would show another
# picture.
OTHERS = {
    "f_anchor_feat_0": "anchors of Scaffold-GS, whose Gaussians a network makes for each view",
    "f_offset_0": "anchors of Scaffold-GS, whose Gaussians a network makes for each view",
    "trbf_center": "Gaussians that move in time (Spacetime Gaussians)",
    "motion_0": "Gaussians that move in time",
    "scale_t": "Gaussians that move in time (4D Gaussians)",
    "rot_r_0": "Gaussians that move in time (4D Gaussians)",
    "codebook_idx_0": "Gaussians whose values stand in a codebook",
    "f_dc_idx": "Gaussians whose values stand in a codebook",
    "rot_4": "Gaussians with more than a rotation",
}


def refuse_other_kinds(ply: PlyFile) -> None:
    """Raises InputError, saying what it holds, where a PLY file is another kind of scene."""
    for prop, what in OTHERS.items():
        if ply.has("vertex", prop):
            raise InputError(
                f"{ply.name} holds {what} (property {prop}): export it as plain 3D Gaussians."
            )
    if "codebook_centers" in ply.elements:
        raise InputError(
            f"{ply.name} holds Gaussians whose values stand in a codebook (element "
            "codebook_centers): export it as plain 3D Gaussians."
        )
    shapes = [prop for prop in ("scale_0", "rot_0", "opacity") if not ply.has("vertex", prop)]
    if len(shapes) == 3 and ply.has("vertex", "x"):
        mesh = "a mesh" if "face" in ply.names else "a point cloud"
        raise InputError(
            f"{ply.name} is {mesh}: its vertices have no scale_0, rot_0 and opacity, which "
            "Gaussians need: train a scene and give that."
        )
