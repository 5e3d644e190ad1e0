"""The integer model of gaussian_fetch: visible clusters in, their members out, in pack order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.pack import Pack
from golden.records import MEMBER_DTYPE, VISIBLE_DTYPE
from golden.stages.cluster_cull.constants import LEAST_MEMBER_EXPONENT, MAX_APART
from golden.stages.cluster_cull.result import LevelsResult


def visible_records(clusters: NDArray[np.void], culled: LevelsResult) -> NDArray[np.void]:
    """(V,) VISIBLE_DTYPE, what cluster_cull sends on, in pack order.

    Centres and offsets count the coarser one of the cluster's and of the frame's unit.

    Parameters
    ----------
    clusters : (M,) CLUSTER_DTYPE.
    culled : outcome of the integer model of cluster_cull for them.
    """
    visible = np.zeros(int(culled.visible.sum()), dtype=VISIBLE_DTYPE)
    visible["center_camera"] = culled.center_camera[culled.visible]
    for name in ("base", "count"):
        visible[name] = clusters[name][culled.visible]
    apart = culled.apart[culled.visible]
    own = clusters["member_exponent"][culled.visible] - np.clip(-apart, 0, MAX_APART)
    visible["member_exponent"] = np.maximum(own, LEAST_MEMBER_EXPONENT)
    visible["exponent"] = np.maximum(apart, 0)
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
    for name in ("member_exponent", "exponent"):
        members[name] = np.repeat(visible[name], counts)
    return members


def gaussian_fetch(pack: Pack, culled: LevelsResult) -> NDArray[np.void]:
    """(N,) MEMBER_DTYPE of all Gaussians of the visible clusters, in pack order.

    Parameters
    ----------
    culled : outcome of the integer model of cluster_cull for this pack.
    """
    return members_of(pack, visible_records(pack.clusters, culled))
