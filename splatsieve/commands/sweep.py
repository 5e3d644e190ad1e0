"""`splatsieve sweep`: the cycle model over scenes, views and configurations, into one table."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from splatsieve.inputs import (
    AxesOption,
    CamerasOption,
    DetailOption,
    DropInvalidOption,
    JsonOption,
    SizeOption,
    TransformOption,
    ViewsOption,
)
from splatsieve.output import show_result

# Of its parameters: those that are files, and those whose option has another name.
PATHS = ("scenes", "output", "cameras", "config", "areas")
OPTIONS = {"output": "-o"}
TABLE, FIGURE, PACKS = "sweep.csv", "pareto.png", "packs"


def sweep(
    context: typer.Context,
    scenes: Annotated[
        list[str], typer.Argument(help="Scene files, or the word default; all seen by --cameras.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder, or a .csv file; its rows are kept.")
    ],
    cameras: CamerasOption = None,
    size: SizeOption = None,
    views: ViewsOption = None,
    config: Annotated[
        list[str] | None,
        typer.Option("--config", help="Configuration: a preset or a .toml; repeatable."),
    ] = None,
    lanes: Annotated[
        str | None, typer.Option("--lanes", help="Projection lanes, such as 1,2,4.")
    ] = None,
    bandwidth: Annotated[
        str | None, typer.Option("--bandwidth", help="Peak memory GB/s, such as 25.6,51.2.")
    ] = None,
    build: Annotated[
        list[str] | None,
        typer.Option(
            "--build",
            help="A parameter of the RTL and its values, such as raster_lanes=16,64; give it again "
            "for more.",
        ),
    ] = None,
    clusters: Annotated[
        str | None, typer.Option("--clusters", help="Clusters to aim at, such as 16384,65536.")
    ] = None,
    method: Annotated[str, typer.Option(help="Clustering: reach, paper or morton.")] = "reach",
    rules: Annotated[str, typer.Option(help="Rendering rules: inria or gsplat.")] = "inria",
    areas: Annotated[
        list[Path] | None,
        typer.Option(
            "--areas",
            help="stage_areas.json of splatsieve synth --build, repeatable: writes speed over area "
            "and energy as designs.md, designs.json and designs.png.",
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler",
            help="Address of a Dask scheduler, whose workers see the output folder and this code.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, help="Processes on this machine; by default one a core."),
    ] = None,
    transform: TransformOption = None,
    drop_invalid: DropInvalidOption = False,
    axes: AxesOption = None,
    detail: DetailOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the cycle model over scenes, views and configurations; resume where it stopped."""
    from golden.clustering.cluster import ClusterOptions
    from golden.errors import InputError
    from golden.rules import rules_named
    from hw.synth.stage_areas import load_stages
    from reports.designs import write_designs
    from reports.figures.sweep import sweep_points, write_sweep_figure
    from reports.measure.designs import design_points
    from sim.model.config import load_model_config
    from sim.sweeps.sweep import dask_cluster, local_cores, machines, run_jobs, scene_jobs
    from sim.sweeps.sweep_table import SweepTable
    from splatsieve.inputs import DEFAULT, cameras_of, need_cameras, numbers, scene_of
    from splatsieve.progress import track

    for scene in scenes:
        need_cameras(scene, DEFAULT, cameras)
    if cameras is not None and DEFAULT in scenes:
        raise InputError("the default scene has cameras of its own: sweep it without --cameras.")
    known = [stage for path in areas or [] for stage in load_stages(path)]
    chosen_rules = rules_named(rules)
    wanted = machines(
        [load_model_config(name) for name in config or ["edge"]],
        [int(value) for value in numbers(lanes, "--lanes", whole=True)],
        numbers(bandwidth, "--bandwidth"),
        [_values(text) for text in build or []],
    )
    if areas and not any(machine.config.is_clocked for machine in wanted):
        raise InputError("--areas compares builds: give a configuration that names one.")
    sizes = [int(value) for value in numbers(clusters, "--clusters", whole=True)]
    per_group: dict[str, Any] = (
        {"per_group": 0} if method == "paper" else {}
    )  # the paper has no groups
    aimed: list[int | None] = [*sizes] or [None]
    options = [ClusterOptions(cast(Any, method), number, **per_group) for number in aimed]
    chosen = cameras_of(cameras, size, views, transform)
    table_path = output if output.suffix == ".csv" else output / TABLE
    # Before any work: no scheduler may answer.
    with dask_cluster(scheduler) if scheduler is not None else local_cores(workers) as executor:
        table, packs = SweepTable(table_path), table_path.with_name(PACKS)
        kept = len(table.rows)
        jobs = [
            job
            for scene in track(scenes, "packing scenes")
            for job in scene_jobs(
                *(
                    scene_of(scene, drop_invalid, axes, detail),
                    Path(scene).name,
                    chosen,
                    chosen_rules,
                    options,
                    wanted,
                ),
                *(packs, table),
            )
        ]
        run_jobs(jobs, table, executor, lambda futures: track(futures, "modelling views"))
    table.sort()
    figure = table_path.with_name(FIGURE)
    write_sweep_figure(table.rows.values(), figure)
    points = sweep_points(table.rows.values())
    result = {
        "table": str(table_path),
        "figure": str(figure),
        "rows": len(table.rows),
        "rows_kept": kept,
        "rows_new": len(table.rows) - kept,
        "configurations": len({point.config for point in points}),
    }
    if areas:
        found = design_points(table.rows.values(), known)
        result |= write_designs(found, table_path.parent, _command(context))

    def text(_: dict[str, Any]) -> str:
        return (
            f"{result['rows']:,} rows, {result['rows_new']:,} of them new\n{table_path}\n{figure}\n"
            + "".join(f"{result[key]}\n" for key in ("designs", "designs_figure") if key in result)
            + f"packs are kept for the next run: {shlex.quote(str(packs))}"
        )

    show_result(context, result, as_json, text)


def _command(context: typer.Context) -> str:
    """The command, of each file and folder its name alone."""
    words = ["splatsieve", "sweep"]
    for name, value in context.params.items():
        values = value if isinstance(value, list | tuple) else [value]
        source = context.get_parameter_source(name)
        is_given = source is not None and source.name != "DEFAULT"
        for one in values if is_given and value is not None and name != "as_json" else []:
            shown = Path(one).name if name in PATHS else str(one)
            flag = [] if name == "scenes" else [OPTIONS.get(name, f"--{name}")]
            words += [*flag, shown]
    return shlex.join(words)


def _values(text: str) -> list[str]:
    """NAME=V1,V2 as NAME=V1 and NAME=V2; what is wrong in it, the parameters say."""
    name, _, values = text.partition("=")
    return [f"{name}={value}" for value in values.split(",")]
