"""What machines of one view have in common: a DRAM's time for the same requests is found once."""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.front_end_timing import FrontEndTiming
from sim.model.config import ModelConfig
from sim.model.counts import FrameCounts
from sim.model.dram import DramRun, play_requests
from sim.model.front_end import front_end
from sim.model.traffic import Traffic

SPANS = ("front_end", "front_end_color", "front_end_color_stored", "stream", "render")
Key = tuple[object, ...]


@dataclass(frozen=True, eq=False)
class SharedRuns:
    """DRAM runs and front ends of one FrameCounts. Requests depend on the counts and on the sizes
    of records, the run on the memory and the window too; clock, lanes, cores and widths change
    neither. The front end alone does not depend on what comes after it.

    Parameters
    ----------
    runs : of all spans, by memory, window and sizes. timings : by clock, path, RTL and those.
    """

    runs: dict[Key, dict[str, DramRun]] = field(default_factory=dict)
    timings: dict[Key, FrontEndTiming] = field(default_factory=dict)

    def of(self, traffic: Traffic, config: ModelConfig) -> dict[str, DramRun]:
        """The runs of all SPANS; `traffic` is of the counts that this belongs to."""
        key = _key(config)
        if key not in self.runs:
            self.runs[key] = {
                span: play_requests(getattr(traffic, span)(), config.memory, config.reorder_window)
                for span in SPANS
            }
        return self.runs[key]

    def front_end(
        self, counts: FrameCounts, traffic: Traffic, config: ModelConfig
    ) -> FrontEndTiming:
        """sim.model.front_end.front_end under the run of the front end alone."""
        key = (*_key(config), config.clock_mhz, config.path_ns, config.params)
        if key not in self.timings:
            run = self.of(traffic, config)["front_end"]
            self.timings[key] = front_end(counts, traffic, run, config)
        return self.timings[key]


def _key(config: ModelConfig) -> Key:
    sizes = config.color_record_bytes, config.splat_record_bytes
    return (config.memory, config.reorder_window, *sizes)
