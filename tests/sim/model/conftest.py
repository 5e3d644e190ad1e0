"""A small scene and a view of it, for frames that are clocked."""

from __future__ import annotations

import pytest

from golden.camera import Camera
from golden.default_scene import default_cameras, default_scene
from golden.pack import Pack
from tests.golden.pack.pack_cases import packed


@pytest.fixture(scope="module")
def pack() -> Pack:
    return packed(default_scene(5_000), "morton", 200, per_group=24)


@pytest.fixture(scope="module")
def camera() -> Camera:
    return default_cameras(24)[8].resized(160, 120)
