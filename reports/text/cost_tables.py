"""Tables and sentences on the cost of the cluster test and on clusterings, from the document."""

from __future__ import annotations

from typing import Any

from reports.text.summary import CULLED, percent
from reports.text.tables import table

Document = dict[str, Any]

SHARES = {
    "tests_of_projection": "ball tests, mean % of the multiplications of projecting all Gaussians",
    "table_of_geometry": "table read, mean % of the geometry bytes of all Gaussians",
    "saved_projection": "saved net of projection, mean % of multiplications",
    "saved_with_color": "saved net of projection + colour, mean % of multiplications",
    "saved_bytes": "saved net of table + geometry, mean % of bytes",
}


def operation_table(document: Document) -> str:
    """Operations of one ball test, one projection and one colour, and of their steps."""
    kinds = ("multiplications", "squares", "reciprocals", "roots")
    rows = []
    for item, of in document["cost"]["operations"].items():
        rows.append([f"**{item}**", "all", *(f"**{of['total'][kind]}**" for kind in kinds)])
        for step, counts in of["steps"].items():
            rows.append([item, step, *(str(counts[kind]) for kind in kinds)])
    return table(["one", "step", *kinds], rows, text_columns=2)


def cost_table(document: Document) -> str:
    """Tests, their cost and what is saved, a row for each clustering, and the aims."""
    cost = document["cost"]
    rows = []
    for name in CULLED:
        of = cost["methods"][name]
        rows.append(
            [
                f"{name}, {levels(document['methods'][name])}",
                f"{of['tests']['mean']:,.0f}",
                f"{of['tests']['slowest']:,}",
                *(percent(of[key]["mean"]) for key in SHARES),
            ]
        )
    aims = [
        f"<= {percent(cost['targets'][key])}" if key in cost["targets"] else "" for key in SHARES
    ]
    rows.append(["aim", "", "", *aims])
    head = ["clustering", "ball tests, mean", "ball tests, most in a view", *SHARES.values()]
    return table(head, rows)


def cost_text(document: Document) -> str:
    """What is counted and against what."""
    cost = document["cost"]
    one = {item: of["total"]["multiplications"] for item, of in cost["operations"].items()}
    size = cost["record_bytes"]
    return (
        f"A ball test takes {one['ball test']} multiplications, the projection of a Gaussian "
        f"{one['projection']} (rules {document['rules']}), the colour of a splat {one['colour']} "
        f"(spherical harmonics of degree {cost['sh_degree']}). Counted are products of two numbers "
        "of the run; squares, reciprocals and roots stand apart and enter no share, which makes "
        "the tests look dearer. Without culling every Gaussian is read and projected, and every "
        "splat coloured: that is the 100 %. With it, all tests, the Gaussians read and the splats "
        f"left are charged. Bytes: {size['table']} a ball tested, {size['geometry']} a Gaussian "
        "read."
    )


def pareto_table(document: Document) -> str:
    """Every clustering that was tried."""
    gaussians = document["scene"]["gaussians"]
    rows = [
        [
            f"{point['method']}, {levels(point)}",
            f"{point['clusters']:,}",
            f"{point['groups']:,}",
            f"{gaussians / point['clusters']:.1f}",
            f"{point['tests']:,.0f}",
            percent(point["found_fraction"]),
            percent(point["found_fraction_worst"]),
            f"{point['lost']:,}",
        ]
        for point in document["pareto"]["points"]
    ]
    head = ["clustering", "clusters", "groups", "Gaussians a cluster", "ball tests a view, mean",
            "found, mean % of unnecessary", "found, worst view, % of unnecessary",
            "lost, Gaussians in all these views"]  # fmt: skip
    return table(head, rows)


def pareto_text(document: Document) -> str:
    """Where the points were measured."""
    views = document["pareto"]["views"]
    shown = ", ".join(views) if len(views) <= 6 else f"{views[0]} to {views[-1]}, evenly spaced"
    return (
        f"Measured in {len(views)} of the {len(document['views'])} views ({shown}), safe radii. "
        "One level: all clusters are tested. Two levels: all groups, and the clusters of groups "
        "that pass."
    )


def above_text(document: Document) -> str:
    """What the view from above shows."""
    above = document["clusters_above"]
    return (
        f"Clusters ({above['method']}) of view {above['view']} from above, on the plane of the two "
        f"largest principal axes of the camera positions: {above['kept']:,} of "
        f"{above['clusters']:,} are kept. A circle is a cluster's ball, a dot its centre; "
        f"{above['clusters_shown']:,} centres lie in the picture. The lines are the rays through "
        "the image's corners, laid on the plane: what lies between them may still be above or "
        "below the image."
    )


def paper_cost_rows(document: Document) -> list[list[str]]:
    """Rows of the paper's table: its cost and its saving beside ours by its clustering."""
    paper, ours = document["paper_claims"], document["cost"]["methods"]["paper"]
    return [
        ["cost of the cluster test, % of computation", percent(paper["cluster_cost_fraction"]),
         f"{percent(ours['tests_of_projection']['mean'])} of projecting all Gaussians; "
         f"{percent(ours['tests_as_projections']['mean'])} with a ball charged as a Gaussian"],
        ["saved net, % of computation", percent(paper["computation_saved_fraction"]),
         f"{percent(ours['saved_projection']['mean'])} of projection; "
         f"{percent(ours['saved_with_color']['mean'])} of projection + colour"],
    ]  # fmt: skip


def paper_cost_text(document: Document) -> str:
    """Why the accounts differ, in one sentence."""
    paper = document["paper_claims"]
    gross = paper["computation_saved_fraction"] + paper["cluster_cost_fraction"]
    rest = 1 - gross / paper["excluded_fraction"]
    off = document["methods"]["off"]["splats"]["mean"] / document["scene"]["gaussians"]
    one = {k: of["total"]["multiplications"] for k, of in document["cost"]["operations"].items()}
    whole = one["projection"] + one["colour"] * off  # multiplications a Gaussian of the scene
    gaussians_a_test = one["ball test"] / (paper["cluster_cost_fraction"] * whole)
    return (
        "The accounts must differ: the paper's units are not public, nor what it counts as "
        "computation (projection, colour, sorting?). Take its shares as plain sums. Then "
        f"{percent(gross)} saved by excluding {percent(paper['excluded_fraction'])} means that "
        f"culling cannot touch {percent(rest)} of what it counts. Colour, the only such part of "
        f"ours, is {percent(1 - one['projection'] / whole)}. And "
        f"{percent(paper['cluster_cost_fraction'])} for its clusters is a ball test for every "
        f"{gaussians_a_test:.1f} Gaussians in our account of projection + colour."
    )


def levels(entry: dict[str, Any]) -> str:
    """One level where all clusters are one group, two otherwise."""
    return "one level" if entry["groups"] <= 1 else "two levels"
