"""The basis against gsplat's own spherical harmonics, as they came from its CUDA kernel."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from golden.stages.color.reference import sh_basis

RECORDED = json.loads(Path(__file__).with_name("gsplat_sh.json").read_text())
DIRECTIONS = np.array(RECORDED["directions"])
COEFFICIENTS = np.array(RECORDED["coefficients"]).reshape(len(DIRECTIONS), 16, 3)


@pytest.mark.parametrize("degree", range(4))
def test_basis_is_gsplats(degree):
    """Directions along each axis and random ones; float32 there, and seven digits in the file."""
    basis = sh_basis(DIRECTIONS, degree)
    sums = np.einsum("nk,nkc->nc", basis, COEFFICIENTS[:, : (degree + 1) ** 2])
    np.testing.assert_allclose(sums, np.array(RECORDED[f"degree_{degree}"]), rtol=0, atol=2e-6)
