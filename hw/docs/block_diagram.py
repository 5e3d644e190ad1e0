"""The accelerator's block diagram (blocks.svg): one description of boxes and streams, drawn."""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape

from golden.params import Parameters
from golden.records import SPLAT_DTYPE
from hw.accelerator import queue_beats
from hw.bus.read_master import ReadMaster
from hw.bus.record_stream import RecordStream
from hw.frame.frame_control import FrameControl
from hw.frame.frame_counters import FrameCounters
from hw.frame.header_check import HeaderCheck
from hw.frame.splat_packer import SplatPacker
from hw.host.registers import Registers
from hw.stages.cluster_cull.cluster_cull import ClusterCull
from hw.stages.cluster_cull.cluster_reader import ClusterReader
from hw.stages.gaussian_fetch.gaussian_fetch import GaussianFetch
from hw.stages.gaussian_project.gaussian_project import GaussianProject
from hw.unused import unused_components

BLOCKS = "blocks.svg"
WIDTH, HEIGHT, BOX_WIDTH, BOX_HEIGHT = 1240, 500, 190, 66
STAGE, PLAIN, PORT = "#dcebdc", "#e9edf2", "#ffffff"


@dataclass(frozen=True)
class Box:
    """A component or a port.

    Parameters
    ----------
    instance : its name in the hierarchy below the top; of a port, the prefix of its signals.
    title : name of the component's class; of a port, its protocol.
    facts : lines below. x, y : left upper corner, pixels. fill : colour. height : pixels.
    """

    instance: str
    title: str
    facts: tuple[str, ...]
    x: int
    y: int
    fill: str = PLAIN
    height: int = BOX_HEIGHT


@dataclass(frozen=True)
class Arrow:
    """A stream along points; label beside `at`; both: heads at both ends."""

    points: tuple[tuple[int, int], ...]
    label: str = ""
    at: tuple[int, int] = (0, 0)
    both: bool = False


def boxes(params: Parameters) -> tuple[Box, ...]:
    """All components of the top and its ports, with what the parameters make of them."""
    with unused_components():
        cull_cycles = ClusterCull(params).latency_cycles
        project_cycles = GaussianProject(params).latency_cycles
    read = f"{params.outstanding_bursts} bursts", f"of {params.burst_beats} beats at most"
    queues = "queues of " + ", ".join(map(str, queue_beats(params))), "beats, top to bottom"
    inner = "accelerator."
    return (
        Box("s_axil", "AXI4-Lite", ("32 bits",), 10, 30, PORT),
        Box("irq", "level", (), 10, 112, PORT, 44),
        Box("m_axi", "AXI4, reads only", (f"{params.data_bits} bits",), 10, 300, PORT),
        Box("m_axis_splat", "AXI4-Stream", ("tlast ends a frame",), 1040, 410, PORT),
        Box("registers", Registers.__name__, ("constants, counters",), 270, 30),
        Box(f"{inner}control", FrameControl.__name__, ("two frames at most",), 530, 30),
        Box(f"{inner}counters", FrameCounters.__name__, ("of the last frame",), 790, 30),
        Box(f"{inner}reader", ReadMaster.__name__, (*read, *queues), 270, 190, PLAIN, 286),
        Box(f"{inner}records", RecordStream.__name__, ("beats to records",), 530, 190),
        Box(f"{inner}header", HeaderCheck.__name__, ("magic, version, tables",), 790, 150),
        Box(f"{inner}cluster_reader", ClusterReader.__name__, ("runs of clusters",), 530, 300),
        Box(
            f"{inner}cluster_cull",
            ClusterCull.__name__,
            (f"1 test {_every(params.cull_cycles)}, latency {cull_cycles}",),
            790,
            270,
            STAGE,
        ),
        Box(f"{inner}gaussian_fetch", GaussianFetch.__name__, ("runs merged",), 530, 410, STAGE),
        Box(
            f"{inner}gaussian_project",
            GaussianProject.__name__,
            (f"{params.lanes} a cycle, latency {project_cycles}",),
            790,
            410,
            STAGE,
        ),
        Box(f"{inner}packer", SplatPacker.__name__, (_beat(params),), 1040, 290),
    )


