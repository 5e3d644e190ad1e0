"""What machines of one view have in common: a DRAM's time for the same requests is found once."""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.model.config import ModelConfig
from sim.model.counts import FrameCounts
from sim.model.dram import DramRun, play_requests
from sim.model.front_end.dram_memory import front_end
from sim.model.front_end.timing import FrontEndTiming
from sim.model.traffic import Traffic

STREAM_SPANS = ("front_end", "front_end_color", "front_end_color_stored", "stream")
Key = tuple[object, ...]


@dataclass(frozen=True, eq=False)
class SharedRuns:
    """DRAM runs and front ends of one FrameCounts. Requests depend on the counts and on the sizes
    of records, the run on the memory and the window too; clock, lanes, cores and widths change
    neither. The front end alone does not depend on what comes after it.

    Parameters
    ----------
    runs : of all spans, by memory, window and sizes. timings : by clock, path, RTL and those.
    renders : of the rendering, by the same; it does not depend on what was culled.
    """

    runs: dict[Key, dict[str, DramRun]] = field(default_factory=dict)
    renders: dict[Key, DramRun] = field(default_factory=dict)
    timings: dict[Key, FrontEndTiming] = field(default_factory=dict)

    def of(self, traffic: Traffic, config: ModelConfig) -> dict[str, DramRun]:
        """Runs of STREAM_SPANS and "render"; `traffic` is of the counts that this belongs to."""
        key = _key(config)

        def play(span: str) -> DramRun:
            return play_requests(getattr(traffic, span)(), config.memory, config.reorder_window)

        if key not in self.renders:
            self.renders[key] = play("render")
        if key not in self.runs:
            self.runs[key] = {span: play(span) for span in STREAM_SPANS}
            self.runs[key]["render"] = self.renders[key]
        return self.runs[key]

    def without_culling(self) -> SharedRuns:
        """For the counts that sim.model.counts.without_culling makes of these."""
        return SharedRuns(renders=self.renders)

    def front_end(
        self, counts: FrameCounts, traffic: Traffic, config: ModelConfig
    ) -> FrontEndTiming:
        """sim.model.front_end.dram_memory.front_end under the run of the front end alone."""
        key = (*_key(config), config.clock_mhz, config.path_ns, config.params)
        if key not in self.timings:
            run = self.of(traffic, config)["front_end"]
            self.timings[key] = front_end(counts, traffic, run, config)
        return self.timings[key]


def _key(config: ModelConfig) -> Key:
    sizes = config.color_record_bytes, config.splat_record_bytes
    return (config.memory, config.reorder_window, *sizes)
