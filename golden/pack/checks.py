"""What the content of a pack file must obey before anything reads it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from golden.clustering.cluster import METHODS, RADII
from golden.errors import InputError
from golden.gaussians.bound import REACH_FACTOR_MAX
from golden.numbers.fixed import Fixed
from golden.pack import Pack, PackMeta, color_record
from golden.pack.tables import MIN_MEMBER_EXPONENT
from golden.rules import RULES
from golden.scene import SH_COEFFICIENTS
from golden.stages.gaussian_project.formats import MAX_MEMBER_EXPONENT

# Largest factor of a covariance as a matrix, units of 2^factor_exponent: what 16 bits hold.
FACTOR_MAX = (1 << 15) - 1
_KEYS = ("method", "radius", "rules", "scene", "scene_sha256")
ANTIALIASED_KEY = "antialiased"  # the last key, its value "yes", of a scene that was trained so
_HEX = set("0123456789abcdef")


def check_strings(content: memoryview, path: Path) -> dict[str, str]:
    """The strings section as a dictionary; raises InputError unless it is as documented."""
    try:
        strings = json.loads(bytes(content).decode("ascii"))
    except (ValueError, RecursionError):
        strings = None
    if (
        not isinstance(strings, dict)
        or tuple(strings) not in (_KEYS, (*_KEYS, ANTIALIASED_KEY))
        or not all(isinstance(value, str) for value in strings.values())
        or strings["method"] not in METHODS
        or strings["radius"] not in RADII
        or strings["rules"] not in RULES
        or strings.get(ANTIALIASED_KEY, "yes") != "yes"
        or len(strings["scene_sha256"]) != 64
        or not set(strings["scene_sha256"]) <= _HEX
    ):
        raise InputError(
            f"{path}: section strings does not name a method, radius, rules, scene and its hash: "
            "pack the scene again."
        )
    return strings


def check_content(pack: Pack, path: Path) -> None:
    """Raises InputError, naming the section, where a table breaks a rule of pack/README.md."""
    for section, complaint in (
        ("groups", _group_complaint(pack)),
        ("clusters", _cluster_complaint(pack)),
        ("geometry", _geometry_complaint(pack)),
        ("colors", _color_complaint(pack)),
        ("order", _order_complaint(pack)),
    ):
        if complaint is not None:
            raise InputError(f"{path}: section {section}: {complaint}: pack the scene again.")


def _group_complaint(pack: Pack) -> str | None:
    """What is wrong with the group table, or None."""
    if pack.groups["member_exponent"].any():
        return "a member_exponent is not zero"
    return _balls_complaint(pack.groups, pack.meta, "group", pack.meta.clusters, "clusters")


def _cluster_complaint(pack: Pack) -> str | None:
    """What is wrong with the cluster table, or None."""
    exponents = pack.clusters["member_exponent"]
    if exponents.min() < MIN_MEMBER_EXPONENT or exponents.max() > MAX_MEMBER_EXPONENT:
        return f"a member_exponent is outside {MIN_MEMBER_EXPONENT} to {MAX_MEMBER_EXPONENT}"
    return _balls_complaint(pack.clusters, pack.meta, "cluster", pack.meta.gaussians, "Gaussians")


def _balls_complaint(
    table: NDArray[np.void], meta: PackMeta, what: str, total: int, parts: str
) -> str | None:
    """What is wrong with a table of balls over `total` parts, or None."""
    center, radius = Fixed(True, meta.center_bits), Fixed(False, meta.radius_bits)
    counts = table["count"].astype(np.int64)
    ends = np.cumsum(counts)
    if (counts == 0).any():
        return f"a {what} is empty"
    if not np.array_equal(table["base"], ends - counts) or ends[-1] != total:
        return f"the {what}s do not cover the {total} {parts} one after the other"
    if table["center"].min() < center.min_int or table["center"].max() > center.max_int:
        return f"a centre is wider than {meta.center_bits} bits"
    if max(table[f"radius_{name}"].max() for name in ("low", "high", "mean")) > radius.max_int:
        return f"a radius is wider than {meta.radius_bits} bits"
    if (table["radius_mean"] > table["radius_low"]).any():
        return "radius_mean exceeds radius_low"
    if (table["radius_low"] > table["radius_high"]).any():
        return "radius_low exceeds radius_high"
    return None


def _geometry_complaint(pack: Pack) -> str | None:
    """What is wrong with the geometry records, or None."""
    records = pack.geometry
    if records["flags"].max() > 1:
        return "an unknown flag is set"
    if records["reach_factor"].max() > np.ceil(REACH_FACTOR_MAX * 2**14):
        return f"a reach factor exceeds {REACH_FACTOR_MAX}"
    if records["reserved"].any():
        return "a reserved byte is not zero"
    large = _large_factors(records["factor"])
    if len(large):
        return f"the factor of Gaussian {large[0]} exceeds {FACTOR_MAX} units as a matrix"
    return None


def _large_factors(factors: NDArray[np.int16]) -> NDArray[np.int64]:
    """Rows of factors l00, l10, l11, l20, l21, l22 whose largest singular value exceeds FACTOR_MAX.

    It is at most the root of the sum of squares, so few rows need their singular values.
    """
    squares = np.einsum("ij,ij->i", factors, factors, dtype=np.int64)
    rows = np.flatnonzero(squares > FACTOR_MAX**2)
    lower = np.zeros((len(rows), 3, 3))
    lower[:, *np.tril_indices(3)] = factors[rows]
    # Sixteen times what float64 rounds a singular value by.
    limit = FACTOR_MAX * (1 + 2.0**-48)
    large: NDArray[np.int64] = rows[np.linalg.norm(lower, 2, axis=(1, 2)) > limit]
    return large


def _color_complaint(pack: Pack) -> str | None:
    """What is wrong with the colours, or None."""
    if pack.meta.colors == "narrow":
        return color_record.complaint(pack.colors, SH_COEFFICIENTS[pack.meta.sh_degree])
    return None if np.isfinite(pack.colors).all() else "a colour is not finite"


def _order_complaint(pack: Pack) -> str | None:
    """What is wrong with the order, or None."""
    n = pack.meta.gaussians
    seen = np.zeros(n, dtype=np.bool_)
    if pack.order.max() < n:
        seen[pack.order] = True
    return None if seen.all() else f"it is no permutation of 0 to {n - 1}"
