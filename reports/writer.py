"""Files of a report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from golden.image import write_png
from golden.scene import Float32
from reports.figures.clusters import write_cluster_figures
from reports.figures.cycles import cycles_figure, roofline_figure
from reports.figures.overview import excluded_figure, save_figures
from reports.figures.projection import write_projection_figure
from reports.figures.speed import (
    exploration_figure,
    per_view_figure,
    published_figure,
    speedup_figure,
)
from reports.figures.timeline import timeline_figure
from reports.html.page import report_page
from reports.measure.above import ClustersAbove
from reports.names import figure_text, with_names
from reports.text.markdown import report_markdown
from reports.text.summary import shows_nothing

# Those that need a GPU to compare with come last.
FIGURES = (
    "view.png",
    "excluded_fraction.png",
    "clusters_above.png",
    "pareto.png",
    "projection.png",
    "cycles.png",
    "timeline.png",
    "roofline.png",
    "exploration.png",
    "speedup.png",
    "per_view.png",
    "published.png",
)
REPORT_FILES = ("report.md", "report.html", "report.json", *FIGURES)


def write_report(
    document: dict[str, Any],
    image: Float32 | None,
    folder: Path,
    above: ClustersAbove | None = None,
) -> list[str]:
    """Writes report.md, report.html, report.json and the figures; returns their names.

    Parameters
    ----------
    image : picture of the view document["pictures"]["view"], (height, width, 3); None leaves it
        out, for a scene whose pictures are not to be passed on.
    above : clusters of the view document["clusters_above"]["view"]; None leaves the figure out.
    """
    named = with_names(document, figure_text)
    nothing = shows_nothing(document)
    if above is not None:
        above = replace(above, view=figure_text(above.view))
    figures = [
        *([] if nothing else save_figures(_figures(named), folder)),
        *write_cluster_figures(named, above, folder),
        *([] if nothing else write_projection_figure(named, folder)),
    ]
    if image is not None:
        write_png(folder / "view.png", image)
        figures = ["view.png", *figures]
    (folder / "report.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    text = report_markdown(document, figures)
    (folder / "report.md").write_text(text, encoding="utf-8")
    page = report_page(document, text, folder)
    (folder / "report.html").write_text(page, encoding="utf-8")
    return ["report.md", "report.html", "report.json", *figures]


def _figures(document: dict[str, Any]) -> dict[str, Figure]:
    """The figures that the document has the numbers for."""
    figures = {
        "excluded_fraction.png": excluded_figure(document),
        "cycles.png": cycles_figure(document),
        "roofline.png": roofline_figure(document),
        "exploration.png": exploration_figure(document),
    }
    if document["timeline"] is not None:
        figures["timeline.png"] = timeline_figure(document)
    if document["gpu"] is not None:
        figures["speedup.png"] = speedup_figure(document)
        figures["per_view.png"] = per_view_figure(document)
        figures["published.png"] = published_figure(document)
    return figures
