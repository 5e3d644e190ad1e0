"""`splatsieve pack`: clusters a scene and writes the tables that the hardware reads."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from splatsieve.inputs import AxesOption, DetailOption, DropInvalidOption, JsonOption, SceneArgument
from splatsieve.output import show_result


def pack(
    context: typer.Context,
    scene: SceneArgument,
    output: Annotated[Path, typer.Option("-o", "--output", help="Pack file to write.")],
    method: Annotated[
        str,
        typer.Option(
            metavar="paper|reach|morton",
            help="paper: K-means on position. reach: K-means on position and size. "
            "morton: runs along a space-filling curve.",
        ),
    ] = "reach",
    clusters: Annotated[
        int | None,
        typer.Option(
            help="Clusters to aim at; by default one per 98 Gaussians (paper), 25 (reach) or "
            "32 (morton)."
        ),
    ] = None,
    radius: Annotated[
        str,
        typer.Option(
            metavar="safe|3sigma", help="safe: loses nothing. 3sigma: the paper's, which can."
        ),
    ] = "safe",
    rules: Annotated[str, typer.Option(metavar="inria|gsplat", help="Rendering rules.")] = "inria",
    per_group: Annotated[
        int, typer.Option(help="Target number of clusters in a group; 0 puts all in one group.")
    ] = 24,
    colors: Annotated[
        str,
        typer.Option(
            metavar="float16|narrow",
            help="float16: as trained. narrow: 32 bytes a Gaussian, up to degree 3.",
        ),
    ] = "float16",
    seed: Annotated[int, typer.Option(help="Seed of the K-means start.")] = 0,
    drop_invalid: DropInvalidOption = False,
    axes: AxesOption = None,
    detail: DetailOption = None,
    as_json: JsonOption = False,
) -> None:
    """Cluster a scene in two levels and pack it for the hardware."""
    from golden.clustering.cluster import ClusterOptions, cluster_gaussians
    from golden.pack import pack_clusters
    from golden.pack.colors import check_degree, color_format_named
    from golden.pack.file import save_pack
    from golden.params import Parameters
    from golden.rules import rules_named
    from splatsieve.inputs import check_output, scene_of
    from splatsieve.progress import track

    options = ClusterOptions(
        method=method,  # type: ignore[arg-type]
        clusters=clusters,
        radius=radius,  # type: ignore[arg-type]
        seed=seed,
        per_group=per_group,
    )
    chosen, params, painted = rules_named(rules), Parameters(), color_format_named(colors)
    check_output(output, scene=scene)
    seconds: dict[str, float] = {}
    start = time.perf_counter()

    def lap(step: str) -> None:
        seconds[f"{step}_s"] = round(time.perf_counter() - start - sum(seconds.values()), 3)

    gaussians = scene_of(scene, drop_invalid, axes, detail, knows_antialiased=True)
    check_degree(gaussians, painted)
    lap("read")
    clustering = cluster_gaussians(gaussians, options, track, params.count.max_int)
    lap("cluster")
    packed = pack_clusters(gaussians, clustering, options, chosen, params, track, painted)
    lap("tables")
    save_pack(packed, output)
    lap("write")

    counts = packed.clusters["count"]
    never_culled = packed.clusters["radius_high"] == params.radius.max_int
    report: dict[str, Any] = {
        "scene": packed.meta.scene,
        "scene_sha256": packed.meta.scene_sha256,
        "method": packed.meta.method,
        "radius": packed.meta.radius,
        "rules": packed.meta.rules,
        "antialiased": packed.meta.antialiased,
        "seed": packed.meta.seed,
        "gaussians": packed.meta.gaussians,
        "clusters": packed.meta.clusters,
        "mean_cluster_gaussians": round(float(counts.mean()), 2),
        "largest_cluster_gaussians": int(counts.max()),
        "groups": packed.meta.groups,
        "mean_group_clusters": round(packed.meta.clusters / packed.meta.groups, 2),
        "largest_group_clusters": int(packed.groups["count"].max()),
        "never_culled_clusters": int(never_culled.sum()),
        "grid_exponent": packed.meta.grid.exponent,
        "grid_unit_scene_units": 2.0**packed.meta.grid.exponent,
        "coarsest_unit_scene_units": 2.0
        ** (packed.meta.grid.exponent + int(packed.clusters["exponent"].max())),
        "origin": list(packed.meta.grid.origin),
        "group_table_bytes": packed.groups.nbytes,
        "cluster_table_bytes": packed.clusters.nbytes,
        "geometry_bytes": packed.geometry.nbytes,
        "colors": packed.meta.colors,
        "color_bytes": packed.colors.nbytes,
        "order_bytes": packed.order.nbytes,
        "file": str(output),
        "file_bytes": output.stat().st_size,
        **seconds,
    }
    show_result(context, report, as_json, _text)


def _text(report: dict[str, Any]) -> str:
    """The report as aligned lines for people."""
    never, moved = report["never_culled_clusters"], any(report["origin"])
    trained = ", trained with antialiasing" if report["antialiased"] else ""
    lines = {
        "scene": report["scene"] + trained,
        "clustering": f"{report['method']}, seed {report['seed']}",
        "radius": f"{report['radius']}, rules {report['rules']}",
        "Gaussians": f"{report['gaussians']:,}",
        "clusters": f"{report['clusters']:,}" + (f" ({never:,} never culled)" if never else ""),
        "a cluster": f"{report['mean_cluster_gaussians']:.1f} Gaussians in the mean, "
        f"{report['largest_cluster_gaussians']:,} at most",
        "groups": f"{report['groups']:,}",
        "a group": f"{report['mean_group_clusters']:.1f} clusters in the mean, "
        f"{report['largest_group_clusters']:,} at most",
        "grid": f"2^{report['grid_exponent']} = {report['grid_unit_scene_units']:.3g} scene units, "
        f"{report['coarsest_unit_scene_units']:.3g} in the farthest cluster",
        **({"origin": ", ".join(f"{x:.9g}" for x in report["origin"])} if moved else {}),
        "group table": f"{report['group_table_bytes']:,} bytes",
        "cluster table": f"{report['cluster_table_bytes']:,} bytes",
        "geometry": f"{report['geometry_bytes']:,} bytes",
        "colours": f"{report['color_bytes']:,} bytes, {report['colors']}",
        "order": f"{report['order_bytes']:,} bytes",
        "file": f"{report['file']}, {report['file_bytes']:,} bytes",
        "time": f"read {report['read_s']:.1f} s, cluster {report['cluster_s']:.1f} s, "
        f"tables {report['tables_s']:.1f} s, write {report['write_s']:.1f} s",
    }
    width = max(map(len, lines))
    return "\n".join(f"{name:<{width}}  {value}" for name, value in lines.items())
