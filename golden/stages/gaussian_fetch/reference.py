"""The float64 reference of gaussian_fetch: which Gaussians are read, and where they lie.

The stage selects and rounds nothing of its own: index and geometry of a member are exact. What it
hands on that was rounded is its cluster's centre in camera space, q = R (C - P), of cluster_cull.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.pack import Pack
from golden.pack.unpack import stored_means
from golden.params import Parameters

Float64 = NDArray[np.float64]
# In last places: camera position and centre rounded, 1 together, sqrt(3) once rotated, and the
# rotated centre itself, 1/2.
ROUNDING = 3**0.5 + 0.5


@dataclass(frozen=True, eq=False)
class FetchedGaussians:
    """The Gaussians of the visible clusters, in pack order.

    Parameters
    ----------
    index : (N,) int64, in pack order, ascending.
    means : (N, 3) float64, world space, scene units, as the pack stores them.
    center_camera : (N, 3) float64, camera space, scene units: the centre of each one's cluster.
    """

    index: NDArray[np.int64]
    means: Float64
    center_camera: Float64

    def __len__(self) -> int:
        return len(self.index)


def gaussian_fetch_reference(
    pack: Pack, visible: NDArray[np.bool_], camera: Camera
) -> FetchedGaussians:
    """Gaussian i is read where its cluster is visible; q = R (C - P), both from the origin.

    Parameters
    ----------
    visible : (M,) bool, clusters of the pack.

    Raises ValueError where `visible` is of another length than the pack's clusters.
    """
    if visible.shape != (len(pack.clusters),):
        raise ValueError(f"{visible.shape} clusters are named where {len(pack.clusters)} are.")
    counts = pack.clusters["count"]
    index = np.flatnonzero(np.repeat(visible, counts))
    centers = _from_camera(pack, camera) @ camera.viewmat[:3, :3].T
    return FetchedGaussians(
        index=index,
        means=stored_means(pack)[index],
        center_camera=np.repeat(centers, counts, axis=0)[index],
    )


def center_bound(pack: Pack, camera: Camera, params: Parameters) -> Float64:
    """(M,) float64, scene units: what the integer model's centre may be off by on each axis.

    (sqrt(3) + 1/2 + 2^(1 - R) L) 2^(g + s - F), with R = rotation_fraction_bits, F =
    length_fraction_bits, s the larger exponent of the cluster's and of the frame's unit, and L the
    largest coordinate of C - P in last places. The rotation's three roundings are 1.5 2^-R
    together, and 2^(1 - R) where an entry of +1 is cut.

    Source: golden.stages.cluster_cull.integer.
    """
    grid = pack.meta.grid
    exponents = pack.clusters["exponent"].astype(np.int64)
    coarser = np.maximum(exponents, grid.camera_exponent(camera, params))
    last_place = np.ldexp(1.0, coarser + grid.exponent - params.length_fraction_bits)
    largest = np.abs(_from_camera(pack, camera)).max(axis=1)
    bound = ROUNDING * last_place + 2.0 ** (1 - params.rotation_fraction_bits) * largest
    return np.asarray(bound)


def _from_camera(pack: Pack, camera: Camera) -> Float64:
    """(M, 3) centres less the camera position, world axes, scene units."""
    grid = pack.meta.grid
    exponents = pack.clusters["exponent"].astype(np.int64) + grid.exponent
    world = np.ldexp(pack.clusters["center"].astype(np.float64), exponents[:, None])
    difference: Float64 = world - grid.position(camera)
    return difference
