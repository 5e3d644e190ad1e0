"""Culling as a library call: the masks of the command, any kind of array, the page's code."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from golden.camera import Camera
from golden.culler import Culler, culler
from golden.default_scene import default_cameras, default_scene
from golden.errors import InputError
from golden.pack.file import load_pack
from golden.render import render
from golden.rules import GSPLAT, INRIA
from golden.scene import Scene
from golden.scene_io import write_ply
from tests.cli.calls import call
from tests.cli.default_files import cameras_file

PAGE = Path(__file__).parents[2] / "golden" / "cull_arrays.md"
SIZE = (200, 132)
SHAPE = ("means", "quats", "scales", "opacities")


class Tensor:
    """What torch has of an array here: DLPack, rows, and moves between devices that do nothing."""

    device = "cpu"

    def __init__(self, values: np.ndarray) -> None:
        self.values = values
        self.shape = values.shape

    def __dlpack__(self, **options: object) -> object:
        return self.values.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.values.__dlpack_device__()

    def __getitem__(self, rows: object) -> Tensor:
        return Tensor(self.values[rows.values if isinstance(rows, Tensor) else rows])

    def __len__(self) -> int:
        return len(self.values)

    def detach(self) -> Tensor:
        return self

    def cpu(self) -> Tensor:
        return self

    def to(self, device: str) -> Tensor:
        return self


class OnDevice(Tensor):
    """A tensor that cannot be exported to the host."""

    def __dlpack__(self, **options: object) -> object:
        raise BufferError("cannot export a tensor of device cuda:0")


@pytest.fixture(scope="module")
def scene():
    return default_scene(3000)


@pytest.fixture(scope="module")
def cameras():
    return [camera.resized(*SIZE) for camera in default_cameras()[:6:2]]


@pytest.fixture(scope="module")
def ready(scene):
    return culler(*(getattr(scene, key) for key in SHAPE))


def matrices(cameras: list[Camera]) -> tuple[np.ndarray, np.ndarray]:
    """viewmats (C, 4, 4) and Ks (C, 3, 3)."""
    focal = [[[c.fx, 0, c.cx], [0, c.fy, c.cy], [0, 0, 1]] for c in cameras]
    return np.stack([camera.pose for camera in cameras]), np.array(focal)


@pytest.mark.parametrize(
    ("by", "rules"), [("cluster", INRIA), ("gaussian", GSPLAT)], ids=["cluster", "gaussian"]
)
def test_the_masks_are_those_of_the_command(tmp_path, scene, cameras, by, rules):
    write_ply(scene, tmp_path / "s.ply")
    call("pack", tmp_path / "s.ply", "-o", tmp_path / "s.pack", "--rules", rules.name)
    call(
        *("cull", tmp_path / "s.pack", "--size", "200x132", "--views", "0:6:2", "--stage", by),
        *("--masks", tmp_path / "masks.npz", "--cameras", cameras_file(tmp_path)),
    )
    stored = np.load(tmp_path / "masks.npz")
    wanted = np.unpackbits(stored["visible"], axis=1, count=len(scene)).astype(np.bool_)
    ours = culler(*(getattr(scene, key) for key in SHAPE), rules=rules.name)
    masks = ours.masks(*matrices(cameras), *SIZE, by=by)
    assert masks.dtype == np.bool_
    assert 0 < masks.sum() < masks.size
    np.testing.assert_array_equal(masks, wanted)
    loaded = Culler(load_pack(tmp_path / "s.pack"), rules)
    np.testing.assert_array_equal(loaded.masks(*matrices(cameras), *SIZE, by=by), wanted)


def test_arrays_of_every_kind_give_the_same(scene, cameras, ready):
    wanted = ready.masks(*matrices(cameras), *SIZE)
    views, focal = matrices(cameras)
    few = ready.masks(views[0].tolist(), focal[0].tolist(), *SIZE)
    np.testing.assert_array_equal(few, wanted[:1])
    np.testing.assert_array_equal(ready.masks(Tensor(views), Tensor(focal), *SIZE), wanted)
    parts = {key: getattr(scene, key) for key in SHAPE}
    parts["quats"] = 3 * parts["quats"]
    other = culler(*(Tensor(array.astype(np.float64)) for array in parts.values()))
    np.testing.assert_array_equal(other.masks(views, focal, *SIZE), wanted)


def test_the_code_of_the_page_gives_equal_pictures(monkeypatch, scene, cameras):
    """With the float64 reference in place of gsplat; colours are spherical harmonics."""
    torch, gsplat = ModuleType("torch"), ModuleType("gsplat")
    drawn: list[int] = []

    def rasterization(means, quats, scales, opacities, colors, viewmats, Ks, width, height):
        parts = [array.values for array in (means, scales, quats, opacities, colors)]
        k = Ks.values[0]
        camera = Camera("v", width, height, k[0, 0], k[1, 1], k[0, 2], k[1, 2], viewmats.values[0])
        drawn.append(len(means))
        return (render(Scene("s", *parts), camera, GSPLAT).image,)

    torch.from_numpy = Tensor
    gsplat.rasterization = rasterization
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "gsplat", gsplat)
    space: dict[str, object] = {}
    exec(re.search(r"```python\n(.*?)```", PAGE.read_text(), re.S)[1], space)
    splats = {key: Tensor(getattr(scene, key)) for key in SHAPE} | {"colors": Tensor(scene.sh)}
    pairs = space["draw_twice"](splats, *map(Tensor, matrices(cameras)), *SIZE)
    assert len(pairs) == len(cameras)
    for whole, culled in pairs:
        np.testing.assert_array_equal(whole, culled)
        assert np.ptp(whole) > 0.1
    assert all(
        kept < every == len(scene) for every, kept in zip(drawn[::2], drawn[1::2], strict=True)
    )


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"means": np.zeros((5, 2))}, "means has the shape (5, 2) where (any, 3) is needed"),
        ({"quats": np.ones((4, 4))}, "quats has the shape (4, 4) where (5, 4)"),
        ({"scales": np.ones(5)}, "scales has the shape (5,)"),
        ({"opacities": np.full(5, np.nan)}, "opacities of Gaussian 0 is not a finite number"),
        ({"opacities": np.full(5, 2.0)}, "opacities of Gaussian 0 is not in 0..1"),
        ({"scales": -np.ones((5, 3))}, "scales of Gaussian 0 is not greater than zero"),
        ({"quats": np.zeros((5, 4))}, "quats of Gaussian 0 is zero"),
        ({"means": OnDevice(np.zeros((5, 3)))}, "device cuda:0): give NumPy's, or a tensor of"),
        ({"means": ["a"] * 5}, "means cannot be read as an array"),
        ({"means": np.zeros((0, 3)), "quats": np.zeros((0, 4))}, "has the shape"),
    ],
)
def test_arrays_that_cannot_be(change, what):
    parts = {
        "means": np.arange(15.0).reshape(5, 3),
        "quats": np.ones((5, 4)),
        "scales": np.ones((5, 3)),
        "opacities": np.ones(5),
    }
    with pytest.raises(InputError) as caught:
        culler(**(parts | change))
    assert what in str(caught.value)
    assert str(caught.value).endswith(".")


def test_cameras_that_cannot_be(ready, cameras):
    views, focal = matrices(cameras)
    skewed = focal.copy()
    skewed[1, 0, 1] = 2
    for arguments, what in (
        ((views[:2], focal), "viewmats are of 2 views and Ks of 3"),
        ((views, skewed), "more than fx, fy, cx and cy"),
        ((views[:, :3], focal), "viewmats has the shape (3, 3, 4)"),
        ((2 * views, focal), "not a rigid motion"),
    ):
        with pytest.raises(InputError) as caught:
            ready.masks(*arguments, *SIZE)
        assert what in str(caught.value)
    with pytest.raises(InputError, match="size 0x132 px"):
        ready.masks(views, focal, 0, 132)
    with pytest.raises(InputError, match="choose cluster or gaussian"):
        ready.masks(views, focal, *SIZE, by="color")
