"""Numbers of depth_sort that the model and the hardware share."""

from __future__ import annotations

from golden.stages.tile_bin.entry import KEY_BITS

BUCKET_BITS = KEY_BITS // 2  # of a key: those that choose the bucket of the histogram
