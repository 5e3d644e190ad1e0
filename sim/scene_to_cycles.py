"""A scene in, its picture and the cycles of the hardware out, in Python calls.

    uv run python -m sim.scene_to_cycles picture.png

Each step is what a command of `splatsieve` does: read, pack, cull, frame, render, psnr.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from golden.clustering.cluster import ClusterOptions
from golden.default_scene import default_cameras, default_scene
from golden.image import psnr_db, write_png
from golden.pack import build_pack
from golden.render import render
from golden.rules import GSPLAT
from golden.view import view_frame
from hw.package.presets import PRESETS
from sim.model.frame_clock.timing import frame_clock
from sim.model.memory import MemoryModel


def main(picture: Path) -> None:
    """Draws a small view of the default scene and says what it took."""
    # A scene is arrays; golden.scene_io.read_scene reads one from a file.
    scene = default_scene(count=20_000)
    camera = default_cameras(views=1, width=160, height=120)[0]
    print(f"{len(scene.means):,} Gaussians, {camera.width}x{camera.height} px")

    # Once a scene: clusters, and the tables that the hardware reads.
    pack = build_pack(scene, ClusterOptions(), GSPLAT, colors="narrow")
    print(f"{len(pack.clusters):,} clusters in {len(pack.groups):,} groups")

    # Once a view: each member of `frame` is a stage, worked out when it is first asked for.
    frame = view_frame(pack, camera, GSPLAT, PRESETS["render_edge"].params)
    visible = int(frame.levels.visible.sum())
    print(f"{visible:,} clusters visible, {len(frame.splats):,} splats of them")
    print(f"{frame.lists.entries:,} list entries")

    # The picture that the RTL draws, byte for byte, and how near it is to the float64 renderer.
    drawn = frame.picture[:, :, :3] / 255
    write_png(picture, drawn)
    exact = render(scene, camera, GSPLAT).image
    print(f"{psnr_db(drawn, np.clip(exact, 0, 1)):.1f} dB from the float64 picture")

    # Cycles and counters of that frame, equal to the RTL's, behind a memory of 100 cycles' latency.
    counters = frame_clock(frame, MemoryModel(latency_cycles=100)).counters
    print(f"{counters['frame_cycles']:,} cycles, {counters['bus_beats']:,} beats read")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
