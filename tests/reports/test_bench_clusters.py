"""Points of found over tests: aims, the document, its table, refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reports.benches.bench_clusters import TESTS, VARIANTS, bench, markdown, next_clusters
from reports.measure.pareto import ParetoPoint
from tests.reports.report_cases import tiny_subject

RESULTS = Path(__file__).resolve().parents[2] / "reports" / "results"
ONE_LEVEL = next(variant for variant in VARIANTS if variant.levels == 1)
REACH = VARIANTS[0]


def point(clusters: int, tests: float) -> ParetoPoint:
    return ParetoPoint("reach", clusters, clusters // 24, tests, 0.9, 0.8, 0)


def test_aims():
    assert next_clusters(ONE_LEVEL, 700, None) == 700
    assert next_clusters(ONE_LEVEL, 700, point(100, 3)) == 700
    assert next_clusters(REACH, 700, None) > 700
    assert next_clusters(REACH, 500, point(1000, 500)) == 1000
    assert 2000 < next_clusters(REACH, 1000, point(1000, 500)) < 2500


@pytest.fixture(scope="module")
def result():
    return bench(tiny_subject(), [50, 200])


def test_every_variant_at_every_aim(result):
    rows = result["points"]
    for variant in VARIANTS:
        found = [row for row in rows if row["variant"] == variant.name]
        aims = [row["aimed_tests"] for row in found]
        assert aims == [50, 200] + [None] * (variant.method == "reach")
        for row in found:
            assert row["method"] == variant.method
            assert row["lost"] == 0
            assert 0 <= row["found_fraction_worst"] <= row["found_fraction"] <= 1
            assert row["groups"] == 1 if variant.levels == 1 else row["groups"] >= 1
        assert found[0]["found_fraction"] < found[1]["found_fraction"]
        assert found[0]["tests"] < found[1]["tests"]
    exact = [row["tests"] for row in rows if row["variant"] == ONE_LEVEL.name]
    assert exact == [51, 201]  # and the one group
    assert result["gaussians"] == 2500
    assert (result["rules"], result["radius"], result["size_px"]) == ("inria", "safe", [96, 64])


def test_table(result):
    lines = markdown(result).splitlines()
    assert [line.count("|") for line in lines] == [6] * 5
    assert lines[2].startswith("| 50 tests | ")
    assert lines[-1].startswith("| the default | ")
    assert lines[-1].endswith("|  |  |  |")
    reach = result["points"][0]
    assert f"{100 * reach['found_fraction']:.2f}% at {reach['tests']:,.0f}" in lines[2]


@pytest.mark.parametrize("name", ["clusters_bonsai", "clusters_default"])
def test_committed_results_lose_nothing_and_are_in_the_readme(name):
    """The table beside the clustering is the one that the results print."""
    result = json.loads((RESULTS / f"{name}.json").read_text())
    assert {row["variant"] for row in result["points"]} == {v.name for v in VARIANTS}
    assert {row["aimed_tests"] for row in result["points"]} - {None} <= set(TESTS)
    assert all(row["lost"] == 0 for row in result["points"])
    readme = RESULTS.parents[1] / "golden" / "clustering" / "README.md"
    assert markdown(result) in readme.read_text()
