"""Multiplications and bytes of a frame: what the ball tests cost, and what they save.

Counted are the multiplications of two numbers that are both known at run time only, step by step
from the equations. Apart stand squares, reciprocals and square roots. Free are additions, powers
of two, and small whole constants (3 x = 2 x + x). Ratios take the multiplications alone: squares,
reciprocals and roots occur in projection and colour and in no ball test, so that leaving them out
makes the tests look dearer than they are.

A pipeline spends on a Gaussian that it drops what it spends on any other, so N Gaussians are
charged N projections. Without culling all N are read and projected:

    cost of the tests  = BALL * tests / (PROJECT * N)
    saved, projection  = 1 - (BALL * tests + PROJECT * read) / (PROJECT * N)
    saved, with colour = 1 - (BALL * tests + PROJECT * read + COLOR * splats left)
                             / (PROJECT * N + COLOR * splats without culling)
    cost in bytes      = 32 tests / (32 N)
    saved in bytes     = 1 - (32 tests + 32 read) / (32 N)

with BALL, PROJECT and COLOR the multiplications of one ball, Gaussian and splat. Colour is
evaluated for splats only, with culling or without, so it adds to what cannot be saved. Not in the
account: tile lists, sorting and blending, which read no Gaussian that was dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from golden.errors import InputError
from golden.records import CLUSTER_DTYPE, GEOMETRY_DTYPE
from golden.rules import Rules
from golden.scene import SH_COEFFICIENTS

# Products in the polynomials of all degrees up to this one; see color_steps.
PRODUCTS_OF_DEGREE = (0, 0, 3, 10, 20)


@dataclass(frozen=True)
class Operations:
    """Arithmetic of one item.

    Parameters
    ----------
    multiplications : of two different numbers. squares, reciprocals, roots : apart.
    """

    multiplications: int = 0
    squares: int = 0
    reciprocals: int = 0
    roots: int = 0

    def __add__(self, other: Operations) -> Operations:
        return Operations(
            self.multiplications + other.multiplications,
            self.squares + other.squares,
            self.reciprocals + other.reciprocals,
            self.roots + other.roots,
        )


Steps = Mapping[str, Operations]


def total(steps: Steps) -> Operations:
    """Sum of all steps."""
    return sum(steps.values(), Operations())


def ball_test_steps() -> dict[str, Operations]:
    """One ball, cluster or group, as in golden.stages.cluster_cull.integer: 19 multiplications.

    q = R (C - P): 9. r(b) = r_low + w (r_high - r_low) for the two axes: 2. n_lateral q_x + n_depth
    q_z + r < 0 and the same with q_y, two planes each: 4 x 2. Near plane: q_z + r_mean >= near: 0.
    """
    return {
        "q = R (C - P)": Operations(9),
        "r = r_low + w (r_high - r_low), two axes": Operations(2),
        "n . q + r, four side planes": Operations(8),
    }


def projection_steps(rules: Rules) -> dict[str, Operations]:
    """One Gaussian to its splat, as in golden.stages.gaussian_project.ewa, with the fewest
    multiplications known here.

    q = R delta + q_cluster: 9, as much as R m + t without clusters. 1/z. x/z, y/z: 2.
    u = fx (x/z) + cx and v: 2. J = [[fx/z, 0, -X fx/z], [0, fy/z, -Y fy/z]]: 2 for fx/z, fy/z;
    the zeros and the common factor leave T = J R as (fx/z) (R_0j - X R_2j) and the same for y:
    2 x 3 x 2. cov = T Sigma T^T: Sigma T^T 6 x 3, then three of the four entries, 3 x 3.
    det = xx yy - xy^2: 1 and a square. conic = (yy, -xy, xx) / det: 3 and 1/det.
    inria: radius = 3 sqrt(mid + sqrt(mid^2 - det)): a square and two roots. gsplat: e sqrt(xx) and
    e sqrt(yy): 2 and two roots.

    Parameters
    ----------
    rules : decide the extent.
    """
    axes = rules.extent == "axes"
    return {
        "q = R delta + q_cluster": Operations(9),
        "x/z, y/z": Operations(2, reciprocals=1),
        "u, v": Operations(2),
        "fx/z, fy/z": Operations(2),
        "T = J R": Operations(12),
        "Sigma T^T": Operations(18),
        "T (Sigma T^T), three entries": Operations(9),
        "determinant": Operations(1, squares=1),
        "conic": Operations(3, reciprocals=1),
        "extent": Operations(2, roots=2) if axes else Operations(squares=1, roots=2),
    }


def color_steps(sh_degree: int) -> dict[str, Operations]:
    """Colour of one splat from spherical harmonics, as in golden.stages.color.reference; 58 at
    degree 3.

    d = (m - P) / |m - P|: 3 squares, 1/sqrt, 3. The polynomials Y_k(d) but for constant factors,
    which belong into sh_k offline. Degree 1: d itself. Degree 2: xy, yz, xz, 3 squares. Degree 3:
    y (3x^2 - y^2), (xy) z, y (5z^2 - 1), z (5z^2 - 3), x (5z^2 - 1), z (x^2 - y^2),
    x (x^2 - 3y^2): 7. Degree 4: xy (x^2 - y^2), y (3x^2 - y^2) z, xy (7z^2 - 1), yz (7z^2 - 3),
    z^2 (35z^2 - 30) + 3, xz (7z^2 - 3), (x^2 - y^2) (7z^2 - 1), x (x^2 - 3y^2) z,
    x^2 (x^2 - 3y^2) - y^2 (3x^2 - y^2): 10. sum_k Y_k sh_k: 3 for each k > 0.

    Parameters
    ----------
    sh_degree : 0 to 4; raises InputError otherwise.
    """
    if sh_degree not in SH_COEFFICIENTS:
        raise InputError(f"colours of degree {sh_degree} are not known: choose 0 to 4.")
    squares = 3 if sh_degree >= 2 else 0
    return {
        "direction": Operations(3, 3, 1, 1) if sh_degree else Operations(),
        "polynomials": Operations(PRODUCTS_OF_DEGREE[sh_degree], squares),
        "sum over k, R, G, B": Operations(3 * (SH_COEFFICIENTS[sh_degree] - 1)),
    }


@dataclass(frozen=True)
class FrameWork:
    """What was done in one view.

    Parameters
    ----------
    gaussians : of the scene.
    tests : ball tests, of groups and of clusters.
    gaussians_read : of visible clusters: read and projected.
    splats_off, splats : emitted by the projection without culling, and of those left with it.

    Raises InputError on counts that are negative or contradict each other.
    """

    gaussians: int
    tests: int
    gaussians_read: int
    splats_off: int
    splats: int

    def __post_init__(self) -> None:
        ordered = 0 <= self.splats <= self.splats_off <= self.gaussians
        if not (ordered and self.splats <= self.gaussians_read <= self.gaussians):
            raise InputError(f"the work of a frame contradicts itself ({self}): count it again.")
        if self.gaussians < 1 or self.tests < 0:
            raise InputError(f"the work of a frame is of no scene ({self}): count it again.")


@dataclass(frozen=True)
class FrameCost:
    """Account of one view; every value is a share of the same view without culling.

    Parameters
    ----------
    tests_of_projection : multiplications of the ball tests, of those of projecting all Gaussians.
    tests_as_projections : the same with a ball charged as a Gaussian's projection.
    table_of_geometry : bytes of table records read, of the geometry bytes of all Gaussians.
    saved_projection : multiplications of tests and projection saved, net.
    saved_with_color : multiplications of tests, projection and colour saved, net.
    saved_bytes : bytes of the table and of geometry saved, net.
    """

    tests_of_projection: float
    tests_as_projections: float
    table_of_geometry: float
    saved_projection: float
    saved_with_color: float
    saved_bytes: float


def frame_cost(work: FrameWork, rules: Rules, sh_degree: int) -> FrameCost:
    """The equations above for one view."""
    ball = total(ball_test_steps()).multiplications
    project = total(projection_steps(rules)).multiplications
    color = total(color_steps(sh_degree)).multiplications
    tests, all_of_it = ball * work.tests, project * work.gaussians
    left = tests + project * work.gaussians_read
    record, table = GEOMETRY_DTYPE.itemsize, CLUSTER_DTYPE.itemsize * work.tests
    geometry = record * work.gaussians
    return FrameCost(
        tests_of_projection=tests / all_of_it,
        tests_as_projections=work.tests / work.gaussians,
        table_of_geometry=table / geometry,
        saved_projection=1 - left / all_of_it,
        saved_with_color=1 - (left + color * work.splats) / (all_of_it + color * work.splats_off),
        saved_bytes=1 - (table + record * work.gaussians_read) / geometry,
    )
