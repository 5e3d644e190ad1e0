"""Figures of a pack: uv run python -m sim.model PACK --cameras FILE --size WxH."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import track

from golden.camera import parse_size, select_views
from golden.camera_io import read_cameras
from golden.errors import InputError
from golden.pack.file import load_pack
from golden.rules import rules_named
from sim.model.config import load_model_config
from sim.model.frame import FrameModel
from sim.model.views import modelled_views

FIGURES = (
    *("front_end_cycles", "front_end_color_cycles", "front_end_color_stored_cycles"),
    *("stream_cycles", "render_cycles", "frame_cycles", "steady_cycles", "bytes"),
)


def summary(culled: list[FrameModel], whole: list[FrameModel]) -> str:
    """Mean and largest of each figure with culling, the mean without, and their ratio."""
    lines = [f"{'figure':<30} {'mean':>12} {'largest':>12} {'no culling':>12} {'gain':>6}"]
    for name in FIGURES:
        on, off = ([getattr(frame, name) for frame in frames] for frames in (culled, whole))
        mean, mean_off = sum(on) / len(on), sum(off) / len(off)
        lines.append(
            f"{name:<30} {mean:12.0f} {max(on):12.0f} {mean_off:12.0f} {mean_off / mean:6.3f}"
        )
    parts = ("busy", "dram_stall", "upstream_stall", "downstream_stall", "idle")
    lines += ["", f"{'stage, mean cycles':<18}" + "".join(f"{part:>18}" for part in parts)]
    for number, stage in enumerate(culled[0].stages):
        values = (
            sum(getattr(frame.stages[number], f"{part}_cycles") for frame in culled) / len(culled)
            for part in parts
        )
        lines.append(f"{stage.name:<18}" + "".join(f"{value:18.0f}" for value in values))
    lines += ["", f"{'span':<24}{'DRAM cycles':>14}{'GB/s achieved':>15}{'row hits':>10}"]
    for span in culled[0].dram:
        runs = [frame.dram[span] for frame in culled]
        bursts = sum(run.hits + run.misses for run in runs)
        lines.append(
            f"{span:<24}{sum(f.dram_cycles[span] for f in culled) / len(culled):14.0f}"
            f"{sum(run.bytes for run in runs) / sum(run.time_ns for run in runs):15.1f}"
            f"{sum(run.hits for run in runs) / bursts:10.3f}"
        )
    return "\n".join(lines)


def main() -> None:
    """Models the chosen views with culling and without."""
    parser = argparse.ArgumentParser(prog="python -m sim.model", description="Cycles of frames.")
    parser.add_argument("pack", type=Path)
    parser.add_argument("--cameras", type=Path, required=True)
    parser.add_argument("--size", required=True)
    parser.add_argument("--rules", default="gsplat")
    parser.add_argument("--views", default=None)
    parser.add_argument("--config", default="edge")
    given = parser.parse_args()
    config, rules = load_model_config(given.config), rules_named(given.rules)
    pack = load_pack(given.pack)
    cameras = [
        camera.resized(*parse_size(given.size))
        for camera in select_views(read_cameras(given.cameras), given.views)
    ]
    frames = modelled_views(pack, cameras, rules, config, without=True)
    console = Console(stderr=True)
    shown = track(
        frames,
        "cycle model",
        total=len(cameras),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    views = list(shown)
    culled, whole = ([view[of].frame for view in views] for of in (0, 1))
    print(f"{config.name}: {config.description}; {len(culled)} views, {given.rules} rules")
    print(summary(culled, whole))


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
