"""The pack: a clustered scene as the tables that the hardware reads, with what made them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from golden.clustering.cluster import Clustering, ClusterOptions, cluster_gaussians
from golden.clustering.kmeans import Progress, silent
from golden.errors import InputError
from golden.grid import Grid
from golden.numbers.fixed import Fixed
from golden.pack.colors import ColorFormat, check_degree, color_table
from golden.pack.tables import ball_tables, geometry_records
from golden.pack.units import pack_grid
from golden.params import Parameters
from golden.rules import Rules
from golden.scene import Scene

VERSION = 4


@dataclass(frozen=True)
class PackMeta:
    """What a pack was made of, and how.

    Parameters
    ----------
    method, radius, seed : as in golden.clustering.cluster.ClusterOptions.
    rules : name of the rule set that the pack was made for.
    grid : origin and finest unit.
    gaussians, clusters, groups : N, M and G.
    sh_degree : degree of the colours' spherical harmonics, 0 to 4.
    center_bits, radius_bits : widths of golden.params.Parameters that the table was made for;
        a radius of all ones in radius_bits says "never cull".
    colors : format of the colours, float16 or narrow.
    scene : name of the scene; scene_sha256 : its Scene.sha256().
    version : of the file format.
    antialiased : the scene's file says that it was trained with antialiasing.
    """

    method: str
    radius: str
    rules: str
    seed: int
    grid: Grid
    gaussians: int
    clusters: int
    groups: int
    sh_degree: int
    center_bits: int
    radius_bits: int
    scene: str
    scene_sha256: str
    version: int = VERSION
    colors: ColorFormat = "float16"
    antialiased: bool = False


@dataclass(frozen=True, eq=False)
class Pack:
    """A scene in cluster order, with two levels of balls to test.

    Parameters
    ----------
    meta : what it was made of.
    groups : (G,) golden.records.CLUSTER_DTYPE: radii over all Gaussians of the group, `base` its
        first cluster, `count` its clusters, `member_exponent` 0.
    clusters : (M,) golden.records.CLUSTER_DTYPE.
    geometry : (N,) golden.records.GEOMETRY_DTYPE.
    colors : (N, K, 3) float16, spherical harmonics, last axis R, G, B, cut to +-65504; or, where
        meta.colors is narrow, (N,) golden.records.COLOR_DTYPE.
    order : (N,) uint32, index in the scene's file of the i-th record; a permutation.
    """

    meta: PackMeta
    groups: NDArray[np.void]
    clusters: NDArray[np.void]
    geometry: NDArray[np.void]
    colors: NDArray[np.generic]
    order: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.geometry)


def build_pack(
    scene: Scene,
    options: ClusterOptions,
    rules: Rules,
    params: Parameters | None = None,
    progress: Progress = silent,
    colors: ColorFormat = "float16",
) -> Pack:
    """Clusters a scene and packs it; the same arguments give the same pack, bit for bit.

    Raises InputError where the scene does not fit the formats of `params` or of its colours.
    """
    check_degree(scene, colors)
    params = params or Parameters()
    clustering = cluster_gaussians(scene, options, progress, params.count.max_int)
    return pack_clusters(scene, clustering, options, rules, params, progress, colors)


def pack_clusters(
    scene: Scene,
    clustering: Clustering,
    options: ClusterOptions,
    rules: Rules,
    params: Parameters | None = None,
    progress: Progress = silent,
    colors: ColorFormat = "float16",
) -> Pack:
    """The pack of a scene that is clustered already; see build_pack.

    Each centre is rounded to the nearest unit of the ball, the finest power of two that holds it;
    all roundings of the radii go up (golden.pack.units, golden.pack.tables).
    """
    params = params or Parameters()
    grid = pack_grid(scene.means.astype(np.float64), params)
    geometry = geometry_records(scene, clustering.order, params)
    groups, clusters = ball_tables(scene, clustering, geometry, grid, options.radius, params)
    pack = Pack(
        meta=PackMeta(
            method=options.method,
            radius=options.radius,
            rules=rules.name,
            seed=options.seed,
            grid=grid,
            gaussians=len(scene),
            clusters=len(clusters),
            groups=len(groups),
            sh_degree=scene.sh_degree,
            center_bits=params.center_bits,
            radius_bits=params.radius_bits,
            scene=scene.name,
            scene_sha256=scene.sha256(),
            colors=colors,
            antialiased=scene.antialiased,
        ),
        groups=groups,
        clusters=clusters,
        geometry=geometry,
        colors=color_table(scene, clustering.order, colors, progress),
        order=clustering.order,
    )
    check_parameters(pack, params)
    return pack


def with_colors(pack: Pack, scene: Scene, colors: ColorFormat) -> Pack:
    """The same pack with its colours in another format.

    Parameters
    ----------
    scene : that it was made of.

    Raises InputError where the scene is another one, or its colours do not fit the format.
    """
    check_scene(pack, scene)
    table = color_table(scene, pack.order, colors)
    return replace(pack, meta=replace(pack.meta, colors=colors), colors=table)


def scene_mask(pack: Pack, visible_clusters: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(N,) bool in the order of the scene's file: the Gaussians of visible clusters.

    Parameters
    ----------
    visible_clusters : (M,) bool.

    Raises InputError on another shape or type.
    """
    if visible_clusters.shape != (pack.meta.clusters,) or visible_clusters.dtype != np.bool_:
        raise InputError(
            f"visible clusters are {visible_clusters.dtype} {visible_clusters.shape} where bool "
            f"({pack.meta.clusters},) is needed: cull with this pack's own table."
        )
    mask = np.empty(len(pack), dtype=np.bool_)
    mask[pack.order] = np.repeat(visible_clusters, pack.clusters["count"])
    return mask


