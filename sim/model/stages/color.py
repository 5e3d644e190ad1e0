"""Stage 4, color: the colour record of each splat, and its evaluation."""

from __future__ import annotations

from sim.model.config import ModelConfig
from sim.model.counts import FrameCounts
from sim.model.stage import Work
from sim.model.traffic import Traffic


def color(counts: FrameCounts, traffic: Traffic, config: ModelConfig) -> Work:
    """Stage 4. Busy ceil(splats / color_lanes) cycles: 58 multiplications of sim.cost.accounting a
    lane. Reads splats x color_record_bytes, in pack order. The direction comes from the
    camera-space mean that the projection holds: d = R^T q / |q|, 9 multiplications, nothing fetched
    again. The splat with its colour leaves on a stream.

    Source: golden.stages.color.reference; one splat a cycle and lane is a choice of this model;
    color_timing clocks the RTL's.
    """
    return Work("color", -(-counts.splats // config.color_lanes), traffic.color.bytes, 0)
