"""From a pack and its visible clusters to the members that gaussian_project takes, and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.cluster_cull import LevelsResult
from golden.gaussian_project import Splats
from golden.pack import Pack
from golden.params import Parameters
from golden.records import MEMBER_DTYPE


def visible_members(pack: Pack, culled: LevelsResult) -> NDArray[np.void]:
    """(N,) MEMBER_DTYPE of all Gaussians of the visible clusters, in pack order.

    Parameters
    ----------
    culled : outcome of the integer model of cluster_cull for this pack.
    """
    counts = pack.clusters["count"][culled.visible].astype(np.int64)
    chosen = np.flatnonzero(np.repeat(culled.visible, pack.clusters["count"]))
    members = np.zeros(len(chosen), dtype=MEMBER_DTYPE)
    members["geometry"] = pack.geometry[chosen]
    members["index"] = chosen
    members["center_camera"] = np.repeat(culled.center_camera[culled.visible], counts, axis=0)
    members["member_exponent"] = np.repeat(pack.clusters["member_exponent"][culled.visible], counts)
    return members


def decode_splats(splats: NDArray[np.void], pack: Pack, params: Parameters) -> Splats:
    """The integer splats as numbers, in the order of the scene, as the float stages take them."""
    index = pack.order[splats["index"]].astype(np.int32)
    order = np.argsort(index, kind="stable")
    rows = splats[order]
    unit = pack.meta.grid_exponent - params.length_fraction_bits
    return Splats(
        index=index[order],
        mean2d=np.ldexp(rows["mean2d"].astype(np.float64), -params.screen_fraction_bits),
        conic=np.ldexp(rows["conic"].astype(np.float64), rows["conic_exponent"][:, None]),
        depth=np.ldexp(rows["depth"].astype(np.float64), unit),
        opacity=rows["opacity"] / 65535.0,
        radius_px=rows["extent"].astype(np.int32),
        tile_rect=rows["tile_rect"].astype(np.int32),
    )
