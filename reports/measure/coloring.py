"""The colours of every view: by the integer model, checked against float64, and by the RTL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import tee

from golden.pack import Pack, with_colors
from golden.pack.color_record import MAX_DEGREE
from golden.pack.unpack import stored_colors
from golden.scene import Float32
from golden.stages.color.formats import COLOR
from golden.stages.color.reference import color_reference
from golden.stages.depth_sort.reference import depth_sort_reference
from golden.stages.gaussian_project.ewa import tile_grid
from golden.stages.rasterize.reference import rasterize_reference
from golden.stages.tile_bin.reference import tile_bin_reference
from golden.view import view_frame
from reports.measure.projection import spread
from reports.measure.subject import Subject, Track, silent
from sim.model.stages.color_timing import color_cycles
from sim.views.color import (
    BUILD,
    MEMORY_CYCLES,
    ColorAlone,
    ColorRtl,
    color_frames,
    color_views,
)
from sim.views.color_check import ColorCheck, check_colors


@dataclass(frozen=True)
class ViewColoring:
    """The colours of one view's splats.

    Parameters
    ----------
    splats : that have a colour.
    cut_above, cut_below : splats with a channel cut at the largest of the format, and at 0.
    largest : channel before it is cut, 1 is white.
    runs : of neighbouring records that the memory is asked for at once.
    model_cycles, model_is_exact : of color alone, by sim.model.stages.color_timing.
    check : against the float64 reference of the whole scene.
    rtl : of color alone; None where it was not run.
    """

    splats: int
    cut_above: int
    cut_below: int
    largest: float
    runs: int
    model_cycles: int
    model_is_exact: bool
    check: ColorCheck
    rtl: ColorRtl | None = None


@dataclass(frozen=True)
class Coloring:
    """The colours of every view with one pack.

    Parameters
    ----------
    method : of its clustering.
    views : one each.
    """

    method: str
    views: tuple[ViewColoring, ...]


def narrow_pack(subject: Subject, pack: Pack) -> Pack | None:
    """The pack with narrow colours; None where the scene's degree is more than these hold."""
    if subject.scene.sh_degree > MAX_DEGREE:
        return None
    return with_colors(pack, subject.scene, "narrow")


def measure_coloring(
    subject: Subject, pack: Pack, *, rtl_views: int, track: Track = silent
) -> Coloring:
    """Colours of every view by the integer model, checked; the RTL of color alone on some views.

    Parameters
    ----------
    pack : with narrow colours.
    rtl_views : number of views, evenly spaced, that the RTL runs.

    Raises InputError where a view does not fit the formats, or a tool is missing.
    """
    cameras, rules = subject.cameras, subject.rules
    chosen = spread(len(cameras), rtl_views)
    alone = ColorAlone(pack) if chosen else None
    frames, given = tee(view_frame(pack, camera, rules, BUILD) for camera in cameras)
    colored = color_frames(pack, given, rules, "integer")
    views = []
    shown = track(cameras, f"colours ({pack.meta.method})")
    for index, (camera, frame, found) in enumerate(zip(shown, frames, colored, strict=True)):
        timing = color_cycles(frame.splats["index"], BUILD, MEMORY_CYCLES)
        views.append(
            ViewColoring(
                splats=len(frame.splats),
                cut_above=found.cut_above,
                cut_below=found.cut_below,
                largest=float(frame.uncut_colors.max(initial=0)) / (1 << COLOR.fraction_bits),
                runs=timing.runs,
                model_cycles=timing.cycles,
                model_is_exact=timing.is_exact,
                check=check_colors(subject.scene, camera, found),
                rtl=alone.run(frame) if alone is not None and index in chosen else None,
            )
        )
    return Coloring(pack.meta.method, tuple(views))


def color_pictures(
    subject: Subject, pack: Pack, views: Sequence[int]
) -> Iterator[tuple[Float32, Float32]]:
    """Each of the views, in turn, blended in float64 from its integer splats: with integer colours,
    and with float64 colours of the same records, not cut.

    Parameters
    ----------
    pack : with narrow colours.
    """
    cameras, rules = [subject.cameras[view] for view in views], subject.rules
    scene = replace(subject.scene, sh=stored_colors(pack))
    for camera, frame in zip(cameras, color_views(pack, cameras, rules, "integer"), strict=True):
        splats = frame.projected.splats
        lists = depth_sort_reference(tile_bin_reference(splats, tile_grid(camera)), splats.depth)
        exact = color_reference(scene, camera, splats)
        integers, floats = (
            rasterize_reference(splats, colors, lists, camera, rules)[0]
            for colors in (frame.colors, exact)
        )
        yield integers, floats
