"""One frame over its cycles, in words and as a table."""

from __future__ import annotations

from reports.text.summary import percent
from reports.text.tables import Document, table


def timeline_text(document: Document) -> str:
    """What the figure and the table show; nothing where the machine is modelled by formula."""
    of = document["timeline"]
    if of is None:
        return ""
    return (
        f"One frame, view {of['view']} with reach clusters, of {of['cycles'][-1]:,} cycles. A "
        "stage is busy for what it does of what it can do. It idles before its first work and "
        "after its last, and waits for the rest."
    )


def timeline_table(document: Document) -> str:
    """When each stage works, and how much of the frame it is busy, waits and idles."""
    if document["timeline"] is None:
        return ""
    rows = [
        [stage, f"{of['first_cycle']:,}", f"{of['last_cycle']:,}",
         *(percent(of[f"{part}_fraction"]) for part in ("busy", "waits", "idle"))]
        for stage, of in document["timeline"]["stages"].items()
    ]  # fmt: skip
    head = ["stage", "first work, cycle", "last work, cycle", "busy", "waits", "idle"]
    return table(head, rows, text_columns=1)
