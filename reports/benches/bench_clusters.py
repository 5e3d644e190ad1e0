"""Found fraction over ball tests of every clustering, from few tests to many, in all views.

splatsieve bench clusters SCENE --cameras FILE --size WxH -o FILE.json
splatsieve bench clusters default -o FILE.json
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.clustering.cluster import ClusterOptions
from golden.errors import InputError
from golden.gaussians.covariance import covariance3d
from golden.pack import build_pack
from golden.stages.gaussian_project.visibility import Visibility, visibility
from reports.measure.pareto import Method, ParetoPoint, pack_point
from reports.measure.subject import Subject

FORMAT = "splatsieve found over tests"
TESTS = (1000, 2000, 4000, 8000, 12_000, 16_000, 20_000, 30_000)

# In two levels tests grow a little slower than clusters: clusters ~ tests^1.15.
GROWTH = 1.15
# Clusters for one test in two levels, where the first point is sought.
FIRST_RATIO = 2.0
# A point farther from its aim is sought again, so many times at most.
NEAR = 0.2
RETRIES = 2


def untold(line: str) -> None:
    """Tells nothing."""


@dataclass(frozen=True)
class Variant:
    """A method with groups of the default size (two levels) or with none (one level)."""

    name: str
    method: Method
    levels: int

    def options(self, clusters: int | None) -> ClusterOptions:
        """Options for so many clusters, safe radii; None for the method's own number."""
        options = ClusterOptions(self.method, clusters)
        return options if self.levels == 2 else replace(options, per_group=0)


VARIANTS = (
    Variant("reach", "reach", 2),
    Variant("morton", "morton", 2),
    Variant("paper, one level", "paper", 1),
    Variant("paper, two levels", "paper", 2),
)


class Needs:
    """What every view needs, computed once and kept as a bit a Gaussian and mask."""

    def __init__(self, subject: Subject):
        covariances = covariance3d(subject.scene)
        self._gaussians = len(subject.scene)
        self._bits: list[tuple[NDArray[np.uint8], NDArray[np.uint8]]] = []
        for camera in subject.cameras:
            view = visibility(subject.scene, camera, subject.rules, covariances)
            self._bits.append((np.packbits(view.radii_positive), np.packbits(view.can_reach)))

    def __iter__(self) -> Iterator[Visibility]:
        """The masks of each view, in the order of the cameras."""
        for positive, reaching in self._bits:
            yield Visibility(self._mask(positive), self._mask(reaching))

    def _mask(self, bits: NDArray[np.uint8]) -> NDArray[np.bool_]:
        return np.unpackbits(bits, count=self._gaussians).astype(np.bool_)


def next_clusters(variant: Variant, aim: int, before: ParetoPoint | None) -> int:
    """Clusters to try for about `aim` tests a view, from the point before on the same curve."""
    if variant.levels == 1:
        return aim
    if before is None:
        return round(aim * FIRST_RATIO)
    return round(before.clusters * math.pow(aim / before.tests, GROWTH))


def bench(
    subject: Subject,
    tests: Sequence[int],
    variants: Sequence[Variant] = VARIANTS,
    tell: Callable[[str], None] = untold,
) -> dict[str, Any]:
    """Points of every variant at about so many tests, and of `reach` by default; a JSON document.

    Parameters
    ----------
    subject : scene, cameras and rules; all cameras are measured.
    tests : ball tests a view to aim at.
    tell : is given a line a point, as it is measured.

    Raises InputError where fewer than one test is aimed at.
    """
    if min(tests) < 1:
        raise InputError(f"{min(tests)} tests cannot be aimed at: choose 1 or more.")
    tests = sorted(tests)
    needs = Needs(subject)
    # Without colours, which no cluster test reads.
    bare = replace(subject.scene, sh=np.ascontiguousarray(subject.scene.sh[:, :1]))
    subject = replace(subject, scene=bare)
    rows: list[dict[str, Any]] = []

    def measured(variant: Variant, clusters: int | None) -> ParetoPoint:
        pack = build_pack(subject.scene, variant.options(clusters), subject.rules)
        return pack_point(subject, pack, needs)

    def near(variant: Variant, aim: int, before: ParetoPoint | None) -> ParetoPoint:
        for _ in range(1 + RETRIES):
            clusters = min(next_clusters(variant, aim, before), len(subject.scene))
            before = point = measured(variant, clusters)
            if abs(point.tests - aim) <= NEAR * aim:
                break
        return point

    def keep(variant: Variant, aim: int | None, point: ParetoPoint) -> None:
        names = {"variant": variant.name, "levels": variant.levels, "aimed_tests": aim}
        rows.append({**names, **asdict(point)})
        tell(_line(rows[-1]))

    for variant in variants:
        point: ParetoPoint | None = None
        for aim in tests:
            point = near(variant, aim, point)
            keep(variant, aim, point)
        if variant.method == "reach":
            keep(variant, None, measured(variant, None))
    width_px, height_px = subject.size_px
    return {
        "format": FORMAT,
        "scene": subject.scene.name,
        "gaussians": len(subject.scene),
        "views": len(subject.cameras),
        "size_px": [width_px, height_px],
        "rules": subject.rules.name,
        "radius": "safe",
        "seed": ClusterOptions().seed,
        "engine": "integer model",
        "versions": {name: version(name) for name in ("splatsieve", "numpy", "scipy", "numba")},
        "points": rows,
    }


def markdown(result: dict[str, Any]) -> str:
    """The points as a Markdown table, a row an aim and a column a variant."""
    points = result["points"]
    names = list(dict.fromkeys(point["variant"] for point in points))
    aims = list(dict.fromkeys(point["aimed_tests"] for point in points))
    lines = [_row(["about", *names]), _row(["---"] * (len(names) + 1))]
    for aim in aims:
        found = {p["variant"]: _cell(p) for p in points if p["aimed_tests"] == aim}
        first = "the default" if aim is None else f"{aim:,} tests"
        lines.append(_row([first, *(found.get(name, "") for name in names)]))
    return "\n".join(lines)


def _line(row: dict[str, Any]) -> str:
    return (
        f"{row['variant']}: {row['clusters']:,} clusters, {row['groups']:,} groups, {_cell(row)}, "
        f"worst view {100 * row['found_fraction_worst']:.2f}%, lost {row['lost']}"
    )


def _cell(row: dict[str, Any]) -> str:
    return f"{100 * row['found_fraction']:.2f}% at {row['tests']:,.0f}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
