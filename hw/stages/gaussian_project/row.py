"""The row of stage 3, gaussian_project."""

from __future__ import annotations

from golden.stages.gaussian_project.constants import constant_formats
from hw.stages.gaussian_project.gaussian_project import GaussianProject
from hw.stages.stage import Counter, Link, Stage

GAUSSIAN_PROJECT = Stage(
    name="gaussian_project",
    phase="project",
    parts={"gaussian_project": GaussianProject},
    busy="a member is under way, or a splat of it waits",
    formats=constant_formats,
    counters={
        "members": Counter("members", "Gaussians projected"),
        "dropped_opacity": Counter(
            "dropped_opacity", "Gaussians dropped: they cannot reach alpha 1/255"
        ),
        "dropped_near": Counter("dropped_near", "Gaussians dropped: before the near plane"),
        "dropped_outside": Counter("dropped_outside", "Gaussians dropped: outside the picture"),
        "splats": Counter("splats", "splats passed on"),
        "project_starved_cycles": Counter(
            "starved_cycles", "frame cycles in which the projection was offered nothing"
        ),
        "project_stalled_cycles": Counter(
            "stalled_cycles", "frame cycles in which the projection could take nothing"
        ),
    },
    links=(Link("gaussian_project.i", "gaussian_fetch.o", held=True),),
    output="gaussian_project.o",
)
