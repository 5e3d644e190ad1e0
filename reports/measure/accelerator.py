"""Frames of the whole accelerator's RTL: what it counted, and what the models say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from golden.params import Parameters
from reports.measure.cycles import figure
from sim.rtl.driver import counter_texts
from sim.views.frame import FrameRun


@dataclass(frozen=True)
class ViewAccelerator:
    """One view's frame through the RTL, from the pack in memory to the splats.

    Parameters
    ----------
    counters : every counter of the registers, by name.
    expected : of the same, those that the integer model or the cycle model knows.
    mismatches : splats, and counters of items, that differ from the integer model.
    memory_latency_cycles : of the memory behind the bus.
    """

    counters: Mapping[str, int]
    expected: Mapping[str, int]
    mismatches: int
    memory_latency_cycles: int

    @property
    def differing(self) -> tuple[str, ...]:
        """Names of the counters that differ from what a model says."""
        return tuple(n for n, value in self.expected.items() if self.counters[n] != value)


def view_accelerator(run: FrameRun | None) -> ViewAccelerator | None:
    """The frame; None where it was not run by the RTL."""
    if run is None or run.mismatches is None or run.expected is None or run.memory is None:
        return None
    return ViewAccelerator(run.counters, run.expected, run.mismatches, run.memory.latency_cycles)


def accelerator_part(
    names: Sequence[str], clustering: str, views: Sequence[ViewAccelerator | None]
) -> dict[str, Any] | None:
    """The accelerator's frames for the document; None where the RTL was not run.

    Each counter is a figure over the views that the RTL ran, with `model` beside `views`, None
    where no model knows it; `differing` has, by view, the names of those that are not equal.
    """
    ran = [(name, view) for name, view in zip(names, views, strict=True) if view is not None]
    if not ran:
        return None
    shown = [name for name, _ in ran]
    frames = [frame for _, frame in ran]
    counters = {
        name: figure(shown, [frame.counters[name] for frame in frames], max)
        | {
            "meaning": meaning,
            "model": [frame.expected[name] for frame in frames]
            if name in frames[0].expected
            else None,
        }
        for name, meaning in counter_texts(Parameters()).items()
    }
    return {
        "clustering": clustering,
        "views": shown,
        "memory_latency_cycles": frames[0].memory_latency_cycles,
        "counters": counters,
        "differing": [list(frame.differing) for frame in frames],
        "mismatches": [frame.mismatches for frame in frames],
    }
