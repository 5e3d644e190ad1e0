"""From a pack and its visible clusters to the members that gaussian_project takes, and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.cluster_cull import LevelsResult
from golden.gaussian_project import Splats
from golden.pack import Pack
from golden.params import Parameters
from golden.records import MEMBER_DTYPE, VISIBLE_DTYPE


def visible_records(pack: Pack, culled: LevelsResult) -> NDArray[np.void]:
    """(V,) VISIBLE_DTYPE, what cluster_cull sends on, in pack order.

    Parameters
    ----------
    culled : outcome of the integer model of cluster_cull for this pack.
    """
    visible = np.zeros(int(culled.visible.sum()), dtype=VISIBLE_DTYPE)
    visible["center_camera"] = culled.center_camera[culled.visible]
    for name in ("base", "count", "member_exponent"):
        visible[name] = pack.clusters[name][culled.visible]
    return visible


def members_of(pack: Pack, visible: NDArray[np.void]) -> NDArray[np.void]:
    """(N,) MEMBER_DTYPE of all Gaussians of the clusters, in the order of the clusters.

    Parameters
    ----------
    visible : (V,) VISIBLE_DTYPE.

    Raises ValueError where a cluster reaches beyond the pack.
    """
    counts = visible["count"].astype(np.int64)
    bases = visible["base"].astype(np.int64)
    if (bases + counts > len(pack)).any():
        raise ValueError(f"a visible cluster reaches beyond the pack's {len(pack)} Gaussians.")
    firsts = np.cumsum(counts) - counts
    chosen = np.arange(int(counts.sum())) + np.repeat(bases - firsts, counts)
    members = np.zeros(len(chosen), dtype=MEMBER_DTYPE)
    members["geometry"] = pack.geometry[chosen]
    members["index"] = chosen
    members["center_camera"] = np.repeat(visible["center_camera"], counts, axis=0)
    members["member_exponent"] = np.repeat(visible["member_exponent"], counts)
    return members


def visible_members(pack: Pack, culled: LevelsResult) -> NDArray[np.void]:
    """(N,) MEMBER_DTYPE of all Gaussians of the visible clusters, in pack order.

    Parameters
    ----------
    culled : outcome of the integer model of cluster_cull for this pack.
    """
    return members_of(pack, visible_records(pack, culled))


def decode_splats(splats: NDArray[np.void], pack: Pack, params: Parameters) -> Splats:
    """The integer splats as numbers, in the order of the scene, as the float stages take them."""
    index, rows = pack.order[splats["index"]].astype(np.int32), splats
    if (index[1:] < index[:-1]).any():
        order = np.argsort(index, kind="stable")
        index, rows = index[order], splats[order]
    unit = pack.meta.grid_exponent - params.length_fraction_bits
    # Powers of two: the products are exact.
    return Splats(
        index=index,
        mean2d=rows["mean2d"] * 2.0**-params.screen_fraction_bits,
        conic=rows["conic"] * np.ldexp(1.0, rows["conic_exponent"])[:, None],
        depth=rows["depth"] * 2.0**unit,
        opacity=rows["opacity"] / 65535.0,
        radius_px=rows["extent"].astype(np.int32),
        tile_rect=rows["tile_rect"].astype(np.int32),
    )