def check_scene(pack: Pack, scene: Scene) -> None:
    """Raises InputError where a pack was not made of that scene."""
    if pack.meta.gaussians != len(scene):
        raise InputError(
            f"the pack of {pack.meta.scene} holds {pack.meta.gaussians} Gaussians and {scene.name} "
            f"{len(scene)}: pack the scene again."
        )
    if pack.meta.scene_sha256 != scene.sha256():
        raise InputError(
            f"the pack of {pack.meta.scene} was made of other values than {scene.name} holds: "
            "pack the scene again."
        )


def check_parameters(pack: Pack, params: Parameters) -> None:
    """Raises InputError where hardware of those parameters cannot read a pack."""
    made = (pack.meta.center_bits, pack.meta.radius_bits)
    if made != (params.center_bits, params.radius_bits):
        raise InputError(
            f"the pack of {pack.meta.scene} has {made[0]} bits a centre and {made[1]} a radius, "
            f"the hardware {params.center_bits} and {params.radius_bits}: pack the scene again."
        )
    if not params.base.contains(pack.meta.gaussians - 1):
        raise InputError(
            f"the pack of {pack.meta.scene} holds {pack.meta.gaussians} Gaussians, more than "
            f"{params.base_bits} bits count: raise base_bits."
        )
    for table, what, parts in (
        (pack.clusters, "cluster", "Gaussians"),
        (pack.groups, "group", "clusters"),
    ):
        largest = int(table["count"].max())
        if not params.count.contains(largest):
            raise InputError(
                f"the pack of {pack.meta.scene} has a {what} of {largest} {parts}, more than "
                f"{params.count_bits} bits count: pack for these parameters or raise count_bits."
            )
    factor = Fixed(True, params.factor_bits)
    widest = int(np.abs(pack.geometry["factor"].astype(np.int32)).max())
    if not factor.contains(widest):
        raise InputError(
            f"the pack of {pack.meta.scene} has a covariance factor of {widest}, more than "
            f"{params.factor_bits} signed bits hold: pack for these parameters or raise "
            "factor_bits."
        )
