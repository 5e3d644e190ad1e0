"""The paper's claims beside ours, line by line."""

from __future__ import annotations

from typing import Any

from reports.text.summary import CULLED, percent
from reports.text.tables import table

Document = dict[str, Any]

# Words for how a line of ours was come to.
HOW = {
    "unnecessary": "radii == 0 under the rules, mean of the views; no choice of ours enters",
    "excluded": "Gaussians of clusters that fail the test, safe radii",
    "found": "unnecessary Gaussians among the excluded",
    "saved": "multiplications of projection + colour, tests charged; sort and blending not counted",
    "cost": "multiplications of all tests / those of projecting all Gaussians",
    "psnr": "pictures with and without culling, compared bit for bit",
    "speedup": "front end over the GPU at equal memory bandwidth",
}


def claims_table(document: Document) -> str:
    """A row a claim: the paper's figure, the paper's method here, reach here."""
    paper, methods = document["paper_claims"], document["methods"]
    unnecessary = document["counts"]["unnecessary"]["mean"] / document["scene"]["gaussians"]
    cost = document["cost"]["methods"]
    differing = document["pictures"]["differing_pixels"]

    def both(path: str) -> list[str]:
        return [percent(methods[name][path]["mean"]) for name in CULLED]

    rows = [
        ["unnecessary, % of Gaussians", percent(paper["unnecessary_fraction"]),
         percent(unnecessary), percent(unnecessary), HOW["unnecessary"]],
        ["excluded, % of Gaussians", percent(paper["excluded_fraction"]),
         *both("excluded_fraction"), HOW["excluded"]],
        ["found, % of unnecessary", percent(paper["found_fraction"]),
         *both("found_fraction"), HOW["found"]],
        ["computation saved, %", percent(paper["computation_saved_fraction"]),
         *(percent(cost[name]["saved_with_color"]["mean"]) for name in CULLED), HOW["saved"]],
        ["cost of the cluster test, % of computation", percent(paper["cluster_cost_fraction"]),
         *(percent(cost[name]["tests_of_projection"]["mean"]) for name in CULLED), HOW["cost"]],
        ["PSNR", "no loss", *(_same(differing[name]) for name in CULLED), HOW["psnr"]],
        ["speed-up over a GPU, x", f"{paper['speedup_over_gpu']:.1f}",
         *(_speedup(document, name) for name in CULLED), HOW["speedup"]],
    ]  # fmt: skip
    head = ["figure", f"the paper ({paper['source']}; Mip-NeRF360)",
            "here, the paper's clusters", "here, reach clusters", "how it is counted"]  # fmt: skip
    return table(head, rows)


def _same(pixels: int) -> str:
    return "equal pictures" if pixels == 0 else f"{pixels:,} pixels DIFFER"


def _speedup(document: Document, name: str) -> str:
    figure = document["methods"][name].get("front_end_speedup_equal_bandwidth")
    return "no GPU trace" if figure is None else f"{figure['mean']:.2f}"
