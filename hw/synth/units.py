"""What can be synthesised alone: the presets, and the components that they are made of."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from golden.errors import InputError
from golden.params import Parameters
from hw.accelerator import queue_beats
from hw.bus.read_master import ReadMaster
from hw.bus.write_master import WriteMaster
from hw.generate import verilog_text
from hw.host.registers import Registers
from hw.package.presets import PRESETS, preset_with
from hw.stages.cluster_cull.ball_outside import BallOutside
from hw.stages.cluster_cull.camera_transform import CameraTransform
from hw.stages.cluster_cull.plane_outside import NearOutside
from hw.stages.color.color import Color
from hw.stages.color.direction import Direction
from hw.stages.color.shade import Shade
from hw.stages.depth_sort.depth_sort import DepthSort
from hw.stages.gaussian_fetch.gaussian_fetch import GaussianFetch
from hw.stages.gaussian_project.conic import Conic
from hw.stages.gaussian_project.cover import Cover
from hw.stages.gaussian_project.place import Place
from hw.stages.gaussian_project.screen_shape import ScreenShape
from hw.stages.rasterize.rasterize import Rasterize
from hw.stages.tile_bin.tile_bin import TileBin
from hw.synth.devices import LARGE, SMALL, Part


def _color(cycles: int) -> Callable:
    """color with a splat every so many cycles."""
    return lambda params: Color(replace(params, color_cycles=cycles))


WRITE_QUEUE_BEATS = (128, 128)  # of the write master alone: lists, picture
COMPONENTS: dict[str, Callable] = {
    "read_master": lambda params: ReadMaster(params, queue_beats(params)),
    "write_master": lambda params: WriteMaster(params, WRITE_QUEUE_BEATS),
    "registers": Registers,
    "fetch": GaussianFetch,
    "camera_transform": CameraTransform,
    "near_outside": NearOutside,
    "ball_outside": BallOutside,
    "place": Place,
    "screen_shape": ScreenShape,
    "conic": Conic,
    "cover": Cover,
    **{f"color_{n}": _color(n) for n in (1, 2, 4, 8)},
    "color_direction": lambda params: Direction(params, 4),
    "color_shade": lambda params: Shade(params, 4),
    "tile_bin": TileBin,
    "depth_sort": DepthSort,
    "rasterize": lambda _: Rasterize(PRESETS["render"].params),
}
# Stage whose component a unit is, where the names differ.
STAGE_OF_UNIT = {
    "cull": "cluster_cull",
    "color": "color",
    "fetch": "gaussian_fetch",
    "project": "gaussian_project",
    **{f"color_{n}": "color" for n in (1, 2, 4, 8)},
}
UNITS = (*PRESETS, *COMPONENTS)
# The seven stages of a build, in the order of the flow.
BUILD_UNITS = ("cull", "fetch", "project", "color", "tile_bin", "depth_sort", "rasterize")


@dataclass(frozen=True)
class Unit:
    """Verilog to be synthesised.

    Parameters
    ----------
    name : of UNITS. top : module name. text : Verilog.
    latency_cycles : of the unit, None where it has no one latency.
    part : that it is placed on. is_dense : it nearly fills that, and is mapped to be placed.
    """

    name: str
    top: str
    text: str
    latency_cycles: int | None
    part: Part
    is_dense: bool = False

    @property
    def verilog_sha256(self) -> str:
        """Hash of the Verilog: equal where two builds have the very same stage."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]


def build_parameters(build: str) -> Parameters:
    """Of a preset that draws and NAME=VALUE of each parameter that is another, in one text.

    Raises InputError where there is no such build, or it does not draw.
    """
    name, *changes = build.split() or [""]
    found = preset_with(name, changes)
    if not found.draws:
        raise InputError(f"{name} draws no picture: choose render or render_edge.")
    return found.params


def stage_unit(name: str, params: Parameters) -> Unit:
    """A stage of a build, of BUILD_UNITS; raises InputError where there is none of that name."""
    if name not in BUILD_UNITS:
        raise InputError(f"{name!r} is no stage of a build: choose {', '.join(BUILD_UNITS)}.")
    if name in PRESETS:
        design = PRESETS[name].make(params)
        return Unit(name, design.name, design.text, design.metadata.get("latency_cycles"), LARGE)
    made = {"color": Color, "rasterize": Rasterize}.get(name) or COMPONENTS[name]
    top = f"splatsieve_{name}"
    return Unit(name, top, verilog_text(made(params), top), None, LARGE)


def make_unit(name: str) -> Unit:
    """The Verilog of a unit; raises InputError where there is none of that name."""
    part = SMALL if name == "cull" else LARGE
    if name in PRESETS:
        preset = PRESETS[name]
        design = preset.make(preset.params)
        latency = design.metadata.get("latency_cycles")
        return Unit(name, design.name, design.text, latency, part, is_dense=preset.draws)
    if name not in COMPONENTS:
        raise InputError(f"unit {name!r} is not known: choose {', '.join(UNITS)}.")
    component = COMPONENTS[name](Parameters())
    top = f"splatsieve_{name}"
    text = verilog_text(component, top)
    return Unit(name, top, text, getattr(component, "latency_cycles", None), part)
