"""Conics of ellipses of given axes, turned at random, as the splats have them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def turn_ellipses(
    rng: np.random.Generator,
    splats: NDArray[np.void],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    conic_bits: int,
) -> None:
    """Fills conic and conic_exponent.

    Parameters
    ----------
    splats : (N,) SPLAT_DTYPE. low, high : (N,) standard deviations, px.
    """
    angle = rng.uniform(0, np.pi, len(splats))
    cos, sin = np.cos(angle), np.sin(angle)
    conic = np.stack(
        (
            (cos / low) ** 2 + (sin / high) ** 2,
            cos * sin * (low**-2 - high**-2),
            (sin / low) ** 2 + (cos / high) ** 2,
        ),
        axis=1,
    )
    exponent = np.frexp(np.maximum(conic[:, 0], conic[:, 2]))[1] - conic_bits
    splats["conic_exponent"] = exponent
    splats["conic"] = np.rint(np.ldexp(conic, -exponent[:, None]))
