"""The timeline of a frame as a part of a report's document."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.model.timeline import Timeline


def timeline_part(timeline: Timeline | None) -> dict[str, Any] | None:
    """The pieces, and of each stage its first and last cycle at work and its shares; None where
    the machine is modelled by formula.

    A stage is busy for what it does of what it can do, idles before its first and behind its last
    piece at work, and waits for the rest.
    """
    if timeline is None:
        return None
    begins, lengths = timeline.cycles, np.diff(timeline.cycles)
    stages = {}
    for stage, busy in timeline.busy.items():
        works = np.flatnonzero(busy)
        first, last = (works[0], works[-1] + 1) if len(works) else (0, 0)
        share = float((busy * lengths).sum() / begins[-1])
        span = int(begins[last] - begins[first])
        stages[stage] = {
            "first_cycle": int(begins[first]),
            "last_cycle": int(begins[last]),
            "busy_fraction": round(share, 6),
            "waits_fraction": round(span / int(begins[-1]) - share, 6),
            "idle_fraction": round(1 - span / int(begins[-1]), 6),
        }
    return {
        "view": timeline.view,
        "cycles": begins.tolist(),
        "busy": {stage: busy.round(4).tolist() for stage, busy in timeline.busy.items()},
        "read_bytes": timeline.read_bytes.tolist(),
        "written_bytes": timeline.written_bytes.tolist(),
        "stages": stages,
    }
