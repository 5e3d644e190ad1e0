"""The row of stage 4, color."""

from __future__ import annotations

from golden.params import Parameters
from golden.stages.color.constants import constant_formats
from hw.stages.color.color import Color
from hw.stages.color.splat_serializer import SplatSerializer
from hw.stages.stage import Counter, Link, MemoryClient, Stage


def read_queue_entries(params: Parameters) -> int:
    """Entries of the read client's queue: four of the longest runs and more."""
    return max(128, 512 // params.color_cycles)


COLOR = Stage(
    name="color",
    phase="project",
    parts={"splat_serializer": SplatSerializer, "color": Color},
    busy="a splat waits for its colour, or for those before it",
    formats=constant_formats,
    counters={
        "color_runs": Counter("runs", "runs of colour records asked of the memory"),
        "color_starved_cycles": Counter(
            "starved_cycles", "frame cycles in which color was offered no splat"
        ),
        "color_stalled_cycles": Counter(
            "stalled_cycles", "frame cycles in which color could take no splat"
        ),
    },
    links=(
        Link("splat_serializer.i", "gaussian_project.o"),
        Link("color.i", "splat_serializer.o"),
    ),
    clients=(MemoryClient("color", "colors", read_queue_entries, bounded=False),),
    output="color.o",
)
