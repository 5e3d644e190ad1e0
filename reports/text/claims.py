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
    "psnr": "pictures with and without culling, compared bit for bit",
    "speedup": "front end over the GPU at equal memory bandwidth",
}


def claims_table(document: Document) -> str:
    """A row a claim: the paper's figure, the paper's method here, reach here."""
    paper, methods = document["paper_claims"], document["methods"]
    unnecessary = document["counts"]["unnecessary"]["mean"] / document["scene"]["gaussians"]
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
        *_account_rows(document),
        ["PSNR", "no loss", *(_same(differing[name]) for name in CULLED), HOW["psnr"]],
        ["speed-up over a GPU, x", f"{paper['speedup_over_gpu']:.1f}",
         *(_speedup(document, name) for name in CULLED), HOW["speedup"]],
    ]  # fmt: skip
    head = ["figure", f"the paper ({paper['source']}; Mip-NeRF360)",
            "here, the paper's clusters", "here, reach clusters", "how it is counted"]  # fmt: skip
    return table(head, rows)


SCOPES = {
    "projection": "projection alone",
    "color": "projection + colour",
    "depth_sort": "and tile lists and sort",
    "rasterize": "and blending: the whole frame",
}


def _account_rows(document: Document) -> list[list[str]]:
    """Saving and cost in every scope: the paper does not say which is its "computation"."""
    paper, cost = document["paper_claims"], document["cost"]["methods"]
    rows = []
    for claim, key, what in (
        ("computation_saved_fraction", "saved", "computation saved, %"),
        ("cluster_cost_fraction", "tests_share", "cost of the cluster test, % of computation"),
    ):
        for number, (scope, words) in enumerate(SCOPES.items()):
            ours = [percent(cost[name]["whole_frame"][scope][key]) for name in CULLED]
            claimed = percent(paper[claim]) if number == 0 else ""
            rows.append(
                [f"{what}: {words}", claimed, *ours, "operations of sim/cost/whole_frame.py"]
            )
    return rows


def claims_text(document: Document) -> str:
    """What the paper's two shares imply, and where ours lie."""
    paper, cost = document["paper_claims"], document["cost"]["methods"]["paper"]
    gross = paper["computation_saved_fraction"] + paper["cluster_cost_fraction"]
    share = gross / paper["excluded_fraction"]
    shares = {
        words: cost["whole_frame"][scope]["projection_share"] for scope, words in SCOPES.items()
    }
    listed = ", ".join(f"{percent(value)} ({words})" for words, value in shares.items())
    below = [words for words, value in shares.items() if value < share]
    dearest = max(cost["whole_frame"][scope]["tests_share"] for scope in SCOPES)
    return (
        f"The paper's {percent(paper['computation_saved_fraction'])} saved and "
        f"{percent(paper['cluster_cost_fraction'])} cost, with "
        f"{percent(paper['excluded_fraction'])} excluded: so {percent(share)} of what it calls "
        "computation falls away with excluded Gaussians. Here only projection does. Its share of "
        f"the multiplications and comparisons: {listed}. The paper's account "
        + (f"ends before this one has gone as far as: {below[0]}." if below else "counts more.")
        + f" A ball test of ours costs {percent(dearest)} at most, in any scope: the paper's "
        "cluster projection is dearer, or it counts more clusters."
    )


def _same(pixels: int) -> str:
    return "equal pictures" if pixels == 0 else f"{pixels:,} pixels DIFFER"


def _speedup(document: Document, name: str) -> str:
    figure = document["methods"][name].get("front_end_speedup_equal_bandwidth")
    return "no GPU trace" if figure is None else f"{figure['mean']:.2f}"
