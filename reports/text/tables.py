"""Tables of report.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from reports.text.summary import CULLED, percent

Document = dict[str, Any]


def table(head: Sequence[str], rows: Iterable[Sequence[str]], text_columns: int = 1) -> str:
    """A Markdown table; columns after the first `text_columns` are numbers, set to the right."""
    rule = ["---"] * text_columns + ["---:"] * (len(head) - text_columns)
    lines = [[cell.replace("|", "\\|") for cell in line] for line in [head, rule, *rows]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def culling_table(document: Document) -> str:
    """Clusters, excluded, found and lost, a row for each clustering and radius."""
    rows = [_culling_row(name, document["methods"][name]) for name in CULLED]
    rows.append(_culling_row("paper", document["three_sigma"]))
    head = [
        "clustering, radius",
        "clusters",
        "groups",
        "ball tests, mean",
        "Gaussians a cluster",
        "visible clusters, mean",
        "excluded, mean % of Gaussians",
        "found, mean % of unnecessary",
        "found, worst view, % of unnecessary",
        "lost, Gaussians in all views",
        "RTL mismatches, records",
    ]
    return table(head, rows)


def _culling_row(name: str, entry: Document) -> list[str]:
    """One clustering with one radius; the RTL's mismatches where it ran."""
    rtl = entry.get("rtl")
    return [
        f"{name}, {entry['radius']}",
        f"{entry['clusters']:,}",
        f"{entry['groups']:,}",
        f"{entry['tests']['mean']:,.0f}",
        f"{entry['gaussians_a_cluster']:.1f}",
        f"{entry['clusters_visible']['mean']:,.0f}",
        percent(entry["excluded_fraction"]["mean"]),
        percent(entry["found_fraction"]["mean"]),
        percent(entry["found_fraction"]["slowest"]),
        f"{sum(entry['lost']['views']):,}",
        f"{sum(rtl['mismatches']):,}" if rtl else "not run",
    ]


def count_table(document: Document) -> str:
    """Items a view: of the scene, and of each stage by way of culling."""
    rows = []
    for key, of in document["counts"].items():
        rows.append([_words(key), "off", *_figure_cells(of)])
    for key in ("tests", "gaussians_read", "splats", "tile_pairs", "fetched_splats"):
        for method, entry in document["methods"].items():
            rows.append([_words(key), method, *_figure_cells(entry[key])])
    for method, entry in document["methods"].items():
        for key in ("modelled_splats", "modelled_bin_pairs", "modelled_fetched_splats"):
            rows.append([_words(key), method, *_figure_cells(entry[key])])
    return table(["items a view", "culling", "mean", "most", "in view"], rows, text_columns=2)


def paper_table(document: Document, cost_rows: Iterable[Sequence[str]]) -> str:
    """The paper's claims beside what was measured here by its clustering, `cost_rows` too."""
    paper, ours = document["paper_claims"], document["methods"]["paper"]
    unnecessary = document["counts"]["unnecessary"]["mean"] / document["scene"]["gaussians"]
    rows = [
        ["unnecessary, % of Gaussians", percent(paper["unnecessary_fraction"]),
         percent(unnecessary)],
        ["excluded, % of Gaussians", percent(paper["excluded_fraction"]),
         percent(ours["excluded_fraction"]["mean"])],
        ["found, % of unnecessary", percent(paper["found_fraction"]),
         percent(ours["found_fraction"]["mean"])],
        *cost_rows,
        ["speed-up over a GPU, x", f"{paper['speedup_over_gpu']:.1f}",
         "see The paper's claims: another GPU, another accounting"],
    ]  # fmt: skip
    head = [
        "figure",
        "the paper's claim (its data set, its accounting)",
        f"here ({document['scene']['name']}, the paper's clustering, safe radii)",
    ]
    return table(head, rows)


def accounting_table(document: Document) -> str:
    """What each stage is charged."""
    rows = [[f"`{stage}`", text] for stage, text in document["accounting"].items()]
    return table(["stage", "cycles and bytes"], rows, text_columns=2)


def _figure_cells(figure: dict[str, Any]) -> list[str]:
    return [f"{figure['mean']:,.0f}", f"{figure['slowest']:,}", figure["slowest_view"]]


def _words(key: str) -> str:
    return key.replace("_", " ").replace("gaussians", "Gaussians").replace("tests", "ball tests")
