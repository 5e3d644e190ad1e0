"""gsplat on a GPU against the float64 reference and the masks; skipped without CUDA and gsplat."""

from __future__ import annotations

import numpy as np
import pytest

from golden.camera import Camera
from golden.culler import culler
from golden.default_scene import default_cameras, default_scene
from golden.image import psnr_db
from golden.render import render
from golden.rules import rules_named
from golden.stages.gaussian_project.reference import gaussian_project_reference

pytestmark = pytest.mark.slow
torch = pytest.importorskip("torch")
gsplat = pytest.importorskip("gsplat")
if not torch.cuda.is_available():
    pytest.skip("no CUDA device", allow_module_level=True)

SIZE = (480, 320)
MODES = {False: "classic", True: "antialiased"}


@pytest.fixture(scope="module")
def scene():
    """Small Gaussians, of which many are thinner than a pixel."""
    scene = default_scene(20_000)
    scene.scales[:] *= np.float32(0.5)
    return scene


@pytest.fixture(scope="module")
def cameras() -> list[Camera]:
    return [camera.resized(*SIZE) for camera in default_cameras()[:6:2]]


def matrices(cameras):
    focal = [[[c.fx, 0, c.cx], [0, c.fy, c.cy], [0, 0, 1]] for c in cameras]
    return np.stack([camera.viewmat for camera in cameras]), np.array(focal)


def drawn(scene, cameras, antialiased, keep=slice(None)):
    """Pictures, alphas and radii of gsplat."""
    parts = (scene.means, scene.quats, scene.scales, scene.opacities, scene.sh)
    views, focal = matrices(cameras)
    picture, alpha, more = gsplat.rasterization(
        *(torch.tensor(part[keep], device="cuda") for part in parts),
        torch.tensor(views, dtype=torch.float32, device="cuda"),
        torch.tensor(focal, dtype=torch.float32, device="cuda"),
        *SIZE,
        sh_degree=scene.sh_degree,
        packed=False,
        rasterize_mode=MODES[antialiased],
    )
    return picture.cpu().numpy(), alpha.cpu().numpy(), more["radii"].cpu().numpy()


@pytest.mark.parametrize("antialiased", MODES, ids=MODES.values())
def test_the_reference_is_gsplat(scene, cameras, antialiased):
    """What is emitted, radii but for a few of float32's rounding, and the picture, to 100 dB."""
    rules = rules_named("gsplat", antialiased)
    pictures, _, radii = drawn(scene, cameras, antialiased)
    for camera, picture, radius in zip(cameras, pictures, radii, strict=True):
        splats = gaussian_project_reference(scene, camera, rules)
        np.testing.assert_array_equal(np.flatnonzero((radius > 0).all(axis=1)), splats.index)
        assert (radius[splats.index] != splats.radius_px).any(axis=1).sum() < 5
        assert psnr_db(picture, render(scene, camera, rules).image) > 100
        other = rules_named("gsplat", not antialiased)
        assert psnr_db(picture, render(scene, camera, other).image) < 50


@pytest.mark.parametrize("antialiased", MODES, ids=MODES.values())
@pytest.mark.parametrize("by", ["cluster", "gaussian"])
def test_what_the_masks_leave_is_the_same_picture(scene, cameras, antialiased, by):
    ready = culler(scene.means, scene.quats, scene.scales, scene.opacities)
    masks = ready.masks(*matrices(cameras), *SIZE, by=by)
    for camera, mask in zip(cameras, masks, strict=True):
        assert 0 < mask.sum() < len(scene) / 2
        whole = drawn(scene, [camera], antialiased)
        kept = drawn(scene, [camera], antialiased, mask)
        np.testing.assert_array_equal(kept[0], whole[0])
        np.testing.assert_array_equal(kept[1], whole[1])