def _every(cycles: int) -> str:
    return "a cycle" if cycles == 1 else f"in {cycles} cycles"


def _beat(params: Parameters) -> str:
    return f"{params.lanes} x {SPLAT_DTYPE.itemsize} bytes a beat"


ARROWS = (
    Arrow(((200, 63), (270, 63)), both=True),
    Arrow(((270, 84), (235, 84), (235, 134), (200, 134))),
    Arrow(((460, 63), (530, 63)), "start", (470, 57)),
    Arrow(((720, 63), (790, 63)), "course", (730, 57)),
    Arrow(((885, 30), (885, 14), (365, 14), (365, 30)), "counters", (600, 10)),
    Arrow(((560, 96), (560, 140), (365, 140), (365, 190)), "header, groups", (380, 134)),
    Arrow(((790, 175), (690, 175), (690, 96)), "checked", (696, 168)),
    Arrow(((200, 333), (270, 333)), both=True),
    Arrow(((460, 223), (530, 223)), "beats", (470, 217)),
    Arrow(((720, 205), (790, 205)), "header", (730, 199)),
    Arrow(((720, 240), (755, 240), (755, 283), (790, 283)), "groups", (760, 254)),
    Arrow(((460, 333), (530, 333)), "reads", (470, 327), both=True),
    Arrow(((790, 313), (720, 313)), "runs", (738, 308)),
    Arrow(((720, 355), (755, 355), (755, 328), (790, 328)), "clusters", (726, 370)),
    Arrow(((885, 336), (885, 385), (625, 385), (625, 410)), "visible clusters", (770, 399)),
    Arrow(((460, 443), (530, 443)), "reads", (470, 437), both=True),
    Arrow(((720, 443), (790, 443)), "Gaussians", (724, 437)),
    Arrow(((980, 443), (1010, 443), (1010, 323), (1040, 323)), "splats", (986, 317)),
    Arrow(((1135, 356), (1135, 410))),
)


def blocks_svg(params: Parameters) -> str:
    """The diagram as SVG text."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
    ]
    for arrow in ARROWS:
        lines += _arrow(arrow)
    for box in boxes(params):
        lines += _box(box)
    return "\n".join([*lines, "</svg>"]) + "\n"


def _box(box: Box) -> list[str]:
    """Its frame, and a line each for class, instance and facts."""
    middle = box.x + BOX_WIDTH // 2
    lines = [
        f'<rect x="{box.x}" y="{box.y}" width="{BOX_WIDTH}" height="{box.height}" rx="5" '
        f'fill="{box.fill}" stroke="#40506a"/>'
    ]
    rows = [(box.title, 'font-weight="bold"'), (box.instance.split(".")[-1], 'fill="#40506a"')]
    rows += [(fact, 'font-size="11" fill="#404040"') for fact in box.facts]
    for row, (text, style) in enumerate(rows):
        place = f'x="{middle}" y="{box.y + 20 + 18 * row}" text-anchor="middle"'
        lines += [f"<text {place} {style}>{escape(text)}</text>"] * bool(text)
    return lines


def _arrow(arrow: Arrow) -> list[str]:
    points = " ".join(f"{x},{y}" for x, y in arrow.points)
    lines = [f'<polyline points="{points}" fill="none" stroke="#303030" stroke-width="1.4"/>']
    lines.append(_head(arrow.points[-2], arrow.points[-1]))
    if arrow.both:
        lines.append(_head(arrow.points[1], arrow.points[0]))
    if arrow.label:
        x, y = arrow.at
        lines.append(f'<text x="{x}" y="{y}" font-size="11">{escape(arrow.label)}</text>')
    return lines


def _head(start: tuple[int, int], end: tuple[int, int]) -> str:
    """A triangle at the end of a line along an axis."""
    dx, dy = ((b > a) - (b < a) for a, b in zip(start, end, strict=True))
    back = end[0] - 9 * dx, end[1] - 9 * dy
    sides = ((back[0] + 4 * s * dy, back[1] + 4 * s * dx) for s in (1, -1))
    points = " ".join(f"{x},{y}" for x, y in (end, *sides))
    return f'<polygon points="{points}" fill="#303030"/>'
