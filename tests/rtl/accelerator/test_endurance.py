"""A thousand frames in a row on one accelerator, with errors, stops and resets between them.

`uv run pytest -n 0 -s -m slow tests/rtl/accelerator/test_endurance.py --frames 1000` takes as many.
"""

from __future__ import annotations

import gc
from pathlib import Path
from resource import getpagesize

import numpy as np
import pytest

from hw.host.status import StatusCode
from tests.rtl.accelerator.picture_board import PictureBoard
from tests.rtl.accelerator.picture_stimulus import cloud, drawn_pack, scenes
from tests.rtl.accelerator.random_frames import RandomFrames

pytestmark = pytest.mark.xdist_group("picture")

SHORT_FRAMES = 25
WARM_FRAMES = 200  # behind which all kernels are compiled and all caches full
LEAK_BYTES = 8 << 20  # by which the process may have grown since
KINDS = (
    *("good", "good", "good", "queue", "queue", "read", "write"),
    *("stop", "lists", "bins", "window", "reset"),
)
ENDS = {"DONE", "STOPPED", "BUS_SLAVE_ERROR", "WRITE_SLAVE_ERROR", "WRITE_OUTSIDE"}
STATM = Path("/proc/self/statm")


def pytest_generate_tests(metafunc):
    if "frames" in metafunc.fixturenames:
        many = metafunc.config.getoption("frames")
        metafunc.parametrize("frames", [SHORT_FRAMES, pytest.param(many, marks=pytest.mark.slow)])


@pytest.fixture(scope="module")
def packs():
    named = scenes()
    made = [cloud(), cloud(180, seed=5), *(named[name] for name in ("one", "needles", "walls"))]
    return [drawn_pack(scene) for scene in (*made, named["of five depths in a bin"])]


@pytest.fixture
def board(packs):
    with PictureBoard(packs) as made:
        yield made


def resident_bytes() -> int:
    """Of this process, in memory; 0 where the system does not say."""
    gc.collect()
    return int(STATM.read_text().split()[1]) * getpagesize() if STATM.is_file() else 0


def test_frame_after_frame(board, packs, frames):
    """Every good frame is right bit for bit, counters add up, and the process does not grow."""
    drawn, warm_bytes = RandomFrames(board, packs, np.random.default_rng(11)), 0
    for kind in KINDS:  # each at least once
        drawn.step((kind,))
    while drawn.begun < frames:
        drawn.step(KINDS)
        if not warm_bytes and drawn.begun >= WARM_FRAMES:
            warm_bytes = resident_bytes()
    assert {StatusCode.LISTS_FULL, StatusCode.TOO_MANY_BINS} < set(drawn.codes)
    assert frames < WARM_FRAMES or {code.name for code in drawn.codes} > ENDS
    assert drawn.checked > frames / 3
    grown = resident_bytes() - warm_bytes if warm_bytes else 0
    print(
        f"\n{drawn.begun} frames, {drawn.checked} pictures right, {drawn.stalled} frames behind a "
        f"memory that stalls; steps {dict(drawn.kinds)}; "
        f"ends { ({code.name: n for code, n in drawn.codes.items()}) }; "
        f"{warm_bytes / 2**20:.1f} MiB after {WARM_FRAMES} frames, {grown / 2**20:+.1f} MiB since"
    )
    assert grown < LEAK_BYTES
