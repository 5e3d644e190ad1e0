"""Files of a report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from golden.image import write_png
from golden.scene import Float32
from reports.above import ClustersAbove
from reports.figures.clusters import write_cluster_figures
from reports.figures.overview import write_figures
from reports.figures.projection import write_projection_figure
from reports.text.markdown import report_markdown

FIGURES = (
    "view.png",
    "excluded_fraction.png",
    "clusters_above.png",
    "pareto.png",
    "projection.png",
    "cycles.png",
    "speedup.png",
)
REPORT_FILES = ("report.md", "report.json", *FIGURES)


def write_report(
    document: dict[str, Any],
    image: Float32 | None,
    folder: Path,
    above: ClustersAbove | None = None,
) -> list[str]:
    """Writes report.md, report.json and the figures; returns their names.

    Parameters
    ----------
    image : picture of the view document["pictures"]["view"], (height, width, 3); None leaves it
        out, for a scene whose pictures are not to be passed on.
    above : clusters of the view document["clusters_above"]["view"]; None leaves the figure out.
    """
    figures = [
        *write_figures(document, folder),
        *write_cluster_figures(document, above, folder),
        *write_projection_figure(document, folder),
    ]
    if image is not None:
        write_png(folder / "view.png", image)
        figures = ["view.png", *figures]
    (folder / "report.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    (folder / "report.md").write_text(report_markdown(document, figures), encoding="utf-8")
    return ["report.md", "report.json", *figures]
