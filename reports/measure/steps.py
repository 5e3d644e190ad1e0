"""The steps of a measurement, told one by one, each with what it found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from golden.pack import Pack
from reports.measure.coloring import Coloring
from reports.measure.culling import Culling
from reports.measure.pictures import Pictures
from reports.measure.projection import Projection
from reports.measure.subject import Subject
from sim.model.views import ModelledView


class Step(Protocol):
    """A block of work under a name; the lines that it appends say what it found."""

    def __call__(self, what: str, /) -> AbstractContextManager[list[str]]:
        """The block, and the list for its lines."""


@contextmanager
def untold(what: str, /) -> Iterator[list[str]]:
    """A Step that tells nothing."""
    yield []


def subject_line(subject: Subject) -> str:
    """Gaussians, views and rules."""
    width, height = subject.size_px
    return (
        f"{len(subject.scene):,} Gaussians, {len(subject.cameras)} views of {width}x{height} px, "
        f"rules {subject.rules.name}"
    )


def pack_line(pack: Pack) -> str:
    """Clusters of a pack."""
    return f"{pack.meta.clusters:,} clusters in {pack.meta.groups:,} groups"


def culling_line(culling: Culling) -> str:
    """What is excluded and lost, and the RTL where it was run."""
    views = culling.views
    excluded = 1 - sum(v.gaussians_visible for v in views) / (culling.gaussians * len(views))
    line = (
        f"{culling.method}: {100 * excluded:.1f} % of the Gaussians excluded, "
        f"{sum(v.lost for v in views):,} lost"
    )
    ran = [(v.rtl_mismatches, v.rtl_cycles) for v in views if v.rtl_cycles is not None]
    if not ran:
        return line
    return (
        f"{line}, {sum(differ or 0 for differ, _ in ran):,} RTL records differ from the model "
        f"({sum(cycles for _, cycles in ran):,} RTL cycles)"
    )


def projection_line(projection: Projection) -> str:
    """What is kept and lost, and the RTL where it was run."""
    views = projection.views
    ran = [view.accelerator for view in views if view.accelerator is not None]
    line = (
        f"{sum(v.splats for v in views):,} splats of {sum(v.members for v in views):,} Gaussians, "
        f"{sum(v.check.lost for v in views):,} lost"
    )
    if not ran:
        return line
    return (
        f"{line}; in {len(ran)} views {sum(v.rtl_mismatches or 0 for v in views):,} RTL splats "
        f"differ from the model ({sum(v.rtl_cycles or 0 for v in views):,} RTL cycles), and the "
        f"accelerator takes {sum(frame.counters['frame_cycles'] for frame in ran):,} cycles, "
        f"{sum(len(frame.differing) for frame in ran)} counters unlike their model"
    )


def coloring_line(coloring: Coloring) -> str:
    """What is cut, and the RTL where it was run."""
    views = coloring.views
    ran = [view.rtl for view in views if view.rtl is not None]
    line = (
        f"{sum(v.cut_above for v in views):,} of {sum(v.splats for v in views):,} splats have a "
        f"channel above 2, {sum(v.cut_below for v in views):,} one below 0"
    )
    if not ran:
        return line
    return (
        f"{line}; in {len(ran)} views {sum(run.mismatches for run in ran):,} RTL splats differ "
        f"from the model ({sum(run.cycles for run in ran):,} RTL cycles)"
    )


def picture_lines(pictures: Pictures) -> list[str]:
    """Pixels that culling changes."""
    return [f"{name}: {count:,} pixels differ" for name, count in pictures.differing_pixels.items()]


def cycle_lines(methods: Mapping[str, Sequence[ModelledView]]) -> list[str]:
    """Mean cycles of a frame by way of culling."""
    means = {
        name: sum(view.frame.frame_cycles for view in views) / len(views)
        for name, views in methods.items()
    }
    return [f"{name}: {mean:,.0f} cycles a frame" for name, mean in means.items()]
