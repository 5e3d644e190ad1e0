"""Stage 5, tile_bin: the lists of the bins, and the splats stored for the rasteriser."""

from __future__ import annotations

from sim.model.config import ModelConfig
from sim.model.counts import FrameCounts
from sim.model.stage import Work
from sim.model.traffic import Traffic


def tile_bin(counts: FrameCounts, traffic: Traffic, config: ModelConfig) -> Work:
    """Stage 5. Busy max(splats, ceil(bin_pairs / bin_pairs_per_cycle)) cycles: a splat a cycle, and
    its rectangle of bins. Writes splats x splat_record_bytes in the order of the stream, and 8
    bytes a pair (depth, number of the splat), gathered on the chip into chunks of a burst, one open
    chunk a bin; chunks are handed out in order, so what is written is contiguous.

    Source: lists of fixed chunks, as tile-based GPUs keep them; shared by the tiles of a group as
    in GS-TG (arXiv 2509.00911). Open chunks take bins x burst_bytes of SRAM.
    """
    pair_cycles = -(-counts.bin_pairs // config.bin_pairs_per_cycle)
    written = traffic.splats.bytes + traffic.pairs.bytes
    return Work("tile_bin", max(counts.splats, pair_cycles), 0, written)
