"""Files of the designs of a sweep."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from golden.files import write_text
from reports.figures.designs import write_designs_figure
from reports.measure.designs import DesignPoint, designs_part
from reports.text.designs_text import designs_text

NAME = "designs"


def write_designs(points: Sequence[DesignPoint], folder: Path, command: str) -> dict[str, str]:
    """Writes table, document and figure into the folder; their paths."""
    text, figure = folder / f"{NAME}.md", folder / f"{NAME}.png"
    write_text(text, designs_text(points, command))
    document = designs_part(points, command)
    write_text(folder / f"{NAME}.json", json.dumps(document, indent=1) + "\n")
    write_designs_figure(points, figure)
    return {"designs": str(text), "designs_figure": str(figure)}
