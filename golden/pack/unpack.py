"""What a pack's tables say of each Gaussian, as numbers: the float stages' view of a pack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.gaussians.covariance import Covariances
from golden.pack import Pack
from golden.pack.colors import colors_of_table
from golden.pack.tables import OPACITY_SCALE, REACH_FACTOR
from golden.rules import Rules
from golden.scene import SH_COEFFICIENTS, Float32, Scene
from golden.stages.gaussian_project.reference import Splats, gaussian_project_reference

Float64 = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StoredGaussians:
    """Gaussians as their records hold them, in the order of the scene's file.

    Has what gaussian_project and visibility read of a Scene: name, means, opacities and length.

    Parameters
    ----------
    name : of the scene.
    means : (N, 3) float32, world space, scene units: the nearest to the stored position.
    opacities : (N,) float32, as stored.
    covariances : L L^T of the stored factor, scene units^2, and the stored reach factor k, which
        was rounded up; -1 where the flag says that the Gaussian can reach alpha 1/255 nowhere.
    """

    name: str
    means: Float32
    opacities: Float32
    covariances: Covariances

    def __len__(self) -> int:
        return len(self.means)

    @property
    def hidden(self) -> NDArray[np.bool_]:
        """(N,) bool, the Gaussian can reach alpha 1/255 nowhere."""
        return np.asarray(self.covariances.reach < 0, dtype=np.bool_)

    def project(
        self, camera: Camera, rules: Rules, keep: NDArray[np.bool_] | None = None
    ) -> Splats:
        """gaussian_project_reference of the stored values; keep, indices in the scene's order."""
        return gaussian_project_reference(cast(Scene, self), camera, rules, keep, self.covariances)


def stored_means(pack: Pack) -> Float64:
    """(N, 3) float64 world space, scene units, in pack order: O + (C + offset 2^m) 2^(e + g).

    Exact where the origin O is 0.
    """
    counts = pack.clusters["count"]
    units = np.repeat(pack.clusters["member_exponent"], counts)
    means = np.ldexp(pack.geometry["offset"].astype(np.float64), units[:, None])
    means += np.repeat(pack.clusters["center"], counts, axis=0)
    exponents = np.repeat(pack.clusters["exponent"].astype(np.int64), counts)
    means = np.ldexp(means, (exponents + pack.meta.grid.exponent)[:, None])
    placed: Float64 = means + np.array(pack.meta.grid.origin)
    return placed


def stored_gaussians(pack: Pack) -> StoredGaussians:
    """The values in the pack's tables, exact but for the last rounding to the types named.

    mean = O + (C + offset 2^m) 2^(e + g);  Sigma = L L^T, L = factor 2^e;  k = reach_factor 2^-14;
    opacity / 65535; with C, m and e of the cluster, O and g of the grid.
    """
    records, means = pack.geometry, stored_means(pack)
    reach = np.ldexp(records["reach_factor"].astype(np.float64), -REACH_FACTOR.fraction_bits)
    reach[records["flags"] & 1 == 0] = -1
    place = np.empty(len(pack), dtype=np.int64)
    place[pack.order] = np.arange(len(pack))
    return StoredGaussians(
        name=pack.meta.scene,
        means=means.astype(np.float32)[place],
        opacities=(records["opacity"][place] / OPACITY_SCALE).astype(np.float32),
        covariances=Covariances(_sigma(records)[place], reach[place]),
    )


def stored_colors(pack: Pack) -> Float32:
    """(N, K, 3) float32 spherical harmonics as the pack holds them, in the scene's order."""
    colors = np.empty((len(pack), SH_COEFFICIENTS[pack.meta.sh_degree], 3), dtype=np.float32)
    colors[pack.order] = colors_of_table(pack.colors, colors.shape[1])
    return colors


def _sigma(records: NDArray[np.void]) -> Float64:
    """(N, 6) xx, xy, xz, yy, yz, zz of L L^T."""
    exponents = records["factor_exponent"].astype(np.int64)
    factor = np.ldexp(records["factor"].astype(np.float64), exponents[:, None])
    l00, l10, l11, l20, l21, l22 = factor.T
    return np.stack(
        (
            l00 * l00,
            l00 * l10,
            l00 * l20,
            l10 * l10 + l11 * l11,
            l10 * l20 + l11 * l21,
            l20 * l20 + l21 * l21 + l22 * l22,
        ),
        axis=1,
    )
