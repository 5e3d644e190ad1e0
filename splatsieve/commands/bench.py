"""`splatsieve bench`: the studies behind the committed results, one command each."""

from __future__ import annotations

import typer

from splatsieve.commands.bench_frames import entries, memory, picture, widths
from splatsieve.commands.bench_scenes import clusters, color_widths, colors, pack

bench = typer.Typer(
    name="bench",
    help="Run a study behind the results: clusters, colours, entries, memory or widths.",
    rich_markup_mode="rich",
)
for study in (clusters, colors, color_widths, entries, picture, pack, memory, widths):
    bench.command(name=study.__name__.replace("_", "-"))(study)
