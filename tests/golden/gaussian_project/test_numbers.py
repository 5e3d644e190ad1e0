"""Numbers of the integer model against the float64 reference, within the bounds of the README."""

from __future__ import annotations

import numpy as np
import pytest

from golden.clustering.cluster import ClusterOptions
from golden.rules import GSPLAT, INRIA
from golden.stages.gaussian_project.extent import margin
from golden.stages.gaussian_project.footprint import footprint
from golden.stages.gaussian_project.formats import FOOTPRINT_MARGIN, ProjectionFormats
from golden.stages.gaussian_project.place import place
from golden.stages.gaussian_project.reference import gaussian_project_reference
from tests.golden.gaussian_project.projection_cases import hostile_scene, looking
from tests.golden.gaussian_project.projection_run import PARAMS, run_view

FORMATS = ProjectionFormats(PARAMS)
CASES = pytest.mark.parametrize(
    ("seed", "rules", "size"),
    [
        (seed, rules, size)
        for seed in range(3)
        for rules in (INRIA, GSPLAT)
        for size in ((70, 45, 60.0), (1559, 1039, 1160.0), (3840, 2160, 9000.0))
    ],
)


def compared(seed, rules, size, n=1500):
    """A run; rows of members and of its splats, and of the reference's splats, of those in both."""
    scene = hostile_scene(n, seed)
    width, height, focal = size
    camera = looking(seed + 10, width, height, focal, focal)
    run = run_view(scene, camera, rules, ClusterOptions("reach", n // 32))
    true = gaussian_project_reference(scene, camera, rules)
    _, mine, theirs = np.intersect1d(run.splats.index, true.index, return_indices=True)
    order = np.argsort(run.pack.order[run.projected.splats["index"]], kind="stable")
    members = run.members[run.projected.kept][order][mine]
    assert len(mine) > 20
    return run, members, mine, true, theirs


@CASES
def test_place_and_depth(seed, rules, size):
    run, members, mine, true, theirs = compared(seed, rules, size)
    where = place(members, run.constants, FORMATS)
    bound_px = margin(where, run.constants, FORMATS) / 2.0**PARAMS.screen_fraction_bits
    trusted = where.depth_exponent - where.error_exponent >= 3
    # Beyond 2^(tangent_bits - 2) units of t a place is cut, as README.md says, and drawn too near.
    reach_px = 2.0 ** (FORMATS.tangent_bits - 2 - PARAMS.screen_fraction_bits)
    far_px = np.abs(true.mean2d[theirs] - np.array(size[:2]) / 2).max(axis=1)
    trusted &= far_px < reach_px
    error_px = np.abs(run.splats.mean2d[mine] - true.mean2d[theirs]).max(axis=1)
    assert (error_px <= bound_px)[trusted].all()
    width, height, focal = size
    camera = looking(seed + 10, width, height, focal, focal)
    grid = run.pack.meta.grid.frame_exponent(camera, PARAMS)
    unit = np.ldexp(1.0, where.unit_exponent + grid - PARAMS.length_fraction_bits)
    error = np.abs(run.splats.depth[mine] - true.depth[theirs])
    # Offset and position rounded; the rotation, 2^-15 of the distance, as place allows for.
    distance = true.depth[theirs] * (1 + (size[0] + size[1]) / size[2])
    assert (error <= 2.0**where.error_exponent * unit + distance * 2.0**-15 + unit).all()
    # The bound is a worst case, and no more than some times what is usual.
    share = (error_px / bound_px)[trusted]
    print(f"place {np.median(error_px):.4f} px, of bound {np.median(share):.3f}, {share.max():.3f}")
    assert share.max() > 0.02
    np.testing.assert_array_equal(
        run.projected.splats["opacity"].astype(float) / 65535,
        run.splats.opacity[np.argsort(np.argsort(run.pack.order[run.projected.splats["index"]]))],
    )


@CASES
def test_conic(seed, rules, size):
    """d^T Q d on the ellipse of k = 3.33, where it is k^2: sqrt within 8 units of the thin axis."""
    run, members, mine, true, theirs = compared(seed, rules, size)
    where = place(members, run.constants, FORMATS)
    shape = footprint(members, where, run.constants, FORMATS)
    unit_px = np.ldexp(1.0, shape.exponent) / np.ldexp(
        where.depth_mantissa.astype(float), 1 - PARAMS.mantissa_bits
    )
    a, b, c = true.conic[theirs].T
    q = np.moveaxis(np.array([[a, b], [b, c]]), 2, 0)
    values, axes = np.linalg.eigh(q)
    sigma = 1 / np.sqrt(np.maximum(values, 1e-300))
    angle = np.linspace(0, np.pi, 16, endpoint=False)
    circle = np.stack((np.cos(angle), np.sin(angle)))
    d = np.einsum("nij,nj,jt->nti", axes, sigma, circle)
    a, b, c = run.splats.conic[mine].T
    x, y = d[:, :, 0], d[:, :, 1]
    form = a[:, None] * x * x + 2 * b[:, None] * x * y + c[:, None] * y * y
    assert (form > 0).all()
    thin_px = sigma.min(axis=1)
    trust = np.ldexp(1.0, where.error_exponent - where.depth_exponent)
    turned = 4 * trust * np.ldexp(1.0, PARAMS.factor_bits - 1)  # place off: the Jacobian too
    relative = (FOOTPRINT_MARGIN + turned) * unit_px / thin_px + 2 * trust + 2.0**-13
    # Where the bound is of use: it is not for needles that point at the camera.
    useful = relative < 0.5
    assert useful.mean() > 0.3
    root = np.sqrt(form)[useful]
    worst = np.abs(root - 1).max(axis=1)
    print(f"conic root off {np.median(worst):.2g}, {worst.max():.2g}; {useful.mean():.2f} of all")
    limit = relative[useful] / (1 - relative[useful])
    assert (worst <= limit).all()
    assert np.median(worst) < 2.0**-9


@CASES
def test_extents_cover_and_are_thin(seed, rules, size):
    """k sqrt(cov) of the true Gaussian is inside, and not much less than what is stored."""
    run, _, mine, true, theirs = compared(seed, rules, size)
    a, b, c = true.conic[theirs].T
    det = a * c - b * b
    k = np.sqrt(2 * np.log(np.maximum(255 * true.opacity[theirs], 1)))
    box = k[:, None] * np.sqrt(np.column_stack((c, a)) / det[:, None])
    held = run.splats.radius_px[mine]
    shift = np.abs(run.splats.mean2d[mine] - true.mean2d[theirs])
    assert (held + 1e-6 >= np.minimum(box, 65535 - shift)).all()
    small = (box.max(axis=1) < 100) & (true.depth[theirs] > 1)
    if small.sum() > 10:
        wider = (held - box)[small]
        print(f"extent wider by {np.median(wider):.2f} px, {wider.max():.2f}")
        assert np.median(wider) < 3
